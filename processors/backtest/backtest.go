// Package backtest says what rules would have told of a past that is stored: it
// reads looks and readings from ClickHouse, target by target in the order of
// their slots, and gives them to the very judge that runs live. It writes
// nothing anywhere.
package backtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/judge"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// Rules is a way to judge, with the name that it has in the report.
type Rules struct {
	Name   string
	Detect config.Detect
	// Only are the rules whose findings count; empty: all.
	Only []string
}

// Query says what is judged.
type Query struct {
	// From and To bound the moments that are told: [From, To). WarmUp is how
	// long before the judge begins to look, without telling.
	From, To time.Time
	WarmUp   time.Duration
	// Basis is measured, backfill, imported or modelled: one, as they are never
	// mixed.
	Basis string
	// Topic bounds what is told; empty: everything.
	Topic string
	// A is what is tried; B, where it is not nil, what it is compared with.
	A Rules
	B *Rules
	// Receiver is who would be told, and GroupWait how long a message waits for
	// others of its topic.
	Receiver  config.Receiver
	GroupWait time.Duration
	// Progress is told how many looks of how many have been judged; may be nil.
	Progress func(done, total int)
}

// NoHistory is that there is nothing to judge. Its text says what there is.
type NoHistory struct{ text string }

// Error names the span and what is stored.
func (e *NoHistory) Error() string { return e.text }

// Run judges the past. watch is the watchlist in force: what belongs together
// is said by today's.
func Run(ctx context.Context, db *clickhouse.Client, watch *config.Watch, q *Query) (*Report, error) {
	courts, err := newCourts(watch, q)
	if err != nil {
		return nil, err
	}
	all, err := targets(ctx, db, q)
	if err != nil {
		return nil, err
	}
	if err := enough(ctx, db, q, all); err != nil {
		return nil, err
	}
	total, done := 0, 0
	for _, t := range all {
		total += int(t.Looks) //nolint:gosec // never so many
	}
	for i := range all {
		t := &all[i]
		target, err := event.ParseTargetKey(t.Target)
		if err != nil {
			return nil, fmt.Errorf("judge %s of %s: %w", t.Target, t.Source, err)
		}
		for _, c := range courts {
			c.target = c.judge.NewTarget(t.Source, target, basisOf(q.Basis))
		}
		err = stream(ctx, db, q, t, target, func(s *event.Snapshot) {
			for _, c := range courts {
				c.look(s)
			}
			if done++; q.Progress != nil && done%100 == 0 {
				q.Progress(done, total)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("read looks at %s of %s: %w", t.Target, t.Source, err)
		}
	}
	if q.Progress != nil {
		q.Progress(total, total)
	}
	events, err := readEvents(ctx, db, q)
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e happened) bool { return !isOf(watch, q.Topic, e.Subject) })
	return report(q, courts, events, len(all), total)
}

// court is one way to judge, at work.
type court struct {
	rules  Rules
	judge  *judge.Judge
	style  message.Style
	target *judge.Target
	from   int64
	to     int64
	topic  string
	found  map[string]*Finding
	states []*event.Episode
}

func newCourts(watch *config.Watch, q *Query) ([]*court, error) {
	ways := []Rules{q.A}
	if q.B != nil {
		ways = append(ways, *q.B)
	}
	belongs := config.NewBelongings(watch)
	var out []*court
	for _, w := range ways {
		j, err := judge.New(w.Detect, belongs)
		if err != nil {
			return nil, err
		}
		out = append(out, &court{
			rules: w, judge: j, style: message.Style{Entities: watch.EntityNames()}, from: q.From.UnixMilli(), to: q.To.UnixMilli(), topic: q.Topic, found: map[string]*Finding{},
		})
	}
	return out, nil
}

// look judges a look and notes what would have been told.
func (c *court) look(s *event.Snapshot) {
	states, _ := c.target.Look(s)
	for _, e := range states {
		if e.GetAtMs() >= c.to || c.topic != "" && e.GetTopic() != c.topic ||
			len(c.rules.Only) > 0 && !slices.Contains(c.rules.Only, e.GetRule()) {
			continue
		}
		f := c.found[e.GetId()]
		if f == nil {
			f = &Finding{ID: e.GetId()}
			c.found[e.GetId()] = f
		}
		f.take(e, e.GetAtMs() >= c.from)
		c.remember(e)
	}
}

// findings are those with something to tell within the span, by the moment of
// their first word.
func (c *court) findings() []Finding {
	var out []Finding
	for _, f := range c.found {
		if f.States > 0 || f.Quiet > 0 {
			out = append(out, *f)
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(a.Opened.Compare(b.Opened), strings.Compare(a.Target, b.Target), strings.Compare(a.Subject, b.Subject),
			strings.Compare(a.Rule, b.Rule), strings.Compare(a.ID, b.ID))
	})
	return out
}

func basisOf(word string) event.Basis {
	for _, b := range []event.Basis{event.Basis_BASIS_BACKFILL, event.Basis_BASIS_IMPORTED, event.Basis_BASIS_MODELLED} {
		if b.Word() == word {
			return b
		}
	}
	return event.Basis_BASIS_MEASURED
}

// isOf says that an event's subject is a member of the topic.
func isOf(watch *config.Watch, topic, subject string) bool {
	for i := range watch.Topics {
		t := &watch.Topics[i]
		if t.ID == topic && slices.ContainsFunc(t.Members(), func(m config.Member) bool {
			return strings.EqualFold(m.Name, strings.TrimPrefix(subject, "#"))
		}) {
			return true
		}
	}
	return topic == ""
}

// enough wants looks within the span, and otherwise says what there is.
func enough(ctx context.Context, db *clickhouse.Client, q *Query, all []target) error {
	if slices.ContainsFunc(all, func(t target) bool { return !t.Last.Before(q.From) }) {
		return nil
	}
	there, err := clickhouse.Select[struct {
		Basis string    `ch:"basis"`
		First time.Time `ch:"first"`
		Last  time.Time `ch:"last"`
	}](ctx, db, "SELECT basis, min(slot) AS first, max(slot) AS last FROM looks GROUP BY basis ORDER BY basis")
	if err != nil {
		return fmt.Errorf("read looks: %w", err)
	}
	text := fmt.Sprintf("judge the past: there are no %s looks from %s to %s", q.Basis, day(q.From), day(q.To.Add(-time.Millisecond)))
	if len(there) == 0 {
		return &NoHistory{text + "; nothing is stored yet"}
	}
	var spans []string
	for _, t := range there {
		spans = append(spans, fmt.Sprintf("%s from %s to %s", t.Basis, day(t.First), day(t.Last)))
	}
	return &NoHistory{text + "; there are " + strings.Join(spans, ", ") + " (see --from, --to and --basis)"}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
