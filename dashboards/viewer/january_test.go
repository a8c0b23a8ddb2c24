package viewer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/collectors/replay/january2025"
	"github.com/tidemark/tidemark/dashboards"
	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store"
)

// january is a database with the whole case in it, by way of the store. Only
// the broker between the two is left out.
func january(t *testing.T) (ch *clickhouse.Client, dsn string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dsn = testkit.ClickHouse(t)
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(dsn)}, log)
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
	return ch, dsn
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

// asked answers a question in SQL through the API, row by row.
func asked(t *testing.T, h http.Handler, sql string) [][]any {
	t.Helper()
	body, err := json.Marshal(map[string]any{"sql": sql, "maxRows": 10_000})
	if err != nil {
		t.Fatal(err)
	}
	f := told[struct{ Frames []ask.Frame }](t, h, "/api/sql", string(body)).Frames[0]
	out := make([][]any, f.Rows())
	for i := range out {
		for _, field := range f.Fields {
			out[i] = append(out[i], field.Values[i])
		}
	}
	return out
}

// TestJanuaryIsAnswered holds that the variables and annotations of all
// dashboards and the panels of the home page are answered over the whole case,
// and what that must show at first glance. All panels are asked by the tests of
// the dashboards.
func TestJanuaryIsAnswered(t *testing.T) {
	t.Parallel()
	ch, dsn := january(t)
	defer ch.Close()
	own := metrics.NewOwn(metrics.Config{Keep: time.Hour, MaxSeries: 1000}, prometheus.NewRegistry(), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	h := newHandler(Deps{DB: ch, Reader: openReader(t, dsn), Dashboards: dashboards.Files(), Metrics: own}, bundle())
	list := answered[[]Board](t, h, "/api/dashboards")
	if len(list) == 0 {
		t.Fatal("there is no dashboard")
	}
	const days = `"from":1736467200000,"to":1740009600000` // 2025-01-10 to 2025-02-20
	for _, b := range list {
		path := "/api/dashboards/" + b.UID
		if b.Title == "" || b.Folder == "" {
			t.Errorf("%+v has no title or folder", b)
		}
		for name, c := range told[map[string]Choices](t, h, path+"/variables", `{`+days+`}`) {
			if c.Error != "" {
				t.Errorf("%s, variable %s: %s", b.UID, name, c.Error)
			}
		}
		told[map[string][]Happening](t, h, path+"/annotations", `{`+days+`}`)
		if b.UID != "tidemark-migration" {
			continue
		}
		for id, p := range told[panels](t, h, path+"/query", `{`+days+`}`).Panels {
			if p.Error != "" {
				t.Errorf("%s, panel %s: %s", b.UID, id, p.Error)
			}
		}
	}
	for _, c := range []struct {
		entity, when, state string
		least, most         float64
	}{
		{"rednote", "2025-01-14 12:00:00", "ranked", 1, 1},
		{"rednote", "2025-01-18 12:00:00", "ranked", 1, 1},
		{"rednote", "2025-01-27 12:00:00", "ranked", 11, 200},
		{"tiktok", "2025-01-18 12:00:00", "ranked", 1, 20},
		{"tiktok", "2025-01-25 00:00:00", "delisted", 0, 0},
		{"tiktok", "2025-02-16 00:00:00", "ranked", 1, 1},
	} {
		rows := asked(t, h, "SELECT state, rank FROM v_ranks WHERE target = '"+chart+"' AND basis = 'modelled' AND entity = '"+c.entity+"' AND slot = '"+c.when+"'")
		if len(rows) != 1 {
			t.Errorf("%s at %s: %d rows", c.entity, c.when, len(rows))
			continue
		}
		rank, _ := rows[0][1].(float64)
		if rows[0][0] != c.state || rank < c.least || rank > c.most {
			t.Errorf("%s at %s: %v, want %s, %v to %v", c.entity, c.when, rows[0], c.state, c.least, c.most)
		}
	}
}

// TestMeasuredStandsBesideModelled holds that what was back-filled is a curve
// of its own beside the modelled one, and changes nothing of it.
func TestMeasuredStandsBesideModelled(t *testing.T) {
	t.Parallel()
	ch, dsn := january(t)
	defer ch.Close()
	h := newHandler(Deps{DB: ch, Reader: openReader(t, dsn)}, bundle())
	const sql = "SELECT slot, entity, state, rank FROM v_ranks WHERE target = '" + chart + "' AND basis = 'BASIS' ORDER BY slot, entity"
	of := func(basis, more string) [][]any { return asked(t, h, strings.Replace(sql, "BASIS", basis, 1)+more) }
	alone := of("modelled", "")
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
	// The same question is answered again for a moment, so it is another.
	if diff := cmp.Diff(alone, of("modelled", " LIMIT 10000")); diff != "" || len(alone) == 0 {
		t.Errorf("the modelled curve has changed: %s", diff)
	}
	i := slices.IndexFunc(of("backfill", ""), func(r []any) bool { return r[1] == "rednote" && r[2] == "ranked" && r[3] == 4.0 })
	if i < 0 {
		t.Errorf("back-filled: %v", of("backfill", ""))
	}
	// Looks at odd moments are no schedule, so there are no gaps between them.
	gaps, err := clickhouse.SelectOne[uint64](t.Context(), ch, "SELECT count() FROM gaps WHERE basis = 'backfill'")
	if err != nil || gaps != 0 {
		t.Errorf("%d gaps, %v", gaps, err)
	}
}

func TestTheFourStatesReachThePage(t *testing.T) {
	t.Parallel()
	var got []string
	for _, row := range asked(t, boards(t), "SELECT toHour(slot), entity, state, rank FROM v_ranks ORDER BY slot, entity") {
		got = append(got, strings.TrimSpace(fmt.Sprintln(row...)))
	}
	want := []string{
		"0 rednote unranked <nil>", "0 tiktok ranked 4", "1 rednote ranked 11", "1 tiktok ranked 5", "2 rednote ranked 1", "2 tiktok delisted <nil>",
		"3 rednote not_fetched <nil>", "3 tiktok not_fetched <nil>", "4 rednote ranked 1", "4 tiktok delisted <nil>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}
