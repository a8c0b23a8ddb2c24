package health

import (
	"fmt"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// The rules. docs/operating.md says what each means.
const (
	ruleStale    = "source-stale"
	ruleFailing  = "looks-failing"
	ruleDepth    = "depth-fell"
	ruleFewer    = "fewer-readings"
	ruleEqual    = "all-equal"
	ruleFrozen   = "values-frozen"
	ruleName     = "name-changed"
	ruleCoverage = "coverage-low"
)

// Rules are the names of all rules.
func Rules() []string {
	return []string{ruleStale, ruleFailing, ruleDepth, ruleFewer, ruleEqual, ruleFrozen, ruleName, ruleCoverage}
}

// metricNameMatches is 1 where an app's id still bears the expected name.
const metricNameMatches = "name_matches"

// key is what an episode is about. Two episodes of one key are never open at
// the same time.
type key struct{ rule, source, target, subject, metric string }

// whole is the key of a rule about all targets of a source.
func whole(rule, source string) key {
	target := event.SourceTarget(source).Key()
	return key{rule, source, target, target, metricOf(rule)}
}

// about is the key of a rule about a target.
func about(rule string, s *series) key {
	return key{rule, s.source, s.target, s.target, metricOf(rule)}
}

// metricOf says what a rule about looks compares.
func metricOf(rule string) string {
	if rule == ruleDepth {
		return "depth"
	}
	return "looks"
}

// verdict is how a key is at this moment.
type verdict int

const (
	// hold: neither bad enough to open nor well enough to close.
	hold verdict = iota
	// leaning: on its way to bad. It matters to those who are bad beside it.
	leaning
	well
	bad
)

// finding is what a rule says about a key.
type finding struct {
	key
	verdict verdict
	// onset is since when, at the moment of the data that decided.
	onset, at       time.Time
	seen            time.Time // the last look at it; zero: it is about a day that is over
	value, baseline float64
	unit            string
	level           int    // how bad: 0, 1, 2
	says            string // how it was computed, for a person to read
}

// severity of a level, 0 to 1.
func (f *finding) severity() float64 { return []float64{0.25, 0.5, 1}[min(max(f.level, 0), 2)] }

// id is the same in every process and after every restart.
func (f *finding) id() string {
	return event.ID("health", f.rule, f.source, f.target, f.subject, f.metric, strconv.FormatInt(f.onset.UnixMilli(), 10))
}

// advice is what a person can do.
func (f *finding) advice() string {
	const page = " See docs/operating.md, section A source has a health episode."
	return map[string]string{
		ruleStale:    "Nobody looks: is the collector running, and the source enabled? Are messages stored (tidemark status: behind)?",
		ruleFailing:  "Read the reason. 403 or 429: set collect.contact, ask less often. Time-out: network or place. Refused: the place has a new shape; its bytes are in tidemark.rejected.v1.",
		ruleDepth:    "Look at the list itself: has the place shortened it, or do we ask another way (column via)? If it stays so, it becomes the usual after process.health.accept_after.",
		ruleFewer:    "A field is gone from the answers: compare an answer of today with the parser of the source.",
		ruleEqual:    "The numbers do not move as they used to: a cache, or a place that answers with something else. Compare with the place's own page.",
		ruleFrozen:   "The chart stands still: a cache in between, or a place that no longer updates it. Compare with the store itself.",
		ruleName:     "The store's id bears another name: the app was renamed, or the id belongs to another app now. Mend watch.entities.",
		ruleCoverage: "Looks are missing: see the view gaps for when and why.",
	}[f.rule] + page
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func interval(every time.Duration) string {
	switch {
	case every >= 24*time.Hour && every%(24*time.Hour) == 0:
		return fmt.Sprintf("%d d", every/(24*time.Hour))
	case every >= time.Hour && every%time.Hour == 0:
		return fmt.Sprintf("%d h", every/time.Hour)
	case every >= time.Minute && every%time.Minute == 0:
		return fmt.Sprintf("%d min", every/time.Minute)
	default:
		return fmt.Sprintf("%d s", every/time.Second)
	}
}
