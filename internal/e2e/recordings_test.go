package e2e

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store"
)

const group = "tidemark-store"

// way is the whole way of the data in one process: a real broker, the store
// processor, a real engine.
type way struct {
	kafka *kafka.Client
	ch    *clickhouse.Client
}

func newWay(t *testing.T) *way {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	def, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ch.Close() })
	if err := ch.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ch.SyncWatch(t.Context(), def.Watch); err != nil {
		t.Fatal(err)
	}
	cfg := config.Kafka{Brokers: []string{testkit.Broker(t)}, Partitions: 4, ReplicationFactor: 1}
	k, err := kafka.New(cfg, "recordings", prometheus.NewRegistry(), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	w := &way{kafka: k, ch: ch}
	reject := func(ctx context.Context, r *event.Rejected) error {
		t.Errorf("a message was rejected: %v", r)
		return nil
	}
	consumer := kafka.NewConsumer(k, kafka.ConsumerConfig{Group: group, Topics: store.Topics()},
		store.New(ch, reject, prometheus.NewRegistry(), log), prometheus.NewRegistry(), log)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return w
}

// replay sends a recording and waits until all of it is stored.
func (w *way) replay(t *testing.T, name string) replay.Counts {
	t.Helper()
	r, err := replay.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := r.Count()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context(), w, replay.Options{}); err != nil {
		t.Fatal(err)
	}
	w.wait(t)
	return counts
}

// wait waits until everything that was published is stored.
func (w *way) wait(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for left := w.left(t); left > 0; left = w.left(t) {
		if time.Now().After(deadline) {
			t.Fatalf("%d messages are not stored", left)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// left is how many messages the store has not committed.
func (w *way) left(t *testing.T) (n int64) {
	t.Helper()
	lags, err := w.kafka.Lag(t.Context(), group, store.Topics())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lags {
		n += l.Lag
	}
	return n
}

// PublishAll is kafka.Client.PublishAll for a recording.
func (w *way) PublishAll(ctx context.Context, topic string, msgs []replay.Outgoing) error {
	out := make([]kafka.Outgoing, len(msgs))
	for i, m := range msgs {
		out[i] = kafka.Outgoing(m)
	}
	return w.kafka.PublishAll(ctx, topic, out)
}

// same compares what a query answers with what it should, a line per row.
func same(t *testing.T, w *way, sql string, want ...any) {
	t.Helper()
	rows, err := w.ch.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	var got, wanted []string
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintln(values...)))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for _, v := range want {
		wanted = append(wanted, fmt.Sprint(v))
	}
	if d := cmp.Diff(wanted, got); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", sql, d)
	}
}

const perMetric = "SELECT metric, count() AS rows FROM v_readings GROUP BY metric ORDER BY metric"

// TestCaseArrivesWhole replays the case twice: what it holds is there, once.
func TestCaseArrivesWhole(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	for range 2 {
		c := w.replay(t, "january-2025")
		same(t, w, "SELECT count() FROM v_looks", c.Snapshots)
		same(t, w, "SELECT count() FROM v_readings", c.Readings)
		same(t, w, "SELECT count() FROM facts FINAL", c.Facts)
	}
	same(t, w, "SELECT DISTINCT toString(basis) FROM v_readings", "modelled")
	same(t, w, "SELECT count() FROM gaps", 0)
	same(t, w, "SELECT count() FROM v_named_readings WHERE kind != 'tag' AND entity = ''", 0)
	// The four states of the case, but for the one that nobody could look.
	const at = "('chart/%s/us/top-free/overall', '%s', toDateTime64('%s:00:00', 3, 'UTC'))"
	var asked []string
	var want []any
	for _, c := range []struct{ store, entity, slot, want string }{
		{"apple", "flip", "2024-12-20 00", "unranked 0"},
		{"apple", "rednote", "2025-01-11 00", "unranked 0"},
		{"apple", "rednote", "2025-01-12 18", "ranked 11"},
		{"apple", "rednote", "2025-01-14 12", "ranked 1"},
		{"google", "clapper", "2025-01-16 12", "ranked 3"},
		{"apple", "tiktok", "2025-01-20 00", "delisted 0"},
		{"google", "lemon8", "2025-01-20 01", "delisted 0"},
		{"apple", "tiktok", "2025-02-15 00", "ranked 1"},
	} {
		asked = append(asked, fmt.Sprintf(at, c.store, c.entity, c.slot))
		want = append(want, fmt.Sprintf("%s %s %s", c.entity, c.slot, c.want))
	}
	same(t, w, "SELECT entity, formatDateTime(slot, '%Y-%m-%d %H'), state, toString(ifNull(rank, 0)) FROM v_ranks WHERE (target, entity, slot) IN ("+
		strings.Join(asked, ", ")+") ORDER BY slot", want...)
}

// TestWeiboArrivesWhole holds a real recording: 505 looks at the hot list, whose
// hour of midnight UTC is missing every day.
func TestWeiboArrivesWhole(t *testing.T) {
	t.Parallel()
	file := testkit.Shared(t, "data", "weibo_hot_hourly_2025-01-10_2025-01-31.csv.gz")
	w := newWay(t)
	w.replay(t, file)
	const rows, uncounted = 26_382, 71
	same(t, w, perMetric, fmt.Sprint("discussions ", rows-uncounted), fmt.Sprint("hot ", rows), fmt.Sprint("posts ", rows-uncounted),
		fmt.Sprint("rank ", rows), fmt.Sprint("reads ", rows-uncounted))
	same(t, w, "SELECT count() FROM v_looks", 505)
	var want []any
	for day := 11; day <= 31; day++ {
		want = append(want, time.Date(2025, 1, day, 0, 0, 0, 0, time.UTC).Format(time.DateTime))
		if day == 12 {
			want = append(want, "2025-01-12 02:00:00")
		}
	}
	same(t, w, "SELECT formatDateTime(from + INTERVAL 1 HOUR, '%Y-%m-%d %H:%i:%S') FROM gaps WHERE looks_missed = 1 AND cause = 'no look' ORDER BY from", want...)
	same(t, w, "SELECT count() FROM gaps", len(want))
}

// TestJapaneseFinanceArrivesWhole holds a real chart of 314 looks without a gap
// of a day.
func TestJapaneseFinanceArrivesWhole(t *testing.T) {
	t.Parallel()
	file := testkit.Shared(t, "data", "appstore_jp_finance_topfree_daily_2024-12_2025-11.csv.gz")
	w := newWay(t)
	w.replay(t, file)
	same(t, w, perMetric, fmt.Sprint("rank ", 31_400))
	same(t, w, "SELECT countIf(depth = 100 AND readings = 100) FROM v_looks", 314)
	same(t, w, "SELECT count() FROM gaps", 0)
	same(t, w, "SELECT concat(target, ' ', subject) FROM v_readings WHERE value = 1 AND at = '2024-12-28 12:04:32'",
		"chart/apple/jp/top-free/finance 6670250360")
}
