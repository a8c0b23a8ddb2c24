package clickhouse

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

const (
	benchReadings = 2_000_000
	benchRounds   = 20
	benchDays     = 360
)

// fillViews writes a year of looks every half an hour: at charts of 200 places,
// which make five sixths of the readings, and at tags with a reading or two. A
// hundredth of the looks failed. 100 million readings have 10 million looks.
func fillViews(b *testing.B, c *Client, readings int) {
	b.Helper()
	const ticks = benchDays * 48
	charts, tags := max(1, readings*84/100/200/ticks), max(1, readings*16/100/2/ticks)
	targets := fmt.Sprintf(`if(k < %d, concat('chart/apple/us/top-free/', toString(k)), concat('tag/mastodon.social//', toString(k)))`, charts)
	const slot = `toStartOfHour(now64(3, 'UTC')) - toIntervalMinute(30 * tick)`
	for month := range benchDays / 30 {
		ticksFrom := month * ticks / 12
		for _, sql := range []string{
			fmt.Sprintf(`INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, depth, readings, every_s)
				WITH %d + intDiv(number, %d) AS tick, number %% %d AS k
				SELECT if(k < %d, 'appstore', 'mastodon'), %s, 'measured', %s AS s, s + 2,
					if(cityHash64(tick, k) %% 100 = 0, 'failed', 'ok') AS o, if(o = 'ok', '', 'HTTP 503'), if(k < %d, 200, 0), 1, 1800
				FROM numbers(%d)`, ticksFrom, charts+tags, charts+tags, charts, targets, slot, charts, (charts+tags)*ticks/12),
			fmt.Sprintf(`INSERT INTO readings (source, target, basis, metric, subject, at, slot, seen_at, value)
				WITH %d + intDiv(number, %d) AS tick, intDiv(number, 200) %% %d AS k, number %% 200 AS j
				SELECT 'appstore', %s, 'measured', 'rank', toString(1000000000 + (tick * 7 + j * 13) %% 1000), %s AS s, s, s + 2, j + 1
				FROM numbers(%d)`, ticksFrom, charts*200, charts, targets, slot, charts*200*ticks/12),
			fmt.Sprintf(`INSERT INTO readings (source, target, basis, metric, subject, at, slot, seen_at, value)
				WITH %d + intDiv(number, %d) AS tick, %d + number %% %d AS k
				SELECT 'mastodon', %s, 'measured', if(intDiv(number, %d) %% 2 = 0, 'uses_today', 'accounts_today'), toString(k), %s AS s, s, s + 2, 1
				FROM numbers(%d)`, ticksFrom, 2*tags, charts, tags, targets, tags, slot, 2*tags*ticks/12),
		} {
			run(b, c, sql)
		}
	}
	run(b, c, `INSERT INTO watchlist (kind, entity, place, value, position, removed, version)
		SELECT 'entity', concat('app', toString(number)), '', concat('App ', toString(number)), number, 0, 1 FROM numbers(17)
		UNION ALL SELECT 'app', concat('app', toString(number)), 'apple', toString(1000000000 + number * 37), 0, 0, 1 FROM numbers(17)`)
}

// BenchmarkViews measures what a dashboard asks about a year of readings; how
// many there are can be changed by TIDEMARK_BENCH_READINGS. Times depend on what
// else the machine does, the rows that are read do not.
func BenchmarkViews(b *testing.B) {
	readings := benchReadings
	if n, err := strconv.Atoi(os.Getenv("TIDEMARK_BENCH_READINGS")); err == nil {
		readings = n
	}
	c := migrated(b)
	fillViews(b, c, readings)
	const chart = "target = 'chart/apple/us/top-free/0' AND basis = 'measured'"
	for _, q := range []struct{ name, sql string }{
		{"ranks-of-a-month", "SELECT entity, slot, state, rank FROM v_ranks WHERE " + chart + " AND slot > now() - INTERVAL 30 DAY"},
		{"chart-now", "SELECT entity, state, rank FROM v_ranks WHERE " + chart + " AND slot > now() - INTERVAL 1 HOUR"},
		{"gaps-of-a-chart", "SELECT * FROM gaps WHERE " + chart},
		{"gaps-of-a-week", "SELECT * FROM gaps_between(since = now() - INTERVAL 7 DAY, until = now())"},
		{"coverage-of-a-chart", "SELECT * FROM v_coverage WHERE " + chart},
		{"coverage-of-a-week", "SELECT * FROM v_coverage_between(since = today() - 7, until = today())"},
		{"freshness", "SELECT * FROM v_freshness"},
		{"freshness-of-a-chart", "SELECT * FROM v_freshness WHERE target = 'chart/apple/us/top-free/0'"},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				var took []time.Duration
				rows := 0
				for range benchRounds {
					began := time.Now()
					rows = readRows(b, c, q.sql)
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[benchRounds/2].Milliseconds()), "ms-p50")
				b.ReportMetric(float64(took[benchRounds*95/100].Milliseconds()), "ms-p95")
				b.ReportMetric(float64(rows), "rows-read")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
