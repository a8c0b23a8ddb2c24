package dashboards

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/collectors/replay/january2025"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/detect/judge"
	"github.com/tidemark/tidemark/processors/notify"
	"github.com/tidemark/tidemark/processors/notify/message"
	"github.com/tidemark/tidemark/processors/store"
)

// turn is whose turn the engine is: on a busy machine two databases at once take
// longer than testkit waits for either.
var turn sync.Mutex

// fresh is a database as the migrations leave it, with nothing in it.
func fresh(t testing.TB) *clickhouse.Client {
	t.Helper()
	turn.Lock()
	t.Cleanup(turn.Unlock)
	db, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// january is a database with the whole case in it: its looks and facts, the
// episodes that the rules find in them, and the messages that are made of those.
// Only the broker is left out.
func january(t testing.TB) *clickhouse.Client {
	t.Helper()
	k := &town{t: t, db: fresh(t), log: slog.New(slog.DiscardHandler)}
	var err error
	if k.cfg, err = config.Default(); err != nil {
		t.Fatal(err)
	}
	if err := k.db.SyncWatch(t.Context(), k.cfg.Watch); err != nil {
		t.Fatal(err)
	}
	reject := func(_ context.Context, r *event.Rejected) error { return fmt.Errorf("rejected: %s", r.GetReason()) }
	k.store = store.New(k.db, reject, prometheus.NewRegistry(), k.log)

	c, err := january2025.Load()
	if err != nil {
		t.Fatal(err)
	}
	var all []event.Validator
	var looks []*event.Snapshot
	for _, m := range c.Messages() {
		all = append(all, m)
		if s, ok := m.(*event.Snapshot); ok {
			looks = append(looks, s)
		}
	}
	k.handle(k.store, event.TopicSnapshots, all)
	states := k.judge(looks)
	k.handle(k.store, event.TopicEpisodes, states)
	k.tell(states)
	if err := k.store.Rollup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k.db
}

// town is where the processors work.
type town struct {
	t     testing.TB
	db    *clickhouse.Client
	cfg   *config.Config
	store *store.Processor
	log   *slog.Logger
}

func (k *town) handle(p kafka.Handler, topic string, all []event.Validator) {
	k.t.Helper()
	part, err := p.Assign(k.t.Context(), topic, 0, kafka.Committed{Offset: -1})
	if err != nil {
		k.t.Fatal(err)
	}
	batch := make([]kafka.Message, 0, len(all))
	for i, m := range all {
		value, err := event.Marshal(m)
		if err != nil {
			k.t.Fatal(err)
		}
		batch = append(batch, kafka.Message{Topic: topic, Offset: int64(i), Value: value, Type: event.TypeName(m), Time: time.Now()})
	}
	for some := range slices.Chunk(batch, 4000) {
		if _, err := part.Handle(k.t.Context(), some); err != nil {
			k.t.Fatal(err)
		}
	}
}

// judge finds the episodes, in order of time.
func (k *town) judge(looks []*event.Snapshot) []event.Validator {
	k.t.Helper()
	j, err := judge.New(k.cfg.Process.Detect, config.NewBelongings(&k.cfg.Watch))
	if err != nil {
		k.t.Fatal(err)
	}
	targets := map[string]*judge.Target{}
	var out []event.Validator
	for _, s := range looks {
		key := s.GetTarget().Key()
		if targets[key] == nil {
			targets[key] = j.NewTarget(s.GetSource(), s.GetTarget(), s.GetBasis())
		}
		states, _ := targets[key].Look(s)
		for _, e := range states {
			out = append(out, e)
		}
	}
	return out
}

// deaf takes every message and keeps none.
type deaf struct{}

func (deaf) Send(context.Context, *message.Message) error { return nil }

// tell lets the alerts decide who is told what, and waits until they were.
func (k *town) tell(states []event.Validator) {
	k.t.Helper()
	cfg := k.cfg.Notify
	cfg.MaxAge = config.Duration(100 * 365 * 24 * time.Hour)
	p := notify.New(notify.Deps{
		DB: k.db, Group: "test", Senders: map[string]message.Sender{config.LogReceiver: deaf{}}, Log: k.log,
	}, cfg, &k.cfg.Watch, prometheus.NewRegistry())
	// What is past is told when all of it is there.
	now := time.Now().UnixMilli()
	k.handle(p, event.TopicEpisodes, append(states, &event.Tick{AtMs: now, PastMs: now, Partitions: 1}))
	deadline := time.Now().Add(5 * time.Minute)
	for left := uint64(1); left > 0; {
		var err error
		left, err = clickhouse.SelectOne[uint64](k.t.Context(), k.db,
			"SELECT count() + if((SELECT count() FROM notify_outbox) = 0, 1, 0) FROM notify_outbox WHERE id NOT IN (SELECT id FROM deliveries WHERE outcome = 'delivered')")
		if err != nil {
			k.t.Fatal(err)
		}
		if time.Now().After(deadline) {
			k.t.Fatalf("%d messages are not delivered after five minutes", left)
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.Wait()
}
