package event

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	// maxWritten is the limit of a tag in the platform's own schema, in bytes.
	maxWritten = 640
	// maxTag is the limit of a tag in our messages, in bytes.
	maxTag = 512
)

// Reasons for which a tag is none.
const (
	TagEmpty  = "tag_empty"
	TagLong   = "tag_too_long"
	TagBroken = "tag_broken"
	TagPerson = "tag_person"
)

// TagNormaliser makes tags comparable: those that people write, and those that
// are watched. It is not for use by many goroutines.
type TagNormaliser struct{ fold cases.Caser }

// NewTagNormaliser makes one.
func NewTagNormaliser() *TagNormaliser { return &TagNormaliser{fold: cases.Fold()} }

// Tag makes the form in which a tag is counted, or says why it is none.
//
// It is what Bluesky does when it looks for a tag, and a little more: # in
// front and blanks and punctuation at the ends go, characters that nobody sees
// go (as in the platform's own tag pattern: soft hyphen, word joiner, zero
// width), compatibility forms are one (NFKC: full-width letters), and so are
// upper and lower case (full case folding: ß is ss). Blanks within are one.
//
// A handle, a mail address, a DID or a telephone number is a person and no tag.
func (n *TagNormaliser) Tag(written string) (tag, dropped string) {
	if len(written) > maxWritten {
		return "", TagLong
	}
	if tag, ok := plainTag(written); ok {
		return tag, ""
	}
	if !utf8.ValidString(written) || strings.ContainsRune(written, utf8.RuneError) {
		return "", TagBroken
	}
	s := strings.Map(visible, written)
	s = norm.NFKC.String(n.fold.String(norm.NFKC.String(s)))
	s = strings.Map(visible, s) // what another form hid
	s = strings.Join(strings.Fields(strings.TrimRightFunc(strings.TrimLeftFunc(s, isFront), isBack)), " ")
	switch {
	case strings.ContainsFunc(s, isBroken):
		return "", TagBroken
	case isPerson(s):
		return "", TagPerson
	case s == "":
		return "", TagEmpty
	case len(s) > maxTag:
		return "", TagLong
	}
	return s, ""
}

// plainTag is the short way for most tags: ASCII letters and digits, and not
// digits alone.
func plainTag(s string) (string, bool) {
	if s == "" || len(s) > maxTag {
		return "", false
	}
	letters := false
	for i := range len(s) {
		c := s[i]
		letters = letters || c > '9'
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return "", false
		}
	}
	return strings.ToLower(s), letters
}

// visible drops what nobody sees.
func visible(r rune) rune {
	switch r {
	case '\u00ad', '\u2060', '\u200a', '\u200b', '\u200c', '\u200d', '\u20e2', '\ufeff':
		return -1
	}
	return r
}

func isFront(r rune) bool { return r == '#' || unicode.IsSpace(r) }

func isBack(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) }

func isBroken(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }

func isPerson(s string) bool {
	return strings.Contains(s, "@") || strings.HasPrefix(s, "did:") || isHandle(s) || isTelephone(s)
}

// isHandle is true for the name of an account: one of Bluesky's own, also
// within an address, or any host name beneath a public suffix. So alice.com is
// one, and v1.2 and node.js are tags: there is no domain 2 and none js.
func isHandle(s string) bool {
	if strings.Contains(s, ".bsky.social") {
		return true
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, notInHost) {
			return false
		}
	}
	// By the list's own word, a suffix that nobody wrote down has no dot and is
	// no ICANN domain.
	suffix, known := publicsuffix.PublicSuffix(s)
	return (known || strings.Contains(suffix, ".")) && suffix != s
}

func notInHost(r rune) bool { return r != '-' && notASCIILetterOrDigit(r) }

// leastDigits is how many digits a telephone number has.
const leastDigits = 7

// isTelephone is true for digits and blanks alone, with + in front or without.
func isTelephone(s string) bool {
	digits := 0
	for _, r := range strings.TrimPrefix(s, "+") {
		switch {
		case unicode.IsDigit(r):
			digits++
		case r != ' ':
			return false
		}
	}
	return digits >= leastDigits
}

func notASCIILetterOrDigit(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
}
