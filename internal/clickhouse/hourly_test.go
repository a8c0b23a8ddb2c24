package clickhouse

import (
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
)

// TestRanksByHour: ranked if any look of the hour had it; else what the last
// look that saw the chart says; not fetched only if none did; and an hour in
// which somebody should have looked is there too.
func TestRanksByHour(t *testing.T) {
	t.Parallel()
	c := watched(t)
	const tt, listing = "835599320", "listing/apple/us/apps"
	put := func(slot string, rank float64) {
		t.Helper()
		look(t, c, chartUS, "backfill", slot, "ok", "", 100)
		if rank > 0 {
			reading(t, c, chartUS, "backfill", slot, tt, "rank", rank)
		}
	}
	reading(t, c, listing, "backfill", "2025-01-18 00:00:00", tt, "listed", 1)
	put("2025-01-18 00:00:00", 4)
	put("2025-01-18 00:30:00", 2)
	put("2025-01-18 01:00:00", 5)
	look(t, c, chartUS, "backfill", "2025-01-18 01:30:00", "failed", "HTTP 503", 0)
	put("2025-01-18 02:00:00", 0)
	look(t, c, chartUS, "backfill", "2025-01-18 03:00:00", "failed", "HTTP 503", 0)
	look(t, c, chartUS, "backfill", "2025-01-18 03:30:00", "refused", "no entries", 0)
	// Nobody at all in the fourth hour.
	reading(t, c, listing, "backfill", "2025-01-18 05:00:00", tt, "listed", 0)
	put("2025-01-18 05:00:00", 0)
	put("2025-01-18 05:30:00", 1)
	put("2025-01-18 06:00:00", 0)
	// Another basis is another line.
	look(t, c, chartUS, "modelled", "2025-01-18 00:00:00", "ok", "", 200)
	reading(t, c, chartUS, "modelled", "2025-01-18 00:00:00", tt, "rank", 9)
	// An import of some apps says nothing about the others.
	look(t, c, "chart/apple/de/top-free/overall", "imported", "2025-01-18 00:00:00", "ok", "", 0)
	rollUp(t, c)
	wantLines(t, c, "SELECT basis, toHour(hour), entity, state, rank, best, worst, depth, looks, effective_rank FROM v_ranks_hourly WHERE entity = 'tiktok' ORDER BY ALL",
		"backfill | 0 | tiktok | ranked | 2 | 2 | 4 | 100 | 2 | 2",
		"backfill | 1 | tiktok | ranked | 5 | 5 | 5 | 100 | 1 | 5",
		"backfill | 2 | tiktok | unranked | NULL | NULL | NULL | 100 | 1 | 101",
		"backfill | 3 | tiktok | not_fetched | NULL | NULL | NULL | 0 | 0 | NULL",
		"backfill | 4 | tiktok | not_fetched | NULL | NULL | NULL | 0 | 0 | NULL",
		"backfill | 5 | tiktok | ranked | 1 | 1 | 1 | 100 | 2 | 1",
		"backfill | 6 | tiktok | delisted | NULL | NULL | NULL | 100 | 1 | 101",
		"modelled | 0 | tiktok | ranked | 9 | 9 | 9 | 200 | 1 | 9")
	wantLines(t, c, "SELECT basis, day, state, rank, best, worst, median, hours_ranked, hours_at_first, hours_in_top_10, hours_looked, depth, looks FROM v_ranks_daily WHERE entity IN ('tiktok', 'rednote') ORDER BY entity, basis",
		"backfill | 2025-01-18 | unranked | NULL | NULL | NULL | NULL | 0 | 0 | 0 | 5 | 100 | 7",
		"modelled | 2025-01-18 | unranked | NULL | NULL | NULL | NULL | 0 | 0 | 0 | 1 | 200 | 1",
		"backfill | 2025-01-18 | ranked | 1 | 1 | 5 | 2 | 3 | 1 | 3 | 5 | 100 | 7",
		"modelled | 2025-01-18 | ranked | 9 | 9 | 9 | 9 | 1 | 0 | 1 | 1 | 200 | 1")
}

// TestCountsByHour: what is new is told by what was there before, unless that is
// too long ago, or it became smaller, or the day began anew.
func TestCountsByHour(t *testing.T) {
	t.Parallel()
	c := watched(t)
	const tag, online, word = "tag/tiktok//rednote", "tag/mastodon.social//rednote", "keyword/gdelt//rednote"
	for _, r := range []struct {
		target, slot, metric string
		value                float64
	}{
		{tag, "2025-01-13 00:10:00", "views_total", 100},
		{tag, "2025-01-13 01:10:00", "views_total", 150},
		{tag, "2025-01-13 01:50:00", "views_total", 180},
		{tag, "2025-01-13 04:10:00", "views_total", 300},
		{tag, "2025-01-13 05:10:00", "views_total", 20},
		{tag, "2025-01-13 06:10:00", "views_total", 25},
		{tag, "2025-01-15 07:10:00", "views_total", 1000},
		{online, "2025-01-13 22:30:00", "uses_today", 40},
		{online, "2025-01-13 23:30:00", "uses_today", 50},
		{online, "2025-01-14 02:30:00", "uses_today", 7},
		{online, "2025-01-13 00:00:00", "uses_day", 55},
		{word, "2025-01-13 00:00:00", "articles_15m", 3},
		{word, "2025-01-13 00:15:00", "articles_15m", 4},
		{word, "2025-01-13 00:15:00", "norm_15m", 900},
	} {
		reading(t, c, r.target, "measured", r.slot, "rednote", r.metric, r.value)
	}
	rollUp(t, c)
	wantLines(t, c, "SELECT metric, hour, unit, level, growth, over_h FROM v_counts_hourly ORDER BY metric, hour",
		"articles_15m | 2025-01-13 00:00:00 | articles | NULL | 7 | 1",
		"uses_day | 2025-01-13 00:00:00 | uses | 55 | NULL | 0",
		"uses_today | 2025-01-13 22:00:00 | uses | 40 | NULL | 0",
		"uses_today | 2025-01-13 23:00:00 | uses | 50 | 10 | 1",
		"uses_today | 2025-01-14 02:00:00 | uses | 7 | 7 | 3",
		"views_total | 2025-01-13 00:00:00 | views | 100 | NULL | 0",
		"views_total | 2025-01-13 01:00:00 | views | 180 | 80 | 1",
		"views_total | 2025-01-13 04:00:00 | views | 300 | 120 | 3",
		"views_total | 2025-01-13 05:00:00 | views | 20 | NULL | 0",
		"views_total | 2025-01-13 06:00:00 | views | 25 | 5 | 1",
		"views_total | 2025-01-15 07:00:00 | views | 1000 | NULL | 0")
	wantLines(t, c, "SELECT DISTINCT platform, tag FROM v_tags_hourly ORDER BY platform", "mastodon.social | rednote", "tiktok | rednote")
}

// TestMovers: entered, left, came back, was taken out, rose and fell.
func TestMovers(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	w := config.Watch{}
	for _, id := range []string{"up", "down", "same", "new", "returned", "dropped", "delisted", "never"} {
		w.Entities = append(w.Entities, config.Entity{ID: id, Name: id, Apps: map[string]string{"apple": "app-" + id}})
	}
	if err := c.SyncWatch(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	at := func(slot string, ranks map[string]float64) {
		t.Helper()
		look(t, c, chartUS, "backfill", slot, "ok", "", 100)
		for id, rank := range ranks {
			reading(t, c, chartUS, "backfill", slot, "app-"+id, "rank", rank)
		}
	}
	at("2025-01-05 12:00:00", map[string]float64{"returned": 50})
	at("2025-01-13 12:00:00", map[string]float64{"up": 80, "down": 10, "same": 3, "dropped": 99, "delisted": 7})
	reading(t, c, "listing/apple/us/apps", "backfill", "2025-01-14 00:00:00", "app-delisted", "listed", 0)
	at("2025-01-14 12:00:00", map[string]float64{"up": 1, "down": 20, "same": 3, "new": 40, "returned": 60})
	rollUp(t, c)
	const told = "SELECT app, change, rank_before, rank_now, round(log_change, 3), round(days_at_first * 24) FROM "
	want := []string{
		"app-delisted | delisted | 7 | NULL | NULL | 0", "app-down | down | 10 | 20 | -0.693 | 0", "app-dropped | dropped | 99 | NULL | NULL | 0",
		"app-new | new | NULL | 40 | NULL | 0", "app-returned | returned | NULL | 60 | NULL | 0", "app-same | same | 3 | 3 | 0 | 0", "app-up | up | 80 | 1 | 4.382 | 1",
	}
	wantLines(t, c, told+"movers_between(since = '2025-01-13 13:00:00', until = '2025-01-14 13:00:00') ORDER BY app", want...)
	wantLines(t, c, told+"v_movers ORDER BY app", want...)
}

// TestMoversOfAWholeChart: also of apps that nobody watches; of places deeper
// than the other list went nothing is said.
func TestMoversOfAWholeChart(t *testing.T) {
	t.Parallel()
	c := watched(t)
	at := func(slot string, depth int, ranks map[string]float64) {
		t.Helper()
		look(t, c, chartUS, "backfill", slot, "ok", "", depth)
		for app, rank := range ranks {
			reading(t, c, chartUS, "backfill", slot, app, "rank", rank)
		}
	}
	at("2024-12-12 12:00:00", 100, map[string]float64{"long ago": 5})
	at("2025-01-05 12:00:00", 100, map[string]float64{"returned": 50})
	at("2025-01-13 11:00:00", 100, map[string]float64{"early": 1})
	at("2025-01-13 12:00:00", 100, map[string]float64{"741292507": 80, "down": 10, "same": 3, "dropped": 49, "deep": 90})
	look(t, c, chartUS, "backfill", "2025-01-13 12:30:00", "failed", "503", 0)
	at("2025-01-14 11:00:00", 50, map[string]float64{"741292507": 1, "long ago": 4})
	at("2025-01-14 12:00:00", 50, map[string]float64{"741292507": 1, "down": 20, "same": 3, "new": 40, "returned": 45, "long ago": 2, "early": 50})
	at("2025-01-14 12:30:00", 50, map[string]float64{"741292507": 1, "down": 21, "same": 3, "new": 40, "returned": 45, "long ago": 2, "early": 50})
	reading(t, c, "chart/apple/us/top-free/games", "backfill", "2025-01-14 12:00:00", "elsewhere", "rank", 1) // nobody knows how deep
	rollUp(t, c)
	const told = "SELECT app, entity, entity_name, change, rank_before, rank_now, round(log_change, 3), round(days_at_first * 24) FROM "
	const day = "chart_movers_between(since = '2025-01-13 13:00:00', until = '2025-01-14 13:00:00')"
	want := []string{
		"741292507 | rednote | RedNote | up | 80 | 1 | 4.382 | 2", "deep |  |  | not_known | 90 | NULL | NULL | 0", "down |  |  | down | 10 | 21 | -0.742 | 0",
		"dropped |  |  | dropped | 49 | NULL | NULL | 0", "early |  |  | returned | NULL | 50 | NULL | 0", "long ago |  |  | new | NULL | 2 | NULL | 0",
		"new |  |  | new | NULL | 40 | NULL | 0", "returned |  |  | returned | NULL | 45 | NULL | 0", "same |  |  | same | 3 | 3 | 0 | 0",
	}
	wantLines(t, c, told+day+" ORDER BY app", want...)
	wantLines(t, c, told+day+" WHERE target = '"+chartUS+"' AND basis = 'backfill' ORDER BY app", want...)
	wantLines(t, c, "SELECT count() FROM chart_movers_between(since = '2025-01-15 13:00:00', until = '2025-01-16 13:00:00')", "0")
}

// TestChartOverlapOfTwoCountries asks the cookbook's question of two stores of
// charts of two countries, as the page says: January has charts of one.
func TestChartOverlapOfTwoCountries(t *testing.T) {
	t.Parallel()
	c := watched(t)
	const us, jp, noon = "chart/apple/us/top-free/overall", "chart/apple/jp/top-free/overall", "2025-01-13 12:00:00"
	for target, ranks := range map[string]map[string]float64{us: {"741292507": 1, "835599320": 2, "clapper": 60}, jp: {"741292507": 30, "clapper": 2}} {
		look(t, c, target, "modelled", noon, "ok", "", 100)
		for app, rank := range ranks {
			reading(t, c, target, "modelled", noon, app, "rank", rank)
		}
	}
	rollUp(t, c)
	page, err := os.ReadFile("../../docs/cookbook.md")
	if err != nil {
		t.Fatal(err)
	}
	_, question, _ := strings.Cut(string(page), "### Do two charts hold the same apps?")
	_, question, _ = strings.Cut(question, "```sql\n")
	question, _, _ = strings.Cut(question, "\n```")
	if !strings.Contains(question, "chart/google/us/") {
		t.Fatalf("the cookbook asks something else: %s", question)
	}
	// Of the first 50 both have RedNote; TikTok and Clapper are in one.
	wantLines(t, c, strings.ReplaceAll(question, "chart/google/us/", "chart/apple/jp/"), noon+" | 1 | 3 | 0.33")
}

// TestAttention: a tag of an entity and a tag of none, an app on a chart, one
// topic; shares among the entities; nothing of another basis in them.
func TestAttention(t *testing.T) {
	t.Parallel()
	c := story(t)
	const red, lemon = "741292507", "1498607143"
	look(t, c, chartUS, "measured", "2025-01-13 00:00:00", "ok", "", 99)
	reading(t, c, chartUS, "measured", "2025-01-13 00:00:00", red, "rank", 1)
	reading(t, c, chartUS, "measured", "2025-01-13 00:00:00", lemon, "rank", 10)
	look(t, c, chartUS, "modelled", "2025-01-13 00:00:00", "ok", "", 99)
	reading(t, c, chartUS, "modelled", "2025-01-13 00:00:00", lemon, "rank", 1)
	for i, slot := range []string{"2025-01-13 00:00:00", "2025-01-13 01:00:00"} {
		reading(t, c, "tag/tiktok//tiktokrefugee", "measured", slot, "tiktokrefugee", "views_total", float64(100+50*i))
	}
	rollUp(t, c)
	wantLines(t, c, "SELECT hour, role, entity, entity_name, family, subject, metric, round(value, 3), over_h FROM v_attention WHERE topic = 'refugees' AND basis = 'measured' ORDER BY metric, subject",
		"2025-01-13 00:00:00 | destination | lemon8 | Lemon8 | appstore | 1498607143 | rank_area | 2.303 | 1",
		"2025-01-13 00:00:00 | destination | rednote | RedNote | appstore | 741292507 | rank_area | 4.605 | 1",
		"2025-01-13 01:00:00 | attention |  | tiktokrefugee | appstore | tiktokrefugee | views_total | 50 | 1")
	wantLines(t, c, "SELECT basis, entity, round(share, 3), round(total, 3) FROM v_attention_share WHERE topic = 'refugees' ORDER BY basis, entity",
		"measured | lemon8 | 0.333 | 6.908", "measured | rednote | 0.667 | 6.908", "modelled | lemon8 | 1 | 4.605")
}

// TestLeadAndLag: two series of which one repeats the other three hours later.
func TestLeadAndLag(t *testing.T) {
	t.Parallel()
	c := story(t)
	for _, s := range []struct {
		source, tag string
		lag         int
	}{{"tiktok", "tag/tiktok//tiktokrefugee", 3}, {"hackernews", "keyword/hackernews//tiktokrefugee", 0}} {
		run(t, c, `INSERT INTO readings (source, target, basis, at, slot, seen_at, subject, metric, value)
			SELECT ?, ?, 'measured', toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + toIntervalHour(number) AS moment, moment, moment, 'tiktokrefugee', 'mentions_hour', cityHash64(toInt64(number) - ?) % 1000
			FROM numbers(100)`, s.source, s.tag, s.lag)
	}
	rollUp(t, c)
	wantLines(t, c, "SELECT leader, follower, lag_h, round(correlation, 3), hours, onset_lead_h FROM v_lead_lag WHERE topic = 'refugees'",
		"hackernews | tiktok | 3 | 1 | 97 | NULL")
}

// TestReportedBesideMeasured: what can be compared is, and what cannot is said.
func TestReportedBesideMeasured(t *testing.T) {
	t.Parallel()
	c := watched(t)
	for i, rank := range []float64{9, 4, 2} {
		slot := []string{"2025-01-13 00:00:00", "2025-01-13 01:00:00", "2025-01-13 02:00:00"}[i]
		look(t, c, chartUS, "measured", slot, "ok", "", 100)
		reading(t, c, chartUS, "measured", slot, "835599320", "rank", rank)
	}
	run(t, c, `INSERT INTO facts (id, kind, topic, subject, metric, value, value_text, scope, at_from, at_to) VALUES
		('a', 'figure', 't', 'tiktok', 'rank', 5, '', 'chart/apple/us/top-free/overall', '2025-01-13 00:00:00', '2025-01-13 02:59:59'),
		('b', 'figure', 't', 'tiktok', 'rank', 1, '', 'chart/google/us/top-free/overall', '2025-01-13 00:00:00', '2025-01-13 02:59:59'),
		('c', 'figure', 't', 'tiktok', 'users', 1e8, '', 'US', '2025-01-13 00:00:00', '2025-01-13 02:59:59'),
		('d', 'figure', 't', 'tiktok', 'rank', 1, '', 'chart/apple/us/top-free/overall', '2025-02-13 00:00:00', '2025-02-13 02:59:59'),
		('e', 'figure', 't', 'tiktok', 'rank', 1, '', 'chart/apple/us/top-free/overall', NULL, NULL),
		('f', 'figure', 't', 'tiktok', 'rank', NULL, '<=10', 'chart/apple/us/top-free/overall', '2025-01-13 00:00:00', '2025-01-13 02:59:59')`)
	rollUp(t, c)
	wantLines(t, c, "SELECT id, basis, reported_value, measured_value, measured_at, measured_low, measured_high, difference, ratio, comparable FROM v_reported_vs_measured ORDER BY id",
		"a | measured | 5 | 4 | 2025-01-13 01:00:00.000 | 2 | 9 | -1 | 0.8 | same",
		"b | measured | 1 | 2 | 2025-01-13 02:00:00.000 | 2 | 9 | NULL | NULL | other scope",
		"c |  | 100000000 | NULL | NULL | NULL | NULL | NULL | NULL | other metric",
		"d |  | 1 | NULL | NULL | NULL | NULL | NULL | NULL | nothing measured",
		"e |  | 1 | NULL | NULL | NULL | NULL | NULL | NULL | nothing measured",
		"f | measured | NULL | 2 | 2025-01-13 02:00:00.000 | 2 | 9 | NULL | NULL | same")
}
