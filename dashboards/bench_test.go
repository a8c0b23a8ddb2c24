package dashboards

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/dashboards/query"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store"
)

const (
	benchReadings = 2_000_000
	benchRounds   = 20
	benchDays     = 40
	// panelLimit is what nineteen of twenty answers of a panel are to stay below.
	panelLimit = 200 * time.Millisecond
)

// year is a database with the January case and, beside it, a year up to now.
func year(b *testing.B) *clickhouse.Client {
	b.Helper()
	readings := benchReadings
	if n, err := strconv.Atoi(os.Getenv("TIDEMARK_BENCH_READINGS")); err == nil {
		readings = n
	}
	db := january(b)
	cfg, err := config.Default()
	if err != nil {
		b.Fatal(err)
	}
	y := testkit.Year{Readings: readings, Tags: cfg.Watch.Tags}
	for _, e := range cfg.Watch.Entities {
		y.Apps = append(y.Apps, e.Apps["apple"])
	}
	y.Apps = slices.DeleteFunc(y.Apps, func(id string) bool { return id == "" })
	began := time.Now()
	if err := y.Fill(func(sql string) error { return db.Exec(b.Context(), sql) }); err != nil {
		b.Fatal(err)
	}
	b.Logf("a year with %d readings was written in %s", readings, time.Since(began).Round(time.Second))
	began = time.Now()
	// As if another watchlist were read: the tables by hour are made anew.
	if err := db.Exec(b.Context(), "INSERT INTO rollup_runs (rollup, upto, watched) SELECT 'by_hour', now64(3), 1"); err != nil {
		b.Fatal(err)
	}
	if err := store.New(db, nil, nil, slog.New(slog.DiscardHandler)).Rollup(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("its tables by hour were made in %s", time.Since(began).Round(time.Second))
	return db
}

// BenchmarkPanels asks every panel, variable, annotation and rule over the newest
// 40 days of a year of readings, with all that can be chosen chosen; and what
// people ask first. In the end it says which of a dashboard's questions stay below
// panelLimit. TIDEMARK_BENCH_READINGS says how many readings there are. Times
// depend on what else the machine does, the rows that are read do not.
func BenchmarkPanels(b *testing.B) {
	db := year(b)
	now := time.Now().UTC()
	p := place{db: db, from: now.AddDate(0, 0, -benchDays), to: now, asked: &sync.Map{}}
	const chart = "target = 'chart/apple/us/top-free/overall' AND basis = 'measured'"
	for _, q := range []struct{ name, sql string }{
		{"last-value", "SELECT entity_name, argMax(state, hour), argMax(rank, hour), max(hour) FROM v_ranks_hourly WHERE " + chart + " AND hour > now() - INTERVAL 1 DAY GROUP BY entity_name"},
		{"hours-of-30-days", "SELECT hour, rank, state FROM v_ranks_hourly WHERE " + chart + " AND entity = 'rednote' AND hour > now() - INTERVAL 30 DAY ORDER BY hour"},
		{"movers", "SELECT * FROM movers_between(since = now() - INTERVAL 1 DAY, until = now()) WHERE " + chart},
		{"movers-of-all-charts", "SELECT * FROM v_movers ORDER BY log_change DESC LIMIT 20"},
		{"top-tags", "SELECT tag, sum(growth) AS uses FROM v_tags_hourly WHERE metric = 'uses_today' AND hour > now() - INTERVAL 1 DAY GROUP BY tag ORDER BY uses DESC LIMIT 20"},
		{"gaps-of-40-days", "SELECT * FROM kept_gaps_between(since = now() - INTERVAL 40 DAY, until = now())"},
		{"coverage-of-a-week", "SELECT * FROM v_coverage_between(since = today() - 7, until = today())"},
		{"freshness", "SELECT * FROM v_freshness"},
		{"corroboration", "SELECT * FROM v_corroboration"},
		{"migrations", "SELECT * FROM v_migrations"},
		{"lead-and-lag", "SELECT * FROM v_lead_lag"},
		{"attention-share", "SELECT * FROM v_attention_share WHERE day > today() - 40"},
		{"reported-beside-measured", "SELECT * FROM v_reported_vs_measured"},
	} {
		b.Run(q.name, func(b *testing.B) { p.measure(b, q.sql) })
	}
	slow := make(map[string]time.Duration)
	all := 0
	ask := func(name, sql string) {
		b.Run(name, func(b *testing.B) {
			all++
			if p95 := p.measure(b, sql); p95 >= panelLimit {
				slow[name] = p95
			}
		})
	}
	for _, d := range load(b) {
		p.questions(b, d, ask)
	}
	for name, sql := range ruleQueries(b) {
		ask("rule "+name, sql)
	}
	b.Logf("of %d questions of dashboards and rules %d stay below %v at p95; the others: %v", all, all-len(slow), panelLimit, slow)
}

// questions calls ask with all that a dashboard asks of ClickHouse.
func (p place) questions(b *testing.B, d *query.Dashboard, ask func(name, sql string)) {
	b.Helper()
	p.asked = &sync.Map{}
	vars := p.resolve(b, d, nil)
	n := 0
	p.asked.Range(func(sql, _ any) bool {
		n++
		ask(d.UID+"/variable "+strconv.Itoa(n), sql.(string)) //nolint:forcetypeassert // nothing else is kept
		return true
	})
	one := func(name string, target query.Target, r query.Range) {
		if target.Datasource.Type != query.ClickHouse {
			return
		}
		sql, err := query.Expand(target.SQL, r, vars)
		if err != nil {
			b.Fatal(err)
		}
		ask(d.UID+"/"+name, sql)
	}
	for _, panel := range d.Panels() {
		for i, target := range panel.Targets {
			name := panel.Title
			if i > 0 {
				name += "#" + strconv.Itoa(i+1)
			}
			one(name, target, panel.Range(p.from, p.to, "", room))
		}
	}
	for _, note := range d.Annotations() {
		one("annotation "+note.Name, note.Target, query.NewRange(p.from, p.to, room, 0))
	}
}

// measure asks some times, and reports times and the rows that were read. It
// returns what nineteen of twenty answers took at the most.
func (p place) measure(b *testing.B, sql string) (p95 time.Duration) {
	b.Helper()
	for b.Loop() {
		var took []time.Duration
		rows, busy := 0, enginesBusy(b)
		for range benchRounds {
			began := time.Now()
			rows = rowsRead(b, p.db, sql)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[benchRounds/2].Milliseconds()), "ms-p50")
		p95 = took[benchRounds*95/100-1]
		b.ReportMetric(float64(p95.Milliseconds()), "ms-p95")
		b.ReportMetric(float64((enginesBusy(b)-busy).Milliseconds())/benchRounds, "ms-cpu")
		b.ReportMetric(float64(rows), "rows-read")
		b.ReportMetric(0, "ns/op")
	}
	return p95
}

// enginesBusy is how much processor time the engines of this process have taken
// so far: a measure that does not depend on what else the machine does. 0 where
// the system does not tell.
func enginesBusy(b *testing.B) time.Duration {
	b.Helper()
	const tick = 10 * time.Millisecond
	var sum time.Duration
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(after)
		if len(fields) < 13 || fields[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		for _, field := range fields[11:13] {
			n, err := strconv.Atoi(field)
			if err == nil {
				sum += time.Duration(n) * tick
			}
		}
	}
	return sum
}

// rowsRead asks over HTTP, which tells how many rows were read.
func rowsRead(b *testing.B, db *clickhouse.Client, sql string) int {
	b.Helper()
	addr := strings.TrimSuffix(db.Addr(), db.Database()) + "?wait_end_of_query=1&database=" + db.Database()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, addr, strings.NewReader(sql))
	if err != nil {
		b.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var summary struct {
		ReadRows string `json:"read_rows"`
	}
	if res.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s", sql, res.Status)
	}
	if err := json.Unmarshal([]byte(res.Header.Get("X-ClickHouse-Summary")), &summary); err != nil {
		return 0
	}
	n, err := strconv.Atoi(summary.ReadRows)
	if err != nil {
		return 0
	}
	return n
}
