package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/collectors/importer"
	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// sink takes what is published and notes when.
type sink struct {
	t     *testing.T
	start time.Time
	topic string
	sent  []string
	after []time.Duration // since start, by message
	sizes []int           // by batch
	fail  error
}

func newSink(t *testing.T) *sink {
	t.Helper()
	return &sink{t: t, start: time.Now()}
}

func (s *sink) PublishAll(_ context.Context, topic string, msgs []Outgoing) error {
	if s.fail != nil {
		return s.fail
	}
	s.topic = topic
	s.sizes = append(s.sizes, len(msgs))
	for _, m := range msgs {
		s.sent = append(s.sent, m.Key+" "+string(bytesOf(s.t, m.Msg)))
		s.after = append(s.after, time.Since(s.start))
	}
	return nil
}

func TestRunSendsAllInOrder(t *testing.T) {
	t.Parallel()
	r := open(t, "january-2025")
	var want []string
	for m, err := range r.Messages() {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, m.Key+" "+string(bytesOf(t, m.Msg)))
	}
	var progress []string
	s := newSink(t)
	for range 2 { // the second run is what one after a crash is
		s.sent, s.sizes, progress = nil, nil, nil
		err := r.Run(t.Context(), s, Options{Progress: func(done, total int) {
			progress = append(progress, fmt.Sprintf("%d/%d", done, total))
		}})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, s.sent); d != "" || s.topic != event.TopicSnapshots {
			t.Fatalf("%d messages were sent to %q, want the %d of the recording in their order", len(s.sent), s.topic, len(want))
		}
	}
	if len(s.sizes) < len(want)/importer.BatchMessages || len(s.sizes) > len(want)/100 {
		t.Errorf("%d messages went in %d batches", len(want), len(s.sizes))
	}
	if last := progress[len(progress)-1]; len(progress) != len(s.sizes) || last != fmt.Sprintf("%d/%d", len(want), len(want)) {
		t.Errorf("progress ended at %s after %d calls", last, len(progress))
	}
}

func TestRunKeepsThePace(t *testing.T) {
	t.Parallel()
	for speed, want := range map[float64][]time.Duration{
		0: {0, 0, 0},
		1: {0, 0, 24*time.Hour + 55*time.Minute + 27*time.Second},
		// 89,727 s of the recording in 149.545 s.
		600: {0, 0, 149_545 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSink(t)
				if err := open(t, "testdata/chart/input.csv").Run(t.Context(), s, Options{Speed: speed}); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, s.after); d != "" {
					t.Errorf("messages came at other times (-want +got):\n%s", d)
				}
			})
		})
	}
}

// TestRunOfUnorderedRecording holds that a recording of several partitions,
// where times go back a little, neither waits twice nor runs ahead.
func TestRunOfUnorderedRecording(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSink(t)
		if err := open(t, "testdata/tail/input.ndjson").Run(t.Context(), s, Options{Speed: 3600}); err != nil {
			t.Fatal(err)
		}
		// 08:00 on the 13th, 03:30 on the 19th, 09:00 on the 13th.
		if want := []time.Duration{0, 139*time.Second + 500*time.Millisecond, 139*time.Second + 500*time.Millisecond}; !cmp.Equal(want, s.after) {
			t.Errorf("messages came at %v, want %v", s.after, want)
		}
	})
}

func TestRunStopsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, speed := range map[string]float64{"at full speed": 0, "while it waits": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				s := newSink(t)
				if speed == 0 {
					cancel()
				} else {
					time.AfterFunc(90*time.Minute, cancel)
				}
				start := time.Now()
				err := open(t, "january-2025").Run(ctx, s, Options{Speed: speed})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error is %v", err)
				}
				if over := time.Since(start) - 90*time.Minute; over > time.Second {
					t.Errorf("it went on for %s", over)
				}
				cancel()
			})
		})
	}
}

func TestRunStopsAtABadLine(t *testing.T) {
	t.Parallel()
	file := write(t, "bad.csv", chartHeader+`
2025-01-13T08:00:00Z,apple,us,top-free,Overall,1,a,A
2025-01-14T08:00:00Z,apple,us,top-free,Overall,1,a,A
2025-01-15T08:00:00Z,apple,us,top-free,Overall,0,a,A
2025-01-16T08:00:00Z,apple,us,top-free,Overall,1,a,A
`)
	s := newSink(t)
	err := open(t, file).Run(t.Context(), s, Options{})
	var bad *lines.Error
	if !errors.As(err, &bad) || bad.Line != 4 || bad.File != file {
		t.Errorf("error is %v, want one about line 4", err)
	}
	if len(s.sent) != 1 {
		t.Errorf("%d messages were sent, want the one that was complete before the line", len(s.sent))
	}
}

func TestRunPassesAFailureOn(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	s.fail = errors.New("no broker")
	for _, speed := range []float64{0, 1e9} {
		if err := open(t, "january-2025").Run(t.Context(), s, Options{Speed: speed}); !errors.Is(err, s.fail) {
			t.Errorf("at %g the error is %v", speed, err)
		}
	}
	if err := open(t, "january-2025").Run(t.Context(), s, Options{Speed: -1}); err == nil || !strings.Contains(err.Error(), "speed") {
		t.Errorf("error is %v", err)
	}
}

func TestParseSpeed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"max": 0, "600x": 600, "1x": 1, "1": 1, "0.5x": 0.5, "1e6x": 1e6} {
		if got, err := ParseSpeed(text); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "fast", "0", "0x", "-1x", "NaN", "Inf", "1e10x", "600xx", "600 x"} {
		if got, err := ParseSpeed(text); err == nil || !strings.Contains(err.Error(), "want max or a factor") {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

// TestRunTellsHowFarItIs: only of what the broker has, not for every slot where
// it runs at full speed, and at the end of all of it.
func TestRunTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		recording   string
		speed       float64
		least, most int
	}{
		"at full speed": {"january-2025", 0, 20, 30},
		"at a pace":     {"testdata/chart/input.csv", 600, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, last, told := newSink(t), int64(0), 0
				r := open(t, c.recording)
				slots := slotsOf(t, r)
				err := r.Run(t.Context(), s, Options{Speed: c.speed, Past: func(_ context.Context, past time.Time) error {
					told++
					if past.UnixMilli() <= last {
						t.Errorf("%s is told after %s", past, time.UnixMilli(last))
					}
					last = past.UnixMilli()
					for i, slot := range slots {
						if slot > 0 && slot < last && i >= len(s.sent) {
							t.Fatalf("%s is told, and message %d of %d is of %s", past, i, len(s.sent), time.UnixMilli(slot).UTC())
						}
					}
					return nil
				}})
				if err != nil || told < c.least || told > c.most || last != slices.Max(slots)+1 {
					t.Errorf("%d times told, last %s, error %v", told, time.UnixMilli(last).UTC(), err)
				}
			})
		})
	}
}

// slotsOf are the slots of all messages.
func slotsOf(t *testing.T, r *Recording) []int64 {
	t.Helper()
	var out []int64
	for m, err := range r.Messages() {
		if err != nil {
			t.Fatal(err)
		}
		slot := int64(0) // of what is no look
		if s, ok := m.Msg.(*event.Snapshot); ok {
			slot = s.GetSlotMs()
		}
		out = append(out, slot)
	}
	return out
}
