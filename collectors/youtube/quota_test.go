package youtube

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/memory"
)

func california(t *testing.T) *time.Location {
	t.Helper()
	zone, err := pacificTime()
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestPlanOfASchedule(t *testing.T) {
	t.Parallel()
	for every, want := range map[string]string{
		"@every 2h": "13 looks, 3 hours", // a day of 25 hours has 13
		"@every 1h": "25 looks, 2 hours", "7 * * * *": "25 looks, 2 hours", "@every 90m": "17 looks, 3 hours",
		"0 6,18 * * *": "2 looks, 13 hours", "@daily": "1 looks, 25 hours", "0 6 * * 1": "1 looks, 168 hours", "*/30 * * * *": "50 looks, 2 hours",
	} {
		p, err := planOf(every, california(t))
		if got := fmt.Sprintf("%d looks, %d hours", p.looks, p.hours()); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", every, got, want, err)
		}
	}
	for _, every := range []string{"often", "0 0 30 2 *"} {
		if _, err := planOf(every, california(t)); err == nil {
			t.Errorf("%s is a schedule", every)
		}
	}
}

// The built-in schedule fits the quota that everybody has, with the built-in
// tags; what does not fit is refused only where the source is on.
func TestScheduleMustFitTheQuota(t *testing.T) {
	t.Parallel()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Collect.Sources.YouTube
	c.Enabled, c.Key = true, "k"
	s, err := New(client(t), c, cfg.Watch)
	if err != nil {
		t.Fatal(err)
	}
	if s.quota.spare < 10 {
		t.Errorf("%d searches to spare", s.quota.spare)
	}
	c.Every = "@every 1h"
	want := `6 tags looked at 25 times a day are 150 searches, the quota is 100: look less often (every: "@every 2h"), watch at most 4 tags, or set searches_per_day`
	if _, err := New(client(t), c, cfg.Watch); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	c.SearchesPerDay = 150
	if _, err := New(client(t), c, cfg.Watch); err != nil {
		t.Errorf("a quota of 150 is not enough: %v", err)
	}
	c.SearchesPerDay, c.Enabled, c.Key = 1, false, ""
	if _, err := New(client(t), c, cfg.Watch); err != nil {
		t.Errorf("switched off, and refused: %v", err)
	}
}

// Google's day begins at midnight in California: 08:00 UTC in winter, 07:00 in
// summer.
func TestQuotaBeginsAnewAtPacificMidnight(t *testing.T) {
	t.Parallel()
	for _, midnight := range []time.Time{time.Date(2025, 1, 14, 8, 0, 0, 0, time.UTC), time.Date(2025, 7, 14, 7, 0, 0, 0, time.UTC)} {
		synctest.Test(t, func(t *testing.T) {
			q := &quota{perDay: 2, zone: california(t), memory: forgetful(t)}
			ask := func(at time.Time) error {
				time.Sleep(time.Until(at))
				return q.look()()
			}
			for _, c := range []struct {
				before time.Duration
				ok     bool
			}{{10 * time.Hour, true}, {9 * time.Hour, true}, {8 * time.Hour, false}, {time.Second, false}, {0, true}, {-time.Hour, true}, {-2 * time.Hour, false}} {
				if err := ask(midnight.Add(-c.before)); (err == nil) != c.ok {
					t.Errorf("%s before midnight: %v", c.before, err)
				}
			}
			_ = q.close()
			if err := ask(midnight.Add(23*time.Hour + 59*time.Minute)); err == nil || !strings.Contains(err.Error(), midnight.AddDate(0, 0, 1).Format(time.RFC3339)) {
				t.Errorf("closed, and got %v", err)
			}
			if err := ask(midnight.Add(24 * time.Hour)); err != nil {
				t.Errorf("still closed: %v", err)
			}
		})
	}
}

// What is not planned (a second try, a second page) never takes a search that
// a later look needs.
func TestSecondTriesAreSpareOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &quota{perDay: 10, spare: 2, zone: california(t), memory: forgetful(t)}
		made := 0
		for range 8 { // looks that are planned
			allow := q.look()
			for range 3 { // tries
				if allow() == nil {
					made++
				}
			}
		}
		if made != 10 || q.hasSpare() {
			t.Errorf("%d searches, %d of them extra", made, q.Extra)
		}
	})
}

// forgetful is a memory of one life.
func forgetful(t *testing.T) fetch.Memory { t.Helper(); return client(t).Memory() }

func client(t *testing.T) *fetch.Client {
	t.Helper()
	c, err := fetch.New(fetch.Config{Collect: config.Collect{Contact: "https://example.org", Timeout: config.Duration(time.Second), MaxBody: 1 << 10}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Neither a restart nor another watchlist gives a key new searches.
func TestTheQuotaOutlivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "hosts.json")
		life := func() *quota {
			kept, err := memory.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			return &quota{perDay: 3, spare: 1, zone: california(t), memory: kept}
		}
		made := 0
		for range 6 {
			if life().look()() == nil {
				made++
			}
		}
		if made != 3 {
			t.Errorf("%d searches in six lives, want 3", made)
		}
		time.Sleep(24 * time.Hour)
		if err := life().look()(); err != nil {
			t.Errorf("a day later: %v", err)
		}
		_ = life().close()
		if err := life().look()(); err == nil {
			t.Error("a quota that Google has closed is open after a restart")
		}
		time.Sleep(24 * time.Hour)
		if err := life().look()(); err != nil {
			t.Errorf("closed for more than a day: %v", err)
		}
	})
}
