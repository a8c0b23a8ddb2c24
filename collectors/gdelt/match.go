package gdelt

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/config"
)

// matcher finds words in an article's fields. Upper and lower case are one.
// Everything that is no letter and no digit separates words, so "red-note",
// "Red Note" and "red_note" all hold red note, and "TikTok's" holds tiktok; but
// "stiktoks" does not. Scripts that put no blanks between words (Han, Kana,
// Thai, …) have no bounds to look at: there a word is found inside of others.
type matcher struct {
	words []word
}

type word struct {
	name   string // as it is watched
	needle []byte // as it is searched for
}

func newMatcher(names []string) (*matcher, error) {
	m := &matcher{}
	for i, name := range names {
		plain := bytes.TrimSpace(normalise(nil, name))
		if len(plain) == 0 {
			return nil, config.Mistake(fmt.Sprintf("watch.keywords[%d]", i), "is %q, want letters or digits in it", name)
		}
		first, _ := utf8.DecodeRune(plain)
		last, _ := utf8.DecodeLastRune(plain)
		if spaced(first) {
			plain = append([]byte{' '}, plain...)
		}
		if spaced(last) {
			plain = append(plain, ' ')
		}
		m.words = append(m.words, word{name, plain})
	}
	return m, nil
}

// spaced is true for letters of scripts that put blanks between words.
func spaced(r rune) bool {
	return !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// in reports for each word whether one of the fields holds it. No word reaches
// from one field into the next.
func (m *matcher) in(scratch []byte, fields []string, found func(name string)) []byte {
	scratch = scratch[:0]
	for _, f := range fields {
		scratch = append(normalise(append(scratch, ' '), f), ' ', '\n')
	}
	for _, w := range m.words {
		if bytes.Contains(scratch, w.needle) {
			found(w.name)
		}
	}
	return scratch
}

// normalise appends s in lower case, with one blank for all between two words.
func normalise(to []byte, s string) []byte {
	blank := true
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			if !blank {
				to, blank = append(to, ' '), true
			}
			continue
		}
		to, blank = utf8.AppendRune(to, unicode.ToLower(r)), false
	}
	return to
}

// The columns of a GKG 2.1 record that are looked at. Persons are none of them.
const (
	columns       = 27
	colDate       = 1
	colAddress    = 4
	colThemes     = 7
	colOrgs       = 13
	colExtras     = 26
	titleBegin    = "<PAGE_TITLE>"
	titleEnd      = "</PAGE_TITLE>"
	themesAndOrgs = ";"
)

// article is where a word is looked for.
func article(to []string, record []string) []string {
	to = append(to[:0], address(record[colAddress]), title(record[colExtras]))
	for _, col := range []int{colThemes, colOrgs} {
		for one := range strings.SplitSeq(record[col], themesAndOrgs) {
			to = append(to, one)
		}
	}
	return to
}

// address undoes %E5%B0%8F as far as it can be undone.
func address(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

func title(extras string) string {
	_, rest, ok := strings.Cut(extras, titleBegin)
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, titleEnd)
	return html.UnescapeString(text)
}
