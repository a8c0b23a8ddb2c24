package january2025

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// dated is a fact with the moment at which a replay tells it.
type dated struct {
	at   time.Time
	ref  string
	fact *event.Fact
}

// readFacts reads facts.csv. A line about several apps, or about both stores,
// is one fact for each, so that every fact has one subject and one scope.
func readFacts(files fs.FS) ([]dated, error) {
	t, err := openTable(files, "facts.csv", "ref", "reported", "from", "to", "time_basis", "subjects", "metric", "value",
		"value_text", "unit", "scopes", "publisher", "seen_in", "confidence", "note")
	if err != nil {
		return nil, err
	}
	var facts []dated
	for t.next() {
		for subject := range strings.SplitSeq(t.text("subjects"), "|") {
			for scope := range strings.SplitSeq(t.text("scopes"), "|") {
				facts = append(facts, readFact(t, subject, scope))
			}
		}
	}
	slices.SortStableFunc(facts, func(a, b dated) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.ref, b.ref)) })
	return facts, t.bad
}

func readFact(t *table, subject, scope string) dated {
	ref := t.text("ref")
	fact := &event.Fact{
		// The line's name makes the id, not its words: a corrected line replaces
		// what it said before.
		Id:   event.ID(Name, ref, subject, scope),
		Kind: event.FactKind_FACT_KIND_FIGURE, Topic: Name, Subject: subject,
		Metric: t.text("metric"), ValueText: t.text("value_text"), Unit: t.text("unit"), Scope: scope,
		TimeBasis: t.text("time_basis"), Reported: t.text("reported"), Publisher: t.text("publisher"),
		SeenIn: t.text("seen_in"), Confidence: t.text("confidence"), Note: t.text("note"),
	}
	if fact.GetUnit() == "event" {
		fact.Kind, fact.Unit = event.FactKind_FACT_KIND_EVENT, ""
	}
	fact.Value, fact.HasValue = t.number("value")
	from, to := t.moment("from"), t.moment("to")
	fact.FromMs, fact.ToMs = millis(from), millis(to)
	return dated{at: tellAt(from, to, fact.GetReported()), ref: ref, fact: fact}
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// tellAt is when a replay tells a fact: when it began, else when it was over at
// the latest, else on the day that it was reported, else at the beginning.
func tellAt(from, to time.Time, reported string) time.Time {
	at := cmp.Or(from, to)
	if at.IsZero() && len(reported) >= len(time.DateOnly) {
		if day, err := time.Parse(time.DateOnly, reported[:len(time.DateOnly)]); err == nil {
			at = day
		}
	}
	if at.Before(start()) {
		return start()
	}
	return at
}
