package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/internal/testkit"
)

// rig runs one source, the store and the health processor, all of them real.
type rig struct {
	t   *testing.T
	cfg *config.Config
	db  *clickhouse.Client
}

func newRig(t *testing.T, place *testkit.FakeSource) *rig {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Kafka.Brokers = []string{testkit.Broker(t)}
	cfg.ClickHouse.DSN = config.Secret(testkit.ClickHouse(t))
	cfg.Collect.Hosts = map[string]config.Host{"*": {PerMinute: 6000, Concurrent: 4}}
	cfg.Collect.Sources.HackerNews.BaseURL = place.URL
	cfg.Collect.Sources.HackerNews.Every = "@every 3s"
	cfg.Collect.Breaker.Longest = config.Duration(6 * time.Second)
	cfg.Watch.Keywords = []string{"rednote"}
	cfg.Process.Store.BatchWait = config.Duration(50 * time.Millisecond)
	cfg.Process.Health.Every = config.Duration(200 * time.Millisecond)
	cfg.Process.Health.Grace = 0
	cfg.Process.Health.StaleAfter = 200 // the machine of a test may be slow
	db, err := clickhouse.Open(cfg.ClickHouse, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the engine ends with the test
	return &rig{t, cfg, db}
}

// run starts a process; stop ends it.
func (r *rig) run() (stop func()) {
	r.t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := newSystem(r.cfg, obs.Build{}, log)
	if err := s.connect(true); err != nil {
		r.t.Fatal(err)
	}
	all, err := s.sources()
	if err != nil {
		r.t.Fatal(err)
	}
	var entries []collectors.Entry
	for _, e := range all {
		if e.Name == "hackernews" {
			entries = append(entries, e)
		}
	}
	parts := append(s.storeParts(kafka.TruncatedRefuse), s.healthParts(entries, true)...)
	parts = append(parts, part{"start", s.prepare}, s.collectPart(entries), s.ticks())
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- runStages(ctx, log, parts) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
		s.close()
	}
}

// until waits for a query to give at least so many; a table that is not there
// yet has none.
func (r *rig) until(sql string, n uint64) {
	r.t.Helper()
	for {
		got, err := clickhouse.SelectOne[uint64](r.t.Context(), r.db, sql)
		if err == nil && got >= n {
			return
		}
		select {
		case <-r.t.Context().Done():
			r.t.Fatalf("%s: %d, want %d: %v", sql, got, n, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// TestADeadSourceFromTheLookToTheTable: a place breaks and comes back, and the
// process is started again meanwhile: one episode, opened once, closed once.
func TestADeadSourceFromTheLookToTheTable(t *testing.T) {
	t.Parallel()
	good := testkit.FakeOK(`{"hits":[],"nbHits":37,"page":0,"nbPages":0,"hitsPerPage":0}`)
	place := testkit.NewFakeSource(t)
	place.Reply(testkit.FakeAnywhere, good)
	r := newRig(t, place)
	stop := r.run()
	r.until("SELECT count() FROM v_looks WHERE outcome = 'ok'", 2)

	place.Reply(testkit.FakeAnywhere, testkit.FakeStatus(http.StatusForbidden))
	r.until("SELECT count() FROM v_episodes WHERE state != 'closed'", 1)
	stop()
	stop = r.run()
	defer func() { stop() }()
	r.until("SELECT count() FROM v_looks WHERE outcome = 'failed'", 5)

	place.Reply(testkit.FakeAnywhere, good)
	r.until("SELECT count() FROM v_episodes WHERE state = 'closed'", 1)
	last, err := clickhouse.SelectOne[uint64](t.Context(), r.db, "SELECT count() FROM v_looks WHERE outcome = 'ok'")
	if err != nil {
		t.Fatal(err)
	}
	r.until("SELECT count() FROM v_looks WHERE outcome = 'ok'", last+2)
	got, err := clickhouse.SelectOne[string](t.Context(), r.db, `
SELECT toString(tuple(uniqExact(id), uniqExactIf(id, state = 'open'), countIf(state = 'open'), countIf(state = 'closed'),
    any(rule), any(source), any(target), countIf(explanation LIKE '%403%' AND state = 'open'))) FROM episodes FINAL`)
	if err != nil {
		t.Fatal(err)
	}
	target := (&event.Target{Kind: event.KindKeyword, Place: "hackernews", Name: "rednote"}).Key()
	if want := fmt.Sprintf("(1,1,1,1,'looks-failing','hackernews','%s',1)", target); got != want {
		t.Errorf("episodes are %s, want %s", got, want)
	}
}

// TestRetiredIsWhatNobodyWants: a source that is not in the list of polled ones
// is judged by what it brings.
func TestRetiredIsWhatNobodyWants(t *testing.T) {
	t.Parallel()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Collect.Sources.Wikipedia.Enabled = false
	s := newSystem(cfg, obs.Build{}, slog.New(slog.DiscardHandler))
	entries, err := s.sources()
	if err != nil {
		t.Fatal(err)
	}
	is := retired(entries, true)
	for _, c := range []struct {
		source, target string
		want           bool
	}{
		{"appstore", "chart/apple/us/top-free/overall", false},
		{"appstore", "chart/apple/gb/top-free/overall", true},
		{"wikipedia", "article/en.wikipedia//TikTok", true},
		{"firehose", "tag/bluesky//tiktok", false},
	} {
		if got := is(c.source, c.target); got != c.want {
			t.Errorf("retired(%s, %s) = %v", c.source, c.target, got)
		}
	}
}
