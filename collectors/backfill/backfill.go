// Package backfill asks the places that keep their past for it, span by span,
// and carries what they tell to Kafka.
package backfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// ErrNoPast is the answer to a source whose place keeps nothing.
var ErrNoPast = errors.New("it has no past: what nobody looked at is gone")

// Plan is what is to be asked of one source.
type Plan struct {
	Source string
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
// time, and leaves out what the marks have. An error wraps ErrNoPast.
func NewPlan(e collectors.Entry, from, to time.Time, marks *Marks) (*Plan, error) {
	source, ok := e.Source.(past.Source)
	if !ok {
		return nil, fmt.Errorf("back-fill %s: %w", e.Name, ErrNoPast)
	}
	p := &Plan{Source: e.Name, Targets: len(e.Source.Targets()), source: source}
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

// Result is what came of a plan.
type Result struct {
	Looks, Readings int
	// Refused is how many answers were not understood and kept aside.
	Refused int
	// Failed is how many spans failed; Failures are in the order of time, and
	// say of each what was asked and what went wrong. Left is how many spans
	// were not asked for, because too many failed before.
	Failed   int
	Failures []string
	Left     int
}

// mostFailures is how many failures are told one by one.
const mostFailures = 20

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

// Run asks for every span that is left, and tells progress after each how many
// of Total are done. A span is marked when the broker has all of it. One that
// fails is told in the Result and stops no other. Run itself fails only where
// ctx ends, the broker refuses a message, or a mark cannot be written.
func (f *Filler) Run(ctx context.Context, p *Plan, progress func(done int)) (*Result, error) {
	r := &Result{}
	row := make(map[string]int) // failures in a row, by place: servers fail one by one
	for i, u := range p.units {
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
		case isTold(err):
			row[place] = patience
		default:
			row[place]++
		}
		if err != nil {
			r.fail(u, err)
		}
		progress(p.Done + i + 1)
	}
	return r, nil
}

func (r *Result) fail(u unit, err error) {
	r.Failed++
	if r.Failed <= mostFailures {
		r.Failures = append(r.Failures, u.String()+": "+collectors.OneLine(err.Error()))
	}
}

// isTold is true where the place told us to ask later.
func isTold(err error) bool {
	_, paused := errors.AsType[*fetch.PauseError](err)
	return paused || fetch.Status(err) == http.StatusTooManyRequests
}

// stopError ends the whole run.
type stopError struct{ err error }

func (e *stopError) Error() string { return e.err.Error() }
func (e *stopError) Unwrap() error { return e.err }

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
		r.Looks++
		r.Readings += len(look.GetReadings())
	}
	if failed != nil || f.fresh(u.span.To) {
		return failed
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
	for look, err := range p.source.FetchPast(spanCtx, proto.CloneOf(u.target), u.span) {
		refusal, refused := errors.AsType[*fetch.Refusal](err)
		if refused {
			r.Refused++
			if err := f.reject(ctx, p.Source, u, refusal); err != nil {
				return looks, errors.Join(append(errs, err)...)
			}
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

// Problem is nil where everything came, and otherwise says line by line what
// did not, and what to do.
func (r *Result) Problem(source string) error {
	if r.Failed == 0 {
		return nil
	}
	lines := slices.Clone(r.Failures)
	if more := r.Failed - len(r.Failures); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	what := fmt.Sprintf("back-fill %s: %d spans failed", source, r.Failed)
	if r.Left > 0 {
		what += fmt.Sprintf(" and %d were not asked for, because the place does not answer", r.Left)
	}
	return errors.New(strings.Join(append(lines, what+"; run the same command again: it asks for what is missing only"), "\n"))
}
