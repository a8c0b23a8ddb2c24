// Package past is what a source can do beside looking: ask a place that keeps
// its past for it.
package past

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// Day is the unit in which a person asks for the past.
const Day = 24 * time.Hour

// ErrNothing is the answer about a span of which the place has nothing. It is
// an answer like any other: such a span is done.
var ErrNothing = errors.New("the place has nothing of these days")

// Source is a source whose place keeps its past. How far back it reaches is
// also said in about.Source.Past.
type Source interface {
	// Reach is the first moment, UTC, that its place can know of at now,
	// whatever the target: nobody is asked for what was before.
	Reach(now time.Time) time.Time
	// Spans cuts the days [from, to), both midnight UTC, into the pieces in
	// which the target's past is asked for, oldest first; none where the place
	// cannot know of the target yet. It asks nobody. A piece is asked for
	// whole or again.
	Spans(target *event.Target, from, to time.Time) []Span
	// FetchPast asks for one span. Each look has SlotMs, made from what it is
	// about and never from a clock, so that asking twice gives the same look;
	// Readings, Depth, Via, EveryS, ParserVersion and Reason as in Fetch; and
	// an Outcome, unless that is ok, or empty for a look without readings.
	//
	// A span is done when the place has answered about all of it. An answer is
	// also a look that failed (the place says that it does not have what it
	// should, and nobody can look there any more), a look with a
	// *fetch.Refusal (the place kept something which we do not understand, and
	// asking again will not change that), and ErrNothing alone. Any other
	// error without a look, and a span without a look, mean that nobody could
	// look: the span is asked for again.
	FetchPast(ctx context.Context, target *event.Target, span Span) iter.Seq2[*event.Snapshot, error]
}

// Span is a piece of the past, [From, To) in UTC.
type Span struct {
	From, To time.Time
	// Requests and Bytes are about what it takes to ask for it; 0 where it
	// comes along with another.
	Requests int
	Bytes    int64
}

// Cut makes spans that begin at multiples of step since midnight, so that they
// are the same whatever from is.
func Cut(from, to time.Time, step time.Duration, each Span) []Span {
	var spans []Span
	for at := from.UTC(); at.Before(to); {
		next := at.Truncate(step).Add(step)
		if next.After(to) {
			next = to.UTC()
		}
		each.From, each.To = at, next
		spans = append(spans, each)
		at = next
	}
	return spans
}
