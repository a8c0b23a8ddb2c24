// Package backfill asks the places that keep their past for it, span by span,
// and carries what they tell to Kafka.
package backfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	// budget is what a span may take, with all that its host asks us to wait.
	budget = time.Hour
	// settled is how old a day must be before what is missing there is a fact,
	// and not only late, and before the day need not be asked for again.
	settled = 3 * past.Day
	// patience is how many spans of a place may fail in a row before it is left
	// alone: it is down, or does not want us.
	patience = 5
)

// Filler runs plans.
type Filler struct {
	pub   collectors.Publisher
	marks *Marks
	now   func() time.Time
}

// New makes a Filler. Marks may be nil: then nothing is remembered.
func New(pub collectors.Publisher, marks *Marks) *Filler {
	return &Filler{pub: pub, marks: marks, now: time.Now}
}

// Progress is told how a run goes.
type Progress interface {
	// Done says how many spans of Total are done.
	Done(n int)
	// Failed says of a span what was asked and what went wrong.
	Failed(text string)
}

// Run asks for every span that is left, and tells progress after each. A span is done, and marked, when the place has answered
// about all of it and the broker has the answer. One about which nobody could
// look is told in the Result, stops no other, and is asked for again at the
// next run. Run itself fails only where ctx ends, the broker refuses a message,
// or a mark cannot be written; the Result then says how far it came.
func (f *Filler) Run(ctx context.Context, p *Plan, progress Progress) (*Result, error) {
	r := &Result{total: p.Total}
	row := make(map[string]int) // failures in a row, by place: servers fail one by one
	for _, u := range p.units {
		place := u.target.GetPlace()
		if row[place] >= patience {
			r.Left++
			continue
		}
		err := f.ask(ctx, p, u, r)
		if broken, ok := errors.AsType[*stopError](err); ok {
			return r, broken.err
		}
		switch {
		case err == nil:
			row[place] = 0
			r.Done++
			progress.Done(p.Done + r.Done)
			continue
		case isTold(err):
			row[place] = patience
		default:
			row[place]++
		}
		if r.fail(err); r.Failed <= mostFailures {
			progress.Failed(u.String() + ": " + collectors.OneLine(err.Error()))
		} else if r.Failed == mostFailures+1 {
			progress.Failed("more fail: they are counted at the end")
		}
	}
	return r, nil
}

// stopError ends the whole run.
type stopError struct{ err error }

func (e *stopError) Error() string { return e.err.Error() }
func (e *stopError) Unwrap() error { return e.err }

// errNoLook is a span about which nobody could look, and nobody knows why.
var errNoLook = errors.New("the source gave neither a look nor a reason")

// ask asks for one span, publishes what came of it and marks it.
func (f *Filler) ask(ctx context.Context, p *Plan, u unit, r *Result) error {
	looks, failed := f.collect(ctx, p, u, r)
	if ctx.Err() != nil { // the span is asked for again, as a whole
		return &stopError{ctx.Err()}
	}
	for _, look := range looks {
		if err := f.pub.Publish(ctx, event.TopicSnapshots, look.GetTarget().Key(), look); err != nil {
			return &stopError{fmt.Errorf("publish %s: %w", u, err)}
		}
		r.add(look)
	}
	switch {
	case errors.Is(failed, past.ErrNothing):
		r.Nothing++
	case failed != nil:
		return failed
	}
	if f.fresh(u.span.To) {
		r.Fresh++
		return nil
	}
	if err := f.marks.Add(u.key(p.Source)); err != nil {
		return &stopError{err}
	}
	return nil
}

// fresh is true for what may still change at the place.
func (f *Filler) fresh(t time.Time) bool { return f.now().Sub(t) < settled }

// collect gathers the looks of a span in the order of time. It stops at the
// first error that another question would meet as well.
func (f *Filler) collect(ctx context.Context, p *Plan, u unit, r *Result) (looks []*event.Snapshot, err error) {
	spanCtx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("source panicked: %v", broken)
		}
		slices.SortStableFunc(looks, func(a, b *event.Snapshot) int { return cmp.Compare(a.GetSlotMs(), b.GetSlotMs()) })
	}()
	var errs []error
	seen, nothing := false, false
	for look, err := range p.source.FetchPast(spanCtx, proto.CloneOf(u.target), u.span) {
		refusal, refused := errors.AsType[*fetch.Refusal](err)
		if refused {
			r.Refused++
			if err := f.reject(ctx, p.Source, u, refusal); err != nil {
				return looks, errors.Join(append(errs, err)...)
			}
		}
		seen = true
		if errors.Is(err, past.ErrNothing) {
			nothing = true
			continue
		}
		if look != nil {
			stamp(look, p.Source, u.target)
			if invalid := look.Validate(); invalid != nil {
				errs = append(errs, fmt.Errorf("source made an invalid look: %w", invalid))
			} else if len(look.GetReadings()) > 0 || !f.fresh(time.UnixMilli(look.GetSlotMs())) {
				looks = append(looks, look)
			}
			continue
		}
		errs = append(errs, err)
		if !refused {
			break
		}
	}
	switch {
	case !seen:
		return nil, errNoLook
	case nothing && len(errs) == 0 && len(looks) == 0:
		return nil, past.ErrNothing
	}
	return looks, errors.Join(errs...)
}

// stamp makes a look what it is for every source. It is stamped with its own
// slot and with no clock: asking again makes the same message, which changes
// nothing.
func stamp(s *event.Snapshot, source string, target *event.Target) {
	s.Source, s.Target = source, proto.CloneOf(target)
	s.SeenAtMs = s.GetSlotMs()
	s.Basis = event.Basis_BASIS_BACKFILL
	s.Reason = collectors.OneLine(s.GetReason())
	switch {
	case s.GetOutcome() != event.Outcome_OUTCOME_UNSPECIFIED:
	case len(s.GetReadings()) > 0:
		s.Outcome = event.Outcome_OUTCOME_OK
	default:
		s.Outcome = event.Outcome_OUTCOME_EMPTY
	}
}

// reject says which answer was not understood, by its outline.
func (f *Filler) reject(ctx context.Context, source string, u unit, refusal *fetch.Refusal) error {
	err := f.pub.Publish(ctx, event.TopicRejected, u.target.Key(), &event.Rejected{
		Stage: source, Reason: cmp.Or(collectors.OneLine(refusal.Reason), "refused without a reason"),
		Original: refusal.Outline(), Truncated: len(refusal.Body) > 0,
		Target: proto.CloneOf(u.target), AtMs: u.span.From.UnixMilli(),
	})
	if err != nil {
		return fmt.Errorf("keep a refused answer: %w", err)
	}
	return nil
}
