package collectors_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// place is a source that notes when it is asked, and fails while it is down.
type place struct {
	mu    sync.Mutex
	asked map[string][]string
	down  func(target string, since time.Duration) error
	began time.Time
}

func newPlace(down func(target string, since time.Duration) error) *place {
	return &place{asked: map[string][]string{}, down: down, began: time.Now()}
}

func (p *place) fetch(_ context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := target.GetName()
	p.asked[name] = append(p.asked[name], slot.UTC().Format("15:04"))
	if err := p.down(name, slot.Sub(p.began)); err != nil {
		return nil, err
	}
	return one(1), nil
}

func (p *place) times(name string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[name]
}

// runBroken is run, with a breaker after three failures.
func runBroken(t *testing.T, d time.Duration, pub collectors.Publisher, reg prometheus.Registerer, entries ...collectors.Entry) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	cfg := config.Collect{Breaker: config.Breaker{After: 3, Longest: config.Duration(2 * time.Hour)}}
	if err := collectors.NewRunner(entries, pub, cfg, reg, nil).Run(ctx); err != nil {
		t.Fatal(err)
	}
}

var errForbidden = errors.New("HTTP 403")

func TestWhatKeepsFailingIsTriedLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub, reg := &topics{}, prometheus.NewRegistry()
		p := newPlace(func(_ string, since time.Duration) error {
			if since < 9*time.Hour {
				return errForbidden
			}
			return nil
		})
		runBroken(t, 11*time.Hour-time.Second, pub, reg, entry("src", "@every 10m", source{tags("a"), p.fetch}))
		want := []string{
			"00:00", "00:10", "00:20", "00:40", "01:20", "02:40", "04:40", "06:40", "08:40", // 2, 4, 8 intervals, then the longest
			"10:40", "10:50", // the first good look closes it
		}
		if diff := cmp.Diff(want, p.times("a")); diff != "" {
			t.Error(diff)
		}
		looks := pub.looks()
		if len(looks) != 11*6 {
			t.Errorf("%d looks published, want one for each of 66 ticks", len(looks))
		}
		held := looks[3]
		if held.GetOutcome() != event.Outcome_OUTCOME_FAILED || held.GetReason() != "breaker open until 2000-01-01 00:40 UTC, after 3 failed looks: HTTP 403" {
			t.Errorf("held look is %v: %s", held.GetOutcome(), held.GetReason())
		}
		const metrics = `
# HELP tidemark_collect_breaker_held_looks_total Ticks at which nobody looked because the looks before had failed; each is published as a failed look.
# TYPE tidemark_collect_breaker_held_looks_total counter
tidemark_collect_breaker_held_looks_total{source="src"} 55
# HELP tidemark_collect_breaker_open_targets Targets that are looked at less often, because their looks keep failing; the first good look ends it.
# TYPE tidemark_collect_breaker_open_targets gauge
tidemark_collect_breaker_open_targets{source="src"} 0
# HELP tidemark_collect_breaker_openings_total Targets that went over to being looked at less often, because their looks kept failing.
# TYPE tidemark_collect_breaker_openings_total counter
tidemark_collect_breaker_openings_total{source="src"} 1
`
		if err := testutil.GatherAndCompare(reg, strings.NewReader(metrics), "tidemark_collect_breaker_held_looks_total",
			"tidemark_collect_breaker_open_targets", "tidemark_collect_breaker_openings_total"); err != nil {
			t.Error(err)
		}
	})
}

// TestOneDeadTargetLeavesTheOthersOfItsSource: a source may have several hosts.
func TestOneDeadTargetLeavesTheOthersOfItsSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(func(target string, _ time.Duration) error {
			if target != "alive" {
				return errForbidden
			}
			return nil
		})
		runBroken(t, 6*time.Hour-time.Second, &topics{}, nil, entry("src", "@every 10m", source{tags("a", "b", "c", "alive"), p.fetch}))
		if n := len(p.times("alive")); n != 36 {
			t.Errorf("%d looks at the living target, want 36", n)
		}
		if n := len(p.times("a")); n != 7 {
			t.Errorf("%d looks at a dead one, want 7", n)
		}
	})
}

// TestADeadHostIsTriedByOneTarget: where all targets fail, one try tells.
func TestADeadHostIsTriedByOneTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub := &topics{}
		p := newPlace(func(_ string, since time.Duration) error {
			if since < 4*time.Hour {
				return errForbidden
			}
			return nil
		})
		names := []string{"a", "b", "c", "d"}
		runBroken(t, 6*time.Hour-time.Second, pub, nil, entry("src", "@every 10m", source{tags(names...), p.fetch}))
		dead, after := 0, 0
		for _, name := range names {
			for _, at := range p.times(name) {
				if at < "04:00" {
					dead++
				}
				if at >= "04:50" {
					after++
				}
			}
		}
		// Three looks at each, then one of all at 00:40, 01:20, 02:40.
		if dead != 3*4+3 {
			t.Errorf("%d looks at the dead host, want 15: %v", dead, p.asked)
		}
		if after != 4*7 {
			t.Errorf("%d looks from 04:50 on, when it is back, want 28: %v", after, p.asked)
		}
		if n := len(pub.looks()); n != 4*36 {
			t.Errorf("%d looks published, want 144", n)
		}
	})
}

// TestTroublesOfOthersCostNothing: over a day, with sources that hang, refuse,
// panic and come and go, the good ones look in time and every tick has a look.
func TestTroublesOfOthersCostNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub := &topics{}
		began := time.Now()
		hang := func(ctx context.Context, _ *event.Target, _ time.Time) (*event.Snapshot, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		refuse := func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
			return nil, &collectors.Refusal{Reason: "no list", Body: []byte("<html>")}
		}
		comesAndGoes := func(_ context.Context, _ *event.Target, slot time.Time) (*event.Snapshot, error) {
			if slot.Sub(began)%(4*time.Hour) < 2*time.Hour {
				return nil, errForbidden
			}
			return one(1), nil
		}
		good := func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil }
		runBroken(t, 24*time.Hour-time.Second, pub, nil,
			entry("hangs", "@every 10m", source{tags("a", "b"), hang}),
			entry("refuses", "@every 10m", source{tags("a", "b"), refuse}),
			entry("panics", "@every 10m", source{tags("a", "b"), func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { panic("x") }}),
			entry("changes", "@every 10m", source{tags("a", "b"), comesAndGoes}),
			entry("alive", "@every 10m", source{tags("a", "b"), good}))
		published, seen := map[string]int{}, map[string]int{}
		for _, s := range pub.looks() {
			published[s.GetSource()]++
			if s.GetOutcome() == event.Outcome_OUTCOME_OK {
				seen[s.GetSource()]++
			}
			if late := s.GetSeenAtMs() - s.GetSlotMs(); s.GetSource() == "alive" && late > 60_000 {
				t.Errorf("look of the living source is %d ms late", late)
			}
		}
		for _, name := range []string{"hangs", "refuses", "panics", "changes", "alive"} {
			// The last looks of the one that hangs are cut off by the end.
			if n := published[name]; n != 288 && (name != "hangs" || n < 286) {
				t.Errorf("%d looks of %s published, want 288", n, name)
			}
		}
		if seen["alive"] != 288 || seen["changes"] < 90 {
			t.Errorf("good looks: %v", seen)
		}
	})
}
