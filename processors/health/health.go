// Package health is the processor that watches our own looking: it asks
// ClickHouse what became of the looks, and publishes an episode when a source
// is dead or odd, and its end when it is well again.
//
// It keeps nothing of its own. What is open is read back from the table of
// episodes, and an episode's id is made from rule, target and onset, which is
// a moment of the data. So a restart, a second evaluator or a replay makes the
// same messages again, and changes nothing.
package health

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// Publisher sends a message and returns when the broker has it.
type Publisher interface {
	Publish(ctx context.Context, topic, key string, m event.Validator) error
}

// Deps is what the processor needs from others.
type Deps struct {
	DB        *clickhouse.Client
	Publisher Publisher
	// Retired says that the configuration does not want these looks any more,
	// so that their silence is no trouble. nil: all are wanted.
	Retired func(source, target string) bool
	// Turn is called whenever the loop turns; nil: nobody wants to know.
	Turn func()
	Log  *slog.Logger
}

// Processor evaluates the rules. Evaluate is for one caller at a time.
type Processor struct {
	deps Deps
	cfg  config.Health
	m    *metrics

	// sent are states that were published and may not be stored yet.
	sent map[string]*episode
	// details and coverage hold what costs more to ask, until it can have changed.
	details  map[string]*sourceDetails
	coverage coverageCache
	// silent is what could not be read the last time.
	silent map[string]bool
	// quietUntil is when the first looks after a start must be there.
	quietUntil time.Time
}

// New makes a processor. It does not connect. reg may be nil.
func New(deps Deps, cfg config.Health, reg prometheus.Registerer) *Processor {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	deps.Log = deps.Log.With("component", "health")
	return &Processor{deps: deps, cfg: cfg, m: newMetrics(reg), sent: map[string]*episode{}, details: map[string]*sourceDetails{}, silent: map[string]bool{}}
}

// Run evaluates now and then until ctx ends. What fails is tried again.
func (p *Processor) Run(ctx context.Context) error {
	p.quietUntil = time.Now().Add(p.cfg.Grace.D())
	tick := time.NewTicker(p.cfg.Every.D())
	defer tick.Stop()
	for {
		began := time.Now()
		err := p.Evaluate(ctx, began)
		if ctx.Err() != nil {
			return nil
		}
		p.m.evaluated(time.Since(began), err)
		if err != nil {
			p.deps.Log.ErrorContext(ctx, "sources could not be judged; trying again", "err", err)
		}
		if p.deps.Turn != nil {
			p.deps.Turn()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Evaluate judges every source and target as it is at now, and publishes what
// has changed. It returns when the broker has everything.
func (p *Processor) Evaluate(ctx context.Context, now time.Time) error {
	now = now.UTC()
	all, err := p.readSeries(ctx, now)
	if err != nil {
		return fmt.Errorf("read looks: %w", err)
	}
	known, err := p.readEpisodes(ctx, now)
	if err != nil {
		return fmt.Errorf("read episodes: %w", err)
	}
	var wanted []*series
	for _, s := range all {
		if p.deps.Retired == nil || !p.deps.Retired(s.source, s.target) || !s.overdue(now, p.cfg.StaleAfter) {
			wanted = append(wanted, s)
		}
	}
	findings := p.judgeSeen(wanted, known, now)
	// What cannot be read keeps nobody from being told of a dead source.
	more, err := p.judgeDetails(ctx, wanted, known, now)
	p.unread(ctx, "readings", err)
	findings = append(findings, more...)
	more, err = p.judgeCoverage(ctx, wanted, known, now)
	p.unread(ctx, "coverage", err)
	findings = append(findings, more...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	findings = append(findings, gone(wanted, known, now)...)
	if err := p.reconcile(ctx, findings, known); err != nil {
		return err
	}
	p.m.show(known)
	return nil
}

// unread counts what could not be read, and says it once until it can be read
// again.
func (p *Processor) unread(ctx context.Context, what string, err error) {
	before := p.silent[what]
	p.silent[what] = err != nil
	switch {
	case err != nil:
		p.m.unread.WithLabelValues(what).Inc()
		if !before {
			p.deps.Log.ErrorContext(ctx, "some rules could not be judged; the others are, and these are tried again", "what", what, "err", err)
		}
	case before:
		p.deps.Log.InfoContext(ctx, "all rules can be judged again", "what", what)
	}
}

func seenAt(at time.Time, all []finding) []finding {
	for i := range all {
		all[i].seen = at
	}
	return all
}

// judgeSeen applies the rules that need nothing but looks.
func (p *Processor) judgeSeen(all []*series, known *ledger, now time.Time) []finding {
	var out []finding
	for _, group := range bySource(all) {
		out = append(out, p.judgeUnseen(group, known, now)...)
	}
	for _, s := range all {
		out = append(out, seenAt(s.last, p.judgeDepth(s, known))...)
	}
	return out
}
