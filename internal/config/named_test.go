package config_test

import (
	"testing"

	"github.com/tidemark/tidemark/internal/config"
)

func TestNamed(t *testing.T) {
	t.Parallel()
	c, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	b := config.NewBelongings(&c.Watch)
	for wording, want := range map[string]config.Belonging{
		"小红书美国appstore下载榜第一":    {Topic: "tiktok-refugees", Entity: "rednote"},
		"特朗普要TikTok50%所有权":      {Topic: "tiktok-refugees", Entity: "tiktok"},
		"Why is tiktok banned?": {Topic: "tiktok-refugees"},
		"多国给DeepSeek使用设限":       {Topic: "deepseek", Entity: "deepseek"},
		"a famous tiktoker":     {},
		"RED carpet, flip side": {},
		"x":                     {},
		"":                      {},
	} {
		got := b.Named(wording)
		if got.Topic != want.Topic || got.Entity != want.Entity {
			t.Errorf("%q is about %q (%q), want %q (%q)", wording, got.Topic, got.Entity, want.Topic, want.Entity)
		}
	}
}
