package viewer

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/collectors/replay/january2025"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store"
)

// january is a database with the whole case in it, by way of the store. Only
// the broker between the two is left out.
func january(t *testing.T) *clickhouse.Client {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ch.Close() })
	if err := ch.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.SyncWatch(t.Context(), cfg.Watch); err != nil {
		t.Fatal(err)
	}
	reject := func(_ context.Context, r *event.Rejected) error {
		t.Errorf("rejected: %s", r.GetReason())
		return nil
	}
	part, err := store.New(ch, reject, prometheus.NewRegistry(), log).
		Assign(t.Context(), event.TopicSnapshots, 0, kafka.Committed{Offset: -1})
	if err != nil {
		t.Fatal(err)
	}
	for batch := range slices.Chunk(messages(t), 4000) {
		if _, err := part.Handle(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	return ch
}

func messages(t *testing.T) []kafka.Message {
	t.Helper()
	c, err := january2025.Load()
	if err != nil {
		t.Fatal(err)
	}
	var out []kafka.Message
	for at, m := range c.Messages() {
		value, err := event.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, kafka.Message{
			Topic: event.TopicSnapshots, Offset: int64(len(out)), Value: value, Type: event.TypeName(m), Time: at,
		})
	}
	return out
}

// TestJanuaryTellsItsStory holds what the page must show at first glance.
func TestJanuaryTellsItsStory(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{DB: january(t)}, bundle())
	got := answered[Ranks](t, h, "/api/ranks?bases=recorded&target="+chart)
	if len(got.Groups) != 1 || got.Groups[0].Basis != "modelled" {
		t.Fatalf("groups: %d, want the modelled one", len(got.Groups))
	}
	g := got.Groups[0]
	if len(g.Series) != 17 {
		t.Errorf("%d apps, want all 17 of the case", len(g.Series))
	}
	at := func(entity, when string) (rank uint32, state string) {
		i, found := slices.BinarySearch(g.At, unix(t, when))
		if !found {
			t.Fatalf("nobody looked at %s", when)
		}
		k := slices.IndexFunc(g.Series, func(s RankSeries) bool { return s.Entity == entity })
		if k < 0 {
			t.Fatalf("%s is missing", entity)
		}
		if r := g.Series[k].Rank[i]; r != nil {
			rank = *r
		}
		return rank, g.Series[k].State[i : i+1]
	}
	for _, c := range []struct {
		entity, when, state string
		least, most         uint32
	}{
		{"rednote", "2025-01-14T12:00:00Z", "r", 1, 1},
		{"rednote", "2025-01-18T12:00:00Z", "r", 1, 1},
		{"rednote", "2025-01-27T12:00:00Z", "r", 11, 200},
		{"tiktok", "2025-01-18T12:00:00Z", "r", 1, 20},
		{"tiktok", "2025-01-25T00:00:00Z", "d", 0, 0},
		{"tiktok", "2025-02-16T00:00:00Z", "r", 1, 1},
	} {
		rank, state := at(c.entity, c.when)
		if state != c.state || rank < c.least || rank > c.most {
			t.Errorf("%s at %s: state %s, rank %d, want %s, %d to %d", c.entity, c.when, state, rank, c.state, c.least, c.most)
		}
	}
	views := answered[Counts](t, h, "/api/series?bases=recorded&metric=views_total&target=tag/xiaohongshu//tiktokrefugee")
	if len(views.Groups) != 1 || len(views.Groups[0].At) < 1000 {
		t.Errorf("the hashtag has no curve")
	}
	if n := len(answered[[]Event](t, h, "/api/events?topic=january-2025")); n < 9 {
		t.Errorf("%d events, want at least 9", n)
	}
	onChart := 0
	for _, f := range answered[[]Figure](t, h, "/api/reported?topic=january-2025") {
		if f.Scope == chart && f.Metric == "rank" {
			onChart++
		}
	}
	if onChart < 10 {
		t.Errorf("%d reported figures belong on the chart, want at least 10", onChart)
	}
}

func unix(t *testing.T, when string) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

// TestMeasuredStandsBesideModelled holds that what was back-filled is a curve
// of its own beside the modelled one, in the answers and in the views, and
// changes nothing of it.
func TestMeasuredStandsBesideModelled(t *testing.T) {
	t.Parallel()
	ch := january(t)
	h := newHandler(Deps{DB: ch}, bundle())
	alone := answered[Ranks](t, h, "/api/ranks?bases=recorded&target="+chart)
	slot := time.Date(2025, 1, 14, 7, 8, 9, 0, time.UTC).UnixMilli()
	target, err := event.ParseTargetKey(chart)
	if err != nil {
		t.Fatal(err)
	}
	value, err := event.Marshal(&event.Snapshot{
		Source: "appstore", Target: target, SlotMs: slot, SeenAtMs: slot, Basis: event.Basis_BASIS_BACKFILL,
		Outcome: event.Outcome_OUTCOME_OK, Depth: 100, Via: "web-archive marketing-v2",
		Readings: []*event.Reading{{Subject: "741292507", Metric: event.MetricRank, Value: 4}},
	})
	if err != nil {
		t.Fatal(err)
	}
	part, err := store.New(ch, nil, prometheus.NewRegistry(), slog.New(slog.DiscardHandler)).
		Assign(t.Context(), event.TopicSnapshots, 1, kafka.Committed{Offset: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Handle(t.Context(), []kafka.Message{{Topic: event.TopicSnapshots, Partition: 1, Value: value, Type: "tidemark.v1.Snapshot"}}); err != nil {
		t.Fatal(err)
	}
	both := answered[Ranks](t, h, "/api/ranks?bases=recorded&target="+chart)
	if len(both.Groups) != 2 || both.Groups[0].Basis != "backfill" || both.Groups[1].Basis != "modelled" {
		t.Fatalf("%d groups, want backfill and modelled", len(both.Groups))
	}
	if diff := cmp.Diff(alone.Groups[0], both.Groups[1]); diff != "" {
		t.Errorf("the modelled curve has changed: %s", diff)
	}
	k := slices.IndexFunc(both.Groups[0].Series, func(s RankSeries) bool { return s.Entity == "rednote" })
	if s := both.Groups[0].Series[k]; len(s.Rank) != 1 || s.Rank[0] == nil || *s.Rank[0] != 4 || s.State != "r" {
		t.Errorf("back-filled: %v %s", s.Rank, s.State)
	}
	live := answered[Ranks](t, h, "/api/ranks?bases=live&target="+chart)
	if len(live.Groups) != 1 || live.Groups[0].Basis != "backfill" {
		t.Errorf("%d groups live", len(live.Groups))
	}
	// Looks at odd moments are no schedule, so there are no gaps between them.
	gaps, err := clickhouse.SelectOne[uint64](t.Context(), ch, "SELECT count() FROM gaps WHERE basis = 'backfill'")
	if err != nil || gaps != 0 {
		t.Errorf("%d gaps, %v", gaps, err)
	}
}
