package backfill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// diary is a source of days that answers what it is told, day by day.
type diary map[string]func(yield func(*event.Snapshot, error) bool)

func (diary) Targets() []*event.Target {
	return []*event.Target{{Kind: "keyword", Place: "told", Name: "x"}}
}

func (diary) Fetch(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
	return nil, errors.ErrUnsupported
}

func (diary) Reach(time.Time) time.Time { return day("2025-01-01") }

func (diary) Spans(_ *event.Target, from, to time.Time) []past.Span {
	return past.Cut(from, to, past.Day, past.Span{Requests: 1})
}

func (s diary) FetchPast(_ context.Context, _ *event.Target, span past.Span) iter.Seq2[*event.Snapshot, error] {
	return s[span.From.Format("02")]
}

// A span is done when the place has answered about all of it, also with
// nothing. Where nobody could look it is not: it fails, is named, and is asked
// for again by the next run.
func TestDoneIsWhatThePlaceHasAnswered(t *testing.T) {
	t.Parallel()
	look := func(at string) *event.Snapshot {
		return &event.Snapshot{SlotMs: day(at).UnixMilli(), EveryS: 60, ParserVersion: 1}
	}
	type yields = func(func(*event.Snapshot, error) bool)
	gone := look("2025-01-02")
	gone.Outcome, gone.Reason = event.Outcome_OUTCOME_FAILED, "the place says that it is gone"
	refusal := fetch.Refuse([]byte("?"), errors.New("no sense"))
	for name, c := range map[string]struct {
		answer  yields
		done    bool
		problem string
	}{
		"a look":                   {func(y func(*event.Snapshot, error) bool) { y(look("2025-01-02"), nil) }, true, ""},
		"gone for good":            {func(y func(*event.Snapshot, error) bool) { y(gone, nil) }, true, ""},
		"kept, and not understood": {func(y func(*event.Snapshot, error) bool) { y(look("2025-01-02"), refusal) }, true, ""},
		"truly nothing":            {func(y func(*event.Snapshot, error) bool) { y(nil, past.ErrNothing) }, true, ""},
		"nobody looked":            {func(func(*event.Snapshot, error) bool) {}, false, "neither a look nor a reason"},
		"network":                  {func(y func(*event.Snapshot, error) bool) { y(nil, errors.New("no route to host")) }, false, "no route to host"},
		"an answer not understood": {func(y func(*event.Snapshot, error) bool) { y(nil, refusal) }, false, "no sense"},
		"a look, and a part not there": {func(y func(*event.Snapshot, error) bool) {
			_ = y(look("2025-01-02"), nil) && y(nil, errors.New("cut off"))
		}, false, "cut off"},
		"not understood, then nothing": {func(y func(*event.Snapshot, error) bool) { _ = y(nil, refusal) && y(nil, past.ErrNothing) }, false, "no sense"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in2026(t, func(t *testing.T) {
				marks, err := OpenMarks(filepath.Join(t.TempDir(), "marks"))
				if err != nil {
					t.Fatal(err)
				}
				defer marks.Close()
				good := func(y func(*event.Snapshot, error) bool) { y(look("2025-01-03"), nil) }
				e := collectors.Entry{Name: "told", Source: diary{"01": c.answer, "02": good}}
				pub, r := fill(t, e, "2025-01-01", "2025-01-03", marks)
				plan, err := NewPlan(e, day("2025-01-01"), day("2025-01-03"), marks)
				if err != nil {
					t.Fatal(err)
				}
				want := 1 // the other day
				if c.done {
					want = 2
				}
				if r.Done != want || plan.Done != want || r.Failed != 2-want {
					t.Errorf("%d done, %d marked, %d failed; want %d done", r.Done, plan.Done, r.Failed, want)
				}
				text := r.Text("told")
				if (r.Problem("told") == nil) != c.done || !c.done && !strings.Contains(text, "keyword/told//x, 2025-01-01: ") || !strings.Contains(text, c.problem) {
					t.Errorf("told %v, want %q", text, c.problem)
				}
				if len(pub.looks()) < 1 {
					t.Error("the other day is missing")
				}
			})
		})
	}
}

// A run of hours says at once what fails, and does not drown a person in it.
func TestFailuresAreToldAtOnce(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		s, n := diary{}, 0
		for d := range 31 {
			s[fmt.Sprintf("%02d", d+1)] = func(y func(*event.Snapshot, error) bool) {
				if n++; n%2 == 0 { // so that the place is not left alone
					y(nil, past.ErrNothing)
					return
				}
				y(nil, errors.New("no route to host"))
			}
		}
		_, r := fill(t, collectors.Entry{Name: "diary", Source: s}, "2025-01-01", "2025-02-20", nil)
		if r.Failed != 25 || r.Done != 25 || len(r.Failures) != mostFailures+1 || r.Failures[mostFailures] != "more fail: they are counted at the end" {
			t.Errorf("%d failed, told %q", r.Failed, r.Failures)
		}
		if text := fmt.Sprint(r.Problem("diary")); text != "back-fill diary: 25 of 50 spans failed; run the same command again: it asks for what is missing only" {
			t.Error(text)
		}
	})
}

// A door that is shut is not knocked at again in the same run.
func TestAShutDoorIsLeftAlone(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		asked := 0
		shut := func(y func(*event.Snapshot, error) bool) {
			asked++
			y(nil, &fetch.Blocked{Host: "told", Reason: "captcha", Until: time.Now().Add(time.Hour)})
		}
		_, r := fill(t, collectors.Entry{Name: "diary", Source: diary{"01": shut, "02": shut, "03": shut}}, "2025-01-01", "2025-01-04", nil)
		if asked != 1 || r.Failed != 1 || r.Left != 2 {
			t.Errorf("asked %d times: %+v", asked, r)
		}
	})
}

// Most days the archive kept nothing: they are done, and not asked for again.
// A day that it could not be asked about is, and then is done as well.
func TestDaysWithoutACapture(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		marks, err := OpenMarks(filepath.Join(t.TempDir(), "marks"))
		if err != nil {
			t.Fatal(err)
		}
		defer marks.Close()
		e, place := entry(t, "appstore", func(place *testkit.FakeSource) {
			place.Reply(testkit.FakeAnywhere, testkit.FakeStatus(404)) // no index at all
		})
		pub, r := fill(t, e, "2025-01-13", "2025-01-14", marks)
		if r.Done != 0 || r.Failed != 2 || len(pub.all) != 0 {
			t.Errorf("nobody could look: %+v", r)
		}
		place.Reply(testkit.FakeAnywhere, testkit.FakeOK("[]"))
		pub, r = fill(t, e, "2025-01-13", "2025-01-14", marks)
		if r.Done != 2 || r.Nothing != 2 || r.Failed != 0 || len(pub.all) != 0 || !strings.Contains(strings.Join(r.Remarks(), "\n"), "of 2 of the spans the place has nothing") {
			t.Errorf("there is nothing: %+v", r)
		}
		before := len(place.Requests(testkit.FakeAnywhere))
		if _, r = fill(t, e, "2025-01-13", "2025-01-14", marks); r.Done != 0 || len(place.Requests(testkit.FakeAnywhere)) != before {
			t.Errorf("asked again: %+v", r)
		}
	})
}

// Asked for again, and ended in between, the rest is asked for by the next run.
func TestForget(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "marks")
		look := func(y func(*event.Snapshot, error) bool) {
			y(&event.Snapshot{SlotMs: day("2025-01-02").UnixMilli(), EveryS: 60, ParserVersion: 1}, nil)
		}
		e := collectors.Entry{Name: "told", Source: diary{"01": look, "02": look, "03": look}}
		for _, again := range []bool{false, true} {
			marks, err := OpenMarks(path)
			if err != nil {
				t.Fatal(err)
			}
			if !again {
				fill(t, e, "2025-01-01", "2025-01-04", marks)
				marks.Close()
				continue
			}
			plan, err := NewPlan(e, day("2025-01-01"), day("2025-01-03"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := plan.Forget(marks); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			r, err := New(&topics{}, marks).Run(ctx, plan, &heard{done: cancel})
			if !errors.Is(err, context.Canceled) || r.Done != 1 {
				t.Errorf("ended after %d: %v", r.Done, err)
			}
			marks.Close()
		}
		marks, err := ReadMarks(path)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := NewPlan(e, day("2025-01-01"), day("2025-01-04"), marks)
		if err != nil || plan.Done != 2 || plan.units[0].String() != "keyword/told//x, 2025-01-02" {
			b, _ := os.ReadFile(path)
			t.Errorf("%d done, %v, %v: %s", plan.Done, plan.units, err, b)
		}
	})
}
