package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

// bench is a store with a database of its own.
type kit struct {
	*Processor
	dsn      string
	reg      *prometheus.Registry
	mu       sync.Mutex
	rejected []*event.Rejected
}

func newKit(t testing.TB) *kit {
	t.Helper()
	dsn := testkit.ClickHouse(t)
	k := newKitOn(t, dsn)
	if err := k.ch.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

// newKitOn is another process's store on the same database.
func newKitOn(t testing.TB, dsn string) *kit {
	t.Helper()
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ch.Close() })
	k := &kit{dsn: dsn, reg: prometheus.NewRegistry()}
	k.Processor = New(ch, k.keep, k.reg, slog.New(slog.DiscardHandler))
	return k
}

func (k *kit) keep(_ context.Context, r *event.Rejected) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rejected = append(k.rejected, r)
	return nil
}

// assign gives the handler of partition 0 after a commit; -1: none.
func (k *kit) assign(t testing.TB, committed int64) *partition {
	t.Helper()
	h, err := k.Assign(t.Context(), event.TopicSnapshots, 0, kafka.Committed{Offset: committed})
	if err != nil {
		t.Fatal(err)
	}
	return h.(*partition)
}

// count is the number of rows of a table, physically.
func (k *kit) count(t testing.TB, table string) uint64 {
	t.Helper()
	return one[uint64](t, k, "SELECT count() FROM "+table)
}

func one[T any](t testing.TB, k *kit, sql string, args ...any) T {
	t.Helper()
	v, err := clickhouse.SelectOne[T](t.Context(), k.ch, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

var day = time.Date(2025, 1, 14, 0, 0, 0, 0, time.UTC)

// chart is a look at a chart with apps a1, a2, … at ranks 1, 2, ….
func chart(slot time.Time, apps int) *event.Snapshot {
	s := &event.Snapshot{
		Source: "appstore", Target: event.ChartTarget("apple", "us", "top-free/overall"),
		SlotMs: slot.UnixMilli(), SeenAtMs: slot.UnixMilli() + 1500, Outcome: event.Outcome_OUTCOME_OK,
		Depth: uint32(apps), Basis: event.Basis_BASIS_MEASURED, EveryS: 1800, ParserVersion: 1, Via: "marketing-v2",
	}
	for i := range apps {
		s.Readings = append(s.Readings, &event.Reading{Subject: fmt.Sprintf("a%d", i+1), Metric: event.MetricRank, Value: float64(i + 1)})
	}
	return s
}

func failed(s *event.Snapshot, reason string) *event.Snapshot {
	s.Outcome, s.Readings, s.Reason, s.Depth = event.Outcome_OUTCOME_FAILED, nil, reason, 0
	return s
}

func imported(s *event.Snapshot, id string) *event.Snapshot {
	s.ImportId, s.Basis = id, event.Basis_BASIS_IMPORTED
	return s
}

// batch makes messages out of events, at offsets from first on.
func batch(t testing.TB, first int64, events ...event.Validator) []kafka.Message {
	t.Helper()
	out := make([]kafka.Message, len(events))
	for i, e := range events {
		b, err := event.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = kafka.Message{
			Topic: event.TopicSnapshots, Offset: first + int64(i), Value: b, Type: event.TypeName(e),
		}
	}
	return out
}

func handle(t testing.TB, h *partition, b []kafka.Message) kafka.Commit {
	t.Helper()
	c, err := h.Handle(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type contextT = context.Context

var errDown = errors.New("down")
