package backfill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

func day(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s) // a zero time fails the test that uses it
	return t
}

// topics is a Publisher that keeps what it gets, and may end the world after
// some messages, as a kill would.
type topics struct {
	mu    sync.Mutex
	all   []event.Validator
	after int // messages until kill is called; 0: never
	kill  func()
}

func (p *topics) Publish(ctx context.Context, _, _ string, m event.Validator) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := event.Marshal(m); err != nil {
		return err
	}
	p.all = append(p.all, m)
	if p.after--; p.after == 0 {
		p.kill()
	}
	return nil
}

// looks are what a table would hold: one line per look, the last one of a key.
func (p *topics) looks() []string {
	rows := make(map[string]string)
	for _, m := range p.all {
		s, ok := m.(*event.Snapshot)
		if !ok {
			continue
		}
		key := fmt.Sprintf("%s %s %s", s.GetSource(), s.GetTarget().Key(), time.UnixMilli(s.GetSlotMs()).UTC().Format("2006-01-02 15:04:05"))
		line := key + " " + s.GetOutcome().Word()
		if s.GetDepth() > 0 {
			line += fmt.Sprintf(" depth %d", s.GetDepth())
		}
		for _, r := range s.GetReadings() {
			line += fmt.Sprintf(" %s=%v", r.GetMetric(), r.GetValue())
			if r.GetAtMs() != 0 {
				line += time.UnixMilli(r.GetAtMs()).UTC().Format("@01-02T15:04")
			}
		}
		if s.GetReason() != "" {
			line += " (" + s.GetReason() + ")"
		}
		if s.GetBasis() != event.Basis_BASIS_BACKFILL || s.GetSeenAtMs() != s.GetSlotMs() || s.GetDurationMs() != 0 || s.GetParserVersion() == 0 {
			line += " wrongly stamped"
		}
		rows[key] = line
	}
	var lines []string
	for _, line := range rows {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (p *topics) rejected() int {
	n := 0
	for _, m := range p.all {
		if _, ok := m.(*event.Rejected); ok {
			n++
		}
	}
	return n
}

// entry is a source of the real list, at a place in memory.
func entry(t *testing.T, name string, tell func(*testkit.FakeSource)) (collectors.Entry, *testkit.FakeSource) {
	t.Helper()
	place := testkit.NewFakeSourceInMemory()
	tell(place)
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Collect.Contact = "https://example.org"
	cfg.Watch.Keywords = []string{"tiktok", "rednote"}
	cfg.Watch.Articles = []string{"en.wikipedia/TikTok", "en.wikipedia/Lemon8"}
	cfg.Watch.Tags = []string{"rednote"}
	client, err := fetch.New(fetch.Config{Collect: cfg.Collect, Transport: place}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := collectors.New(cfg.Collect, cfg.Watch, client)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(e collectors.Entry) bool { return e.Name == name })
	if i < 0 {
		t.Fatalf("there is no source %s", name)
	}
	return all[i], place
}

// heard is what a run told while it ran.
type heard struct {
	failures []string
	done     func() // called at each span that is done; nil: nothing
}

func (h *heard) Done(int) {
	if h.done != nil {
		h.done()
	}
}

func (h *heard) Failed(text string) { h.failures = append(h.failures, text) }

// told is a Result with what was told before.
type told struct {
	*Result
	Failures []string
}

// Text is all that a person reads of what failed.
func (r *told) Text(source string) string {
	return strings.Join(r.Failures, "\n") + "\n" + fmt.Sprint(r.Problem(source))
}

// fill runs a plan for [from, to) to its end.
func fill(t *testing.T, e collectors.Entry, from, to string, marks *Marks) (*topics, *told) {
	t.Helper()
	plan, err := NewPlan(e, day(from), day(to), marks)
	if err != nil {
		t.Fatal(err)
	}
	pub := &topics{}
	var said heard
	r, err := New(pub, marks).Run(t.Context(), plan, &said)
	if err != nil {
		t.Fatal(err)
	}
	return pub, &told{r, said.failures}
}

// in2026 lets the simulated clock stand long after the case.
func in2026(t *testing.T, run func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)))
		run(t)
	})
}
