// Package corroborate says how much independent sources agree that something
// moved. The notifier, the views and the back-test use the same arithmetic.
//
// Of an episode of a topic, those sources corroborate which have an episode of
// the same topic that is open at that moment, or that began in the Window
// before it. Sources that look at the same place are one family: two feeds of
// one place agree because they are one. With n families, the episode's own
// among them, the score is
//
//	1 - 0.5^(n-1)
//
// so 0 where nobody else moved, 0.5 with one other, 0.75 with two, 0.875 with
// three, and never 1: more agreement always counts, and each further source
// counts less.
//
// The view v_corroboration looks back, so it also knows what moved in the
// Window after; a message knows what had moved by then.
package corroborate

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// Window is how long ago another source may have begun to move.
const Window = 48 * time.Hour

// FamilyOf is Family for a source and the place of its target: stores are
// families whoever read them, and a recording or an import has as many as there
// are places in it. What it returns may stand for the source in a Move. The
// view v_corroboration has the same map in SQL; a test holds them together.
func FamilyOf(source, place string) string {
	switch {
	case place == "apple":
		return "appstore"
	case place == "google":
		return "googleplay"
	case source == "replay" || source == "import":
		return place
	default:
		return Family(source)
	}
}

// Family names what the sources that look at the same place have in common. A
// source that is not known is a family of its own. Empty: it is no witness, as
// rules over SQL read what others have brought.
func Family(source string) string {
	switch source {
	case "sql":
		return ""
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
	return 1 - math.Pow(0.5, float64(families-1))
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
	family := Family(other.Source)
	if topic == "" || other.Topic != topic || other.ID == id || family == "" || family == Family(source) {
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
