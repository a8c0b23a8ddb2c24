package collectors_test

import (
	"context"
	"errors"
	"fmt"
	"math"
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

// The bubble's clock starts at 2000-01-01 00:00:00 UTC.

func TestOneLookPerTickWhateverComesOfIt(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fetch    func(context.Context, *event.Target, time.Time) (*event.Snapshot, error)
		outcome  event.Outcome
		reason   string
		rejected int
	}{
		"readings": {
			fetch:   func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil },
			outcome: event.Outcome_OUTCOME_OK,
		},
		"nothing there": {
			fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return &event.Snapshot{}, nil
			},
			outcome: event.Outcome_OUTCOME_EMPTY,
		},
		"failed": {
			fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return nil, errors.New("no route to host")
			},
			outcome: event.Outcome_OUTCOME_FAILED, reason: "no route to host",
		},
		"refused": {
			fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return nil, fmt.Errorf("first way: %w", &collectors.Refusal{Reason: "no list", Body: []byte("<html>")})
			},
			outcome: event.Outcome_OUTCOME_REFUSED, reason: "first way: refuse answer: no list", rejected: 1,
		},
		"refused on two ways": {
			fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return &event.Snapshot{}, errors.Join(&collectors.Refusal{Reason: "a"}, fmt.Errorf("x: %w", &collectors.Refusal{Reason: "b"}))
			},
			outcome: event.Outcome_OUTCOME_REFUSED, reason: "refuse answer: a; x: refuse answer: b", rejected: 2,
		},
		"another way": {
			fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return one(1), &collectors.Refusal{Reason: "shape changed", Body: []byte("{}")}
			},
			outcome: event.Outcome_OUTCOME_OK, reason: "refuse answer: shape changed", rejected: 1,
		},
		"spoils its target": {
			fetch: func(_ context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
				if target.GetName() != "a" {
					return nil, errors.New("it was spoiled")
				}
				target.Name = "b"
				return one(1), nil
			},
			outcome: event.Outcome_OUTCOME_OK,
		},
		"panic": {
			fetch:   func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { panic("index out of range") },
			outcome: event.Outcome_OUTCOME_FAILED, reason: "source panicked: index out of range",
		},
		"neither": {
			fetch:   func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return nil, nil },
			outcome: event.Outcome_OUTCOME_FAILED, reason: "source returned neither a look nor an error",
		},
		"no number": {
			fetch:   func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(math.NaN()), nil },
			outcome: event.Outcome_OUTCOME_REFUSED, reason: "source made an invalid look: check readings[0].value: is NaN", rejected: 1,
		},
		"no text": {
			fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return &event.Snapshot{Via: "a\xffb\nc"}, fmt.Errorf("bad \xfe\n%s", strings.Repeat("é", 400))
			},
			outcome: event.Outcome_OUTCOME_FAILED, reason: "bad �; " + strings.Repeat("é", 244) + "…",
		},
		"too much": {
			fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				s := one(1)
				for range 3000 {
					s.Readings = append(s.Readings, &event.Reading{Subject: strings.Repeat("a", 500), Metric: "n"})
				}
				return s, nil
			},
			outcome: event.Outcome_OUTCOME_REFUSED, reason: "source made an invalid look: look has 1527077 bytes, at most 1032192", rejected: 1,
		},
		"runs until its time is up": {
			fetch: func(ctx context.Context, _ *event.Target, _ time.Time) (*event.Snapshot, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
			outcome: event.Outcome_OUTCOME_FAILED, reason: "context deadline exceeded",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pub := &topics{}
				run(t, 6*time.Hour-time.Second, pub, nil, 0, entry("src", "@every 30m", source{tags("a"), c.fetch}))
				looks := pub.looks()
				if len(looks) != 12 {
					t.Fatalf("%d looks in six hours at every 30 minutes, want 12: %v", len(looks), slots(looks))
				}
				if got := len(pub.rejected()); got != 12*c.rejected {
					t.Errorf("%d refused answers kept, want %d", got, 12*c.rejected)
				}
				for i, s := range looks {
					want := time.Date(2000, 1, 1, 0, 30*i, 0, 0, time.UTC)
					if got := time.UnixMilli(s.GetSlotMs()).UTC(); !got.Equal(want) {
						t.Errorf("slot %d is %v, want %v", i, got, want)
					}
					if s.GetOutcome() != c.outcome || s.GetReason() != c.reason {
						t.Errorf("look is %s (%s), want %s (%s)", s.GetOutcome().Word(), s.GetReason(), c.outcome.Word(), c.reason)
					}
					if s.GetSource() != "src" || s.GetEveryS() != 1800 || s.GetBasis() != event.Basis_BASIS_MEASURED {
						t.Errorf("look is not stamped: %v", s)
					}
				}
			})
		})
	}
}

func TestRefusedAnswerComesBeforeItsLookInOutline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub := &topics{}
		body := []byte(strings.Repeat("x", 3<<20))
		run(t, time.Minute, pub, nil, 0, entry("src", "@every 1h", source{
			tags("a"),
			func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return nil, &collectors.Refusal{Reason: "too odd", Body: body}
			},
		}))
		if len(pub.all) != 2 {
			t.Fatalf("%d messages, want 2", len(pub.all))
		}
		r, ok := pub.all[0].(*event.Rejected)
		if !ok {
			t.Fatalf("first message is %T, want the refused answer", pub.all[0])
		}
		if !r.GetTruncated() || !strings.HasPrefix(string(r.GetOriginal()), "outline of 3145728 bytes, sha256 ") || strings.Contains(string(r.GetOriginal()), "xx") {
			t.Errorf("kept %.200q, truncated %v", r.GetOriginal(), r.GetTruncated())
		}
		encoded, err := event.Marshal(r)
		if err != nil || len(encoded) > 1<<20 {
			t.Errorf("message of %d bytes (%v): a broker takes 1 MiB", len(encoded), err)
		}
		if r.GetStage() != "src" || r.GetReason() != "too odd" || r.GetTarget().Key() != "tag/example.org//a" || r.GetAtMs() == 0 {
			t.Errorf("refused answer does not say what it was: %v", r.GetReason())
		}
		if diff := cmp.Diff([]string{"tag/example.org//a", "tag/example.org//a"}, pub.keys); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTicksDuringALongLookAreFacts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub, reg := &topics{}, prometheus.NewRegistry()
		var mu sync.Mutex
		var now, most, n int
		stubborn := func(_ context.Context, _ *event.Target, _ time.Time) (*event.Snapshot, error) {
			mu.Lock()
			n++
			long := n == 2
			now++
			most = max(most, now)
			mu.Unlock()
			if long {
				time.Sleep(35 * time.Minute) // deaf to its context
			}
			mu.Lock()
			now--
			mu.Unlock()
			return one(1), nil
		}
		run(t, time.Hour-time.Second, pub, reg, 0.1, entry("src", "@every 10m", source{tags("a"), stubborn}))
		if most != 1 {
			t.Errorf("%d looks at one target at once", most)
		}
		var got []string
		for _, s := range pub.looks() {
			got = append(got, time.UnixMilli(s.GetSlotMs()).UTC().Format("15:04 ")+s.GetOutcome().Word()+" "+s.GetReason())
		}
		const skipped = " failed skipped: the look before is still running"
		want := []string{"00:00 ok ", "00:20" + skipped, "00:30" + skipped, "00:40" + skipped, "00:10 ok ", "00:50 ok "}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		const metric = `
# HELP tidemark_collect_skipped_ticks_total Ticks at which nobody looked, because the look before still ran or the machine slept; each is a gap in the series.
# TYPE tidemark_collect_skipped_ticks_total counter
tidemark_collect_skipped_ticks_total{source="src"} 3
`
		if err := testutil.GatherAndCompare(reg, strings.NewReader(metric), "tidemark_collect_skipped_ticks_total"); err != nil {
			t.Error(err)
		}
	})
}

func TestJitterIsSteadyAndWithinBounds(t *testing.T) {
	t.Parallel()
	measure := func(t *testing.T) (offsets map[string][]time.Duration) {
		t.Helper()
		offsets = make(map[string][]time.Duration)
		synctest.Test(t, func(t *testing.T) {
			pub := &topics{}
			run(t, 5*time.Hour-time.Second, pub, nil, 0.1, entry("src", "@every 1h", source{
				tags("a", "b", "c", "d", "e", "f", "g", "h"),
				func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil },
			}))
			for _, s := range pub.looks() {
				d := time.Duration(s.GetSeenAtMs()-s.GetSlotMs()) * time.Millisecond
				offsets[s.GetTarget().GetName()] = append(offsets[s.GetTarget().GetName()], d)
			}
		})
		return offsets
	}
	first, second := measure(t), measure(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("jitter differs from run to run: %s", diff)
	}
	seen := make(map[time.Duration]bool)
	for name, all := range first {
		if len(all) != 5 {
			t.Fatalf("%d looks at %s, want 5", len(all), name)
		}
		if all[0] > 2*time.Second {
			t.Errorf("first look at %s comes after %v", name, all[0])
		}
		for _, d := range all[1:] {
			if d != all[1] || d < 0 || d > 6*time.Minute {
				t.Errorf("jitter of %s is %v, want the same each time, at most 6m", name, d)
			}
		}
		seen[all[1]] = true
	}
	if len(seen) < 7 {
		t.Errorf("eight targets share %d moments: %v", len(seen), first)
	}
}

func TestCronLinesAreUTC(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub := &topics{}
		run(t, 3*time.Hour, pub, nil, 0, entry("src", "7 * * * *", source{
			tags("a"),
			func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil },
		}))
		want := []string{"01 00:00:00", "01 00:07:00", "01 01:07:00", "01 02:07:00"}
		if diff := cmp.Diff(want, slots(pub.looks())); diff != "" {
			t.Error(diff)
		}
		if got := pub.looks()[0].GetEveryS(); got != 7*60 {
			t.Errorf("first look expects the next in %d s, want 420", got)
		}
	})
}

func TestFirstLookWaitsForATickThatIsNear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(6*time.Minute + 30*time.Second)
		pub := &topics{}
		run(t, time.Hour, pub, nil, 0, entry("src", "7 * * * *", source{
			tags("a"),
			func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil },
		}))
		want := []string{"01 00:07:00"}
		if diff := cmp.Diff(want, slots(pub.looks())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADeadSourceHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub := &topics{}
		run(t, time.Hour-time.Second, pub, nil, 0.1,
			entry("dead", "@every 10m", source{tags("a", "b", "c"), func(ctx context.Context, _ *event.Target, _ time.Time) (*event.Snapshot, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}),
			entry("alive", "@every 10m", source{tags("a"), func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil }}))
		alive := 0
		for _, s := range pub.looks() {
			if s.GetSource() != "alive" {
				continue
			}
			alive++
			if late := s.GetSeenAtMs() - s.GetSlotMs(); late > 60_000 {
				t.Errorf("look is %d ms late", late)
			}
		}
		if alive != 6 {
			t.Errorf("%d looks of the living source, want 6", alive)
		}
	})
}

func TestDisabledSourceStaysStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub := &topics{}
		e := entry("src", "@every 1m", source{tags("a"), func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil }})
		e.Enabled = false
		run(t, time.Hour, pub, nil, 0, e)
		if n := len(pub.looks()); n != 0 {
			t.Errorf("%d looks, want none", n)
		}
	})
}

func TestBadEntriesDoNotStart(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil }
	for want, e := range map[string]collectors.Entry{
		`set up src: every is "hourly": `:               entry("src", "hourly", source{tags("a"), ok}),
		"set up src: tag/example.org//a is there twice": entry("src", "@every 1h", source{tags("a", "a"), ok}),
	} {
		err := collectors.NewRunner([]collectors.Entry{e}, &topics{}, config.Collect{}, nil, nil).Run(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Run = %v, want %s…", err, want)
		}
	}
}
