package collectors_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/event"
)

func fine(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil }

func TestLookingGoesOnWhileTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(3 * time.Hour)
		pub := &topics{fail: func(string, event.Validator) error {
			if time.Now().Before(back) {
				return errors.New("no broker answers")
			}
			return nil
		}}
		run(t, 6*time.Hour-time.Second, pub, nil, 0, entry("src", "@every 10m", source{tags("a", "b"), fine}))
		seen := make(map[string]int)
		for _, s := range pub.looks() {
			if s.GetOutcome() != event.Outcome_OUTCOME_OK || s.GetSeenAtMs()-s.GetSlotMs() > 10_000 {
				t.Fatalf("look of %v was made at %v: %s", time.UnixMilli(s.GetSlotMs()), time.UnixMilli(s.GetSeenAtMs()), s.GetReason())
			}
			seen[s.GetTarget().GetName()]++
		}
		if diff := cmp.Diff(map[string]int{"a": 36, "b": 36}, seen); diff != "" {
			t.Error(diff)
		}
	})
}

// Memory for looks is bounded. When it is full, ticks pass without a look, and
// each of them is published as that.
func TestAFullOutboxMakesGapsThatAreSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(30 * time.Hour)
		pub := &topics{fail: func(string, event.Validator) error {
			if time.Now().Before(back) {
				return errors.New("no broker answers")
			}
			return nil
		}}
		const hours = 32
		reg := prometheus.NewRegistry()
		run(t, hours*time.Hour-time.Second, pub, reg, 0, entry("src", "@every 1m", source{tags("a"), fine}))
		ok, failed := 0, 0
		for _, s := range pub.looks() {
			switch s.GetOutcome() {
			case event.Outcome_OUTCOME_OK:
				ok++
			default:
				failed++
				if !strings.HasPrefix(s.GetReason(), "skipped: ") {
					t.Fatal(s.GetReason())
				}
			}
		}
		skipped := int(total(t, reg, "tidemark_collect_skipped_ticks_total"))
		if ok < 1024+100 || failed < 50 || failed > skipped || ok+skipped < hours*60 || ok+skipped > hours*60+1 {
			t.Errorf("%d looks, %d published as skipped, %d skipped in all; want every one of %d ticks", ok, failed, skipped, hours*60)
		}
		if lost := total(t, reg, "tidemark_collect_lost_messages_total"); lost != 0 {
			t.Errorf("%v messages lost", lost)
		}
	})
}

func total(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func TestAMessageThatNoBrokerTakesStopsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub := &topics{fail: func(topic string, _ event.Validator) error {
			if topic == event.TopicRejected {
				return permanentError{}
			}
			return nil
		}}
		reg := prometheus.NewRegistry()
		run(t, time.Hour-time.Second, pub, reg, 0, entry("src", "@every 10m", source{
			tags("a"),
			func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return nil, &collectors.Refusal{Reason: "no"}
			},
		}))
		if n := len(pub.looks()); n != 6 {
			t.Errorf("%d looks, want 6", n)
		}
		if lost := total(t, reg, "tidemark_collect_lost_messages_total"); lost != 6 {
			t.Errorf("%v messages counted as lost, want 6", lost)
		}
	})
}

type permanentError struct{}

func (permanentError) Error() string   { return "message too large" }
func (permanentError) Temporary() bool { return false }

// At the end, what was seen is sent; what was still being looked at is not
// made up.
func TestTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(90 * time.Minute)
		pub := &topics{fail: func(string, event.Validator) error {
			if time.Now().Before(end) {
				return errors.New("no broker answers")
			}
			return nil
		}}
		run(t, 90*time.Minute, pub, nil, 0, entry("src", "@every 1h", source{
			tags("a", "b"),
			func(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
				if target.GetName() == "b" {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return one(1), nil
			},
		}))
		var got []string
		for _, s := range pub.looks() {
			got = append(got, s.GetTarget().GetName()+" "+s.GetOutcome().Word())
		}
		// The second look at b was interrupted.
		if diff := cmp.Diff([]string{"a ok", "b failed", "a ok"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheEndDoesNotWaitForABrokerForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		pub := &topics{fail: func(string, event.Validator) error { return errors.New("no broker answers") }}
		reg := prometheus.NewRegistry()
		run(t, 25*time.Minute, pub, reg, 0, entry("src", "@every 10m", source{tags("a"), fine}))
		if took := time.Since(start) - 25*time.Minute; took > 6*time.Second {
			t.Errorf("ending took %v", took)
		}
		if lost := total(t, reg, "tidemark_collect_lost_messages_total"); lost != 3 {
			t.Errorf("%v looks counted as lost, want 3", lost)
		}
	})
}

func TestMetricsAreNamedWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		n := 0
		run(t, 90*time.Minute, &topics{}, reg, 0, entry("src", "@every 1h", source{
			tags("a"),
			func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				if n++; n > 1 {
					return nil, errors.New("down")
				}
				return one(1), nil
			},
		}))
		problems, err := testutil.GatherAndLint(reg)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v %v", problems, err)
		}
		const want = `
# HELP tidemark_collect_last_success_timestamp_seconds When the target last answered properly (ok or empty); what grows old is going stale.
# TYPE tidemark_collect_last_success_timestamp_seconds gauge
tidemark_collect_last_success_timestamp_seconds{source="src",target="tag/example.org//a"} 9.466848e+08
# HELP tidemark_collect_polls_total Looks by outcome: ok, empty (nothing there), failed (nobody could look), refused (answer not understood).
# TYPE tidemark_collect_polls_total counter
tidemark_collect_polls_total{outcome="empty",source="src"} 0
tidemark_collect_polls_total{outcome="failed",source="src"} 1
tidemark_collect_polls_total{outcome="ok",source="src"} 1
tidemark_collect_polls_total{outcome="refused",source="src"} 0
`
		if err := testutil.GatherAndCompare(reg, strings.NewReader(want),
			"tidemark_collect_polls_total", "tidemark_collect_last_success_timestamp_seconds"); err != nil {
			t.Error(err)
		}
	})
}
