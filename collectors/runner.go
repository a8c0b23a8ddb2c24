package collectors

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/tapes"
)

// Runner looks on schedule, stamps what was seen and publishes it. It promises
// one published look per tick and target, whatever came of it.
type Runner struct {
	entries  []Entry
	pub      Publisher
	jitter   float64
	reg      prometheus.Registerer
	metrics  *metrics
	streams  *streamMetrics // nil without streams
	channels []*channel
	log      *slog.Logger
	tapes    Keeper
	breaker  config.Breaker
}

// Keeper takes over what was asked and answered in a look, and never waits.
// whole is false where it was too much to be kept.
type Keeper interface {
	Keep(t tapes.Tape, whole bool)
}

// KeepTapes lets the raw answers of every look be kept. Call it before Run.
func (r *Runner) KeepTapes(k Keeper) { r.tapes = k }

// NewRunner makes a Runner. It starts nothing; disabled entries stay still.
func NewRunner(entries []Entry, pub Publisher, cfg config.Collect, reg prometheus.Registerer, log *slog.Logger) *Runner {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Runner{
		entries: entries,
		pub:     pub,
		jitter:  cfg.Jitter,
		reg:     reg,
		breaker: cfg.Breaker,
		metrics: newMetrics(reg),
		log:     log.With("component", "collect"),
	}
}

// Run looks until ctx ends, then sends what was seen and not yet sent. A look
// that ctx interrupted is not published: nothing was seen, and nothing is wrong
// with the place. Run fails only where a schedule cannot be read.
func (r *Runner) Run(ctx context.Context) error {
	var rooms []*room
	for _, e := range r.entries {
		if !e.Enabled {
			continue
		}
		m, err := r.newRoom(e)
		if err != nil {
			return err
		}
		rooms = append(rooms, m)
	}
	var group sync.WaitGroup
	for _, m := range rooms {
		group.Go(func() { m.run(ctx) })
	}
	for _, c := range r.channels {
		group.Go(func() { c.run(ctx) })
	}
	group.Wait()
	return nil
}

// room is what one source has for itself: its lookers and its way out. A dead
// source holds up no other.
type room struct {
	entry   Entry
	lookers []*looker
	out     *outbox
	breaker *breaker
	log     *slog.Logger
}

func (r *Runner) newRoom(e Entry) (*room, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	r.metrics.prepare(e.Name)
	log := r.log.With("source", e.Name)
	m := &room{entry: e, log: log, out: newOutbox(r.pub, e.Name, r.metrics, log)}
	targets := e.Source.Targets()
	var keys []string
	for _, target := range targets {
		keys = append(keys, target.Key())
	}
	m.breaker = newBreaker(r.breaker, keys)
	for _, target := range targets {
		s, err := newSchedule(e.Every, r.jitter, e.Name+"\x1f"+target.Key())
		if err != nil {
			return nil, fmt.Errorf("read schedule of %s: %w", e.Name, err)
		}
		m.lookers = append(m.lookers, &looker{
			name: e.Name, source: e.Source, target: target, schedule: s,
			out: m.out, breaker: m.breaker, metrics: r.metrics, tapes: r.tapes, log: log.With("target", target.Key()),
		})
	}
	return m, nil
}

func (m *room) run(ctx context.Context) {
	m.log.InfoContext(ctx, "source starts", "targets", len(m.lookers), "every", m.entry.Every)
	var looking, sending sync.WaitGroup
	sending.Go(func() { m.out.run(ctx) })
	for _, l := range m.lookers {
		looking.Go(func() { l.run(ctx) })
	}
	looking.Wait()
	m.out.close()
	sending.Wait()
}

// looker makes the looks at one target.
type looker struct {
	name     string
	source   Source
	target   *event.Target
	schedule schedule
	out      *outbox
	breaker  *breaker
	metrics  *metrics
	tapes    Keeper // may be nil
	log      *slog.Logger

	next tick // the one that run waits for; before it runs: where to begin

	mu          sync.Mutex
	said        string // the last reason that was logged
	interrupted bool   // the last look was not finished
}

// run never lets two looks at its target overlap: a tick that comes while the
// former look still runs is published as what it is, a look that failed.
func (l *looker) run(ctx context.Context) {
	l.next = l.begin()
	running := make(chan struct{}, 1)
	var group sync.WaitGroup
	defer group.Wait()
	for sleepUntil(ctx, l.next.due) {
		if left := time.Until(l.next.due); left < -max(l.next.interval/2, lateness) || left > nap {
			l.next = l.catchUp(ctx, l.next)
			continue
		}
		t := l.next
		select {
		case running <- struct{}{}:
			group.Go(func() {
				defer func() { <-running }()
				l.publish(ctx, l.tryLook(ctx, t))
			})
		default:
			l.metrics.skipped(l.name)
			l.publish(ctx, l.skip(t, "skipped: the look before is still running"))
		}
		l.next = l.schedule.after(t.slot)
	}
}

// tryLook makes a look, unless the breaker holds it back.
func (l *looker) tryLook(ctx context.Context, t tick) *result {
	key := l.target.Key()
	if why, ok := l.breaker.allow(key, t); !ok {
		l.metrics.held(l.name)
		r := l.skip(t, oneLine(why))
		r.held = true
		return r
	}
	r := l.look(ctx, t)
	if r == nil {
		l.breaker.leave(key)
		l.mu.Lock()
		l.interrupted = true
		l.mu.Unlock()
		return nil
	}
	o := r.snapshot.GetOutcome()
	good := o == event.Outcome_OUTCOME_OK || o == event.Outcome_OUTCOME_EMPTY
	before := l.breaker.open()
	l.breaker.seen(key, t, good, r.snapshot.GetReason())
	l.metrics.breaker(l.name, before, l.breaker.open())
	return r
}

// catchUp goes on from now after the machine slept or its clock jumped: a look
// now is not a look then. Each tick in between is one that nobody looked at.
func (l *looker) catchUp(ctx context.Context, missed tick) tick {
	const mostMessages, most = 100, 100_000
	now := time.Now()
	for n := 0; n < most && missed.due.Before(now); n++ {
		l.metrics.skipped(l.name)
		if n < mostMessages {
			l.publish(ctx, l.skip(missed, "skipped: the collector was asleep or held up, or its clock jumped"))
		}
		missed = l.schedule.after(missed.slot)
	}
	return l.schedule.first(now)
}

func (l *looker) publish(ctx context.Context, r *result) {
	if r == nil {
		return
	}
	l.metrics.look(l.name, r)
	if !r.held {
		l.report(ctx, r.snapshot)
	}
	l.out.put(ctx, r)
}

// report logs changes only: a source that is down for a day says so once.
func (l *looker) report(ctx context.Context, s *event.Snapshot) {
	reason := s.GetReason()
	l.mu.Lock()
	changed := reason != l.said
	l.said = reason
	l.mu.Unlock()
	switch {
	case !changed:
	case reason == "":
		l.log.InfoContext(ctx, "look is well again")
	case s.GetOutcome() == event.Outcome_OUTCOME_EMPTY:
		l.log.InfoContext(ctx, "look found nothing", "reason", reason)
	default:
		l.log.WarnContext(ctx, "look has a problem", "outcome", s.GetOutcome().Word(), "reason", reason)
	}
}
