// Package corroborate says how much independent sources agree that something
// moved. The notifier, the views and the back-test use the same arithmetic.
//
// Of an episode of a topic, those sources corroborate which have an episode of
// the same topic that is open at that moment, or that began in the Window
// before it. Sources that look at the same place are one family: two feeds of
// one place agree because they are one. With n families, the episode's own
// among them, the score is
//
//	1 - 1/n
//
// so 0 where nobody else moved, 1/2 with one other, 2/3 with two, 3/4 with
// three, and never 1: more agreement always counts, and each further source
// counts less.
package corroborate

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Window is how long ago another source may have begun to move.
const Window = 48 * time.Hour

// Family names what the sources that look at the same place have in common. A
// source that is not known is a family of its own.
func Family(source string) string {
	switch source {
	case "appstore_lookup", "appstore_search":
		return "appstore"
	case "gdelt_doc", "googlenews":
		// Both count the same publishers' articles.
		return "gdelt"
	}
	for _, place := range []string{"googleplay", "mastodon", "bluesky"} {
		if source == place || strings.HasPrefix(source, place+"_") {
			return place
		}
	}
	return source
}

// Score is the score of n families, the episode's own among them.
func Score(families int) float64 {
	if families < 2 {
		return 0
	}
	return 1 - 1/float64(families)
}

// Move is one episode as far as corroboration goes. Times are Unix
// milliseconds.
type Move struct {
	ID, Source, Topic string
	// Onset is when it began, Closed when it ended; 0: it lasts.
	Onset, Closed int64
}

// Corroborates says whether other corroborates an episode of the topic and the
// source at a moment.
func Corroborates(other *Move, id, source, topic string, at int64) bool {
	if topic == "" || other.Topic != topic || other.ID == id || Family(other.Source) == Family(source) {
		return false
	}
	open := other.Closed == 0 || other.Closed > at
	return other.Onset <= at && (open || other.Onset > at-Window.Milliseconds())
}

// Of returns which moves corroborate an episode at a moment, the earliest
// first, and the score.
func Of(moves []Move, id, source, topic string, at int64) (others []Move, score float64) {
	families := map[string]bool{Family(source): true}
	for i := range moves {
		if m := &moves[i]; Corroborates(m, id, source, topic, at) {
			others = append(others, *m)
			families[Family(m.Source)] = true
		}
	}
	slices.SortFunc(others, func(a, b Move) int { return cmp.Or(cmp.Compare(a.Onset, b.Onset), cmp.Compare(a.ID, b.ID)) })
	return others, Score(len(families))
}
