package appname_test

import (
	"testing"

	"github.com/tidemark/tidemark/collectors/appname"
)

func TestFits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		title, name string
		want        bool
	}{
		{"Netflix", "X", false},
		{"X", "X", true},
		{"X (formerly Twitter)", "x", true},
		{"Predator Hunt", "RED", false},
		{"RED - 小红书", "RED", true},
		{"Red Ball 4", "RED", false},
		{"Big Fish Casino", "IG", false},
		{"Snapfish Photos", "Snap", false},
		{"Snapfish Photos", "Snapchat", false},
		{"TikTok: Videos, Shop & LIVE", "TikTok", true},
		{"TikToker", "TikTok", false},
		{"Tik Tok", "TikTok", true},
		{"Lemon8 - Lifestyle Community", "Lemon 8", true},
		{"Lemonade", "Lemon8", false},
		{"BeReal. Photos & Friends Daily", "BeReal", true},
		{"rednote 小红书", "RedNote", true},
		{"rednote小红书", "REDnote", true},
		{"rednote 小红书", "小红书", true},
		{"抖音极速版", "抖音", false},
		{"ÉTOILES", "étoile", false},
		{"Étoile: carte", "étoile", true},
		{"ВКонтакте: чаты", "ВКонтакте", true},
		{"", "X", false},
		{"Clapper", "", false},
	} {
		if got := appname.Fits(c.title, c.name); got != c.want {
			t.Errorf("%q fits %q: %v, want %v", c.title, c.name, got, c.want)
		}
	}
}

func TestBare(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Clapper: Video, Live, Chat": "clapper", "CLAPPER": "clapper", "Clapper - Real People": "clapper", " Clapper (Beta)": "clapper",
		"Clapperboard": "clapperboard", "Flip  Shop": "flip shop", ": odd": ": odd", "小红书：生活": "小红书", "": "",
	} {
		if got := appname.Bare(title); got != want {
			t.Errorf("%q: got %q, want %q", title, got, want)
		}
	}
}
