package clickhouse

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
)

const chartUS = "chart/apple/us/top-free/overall"

// run runs statements which are separated by semicolons.
func run(t testing.TB, c *Client, sql string, args ...any) {
	t.Helper()
	for statement := range strings.SplitSeq(sql, ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if err := c.Exec(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// lines returns the rows of a query, columns separated by " | ".
func lines(t *testing.T, c *Client, sql string, args ...any) []string {
	t.Helper()
	rows, err := c.Query(t.Context(), "SELECT arrayStringConcat(arrayMap(x -> toString(x), [* APPLY(x -> ifNull(toString(x), 'NULL'))]), ' | ') AS line FROM ("+sql+")", args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func wantLines(t *testing.T, c *Client, sql string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(t, c, sql)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", sql, diff)
	}
}

// look is one row of looks, written as SQL.
func look(t *testing.T, c *Client, target, basis, slot, outcome, reason string, depth int) {
	t.Helper()
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, depth, every_s)
		VALUES ('appstore', ?, ?, ?, toDateTime64(?, 3, 'UTC') + 2, ?, ?, ?, 1800)`, target, basis, slot, slot, outcome, reason, depth)
}

func reading(t *testing.T, c *Client, target, basis, slot, subject, metric string, value float64) {
	t.Helper()
	run(t, c, `INSERT INTO readings (source, target, basis, at, slot, seen_at, subject, metric, value)
		VALUES ('appstore', ?, ?, ?, ?, toDateTime64(?, 3, 'UTC') + 2, ?, ?, ?)`, target, basis, slot, slot, slot, subject, metric, value)
}

func watched(t *testing.T) *Client {
	t.Helper()
	c := migrated(t)
	err := c.SyncWatch(t.Context(), config.Watch{Entities: []config.Entity{
		{ID: "rednote", Name: "RedNote", Aliases: []string{"Xiaohongshu", "Little Red Book", "小红书"}, Apps: map[string]string{"apple": "741292507", "google": "com.xingin.xhs"}},
		{ID: "tiktok", Name: "TikTok", Apps: map[string]string{"apple": "835599320"}},
		{ID: "clapper", Name: "Clapper"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadingsAreThereOnce(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	for range 3 {
		reading(t, c, chartUS, "measured", "2025-01-14 00:00:00", "1", "rank", 3)
	}
	reading(t, c, chartUS, "modelled", "2025-01-14 00:00:00", "1", "rank", 4)
	// A later look at the same moment holds, also over a month's end.
	run(t, c, `INSERT INTO readings (metric, at, slot, seen_at, value) VALUES
		('views', '2025-01-31 00:00:00', '2025-02-01 00:00:00', '2025-02-01 00:00:05', 20);
		INSERT INTO readings (metric, at, slot, seen_at, value) VALUES
		('views', '2025-01-31 00:00:00', '2025-01-31 00:00:00', '2025-01-31 00:00:05', 10)`)
	wantLines(t, c, "SELECT metric, basis, at, value FROM v_readings ORDER BY ALL",
		"rank | measured | 2025-01-14 00:00:00.000 | 3",
		"rank | modelled | 2025-01-14 00:00:00.000 | 4",
		"views |  | 2025-01-31 00:00:00.000 | 20")
}

func TestNamedReadings(t *testing.T) {
	t.Parallel()
	c := watched(t)
	const tag = "tag/mastodon.social//"
	for target, subject := range map[string]string{
		chartUS:                           "741292507",
		"chart/google/us/top-free/x":      "com.xingin.xhs",
		"chart/google/gb/top-free/x":      "741292507", // Apple's id in another store is nobody
		tag + "xiaohongshu":               "Xiaohongshu",
		tag + "littleredbook":             "#littleRedBook",
		tag + "小红书":                       "小红书",
		"article/en.wikipedia//TikTok":    "TikTok",
		"article/en.wikipedia//Gardening": "Gardening",
	} {
		reading(t, c, target, "measured", "2025-01-14 00:00:00", subject, "x", 1)
	}
	wantLines(t, c, "SELECT target, entity, entity_name FROM v_named_readings ORDER BY target",
		"article/en.wikipedia//Gardening |  | Gardening",
		"article/en.wikipedia//TikTok | tiktok | TikTok",
		"chart/apple/us/top-free/overall | rednote | RedNote",
		"chart/google/gb/top-free/x |  | 741292507",
		"chart/google/us/top-free/x | rednote | RedNote",
		"tag/mastodon.social//littleredbook | rednote | RedNote",
		"tag/mastodon.social//xiaohongshu | rednote | RedNote",
		"tag/mastodon.social//小红书 | rednote | RedNote")
	empty := migrated(t)
	reading(t, empty, chartUS, "measured", "2025-01-14 00:00:00", "741292507", "rank", 1)
	wantLines(t, empty, "SELECT subject, entity, entity_name FROM v_named_readings", "741292507 |  | 741292507")
}

// TestRankStates: ranked, unranked, not fetched, delisted, and never one for
// the other.
func TestRankStates(t *testing.T) {
	t.Parallel()
	c := watched(t)
	const listing = "listing/apple/us/apps"
	look(t, c, chartUS, "measured", "2025-01-18 00:00:00", "ok", "", 100)
	reading(t, c, chartUS, "measured", "2025-01-18 00:00:00", "835599320", "rank", 2)
	reading(t, c, chartUS, "measured", "2025-01-18 00:00:00", "999", "rank", 1) // nobody watches it
	reading(t, c, listing, "measured", "2025-01-18 00:00:00", "835599320", "listed", 1)
	look(t, c, chartUS, "measured", "2025-01-18 00:30:00", "failed", "HTTP 503", 0)
	look(t, c, chartUS, "measured", "2025-01-18 01:00:00", "refused", "no entries", 0)
	look(t, c, chartUS, "measured", "2025-01-18 01:30:00", "ok", "", 50)
	reading(t, c, chartUS, "measured", "2025-01-18 01:30:00", "741292507", "rank", 1)
	reading(t, c, listing, "measured", "2025-01-19 00:00:00", "835599320", "listed", 0)
	look(t, c, chartUS, "measured", "2025-01-19 00:30:00", "ok", "", 100)
	look(t, c, chartUS, "measured", "2025-01-19 01:00:00", "failed", "time-out", 0)
	reading(t, c, listing, "measured", "2025-02-14 00:00:00", "835599320", "listed", 1)
	look(t, c, chartUS, "measured", "2025-02-14 00:30:00", "ok", "", 100)
	look(t, c, chartUS, "measured", "2025-02-14 01:00:00", "empty", "", 0)
	const sql = "SELECT slot, entity_name, state, rank, depth, effective_rank, reason FROM v_ranks WHERE target = '" + chartUS + "' AND basis = 'measured' ORDER BY slot, entity"
	wantLines(t, c, sql,
		"2025-01-18 00:00:00.000 | RedNote | unranked | NULL | 100 | 101 | ",
		"2025-01-18 00:00:00.000 | TikTok | ranked | 2 | 100 | 2 | ",
		"2025-01-18 00:30:00.000 | RedNote | not_fetched | NULL | 0 | NULL | HTTP 503",
		"2025-01-18 00:30:00.000 | TikTok | not_fetched | NULL | 0 | NULL | HTTP 503",
		"2025-01-18 01:00:00.000 | RedNote | not_fetched | NULL | 0 | NULL | no entries",
		"2025-01-18 01:00:00.000 | TikTok | not_fetched | NULL | 0 | NULL | no entries",
		"2025-01-18 01:30:00.000 | RedNote | ranked | 1 | 50 | 1 | ",
		"2025-01-18 01:30:00.000 | TikTok | unranked | NULL | 50 | 51 | ",
		"2025-01-19 00:30:00.000 | RedNote | unranked | NULL | 100 | 101 | ",
		"2025-01-19 00:30:00.000 | TikTok | delisted | NULL | 100 | 101 | ",
		"2025-01-19 01:00:00.000 | RedNote | not_fetched | NULL | 0 | NULL | time-out",
		"2025-01-19 01:00:00.000 | TikTok | not_fetched | NULL | 0 | NULL | time-out",
		"2025-02-14 00:30:00.000 | RedNote | unranked | NULL | 100 | 101 | ",
		"2025-02-14 00:30:00.000 | TikTok | unranked | NULL | 100 | 101 | ",
		"2025-02-14 01:00:00.000 | RedNote | unranked | NULL | 0 | NULL | ",
		"2025-02-14 01:00:00.000 | TikTok | unranked | NULL | 0 | NULL | ")

	// Two looks at one tick: a good one holds against a failed one that came
	// later, and its list is the whole truth.
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, depth) VALUES
		('appstore', '`+chartUS+`', 'measured', '2025-02-15 00:00:00', '2025-02-15 00:00:01', 'ok', 10),
		('appstore', '`+chartUS+`', 'measured', '2025-02-15 00:00:00', '2025-02-15 00:00:02', 'ok', 20),
		('appstore', '`+chartUS+`', 'measured', '2025-02-15 00:00:00', '2025-02-15 00:00:03', 'failed', 0);
		INSERT INTO readings (source, target, basis, at, slot, seen_at, subject, metric, value) VALUES
		('appstore', '`+chartUS+`', 'measured', '2025-02-15 00:00:00', '2025-02-15 00:00:00', '2025-02-15 00:00:01', '741292507', 'rank', 7),
		('appstore', '`+chartUS+`', 'measured', '2025-02-15 00:00:00', '2025-02-15 00:00:00', '2025-02-15 00:00:01', '835599320', 'rank', 8),
		('appstore', '`+chartUS+`', 'measured', '2025-02-15 00:00:00', '2025-02-15 00:00:00', '2025-02-15 00:00:02', '741292507', 'rank', 9)`)
	wantLines(t, c, strings.Replace(sql, "ORDER BY", "AND slot = '2025-02-15 00:00:00' ORDER BY", 1),
		"2025-02-15 00:00:00.000 | RedNote | ranked | 9 | 20 | 9 | ",
		"2025-02-15 00:00:00.000 | TikTok | unranked | NULL | 20 | 21 | ")

	// An app whose store id is unknown appears where somebody drew it, and
	// nowhere is it said to be unranked.
	look(t, c, chartUS, "modelled", "2025-01-18 00:00:00", "ok", "", 100)
	look(t, c, chartUS, "modelled", "2025-01-20 00:30:00", "ok", "", 100)
	reading(t, c, chartUS, "modelled", "2025-01-18 00:00:00", "clapper", "rank", 3)
	wantLines(t, c, "SELECT basis, slot, entity_name, state, rank FROM v_ranks WHERE entity = 'clapper' ORDER BY slot",
		"modelled | 2025-01-18 00:00:00.000 | Clapper | ranked | 3",
		"modelled | 2025-01-20 00:30:00.000 | Clapper | unranked | NULL")
	// Listings of one basis say nothing about another.
	wantLines(t, c, "SELECT DISTINCT state FROM v_ranks WHERE entity = 'tiktok' AND basis = 'modelled'", "unranked")
}

// TestRankStatesOfGooglePlay: the same four, by package, with the store's own
// listings; what Apple says of an app is nothing about Google's.
func TestRankStatesOfGooglePlay(t *testing.T) {
	t.Parallel()
	c := watched(t)
	const chart, rednote = "chart/google/us/top-free/social", "com.xingin.xhs"
	look(t, c, chart, "measured", "2025-01-18 00:00:00", "ok", "", 200)
	reading(t, c, chart, "measured", "2025-01-18 00:00:00", rednote, "rank", 3)
	reading(t, c, chart, "measured", "2025-01-18 00:00:00", "com.example.other", "rank", 1)
	look(t, c, chart, "measured", "2025-01-18 01:00:00", "failed", "play.google.com blocks us (a captcha)", 0)
	reading(t, c, "listing/apple/us/apps", "measured", "2025-01-18 01:30:00", "741292507", "listed", 0)
	look(t, c, chart, "measured", "2025-01-18 02:00:00", "ok", "", 200)
	reading(t, c, "listing/google/us/apps", "measured", "2025-01-18 02:30:00", rednote, "listed", 0)
	look(t, c, chart, "measured", "2025-01-18 03:00:00", "ok", "", 200)
	wantLines(t, c, "SELECT slot, place, country, name, subject, entity, entity_name, state, rank, depth, reason FROM v_ranks WHERE target = '"+chart+"' ORDER BY slot",
		"2025-01-18 00:00:00.000 | google | us | top-free/social | com.xingin.xhs | rednote | RedNote | ranked | 3 | 200 | ",
		"2025-01-18 01:00:00.000 | google | us | top-free/social | com.xingin.xhs | rednote | RedNote | not_fetched | NULL | 0 | play.google.com blocks us (a captcha)",
		"2025-01-18 02:00:00.000 | google | us | top-free/social | com.xingin.xhs | rednote | RedNote | unranked | NULL | 200 | ",
		"2025-01-18 03:00:00.000 | google | us | top-free/social | com.xingin.xhs | rednote | RedNote | delisted | NULL | 200 | ")
	reading(t, c, "listing/google/us/apps", "measured", "2025-01-18 04:00:00", rednote, "installs_total", 123456789)
	reading(t, c, "tag/tiktok//rednote", "measured", "2025-01-18 04:00:00", "rednote", "views_total", 1203456789)
	wantLines(t, c, "SELECT target, metric, entity_name, toInt64(value) FROM v_named_readings WHERE metric LIKE '%_total' ORDER BY target",
		"listing/google/us/apps | installs_total | RedNote | 123456789",
		"tag/tiktok//rednote | views_total | RedNote | 1203456789")
}

func TestGaps(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	for slot, outcome := range map[string]string{
		"2025-01-10 00:00:00": "ok", "2025-01-10 00:30:00": "empty", // no gap: empty is seen
		"2025-01-10 01:00:00": "failed", "2025-01-10 01:30:00": "ok", // one tick failed
		"2025-01-10 03:00:00": "ok", // nobody looked twice
		"2025-01-10 03:30:00": "failed", "2025-01-10 04:00:00": "refused", "2025-01-10 04:30:00": "ok",
		"2025-01-10 05:14:00": "ok", // late, but within 1.5 intervals
	} {
		look(t, c, chartUS, "imported", slot, outcome, map[string]string{"failed": "HTTP 503", "refused": "bad shape"}[outcome], 100)
	}
	const sql = "SELECT from, to, open, cause, reason, looks_missed FROM gaps WHERE basis = '"
	want := []string{
		"2025-01-10 00:30:00.000 | 2025-01-10 01:30:00.000 | 0 | failed | failed: HTTP 503 | 1",
		"2025-01-10 01:30:00.000 | 2025-01-10 03:00:00.000 | 0 | no look | no look | 2",
		"2025-01-10 03:00:00.000 | 2025-01-10 04:30:00.000 | 0 | refused | refused: bad shape | 2",
	}
	wantLines(t, c, sql+"imported' ORDER BY from", want...)

	// A late look closes its gap; one that came twice changes nothing.
	look(t, c, chartUS, "imported", "2025-01-10 02:00:00", "ok", "", 100)
	look(t, c, chartUS, "imported", "2025-01-10 02:30:00", "ok", "", 100)
	look(t, c, chartUS, "imported", "2025-01-10 02:30:00", "ok", "", 100)
	wantLines(t, c, sql+"imported' ORDER BY from", want[0], want[2])

	// What never was seen is a gap from the beginning; what was seen to the end
	// has none, unless it is alive.
	look(t, c, chartUS, "backfill", "2025-01-10 00:00:00", "failed", "DNS", 0)
	look(t, c, chartUS, "backfill", "2025-01-10 00:30:00", "ok", "", 1)
	wantLines(t, c, sql+"backfill' ORDER BY from", "2025-01-09 23:30:00.000 | 2025-01-10 00:30:00.000 | 0 | failed | failed: DNS | 1")
}

func TestGapIsOpenWhileTheSourceIsDead(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	for target, minutes := range map[string]int{"chart/apple/us/fresh": 40, "chart/apple/us/dead": 100} {
		slot := time.Now().Add(-time.Duration(minutes) * time.Minute).UTC().Format("2006-01-02 15:04:05")
		look(t, c, target, "measured", slot, "ok", "", 100)
		look(t, c, target, "imported", slot, "ok", "", 100)
	}
	wantLines(t, c, "SELECT target, basis, open, reason, looks_missed, dateDiff('minute', from, to) > 98 FROM gaps",
		"chart/apple/us/dead | measured | 1 | no look | 3 | 1")
}

func TestFreshness(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(minutes int) string {
		return now.Add(-time.Duration(minutes) * time.Minute).Format("2006-01-02 15:04:05")
	}
	for _, l := range []struct {
		target  string
		minutes int
		outcome string
	}{
		{"a fresh", 100, "failed"},
		{"a fresh", 70, "ok"},
		{"a fresh", 40, "ok"},
		{"a fresh", 10, "empty"},
		{"b fresh, one failed", 40, "ok"},
		{"b fresh, one failed", 10, "failed"},
		{"c late", 50, "ok"},
		{"d late, failing", 80, "ok"},
		{"d late, failing", 50, "failed"},
		{"d late, failing", 20, "failed"},
		{"e broken", 100, "ok"},
		{"e broken", 70, "failed"},
		{"e broken", 40, "failed"},
		{"e broken", 10, "failed"},
		{"f broken, refused", 40, "ok"},
		{"f broken, refused", 10, "refused"},
		{"g broken, never ok", 10, "failed"},
		{"h stale", 130, "ok"},
		{"h stale", 100, "ok"},
		{"i stale after broken", 160, "ok"},
		{"i stale after broken", 130, "refused"},
		{"j fresh after a pause", 400, "ok"},
		{"j fresh after a pause", 40, "ok"},
		{"j fresh after a pause", 10, "ok"},
	} {
		look(t, c, "chart/apple/us/"+l.target, "measured", ago(l.minutes), l.outcome, map[string]string{"failed": "HTTP 503", "refused": "bad shape"}[l.outcome], 100)
		look(t, c, "chart/apple/us/"+l.target, "modelled", ago(1), "ok", "", 100)
	}
	wantLines(t, c, `SELECT substring(target, 16), state, dateDiff('minute', since, toDateTime64('`+now.Format("2006-01-02 15:04:05")+`', 3, 'UTC')),
		replaceRegexpOne(why, 'since .*', 'since'), ifNull(toString(dateDiff('minute', last_ok, toDateTime64('`+now.Add(2*time.Second).Format("2006-01-02 15:04:05")+`', 3, 'UTC'))), 'never'), failures
		FROM v_freshness ORDER BY target`,
		"a fresh | fresh | 70 |  | 10 | 0",
		"b fresh, one failed | fresh | 40 |  | 40 | 1",
		"c late | late | 20 | no look since | 50 | 0",
		"d late, failing | late | 50 | failed: HTTP 503 | 80 | 2",
		"e broken | broken | 70 | failed: HTTP 503 | 100 | 3",
		"f broken, refused | broken | 10 | refused: bad shape | 40 | 1",
		"g broken, never ok | broken | 10 | failed: HTTP 503 | never | 1",
		"h stale | stale | 70 | no look since | 100 | 0",
		"i stale after broken | stale | 100 | no look since | 160 | 1",
		"j fresh after a pause | fresh | 40 |  | 10 | 0")
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	// From noon: all looks of the first day, none of the second, half of the third.
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, every_s)
		SELECT 'weibo', 'list/weibo/cn/hot', 'imported', toDateTime64('2025-01-10 12:00:00', 3, 'UTC') + toIntervalHour(number) AS s, s, 'ok', 3600 FROM numbers(12)
		UNION ALL SELECT 'weibo', 'list/weibo/cn/hot', 'imported', toDateTime64('2025-01-12 00:00:00', 3, 'UTC') + toIntervalHour(number) AS s, s, if(number % 2 = 0, 'failed', 'ok'), 3600 FROM numbers(24)`)
	wantLines(t, c, "SELECT day, expected, ok, ratio FROM v_coverage ORDER BY day",
		"2025-01-10 | 12 | 12 | 1", "2025-01-11 | 24 | 0 | 0", "2025-01-12 | 24 | 12 | 0.5")
}

// TestCoverageFollowsTheSchedule: what was wanted is what the looks themselves
// promised, whatever the interval is today.
func TestCoverageFollowsTheSchedule(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	// looks writes n looks, one every seconds; those whose number bad divides failed.
	looks := func(target, from string, n, seconds, bad int) {
		run(t, c, fmt.Sprintf(`INSERT INTO looks (source, target, basis, slot, seen_at, outcome, every_s)
			SELECT 's', '%s', 'imported', toDateTime64('%s', 3, 'UTC') + toIntervalSecond(number * %d) AS s, s, if(%d > 0 AND number %% %d = 0, 'failed', 'ok'), %d FROM numbers(%d)`,
			target, from, seconds, bad, max(bad, 1), seconds, n))
	}
	// Twice a day until noon, then every ten minutes; and the other way round.
	looks("list/x//finer", "2025-01-10 00:00:00", 1, 43200, 0)
	looks("list/x//finer", "2025-01-10 12:00:00", 72, 600, 0)
	looks("list/x//coarser", "2025-01-10 00:00:00", 72, 600, 2)
	looks("list/x//coarser", "2025-01-10 12:00:00", 2, 43200, 0)
	// Off for two days, and back with another interval: the old one was in force.
	looks("list/x//off", "2025-01-10 00:00:00", 24, 3600, 0)
	looks("list/x//off", "2025-01-13 00:00:00", 1, 60, 0)
	// Restarts look more often than the schedule; what failed still counts.
	looks("list/x//restarted", "2025-01-10 00:00:00", 48, 3600, 2)
	looks("list/x//restarted", "2025-01-10 00:10:00", 24, 3600, 0)
	// Added later: nothing is expected before.
	looks("list/x//later", "2025-01-10 18:00:00", 6, 3600, 0)
	wantLines(t, c, "SELECT substring(target, 9), day, expected, ok, ratio FROM v_coverage WHERE day < '2025-01-12' OR target = 'list/x//off' ORDER BY target, day",
		"coarser | 2025-01-10 | 73 | 37 | 0.5068493150684932",
		"coarser | 2025-01-11 | 1 | 1 | 1",
		"finer | 2025-01-10 | 73 | 73 | 1",
		"later | 2025-01-10 | 6 | 6 | 1",
		"off | 2025-01-10 | 24 | 24 | 1",
		"off | 2025-01-11 | 24 | 0 | 0",
		"off | 2025-01-12 | 24 | 0 | 0",
		"off | 2025-01-13 | 1 | 1 | 1",
		"restarted | 2025-01-10 | 48 | 36 | 0.75",
		"restarted | 2025-01-11 | 24 | 12 | 0.5")
}

// TestCoverageOfTheLiving goes on to now, and not beyond.
func TestCoverageOfTheLiving(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	run(t, c, `INSERT INTO looks (source, target, basis, slot, seen_at, outcome, every_s)
		SELECT 's', 'list/x//alive', 'measured', now64(3, 'UTC') - toIntervalMinute(1440 - number * 60) AS s, s, 'ok', 3600 FROM numbers(25)
		UNION ALL SELECT 's', 'list/x//dead', 'measured', now64(3, 'UTC') - toIntervalHour(10) AS s, s, 'ok', 3600`)
	wantLines(t, c, "SELECT target, sum(expected), sum(ok) FROM v_coverage GROUP BY target ORDER BY target",
		"list/x//alive | 25 | 25", "list/x//dead | 10 | 1")
}

func TestEventsAndReported(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	for range 2 {
		run(t, c, `INSERT INTO facts (id, kind, topic, subject, metric, value, at_from) VALUES
			('e1', 'event', 'january-2025', 'tiktok', 'goes dark', NULL, '2025-01-19 03:30:00'),
			('f1', 'figure', 'january-2025', 'rednote', 'new users', 700000, NULL)`)
	}
	wantLines(t, c, "SELECT id, subject, what, at_from, at_to FROM events", "e1 | tiktok | goes dark | 2025-01-19 03:30:00.000 | NULL")
	wantLines(t, c, "SELECT id, subject, metric, value, at_from FROM reported", "f1 | rednote | new users | 700000 | NULL")
}
