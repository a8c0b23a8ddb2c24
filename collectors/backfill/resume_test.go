package backfill

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/testkit"
)

// Killed at any moment and run again, it ends with the same looks, and asks for
// what was done no second time.
func TestKilledAndResumed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"hackernews", "wikipedia"} {
		for _, after := range []int{1, 5, 24, 30, 48, 100} {
			in2026(t, func(t *testing.T) {
				tell := func(place *testkit.FakeSource) {
					place.Reply("/api/v1/search_by_date", testkit.FakeOK(`{"nbHits":5,"hitsPerPage":0}`))
					place.Reply(testkit.FakeAnywhere, testkit.FakeAnswer{Status: 404, Body: noSuchPage})
				}
				whole, _ := entry(t, name, tell)
				want, _ := fill(t, whole, "2024-12-30", "2025-01-02", nil)

				path := filepath.Join(t.TempDir(), "marks")
				e, place := entry(t, name, tell)
				got := &topics{}
				most := len(want.all) + 24
				for run := range 3 {
					marks, err := OpenMarks(path)
					if err != nil {
						t.Fatal(err)
					}
					plan, err := NewPlan(e, day("2024-12-30"), day("2025-01-02"), marks)
					if err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithCancel(t.Context())
					if run == 0 {
						got.after, got.kill = after, cancel
					}
					_, err = New(got, marks).Run(ctx, plan, &heard{})
					killed := run == 0 && after < len(want.all)
					if killed != errors.Is(err, context.Canceled) && err != nil {
						t.Errorf("%s killed after %d: %v", name, after, err)
					}
					if run == 2 && plan.Done != plan.Total {
						t.Errorf("%s: %d of %d spans are done at the end", name, plan.Done, plan.Total)
					}
					cancel()
					marks.Close()
				}
				if diff := cmp.Diff(want.looks(), got.looks()); diff != "" {
					t.Errorf("%s killed after %d: %s", name, after, diff)
				}
				if n := len(got.all); n > most {
					t.Errorf("%s killed after %d: %d messages for %d looks", name, after, n, len(want.all))
				}
				if n := len(place.Requests(testkit.FakeAnywhere)); n > most {
					t.Errorf("%s killed after %d: %d questions", name, after, n)
				}
			})
		}
	}
}

func TestASourceWithoutAPast(t *testing.T) {
	t.Parallel()
	e, _ := entry(t, "appstore_lookup", func(*testkit.FakeSource) {})
	if _, err := NewPlan(e, day("2025-01-01"), day("2025-01-02"), nil); !errors.Is(err, ErrNoPast) {
		t.Errorf("got %v", err)
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "marks")
	m, err := OpenMarks(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b"} {
		if err := m.Add(key); err != nil {
			t.Fatal(err)
		}
	}
	m.Close()
	// A kill in the middle of a write leaves a piece of a line.
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, "hal"...), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if m, err = OpenMarks(path); err != nil {
			t.Fatal(err)
		}
		if !m.Has("a") || !m.Has("b") || m.Has("half") {
			t.Error("marks are wrong after a kill")
		}
		if err := m.Add("half"); err != nil {
			t.Fatal(err)
		}
		m.Close()
		if again, err := ReadMarks(path); err != nil || !again.Has("half") || !again.Has("b") {
			t.Errorf("marks are lost: %v", err)
		}
		if err := os.WriteFile(path, append(b, "hal"...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(other, []byte("Dear all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenMarks(other); err == nil || !strings.Contains(err.Error(), "is no file of marks") {
		t.Errorf("a letter was taken for marks: %v", err)
	}
}
