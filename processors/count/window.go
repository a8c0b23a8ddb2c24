package count

import "strings"

// minute is an open minute of a stream.
type minute struct {
	start   int64
	seen    ids
	total   uint64
	watched map[int]uint64 // by index of the tag
	// quarters has a bit for each quarter of the minute with a mention of any
	// tag: only where all four are set is a tag that was not there a 0.
	quarters uint8
}

const allQuarters = 0b1111

func (m *minute) alive() bool { return m.quarters == allQuarters }

// hour is an open hour of a stream.
type hour struct {
	start int64
	// first is the offset of the message that opened it, and before the clock
	// as it was then: to count it anew, one begins there.
	first  int64
	before clock

	total, late, duplicates, unchecked uint64

	alive   int // minutes
	watched map[int]*watchedHour
	top     *topK
}

// watchedHour is a watched tag in an hour.
type watchedHour struct {
	total, late uint64
	languages   map[string]uint64
}

// tag returns the watched tag's part of the hour.
func (h *hour) tag(i int) *watchedHour {
	w := h.watched[i]
	if w == nil {
		w = &watchedHour{languages: map[string]uint64{}}
		h.watched[i] = w
	}
	return w
}

const (
	// maxLanguages of a tag in an hour; all others are one.
	maxLanguages  = 64
	otherLanguage = "other"
	// noLanguage is what BCP 47 calls undetermined.
	noLanguage = "und"
)

func (w *watchedHour) count(language []byte) {
	w.total++
	name := primary(language)
	if _, known := w.languages[name]; !known && len(w.languages) >= maxLanguages {
		name = otherLanguage
	}
	w.languages[name]++
}

// primary is the language without script and region: pt of pt-BR.
func primary(tag []byte) string {
	n := 0
	for n < len(tag) && (tag[n]|0x20 >= 'a' && tag[n]|0x20 <= 'z') {
		n++
	}
	if n < 2 || n > 3 || n < len(tag) && tag[n] != '-' && tag[n] != '_' {
		return noLanguage
	}
	return strings.ToLower(string(tag[:n]))
}
