// Package sqlrule is the processor that evaluates rules which a person wrote in
// SQL: now and then it asks, and publishes an episode when a row crosses the
// rule's threshold, and its end when it is well again.
//
// It keeps nothing of its own. What is open is read back from the table of
// episodes, as in processors/health; only how many evaluations in a row have
// crossed is forgotten by a restart. Run one: two that count from different
// evaluations on could each open an episode.
package sqlrule

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// Source is the source of what rules over SQL find.
const Source = "sql"

// RuleFailing is the health rule about the rules themselves.
const RuleFailing = "sql-rule-failing"

const (
	// failuresTell is how many failures in a row open an episode about the rule;
	// what no repetition cures opens one at once.
	failuresTell = 3
	// abandoned is how long a subject may be without a row before its episode
	// ends: nobody will ever say that it is well.
	abandoned = 7 * 24 * time.Hour
	// turnsAtLeast is how often the loop turns where the rules are rare.
	turnsAtLeast = 10 * time.Second
)

// Publisher sends a message and returns when the broker has it.
type Publisher interface {
	Publish(ctx context.Context, topic, key string, m event.Validator) error
}

// Deps is what the processor needs from others.
type Deps struct {
	DB        *clickhouse.Client
	Publisher Publisher
	// Turn is called whenever the loop turns; nil: nobody wants to know.
	Turn func()
	Log  *slog.Logger
}

// Processor evaluates rules. Evaluate is for one caller at a time.
type Processor struct {
	deps  Deps
	cfg   config.SQLRule
	m     *metrics
	rules []*running
	sent  map[string]*episode // published and perhaps not stored yet
	ended bool                // rules that are gone have been looked for
}

// running is a rule with what is remembered between two evaluations.
type running struct {
	Rule
	question question
	asked    bool      // the question is made
	slot     time.Time // the last evaluation
	failures int       // in a row
	since    time.Time // of the first of them
	subjects map[string]*memory
}

// New makes a processor for rules that Load has read. reg may be nil.
func New(deps Deps, cfg config.SQLRule, rules []Rule, reg prometheus.Registerer) *Processor {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	deps.Log = deps.Log.With("component", "sqlrule")
	p := &Processor{deps: deps, cfg: cfg, m: newMetrics(reg), sent: map[string]*episode{}}
	for _, r := range rules {
		p.rules = append(p.rules, &running{Rule: r, subjects: map[string]*memory{}})
		p.m.known(r.Name)
	}
	return p
}

// Run evaluates until ctx ends. What fails is tried again.
func (p *Processor) Run(ctx context.Context) error {
	tick := time.NewTicker(turnsAtLeast)
	defer tick.Stop()
	for {
		if err := p.Evaluate(ctx, time.Now()); err != nil && ctx.Err() == nil {
			p.deps.Log.ErrorContext(ctx, "rules over SQL could not be judged; trying again", "err", err)
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

// Evaluate asks what is due at now, and publishes what has changed. It returns
// when the broker has everything. A rule that fails keeps no other from being
// judged, and is no error here.
func (p *Processor) Evaluate(ctx context.Context, now time.Time) error {
	now = now.UTC()
	var due []*running
	for _, r := range p.rules {
		if slot := now.Truncate(r.Every); slot.After(r.slot) {
			due = append(due, r)
		}
	}
	if len(due) == 0 && p.ended {
		return nil
	}
	known, err := p.readEpisodes(ctx, now)
	if err != nil {
		return err
	}
	if !p.ended {
		if err := p.endGone(ctx, known, now); err != nil {
			return err
		}
		p.ended = true
	}
	for _, r := range due {
		began := time.Now()
		rows, err := p.answer(ctx, r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slot := now.Truncate(r.Every)
		p.m.evaluated(r.Name, time.Since(began), err)
		if err := p.tellFailure(ctx, r, known, slot, err); err != nil {
			return err
		}
		if err == nil {
			if err := p.judge(ctx, r, rows, known, slot); err != nil {
				return err
			}
		}
		r.slot = slot
	}
	p.m.show(p.rules, known)
	return nil
}

// answer runs the rule's query; its columns are looked at once.
func (p *Processor) answer(ctx context.Context, r *running) (map[string]row, error) {
	if !r.asked {
		q, err := ask(ctx, p.deps.DB, p.cfg, &r.Rule)
		if err != nil {
			return nil, err
		}
		r.question, r.asked = q, true
	}
	rows, err := r.question.run(ctx, p.deps.DB, p.cfg, &r.Rule)
	if err != nil {
		r.asked = false // a view may have changed
	}
	return rows, err
}
