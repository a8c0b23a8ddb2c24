package message

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is a message without any channel's markup, so that each channel can
// write it in its own, and nothing that stands in a name is ever markup.
type Text struct {
	// Mark is a sign that shows the level at a glance.
	Mark string
	// Headline is the message in one line, as it is.
	Headline string
	Lines    []Line
	// Links are what a reader can open.
	Links []Link
}

// Line is one line below the headline.
type Line struct {
	// Label says what the line is about; empty: it speaks for itself.
	Label string
	Text  string
	// Code says that the text is there to be copied.
	Code bool
	// Link is where the text leads; empty: nowhere.
	Link string
	// Head says that the line begins a part.
	Head bool
	// Spare is how readily the line is left out where there is no room: the
	// highest goes first, 0 stays longest.
	Spare int
}

// Link is something to open.
type Link struct{ Name, URL string }

// Names of links.
const (
	LinkDashboard = "Dashboard"
	LinkMeaning   = "What this means"
)

// Measure says how much room a text takes on a channel.
type Measure func(string) int

// Bytes measures as ntfy does.
func Bytes(s string) int { return len(s) }

// Units measures as Telegram and Discord do: units of UTF-16.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Fit is the text in the most room that it may take, written by write and
// measured by measure: lines that can be spared are left out, the readiest
// first and of those the last first, then the headline is cut. The headline
// and the links stay.
func (t Text) Fit(limit int, measure Measure, write func(Text) string) string {
	for lines := len(t.Lines); ; lines-- {
		text := write(t.Shorter(lines))
		if measure(text) <= limit {
			return text
		}
		if lines == 0 {
			t.Lines = nil
			return t.bare(limit, measure, write)
		}
	}
}

// Shorter is the text with so many lines at most, and says so.
func (t Text) Shorter(lines int) Text {
	if lines >= len(t.Lines) {
		return t
	}
	t.Lines = slices.Clone(t.Lines)
	for len(t.Lines) > lines {
		t.Lines = without(t.Lines)
	}
	t.Lines = append(t.Lines, Line{Text: "… shortened to fit in here; the rest is behind the links"})
	return t
}

// bare is the headline and the links, as much of them as fits.
func (t Text) bare(limit int, measure Measure, write func(Text) string) string {
	for ; len(t.Links) > 1; t.Links = t.Links[:len(t.Links)-1] {
		if text := write(t); measure(text) <= limit {
			return text
		}
	}
	whole := []rune(t.Headline)
	for keep := len(whole); ; keep = keep * 9 / 10 {
		if keep < len(whole) {
			t.Headline = string(whole[:keep]) + "…"
		}
		if text := write(t); measure(text) <= limit {
			return text
		}
		if keep > 0 {
			continue
		}
		if len(t.Links) == 0 {
			return ""
		}
		// Not even the one link fits: what happened weighs more than where to look.
		t.Links, keep = nil, len(whole)+1
		t.Headline = string(whole)
	}
}

// without leaves out the readiest line, of several the last.
func without(lines []Line) []Line {
	out := 0
	for i, l := range lines {
		if l.Spare >= lines[out].Spare {
			out = i
		}
	}
	return slices.Delete(lines, out, out+1)
}

// clean is a text from outside on one line: no control characters, nothing
// that turns the direction of writing, no blanks in rows.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0xfeff:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
