package clickhouse

import (
	"fmt"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
)

func list(t *testing.T, c *Client, target, hour, metric string, counts map[string]float64) {
	t.Helper()
	for subject, n := range counts {
		reading(t, c, target, "measured", hour, subject, metric, n)
	}
}

// A tag that is not watched and rises is told with its evidence; one that is
// always there, or watched, is not.
func TestRisingTags(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	if err := c.SyncWatch(t.Context(), config.Watch{Tags: []string{"RedNote"}}); err != nil {
		t.Fatal(err)
	}
	const one, two = "list/bluesky//top-tags/p0", "list/bluesky//top-tags/p1"
	for hour := range 6 {
		at := fmt.Sprintf("2026-11-20 %02d:00:00", hour)
		counts := map[string]float64{"art": 400, "small": 10, "rednote": 10}
		if hour == 5 {
			counts = map[string]float64{"art": 440, "upscrolled": 160, "rednote": 500}
		}
		list(t, c, one, at, "mentions_hour", counts)
		list(t, c, two, at, "mentions_hour", map[string]float64{"news": 300})
	}
	wantLines(t, c, "SELECT subject, value, before, multiple, hours, of_hours FROM v_rising ORDER BY multiple DESC",
		"rednote | 500 | 10 | 50 | 6 | 6", "upscrolled | 160 | 10 | 16 | 1 | 6",
		"art | 440 | 400 | 1.1 | 6 | 6", "news | 300 | 300 | 1 | 6 | 6")
	wantLines(t, c, "SELECT kind, subject, place, score, evidence FROM v_candidates",
		"tag | upscrolled | bluesky | 4 | 160 mentions in the hour from 2026-11-20 05:00, 16 times the day before (new on the list)")
}

// Until lists have been seen for some hours nothing is known to rise.
func TestNothingRisesAtFirst(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	list(t, c, "list/bluesky//top-tags/p0", "2026-11-20 00:00:00", "mentions_hour", map[string]float64{"a": 1})
	list(t, c, "list/bluesky//top-tags/p0", "2026-11-20 01:00:00", "mentions_hour", map[string]float64{"b": 1000})
	if rising := lines(t, c, "SELECT subject FROM v_rising"); len(rising) != 0 {
		t.Errorf("after two hours %v is said to rise", rising)
	}
}

func TestNewcomersOfAChart(t *testing.T) {
	t.Parallel()
	c := watched(t)
	for day := 1; day <= 9; day++ {
		at := fmt.Sprintf("2026-11-%02d 00:00:00", day)
		look(t, c, chartUS, "measured", at, "ok", "", 100)
		reading(t, c, chartUS, "measured", at, "111", "rank", 1)
		if day >= 8 { // new and not watched
			reading(t, c, chartUS, "measured", at, "222", "rank", float64(60-10*(day-8)))
			reading(t, c, chartUS, "measured", at, "741292507", "rank", 2) // new and watched
		}
		if day == 2 || day == 9 { // seen before
			reading(t, c, chartUS, "measured", at, "333", "rank", 90)
		}
	}
	wantLines(t, c, "SELECT subject, first_rank, best_rank, last_rank, first_seen, looked_since FROM v_newcomers ORDER BY subject",
		"222 | 60 | 50 | 50 | 2026-11-08 00:00:00.000 | 2026-11-01 00:00:00.000",
		"741292507 | 2 | 2 | 2 | 2026-11-08 00:00:00.000 | 2026-11-01 00:00:00.000")
	wantLines(t, c, "SELECT kind, subject, place, country, round(score, 2), evidence FROM v_candidates",
		"app | 222 | apple | us | 1.01 | entered top-free/overall at 60, best 50, now 50; not seen there since 2026-11-01")
}

// What is new on a list of trends is told; what had been there when we began to
// look is not, and what has left the list is not.
func TestTrends(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	const trends = "list/google-trends/us/trending"
	for hour := range 6 {
		at := fmt.Sprintf("2026-11-20 %02d:00:00", hour)
		look(t, c, trends, "measured", at, "ok", "", 10)
		reading(t, c, trends, "measured", at, "old", "rank", 1)
		if hour >= 4 {
			reading(t, c, trends, "measured", at, "tiktok ban", "rank", 2)
			reading(t, c, trends, "measured", at, "tiktok ban", "traffic_approx", 500000)
		}
		if hour == 4 {
			reading(t, c, trends, "measured", at, "gone", "rank", 3)
		}
	}
	wantLines(t, c, "SELECT subject, rank, value, metric, first_seen FROM v_trending ORDER BY rank",
		"old | 1 | NULL |  | 2026-11-20 00:00:00.000", "tiktok ban | 2 | 500000 | traffic_approx | 2026-11-20 04:00:00.000")
	wantLines(t, c, "SELECT kind, subject, country, evidence FROM v_candidates",
		"topic | tiktok ban | us | new on the list of trends since 2026-11-20 04:00, now at 2, 500000 traffic_approx")
}
