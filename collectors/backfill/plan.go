package backfill

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
)

var (
	// ErrNoPast is the answer to a source whose place keeps nothing.
	ErrNoPast = errors.New("it has no past: what nobody looked at is gone")
	// ErrNoTargets is the answer to a source that watches nothing.
	ErrNoTargets = errors.New("the watchlist has nothing for it")
)

// ReachError is the answer to days that a place cannot know of.
type ReachError struct {
	Source string
	Reach  time.Time // what it knows of begins here
}

// Error says since when there is something.
func (e *ReachError) Error() string {
	return fmt.Sprintf("back-fill %s: it has nothing before %s, and all days asked for are before", e.Source, moment(e.Reach))
}

// moment is a day, with the hour where that is not midnight.
func moment(t time.Time) string {
	if t.Truncate(past.Day).Equal(t) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}

// Plan is what is to be asked of one source.
type Plan struct {
	Source string
	// Notice says that some of the days are out of reach; empty: none are.
	Notice string
	// Total is how many spans there are, Done how many of them the marks have.
	Total, Done int
	// Targets is how many targets they are about.
	Targets int
	// Requests and Bytes are about what is left to ask for.
	Requests int
	Bytes    int64

	source past.Source
	units  []unit
}

// unit is one span of one target.
type unit struct {
	target *event.Target
	span   past.Span
}

// key is what a unit is marked by.
func (u unit) key(source string) string {
	return source + "\t" + u.target.Key() + "\t" + u.span.From.Format(time.RFC3339) + "\t" + u.span.To.Format(time.RFC3339)
}

// String names the span as a person asked for it: by its days, or by its hours.
func (u unit) String() string {
	first, last := u.span.From.Format(time.DateOnly), u.span.To.Add(-time.Second).Format(time.DateOnly)
	switch {
	case u.span.To.Sub(u.span.From) < past.Day:
		first, last = u.span.From.Format("2006-01-02 15:04"), u.span.To.Format("15:04")
		return u.target.Key() + ", " + first + " to " + last
	case first == last:
		return u.target.Key() + ", " + first
	default:
		return u.target.Key() + ", " + first + " to " + last
	}
}

// NewPlan cuts the days [from, to) of a source into spans, in the order of
// time, as far as its place reaches back now, and leaves out what the marks
// have. An error wraps ErrNoPast or ErrNoTargets, or is a *ReachError.
func NewPlan(e collectors.Entry, from, to time.Time, marks *Marks) (*Plan, error) {
	source, ok := e.Source.(past.Source)
	if !ok {
		return nil, fmt.Errorf("back-fill %s: %w", e.Name, ErrNoPast)
	}
	p := &Plan{Source: e.Name, Targets: len(e.Source.Targets()), source: source}
	if p.Targets == 0 {
		return nil, fmt.Errorf("back-fill %s: %w", e.Name, ErrNoTargets)
	}
	if reach := source.Reach(time.Now()).UTC(); from.Before(reach) {
		if !reach.Before(to) {
			return nil, &ReachError{Source: e.Name, Reach: reach}
		}
		from = reach
		p.Notice = fmt.Sprintf("%s has nothing before %s: beginning there", e.Name, moment(reach))
	}
	for _, target := range e.Source.Targets() {
		for _, span := range source.Spans(proto.CloneOf(target), from.UTC(), to.UTC()) {
			u := unit{target, span}
			p.Total++
			if marks.Has(u.key(e.Name)) {
				p.Done++
				continue
			}
			p.units = append(p.units, u)
			p.Requests += span.Requests
			p.Bytes += span.Bytes
		}
	}
	slices.SortStableFunc(p.units, func(a, b unit) int { return a.span.From.Compare(b.span.From) })
	return p, nil
}

// Forget takes the marks from what the plan asks for, so that who ends it can
// go on with what is missing.
func (p *Plan) Forget(marks *Marks) error {
	keys := make([]string, len(p.units))
	for i, u := range p.units {
		keys[i] = u.key(p.Source)
	}
	return marks.Remove(keys)
}
