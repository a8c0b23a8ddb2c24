package backfill

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// Nobody is asked for what a place cannot know, and it is said; what every
// source says of its past begins where it reaches.
func TestReach(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) { // on 20 November, 9:00
		for name, c := range map[string]struct{ reach, text, said string }{
			"wikipedia":  {"2015-07-01T00:00:00Z", "2015-07-01", "since 2015-07-01,"},
			"hackernews": {"2006-10-09T00:00:00Z", "2006-10-09", "since 2006-10-09,"},
			"gdelt":      {"2015-02-18T23:00:00Z", "2015-02-18 23:00", "since 2015-02-18,"},
			"mastodon":   {"2026-11-14T00:00:00Z", "2026-11-14", "the last 7 days,"},
			"appstore":   {"2008-07-10T00:00:00Z", "2008-07-10", "2008-07-10"},
		} {
			e, place := entry(t, name, func(*testkit.FakeSource) {})
			reach, err := time.Parse(time.RFC3339, c.reach)
			if err != nil {
				t.Fatal(err)
			}
			first := reach.Truncate(past.Day)
			if got := e.Source.(past.Source).Reach(time.Now()); !got.Equal(reach) || !strings.Contains(e.About.Past, c.said) {
				t.Errorf("%s reaches back to %v and says %q", name, got, e.About.Past)
			}
			plan, err := NewPlan(e, first.AddDate(0, 0, -3), first.AddDate(0, 0, 3), nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := name + " has nothing before " + c.text + ": beginning there"; plan.Notice != want || !plan.units[0].span.From.Equal(reach) {
				t.Errorf("begins at %v: %s", plan.units[0].span.From, plan.Notice)
			}
			if plan, err = NewPlan(e, first.AddDate(0, 0, 1), first.AddDate(0, 0, 3), nil); err != nil || plan.Notice != "" {
				t.Errorf("all is in reach: %v, %v", plan, err)
			}
			_, err = NewPlan(e, first.AddDate(0, 0, -3), first, nil)
			if out, ok := errors.AsType[*ReachError](err); !ok || out.Error() != "back-fill "+name+": it has nothing before "+c.text+", and all days asked for are before" {
				t.Errorf("nothing is in reach: %v", err)
			}
			if n := len(place.Requests(testkit.FakeAnywhere)); n != 0 {
				t.Errorf("%s was asked %d times", name, n)
			}
		}
	})
}

// Apple's overall charts were kept from the marketing feed only, which is young.
func TestAChartReachesAsFarBackAsItsFeed(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		e, _ := entry(t, "appstore", func(*testkit.FakeSource) {})
		for _, target := range e.Source.Targets() {
			spans := e.Source.(past.Source).Spans(target, day("2020-12-30"), day("2021-01-03"))
			want := 4
			if strings.HasSuffix(target.GetName(), "/overall") {
				want = 2
			}
			if len(spans) != want {
				t.Errorf("%s has %d days, want %d", target.Key(), len(spans), want)
			}
		}
	})
}

// Midnight came between the plan and the question: the oldest day is gone, and
// nobody takes it for done.
func TestADayThatTheServerLeavesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2025, 1, 24, 0, 0, 1, 0, time.UTC)))
		e, _ := entry(t, "mastodon", func(place *testkit.FakeSource) {
			place.Reply("/api/v1/tags/rednote", testkit.FakeOK(`{"name":"rednote","history":[{"day":"1737331200","uses":"5","accounts":"4"}]}`))
		})
		pub, r := fill(t, e, "2025-01-19", "2025-01-21", nil)
		if n := len(e.Source.Targets()); r.Done != 0 || r.Failed != n || len(pub.looks()) != n || !strings.Contains(r.Failures[0], "the server leaves out 1 of these days") {
			t.Errorf("%+v", r)
		}
	})
}

// idle is a source without a target.
type idle struct{ diary }

func (idle) Targets() []*event.Target { return nil }

func TestASourceThatWatchesNothing(t *testing.T) {
	t.Parallel()
	if _, err := NewPlan(collectors.Entry{Name: "idle", Source: idle{}}, day("2025-01-01"), day("2025-01-02"), nil); !errors.Is(err, ErrNoTargets) {
		t.Errorf("got %v", err)
	}
}
