// Package appname compares the title of an app in a store with a watched name.
package appname

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// short is how many letters a name may have that could be a part of anything:
// RED, IG, X.
const short = 3

// Bare is a title without its tagline, in lower case: "Clapper: Video, Live"
// and "Clapper - Real People" are "clapper".
func Bare(title string) string {
	for _, mark := range []string{":", " - ", " – ", " — ", " | ", " · ", " (", "："} {
		if head, _, found := strings.Cut(title, mark); found && strings.TrimSpace(head) != "" {
			title = head
		}
	}
	return strings.ToLower(strings.Join(strings.Fields(title), " "))
}

// Fits tells whether the title names the app: the name is whole words of it,
// with blanks or without ("Lemon 8" is Lemon8). A name of at most three letters
// must be the whole title, its tagline aside; one of a script that is written
// without blanks (小红书) is a name at any length.
func Fits(title, name string) bool {
	want := strings.Join(words(name), "")
	if want == "" || utf8.RuneCountInString(want) <= short && !strings.ContainsFunc(want, unspaced) {
		return Bare(title) == Bare(name)
	}
	all := words(title)
	for i := range all {
		rest := want
		for _, word := range all[i:] {
			var found bool
			if rest, found = strings.CutPrefix(rest, word); !found {
				break
			}
			if rest == "" {
				return true
			}
		}
	}
	return false
}

// words are the runs of letters and digits, in lower case. Where one script
// follows upon another a word ends: rednote小红书 has two.
func words(text string) []string {
	var all []string
	last := ' '
	for _, r := range strings.ToLower(text) {
		switch {
		case !isWord(r):
		case isWord(last) && (unicode.IsMark(r) || unspaced(last) == unspaced(r)):
			all[len(all)-1] += string(r)
		default:
			all = append(all, string(r))
		}
		last = r
	}
	return all
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// unspaced is true for scripts whose words have no blanks between them.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}
