package collectors_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func pacific(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// tube is a YouTube: 1 to 20 uploads an hour of each tag, and 90 an hour of
// #tiktok during one evening; pages of 50; a quota by Pacific days.
type tube struct {
	zone  *time.Location
	quota int
	spent map[string]int // by Pacific day
	over  int            // searches beyond the quota
	bad   func(now time.Time) int
}

// uploads of a tag in an hour, newest first.
func (y *tube) uploads(tag string, hour time.Time) []time.Time {
	n := 1 + int(hour.Unix()/3600+int64(len(tag))*7)%20
	if tag == "tiktok" && hour.Day() == 14 && hour.Hour() >= 18 && hour.Hour() < 22 {
		n = 90
	}
	all := make([]time.Time, n)
	for i := range all {
		all[i] = hour.Add(time.Hour - time.Duration(i+1)*30*time.Second)
	}
	all[n-1] = hour
	return all
}

func (y *tube) answer(r *http.Request, now time.Time) testkit.FakeAnswer {
	day := now.In(y.zone).Format(time.DateOnly)
	y.spent[day]++
	if y.spent[day] > y.quota {
		y.over++
		return testkit.FakeAnswer{Status: 403, Body: `{"error":{"code":403,"errors":[{"domain":"youtube.quota","reason":"quotaExceeded"}]}}`}
	}
	if y.bad != nil {
		if status := y.bad(now); status != 0 {
			return testkit.FakeStatus(status)
		}
	}
	q := r.URL.Query()
	from, err1 := time.Parse(time.RFC3339, q.Get("publishedAfter"))
	to, err2 := time.Parse(time.RFC3339, q.Get("publishedBefore"))
	if err1 != nil || err2 != nil || q.Get("order") != "date" || q.Get("type") != "video" {
		return testkit.FakeStatus(400)
	}
	tag := strings.TrimPrefix(q.Get("q"), "#")
	var found []map[string]any
	for hour := to.Truncate(time.Hour); !hour.Before(from.Truncate(time.Hour)); hour = hour.Add(-time.Hour) {
		for _, at := range y.uploads(tag, hour) {
			if !at.Before(from) && !at.After(to) {
				found = append(found, map[string]any{
					"id":      map[string]any{"kind": "youtube#video", "videoId": fmt.Sprintf("v%d", at.Unix())},
					"snippet": map[string]any{"publishedAt": at.Format(time.RFC3339)},
				})
			}
		}
	}
	start, _ := strconv.Atoi(q.Get("pageToken"))
	end := min(start+50, len(found))
	doc := map[string]any{"kind": "youtube#searchListResponse", "items": append([]map[string]any{}, found[start:end]...)}
	if end < len(found) {
		doc["nextPageToken"] = strconv.Itoa(end)
	}
	body, _ := json.Marshal(doc)
	return testkit.FakeOK(string(body))
}

func TestYouTubeCountsExactlyWithinItsQuota(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		every string
		tags  int
		bad   int // minutes of every fifth hour
	}{
		"a look every two hours, as built in": {"@every 2h", 6, 3},
		"every search is planned":             {"@every 1h", 4, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				y := &tube{zone: pacific(t), quota: 100, spent: make(map[string]int), bad: func(now time.Time) int {
					if now.Minute() < c.bad && now.Hour()%5 == 0 {
						return 503
					}
					return 0
				}}
				w := &world{answer: y.answer}
				cfg, watch := builtin(t, "youtube")
				cfg.Sources.YouTube.Every, watch.Tags = c.every, slices.Concat([]string{"tiktok"}, watch.Tags[:c.tags-2], []string{"bluesky"})
				begin := time.Date(2025, 1, 13, 10, 20, 0, 0, time.UTC)
				pub := live(t, begin, 3*24*time.Hour, cfg, watch, w, nil)
				if y.over > 0 || len(y.spent) < 3 {
					t.Errorf("%d searches beyond the quota: %v", y.over, y.spent)
				}
				bound := y.compare(t, pub, watch.Tags, begin, begin.Add(69*time.Hour))
				if len(bound) == 0 {
					t.Error("no hour was too full: the trial is too easy")
				}
				manners(t, w, map[string]float64{"www.googleapis.com": 30})
			})
		})
	}
}

// compare holds what was published against the truth, and wants something of
// every hour. It returns the lower bounds.
func (y *tube) compare(t *testing.T, pub *topics, tags []string, begin, end time.Time) map[string]float64 {
	t.Helper()
	exact, bound := counts(pub, "uploads_hour"), counts(pub, "uploads_hour_at_least")
	for _, tag := range tags {
		for hour := begin.Truncate(time.Hour).Add(-time.Hour); hour.Before(end); hour = hour.Add(time.Hour) {
			key, truth := tag+" "+hour.Format(time.RFC3339), float64(len(y.uploads(tag, hour)))
			got, isExact := exact[key]
			least, isBound := bound[key]
			if (isExact && got != truth) || least > truth {
				t.Errorf("%s: %v uploads, at least %v, want %v", key, got, least, truth)
			}
			if !isExact && !isBound {
				t.Errorf("%s: nothing is known", key)
			}
		}
	}
	return bound
}

// Somebody else uses the key too, so Google's quota ends before our count does.
func TestYouTubeLeavesAUsedUpQuotaAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := &tube{zone: pacific(t), quota: 30, spent: make(map[string]int)}
		w := &world{answer: y.answer}
		c, watch := builtin(t, "youtube")
		begin := time.Date(2025, 1, 13, 8, 0, 0, 0, time.UTC) // midnight in California
		pub := live(t, begin, 48*time.Hour-time.Minute, c, watch, w, nil)
		if y.over != 2 {
			t.Errorf("asked %d times in two days after a refusal was due, want once a day: %v", y.over, y.spent)
		}
		outcomes := make(map[string]int)
		for _, s := range pub.looks() {
			day := time.UnixMilli(s.GetSlotMs()).In(y.zone).Format(time.DateOnly)
			outcomes[day+" "+s.GetOutcome().Word()]++
			if s.GetOutcome() == event.Outcome_OUTCOME_FAILED && !strings.Contains(s.GetReason(), "the quota of searches is used up until "+nextMidnight(s, y.zone)) {
				t.Errorf("%s: %s", day, s.GetReason())
			}
		}
		for _, day := range []string{"2025-01-13", "2025-01-14"} {
			// Some of the 30 searches turn a second page.
			ok, failed := outcomes[day+" ok"], outcomes[day+" failed"]
			if ok > 30 || ok < 25 || ok+failed != 12*6 {
				t.Errorf("%s: %v", day, outcomes)
			}
		}
	})
}

func nextMidnight(s *event.Snapshot, zone *time.Location) string {
	y, m, d := time.UnixMilli(s.GetSeenAtMs()).In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone).UTC().Format(time.RFC3339)
}
