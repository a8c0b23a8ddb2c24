package collectors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/tapes"
)

const (
	// maxBudget bounds a look whose interval is long.
	maxBudget = time.Hour
	// maxKept is how large a look may be, and how much of one that is too large
	// is kept: 1 MiB, less what the rest of the message needs to stay below a
	// broker's usual limit of 1 MiB.
	maxKept = 1<<20 - 16<<10
	// maxReason is for a line that a person reads.
	maxReason = 500
)

// result is a look with the answers that were refused on the way.
type result struct {
	snapshot *event.Snapshot
	rejected []*event.Rejected
	took     time.Duration
	held     bool // the breaker held the look back
}

// look makes one look and stamps it; nil means that ctx ended it.
func (l *looker) look(ctx context.Context, t tick) *result {
	lookCtx, cancel := context.WithTimeout(ctx, t.budget())
	defer cancel()
	lookCtx, trace := fetch.WithTrace(lookCtx)
	lookCtx, recorder := l.record(lookCtx)
	start := time.Now()
	seen, err := l.fetch(lookCtx, t.slot)
	if ctx.Err() != nil && err != nil {
		return nil
	}
	s := l.stamp(t)
	s.HttpStatus = uint32(trace.Status()) //nolint:gosec // 100 to 999
	s.BodyBytes = uint64(trace.Bytes())   //nolint:gosec // not negative
	s.DurationMs = uint32(min(time.Since(start).Milliseconds(), math.MaxUint32))
	s.Via = oneLine(seen.GetVia())
	s.ParserVersion = seen.GetParserVersion()
	s.Reason = oneLine(seen.GetReason())
	res := &result{snapshot: s, took: time.Since(start)}
	res.decide(seen, err)
	if invalid := checkMessage(s); invalid != nil {
		res.invalid(invalid)
	}
	if recorder != nil {
		exchanges, whole := recorder.Exchanges()
		l.tapes.Keep(tapes.Tape{Look: proto.CloneOf(s), Exchanges: exchanges}, whole)
	}
	return res
}

// record lets what is asked and answered be kept; nil: nobody wants it.
func (l *looker) record(ctx context.Context) (context.Context, *fetch.Recorder) {
	if l.tapes == nil {
		return ctx, nil
	}
	return fetch.WithRecorder(ctx)
}

// checkMessage holds that a look can be sent at all: one that cannot would
// stop everything behind it.
func checkMessage(s *event.Snapshot) error {
	encoded, err := event.Marshal(s)
	if err == nil && len(encoded) > maxKept {
		err = fmt.Errorf("look has %d bytes, at most %d", len(encoded), maxKept)
	}
	return err
}

// fetch calls the source and turns its panic into an error.
func (l *looker) fetch(ctx context.Context, slot time.Time) (seen *event.Snapshot, err error) {
	defer func() {
		if p := recover(); p != nil {
			l.log.ErrorContext(ctx, "source panicked", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			seen, err = nil, fmt.Errorf("source panicked: %v", p)
		}
	}()
	// A source may write into what it is given; the next look needs it clean.
	return l.source.Fetch(ctx, proto.CloneOf(l.target), slot)
}

// stamp makes the look as far as it is the same for every source.
func (l *looker) stamp(t tick) *event.Snapshot {
	return &event.Snapshot{
		Source:   l.name,
		Target:   proto.CloneOf(l.target),
		SlotMs:   t.slot.UnixMilli(),
		SeenAtMs: time.Now().UnixMilli(),
		Basis:    event.Basis_BASIS_MEASURED,
		EveryS:   uint32(min(math.Ceil(t.interval.Seconds()), math.MaxUint32)),
	}
}

// skip is the look of a tick at which nobody looked.
func (l *looker) skip(t tick, reason string) *result {
	s := l.stamp(t)
	s.Outcome = event.Outcome_OUTCOME_FAILED
	s.Reason = reason
	return &result{snapshot: s}
}

// decide finds the outcome: readings stand, also beside an error; without any,
// one refused answer makes the look refused, and other errors make it failed.
func (r *result) decide(seen *event.Snapshot, err error) {
	s := r.snapshot
	refusals := refusals(err)
	for _, refusal := range refusals {
		// Never the body: it holds people's names and texts.
		r.reject(oneLine(refusal.Reason), refusal.Outline(), len(refusal.Body) > 0)
	}
	if err != nil {
		s.Reason = oneLine(err.Error())
	}
	switch {
	case len(seen.GetReadings()) > 0:
		s.Outcome = event.Outcome_OUTCOME_OK
		s.Readings = seen.GetReadings()
		s.Depth = seen.GetDepth()
	case len(refusals) > 0:
		s.Outcome = event.Outcome_OUTCOME_REFUSED
	case err != nil:
		s.Outcome = event.Outcome_OUTCOME_FAILED
	case seen == nil:
		s.Outcome = event.Outcome_OUTCOME_FAILED
		s.Reason = "source returned neither a look nor an error"
	default:
		s.Outcome = event.Outcome_OUTCOME_EMPTY
	}
}

// invalid keeps what a source made wrongly (a reading that is no number) out
// of the topic, and says so in its place.
func (r *result) invalid(err error) {
	s := r.snapshot
	body, _ := proto.Marshal(s) // what cannot be encoded is not kept
	s.Outcome = event.Outcome_OUTCOME_REFUSED
	s.Reason = oneLine("source made an invalid look: " + err.Error())
	s.Readings, s.Depth = nil, 0
	r.reject(s.GetReason(), body[:min(len(body), maxKept)], len(body) > maxKept)
}

func (r *result) reject(reason string, kept []byte, cut bool) {
	if reason == "" {
		reason = "refused without a reason"
	}
	r.rejected = append(r.rejected, &event.Rejected{
		Stage:     r.snapshot.GetSource(),
		Reason:    reason,
		Original:  kept,
		Truncated: cut,
		Target:    r.snapshot.GetTarget(),
		AtMs:      r.snapshot.GetSeenAtMs(),
	})
}

// refusals finds every refused answer in err, also in joined errors.
func refusals(err error) []*Refusal {
	switch e := err.(type) { //nolint:errorlint // this is the walk through the tree
	case *Refusal:
		return []*Refusal{e}
	case interface{ Unwrap() []error }:
		var all []*Refusal
		for _, one := range e.Unwrap() {
			all = append(all, refusals(one)...)
		}
		return all
	default:
		if inner := errors.Unwrap(err); inner != nil {
			return refusals(inner)
		}
		return nil
	}
}

// oneLine makes a reason fit for a table and a log.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "�")
	s = strings.ReplaceAll(s, "\n", "; ")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason-len("…")], "") + "…"
	}
	return s
}
