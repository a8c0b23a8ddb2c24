package clickhouse

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// randomLooks writes 40 days of looks at some targets: good and bad ones, some
// twice, some read again with another outcome, some of no schedule, and long
// silences. What is random is so by a hash, the same each time.
func randomLooks(t *testing.T, c *Client) {
	t.Helper()
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, every_s)
		WITH intDiv(number, 960) AS k, number % 960 AS tick, cityHash64(number) AS h
		SELECT 's', concat('list/x//', toString(k)), if(k % 3 = 0, 'imported', 'measured'),
			toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + toIntervalHour(tick) AS slot, slot + h % 2,
			multiIf(k % 4 = 1 AND tick BETWEEN 30 AND 700, 'failed', h % 7 = 0, 'failed', h % 11 = 0, 'refused', h % 13 = 0, 'empty', 'ok'),
			toString(h % 3), if(k = 5 OR h % 97 = 0, 0, 3600)
		FROM numbers(960 * 12)
		WHERE NOT (k % 4 = 2 AND tick BETWEEN 100 AND 600) AND h % 17 != 0`)
	// Sent twice, looked at twice, and read again: other parts of the table.
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, every_s)
		SELECT source, target, basis, slot, seen_at, outcome, reason, every_s FROM looks WHERE cityHash64(slot, target) % 5 = 0;
		INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, every_s)
		SELECT source, target, basis, slot, seen_at + 3, if(cityHash64(slot) % 2 = 0, 'ok', 'failed'), 'again', every_s FROM looks WHERE cityHash64(slot, target, 1) % 9 = 0;
		INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, every_s, parser_version, _inserted_at)
		SELECT source, target, basis, slot, seen_at, if(outcome = 'ok', 'refused', 'ok'), 'parsed anew', every_s, 2, now64(3) + 60 FROM looks
		WHERE cityHash64(slot, target, 2) % 6 = 0 OR target = 'list/x//8' AND slot < '2025-01-25'`)
}

// TestASpanHasTheRowsOfTheWhole: gaps_between and v_coverage_between say of a
// span what gaps and v_coverage say.
func TestASpanHasTheRowsOfTheWhole(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	randomLooks(t, c)
	const gap = "SELECT source, target, basis, from, if(open, 'now', toString(to)) AS until, open, cause, reason, if(open, 0, looks_missed) AS missed, every_s FROM "
	for _, span := range [][2]string{
		{"2025-01-05 10:30:00", "2025-01-05 12:00:00"},
		{"2025-01-10 00:00:00", "2025-01-17 00:00:00"},
		{"2025-01-20 05:00:00", "2025-03-01 00:00:00"},
		{"2024-12-01 00:00:00", "2025-01-02 00:00:00"},
		{"2025-06-01 00:00:00", "2025-06-02 00:00:00"},
	} {
		want := lines(t, c, gap+"gaps WHERE to > '"+span[0]+"' AND from < '"+span[1]+"' ORDER BY ALL")
		if len(want) < 3 {
			t.Fatalf("%v: %d gaps show nothing", span, len(want))
		}
		if diff := cmp.Diff(want, lines(t, c, gap+"gaps_between(since = '"+span[0]+"', until = '"+span[1]+"') ORDER BY ALL")); diff != "" {
			t.Errorf("gaps of %v (-whole +span):\n%s", span, diff)
		}
		from, to := span[0][:10], span[1][:10]
		want = lines(t, c, "SELECT * FROM v_coverage WHERE day >= '"+from+"' AND day <= '"+to+"' ORDER BY ALL")
		if diff := cmp.Diff(want, lines(t, c, "SELECT * FROM v_coverage_between(since = '"+from+"', until = '"+to+"') ORDER BY ALL")); diff != "" || len(want) == 0 {
			t.Errorf("coverage of %v, %d rows (-whole +span):\n%s", span, len(want), diff)
		}
	}
}

// TestFreshnessLooksBackAsFarAsItTakes: for a target that is broken since long,
// the last look that saw something is found, also where others were read again
// and saw nothing after all.
func TestFreshnessLooksBackAsFarAsItTakes(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, every_s)
		WITH toStartOfHour(now64(3, 'UTC')) AS newest
		SELECT 's', 'list/x//broken', 'measured', newest - toIntervalHour(number) AS slot, slot, if(number < 1000, 'failed', 'ok'), 'HTTP 503', 3600 FROM numbers(1100)`)
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, every_s, parser_version, _inserted_at)
		SELECT source, target, basis, slot, seen_at, 'refused', 'no entries', every_s, 2, now64(3) + 60 FROM looks
		WHERE slot BETWEEN toStartOfHour(now64(3, 'UTC')) - toIntervalHour(1050) AND toStartOfHour(now64(3, 'UTC')) - toIntervalHour(1000)`)
	wantLines(t, c, `SELECT state, dateDiff('hour', last_ok, last_look), dateDiff('hour', since, last_look), failures FROM v_freshness`,
		"broken | 1051 | 199 | 200")
	// Sparse looks: 200 of them are half a year.
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, every_s)
		SELECT 's', 'list/x//sparse', 'measured', toStartOfHour(now64(3, 'UTC')) - toIntervalDay(number) AS slot, slot, 'ok', 86400 FROM numbers(300)`)
	wantLines(t, c, `SELECT state, dateDiff('day', since, last_look), failures FROM v_freshness WHERE target = 'list/x//sparse'`,
		"fresh | 199 | 0")
}

// readRows is how many rows the engine reads for a query. Of one whose answer is
// empty it does not say so: that is no number to hold.
func readRows(t testing.TB, c *Client, sql string) int {
	t.Helper()
	addr := strings.TrimSuffix(c.Addr(), c.Database()) + "?wait_end_of_query=1&database=" + c.Database()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, addr, strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var summary struct {
		ReadRows string `json:"read_rows"`
	}
	if err := json.Unmarshal([]byte(res.Header.Get("X-ClickHouse-Summary")), &summary); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", sql, res.Status, err)
	}
	n, err := strconv.Atoi(summary.ReadRows)
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatalf("%s: the answer has no rows, so nobody knows how many were read", sql)
	}
	return n
}

// TestViewsReadWhatIsAsked: a filter on a target reaches the key, a span of time
// the partitions. There are 200,000 looks, some of the week that is asked about
// failed, and 400,000 readings, in blocks of 8,192.
func TestViewsReadWhatIsAsked(t *testing.T) {
	t.Parallel()
	c := watched(t)
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, depth, every_s)
		SELECT 'appstore', concat('chart/apple/us/top-free/', toString(intDiv(number, 4000))), 'measured',
			toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + toIntervalHour(number % 4000) AS s, s,
			if(number % 4000 BETWEEN 1550 AND 1560, 'failed', 'ok'), 100, 3600 FROM numbers(200000);
		INSERT INTO readings (source, target, basis, at, slot, seen_at, subject, metric, value)
		SELECT 'appstore', concat('chart/apple/us/top-free/', toString(intDiv(number, 8000))), 'measured',
			toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + toIntervalHour(number % 4000) AS s, s, s, if(number % 8000 < 4000, '741292507', '5'), 'rank', 3 FROM numbers(400000)`)
	const target = "target = 'chart/apple/us/top-free/7'"
	for sql, most := range map[string]int{
		"SELECT * FROM v_ranks WHERE " + target:                                                       200_000,
		"SELECT * FROM v_ranks WHERE " + target + " AND slot >= '2025-03-01' AND slot < '2025-04-01'": 80_000,
		"SELECT * FROM gaps WHERE " + target:                                                          80_000,
		"SELECT * FROM v_coverage WHERE " + target + " AND day < '2025-06-01'":                        80_000,
		"SELECT * FROM v_freshness WHERE " + target:                                                   80_000,
		"SELECT * FROM v_freshness":                                                                   80_000,
		"SELECT * FROM gaps_between(since = '2025-03-05 00:00:00', until = '2025-03-12 00:00:00')":    80_000,
		"SELECT * FROM v_coverage_between(since = '2025-03-05', until = '2025-03-12')":                80_000,
	} {
		if n := readRows(t, c, sql); n > most {
			t.Errorf("%s reads %d rows, want at most %d", sql, n, most)
		} else {
			t.Log(fmt.Sprint(n), sql)
		}
	}
}
