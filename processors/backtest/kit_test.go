package backtest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors/replay/january2025"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/detect/judge"
	"github.com/tidemark/tidemark/processors/store"
)

// kit is a database in which messages are stored.
type kit struct {
	t      *testing.T
	db     *clickhouse.Client
	store  *store.Processor
	cfg    *config.Config
	offset map[string]int64
}

func newKit(t *testing.T) *kit {
	t.Helper()
	db, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the engine ends with the test
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	reject := func(_ context.Context, r *event.Rejected) error { return fmt.Errorf("rejected: %s", r.GetReason()) }
	return &kit{t: t, db: db, store: store.New(db, reject, nil, slog.New(slog.DiscardHandler)), cfg: cfg, offset: map[string]int64{}}
}

func (k *kit) put(topic string, all []event.Validator) {
	k.t.Helper()
	h, err := k.store.Assign(k.t.Context(), topic, 0, kafka.Committed{Offset: k.offset[topic]})
	if err != nil {
		k.t.Fatal(err)
	}
	for part := range slices.Chunk(all, 5000) {
		var batch []kafka.Message
		for _, m := range part {
			b, err := event.Marshal(m)
			if err != nil {
				k.t.Fatal(err)
			}
			batch = append(batch, kafka.Message{Topic: topic, Offset: k.offset[topic], Value: b, Type: event.TypeName(m)})
			k.offset[topic]++
		}
		if _, err := h.Handle(k.t.Context(), batch); err != nil {
			k.t.Fatal(err)
		}
	}
}

// january stores the case and returns its looks.
func (k *kit) january() []*event.Snapshot {
	k.t.Helper()
	c, err := january2025.Load()
	if err != nil {
		k.t.Fatal(err)
	}
	var looks []*event.Snapshot
	var all, facts []event.Validator
	for _, m := range c.Messages() {
		switch m := m.(type) {
		case *event.Snapshot:
			looks, all = append(looks, m), append(all, m)
		case *event.Fact:
			facts = append(facts, m)
		}
	}
	k.put(event.TopicSnapshots, all)
	k.put(event.TopicSnapshots, facts)
	return looks
}

func (k *kit) rules(name, sensitivity string, only ...string) Rules {
	d := k.cfg.Process.Detect
	d.Sensitivity = sensitivity
	return Rules{Name: name, Detect: d, Only: only}
}

func (k *kit) run(q *Query) *Report {
	k.t.Helper()
	r, err := Run(k.t.Context(), k.db, &k.cfg.Watch, q)
	if err != nil {
		k.t.Fatal(err)
	}
	return r
}

func date(month time.Month, day int) time.Time {
	return time.Date(2025, month, day, 0, 0, 0, 0, time.UTC)
}

// line is a state as both ways tell it.
func line(rule, target, subject, metric string, at time.Time, what string) string {
	return fmt.Sprintf("%s %s %s %s %s %s", at.UTC().Format(time.RFC3339), rule, target, subject, metric, what)
}

// direct judges looks as they come, without a database.
func (k *kit) direct(looks []*event.Snapshot, from, to time.Time) []string {
	k.t.Helper()
	var out []string
	for _, e := range k.states(looks) {
		at := time.UnixMilli(e.GetAtMs())
		if e.GetState() != event.EpisodeState_EPISODE_STATE_UPDATED && !at.Before(from) && at.Before(to) {
			out = append(out, line(e.GetRule(), e.GetTarget().Key(), e.GetSubject(), e.GetMetric(), at, e.GetState().Word()))
		}
	}
	slices.Sort(out)
	return out
}

func (k *kit) states(looks []*event.Snapshot) []*event.Episode {
	k.t.Helper()
	j, err := judge.New(k.cfg.Process.Detect, config.NewBelongings(&k.cfg.Watch))
	if err != nil {
		k.t.Fatal(err)
	}
	targets := map[string]*judge.Target{}
	var out []*event.Episode
	for _, s := range looks {
		t := targets[s.GetTarget().Key()]
		if t == nil {
			t = j.NewTarget(s.GetSource(), s.GetTarget(), s.GetBasis())
			targets[s.GetTarget().Key()] = t
		}
		states, _ := t.Look(s)
		out = append(out, states...)
	}
	return out
}
