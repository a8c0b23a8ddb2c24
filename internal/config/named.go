package config

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// naming is a word by which something of the watchlist is recognised in the
// wording of others.
type naming struct {
	word  string // folded where exact is false
	exact bool
	at    Belonging
}

// Words that are shorter than this are words of the language too (X, RED,
// Flip); of writing without letters' case two signs are a name.
const (
	leastLatin = 5
	leastOther = 2
)

// namings are the names of the entities in topics and the keywords and tags of
// the topics, the longest first.
func namings(w *Watch, b *Belongings) []naming {
	var all []naming
	add := func(word string, exact bool, at Belonging) {
		least := leastOther
		if strings.ContainsFunc(word, isLatin) {
			least = leastLatin
		}
		if utf8.RuneCountInString(word) < least || at.Topic == "" {
			return
		}
		if !exact {
			word = fold(word)
		}
		all = append(all, naming{word: word, exact: exact, at: at})
	}
	for i := range w.Entities {
		e := &w.Entities[i]
		for _, name := range append([]string{e.Name}, e.Aliases...) {
			add(name, true, b.entities[e.ID])
		}
	}
	for i := range w.Topics {
		for _, word := range slices.Concat(w.Topics[i].Keywords, w.Topics[i].Tags) {
			add(word, false, b.member(word))
		}
	}
	slices.SortStableFunc(all, func(a, b naming) int { return len(b.word) - len(a.word) })
	return all
}

// Named says what a wording of others is about, such as a topic of a hot list:
// the longest name, keyword or tag of the watchlist's topics that stands in it
// as a word. It is the zero Belonging where there is none.
func (b *Belongings) Named(wording string) Belonging {
	folded := fold(wording)
	for _, n := range b.names {
		text := folded
		if n.exact {
			text = wording
		}
		if hasWord(text, n.word) {
			return n.at
		}
	}
	return Belonging{}
}

// hasWord finds a word that does not run on into another: TikTok请求 and
// TikTok50% have TikTok, TikToker has not.
func hasWord(text, word string) bool {
	first, size := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if !runOn(before, first) && !runOn(last, after) {
			return true
		}
		from = i + size
	}
}

// runOn reports whether two signs side by side are of one word.
func runOn(a, b rune) bool {
	return isLatin(a) && isLatin(b) || unicode.IsDigit(a) && unicode.IsDigit(b)
}

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }
