package judge_test

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors/replay/january2025"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/judge"
)

// court judges looks of many targets, as the processor does.
type court struct {
	t       testing.TB
	judge   *judge.Judge
	targets map[string]*judge.Target
	states  []*event.Episode
}

func newCourt(t testing.TB, change func(*config.Config)) *court {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(cfg)
	}
	j, err := judge.New(cfg.Process.Detect, config.NewBelongings(&cfg.Watch))
	if err != nil {
		t.Fatal(err)
	}
	return &court{t: t, judge: j, targets: map[string]*judge.Target{}}
}

func (c *court) look(s *event.Snapshot) []*event.Episode {
	c.t.Helper()
	key := s.GetSource() + " " + s.GetTarget().Key() + " " + s.GetBasis().Word()
	tg := c.targets[key]
	if tg == nil {
		tg = c.judge.NewTarget(s.GetSource(), s.GetTarget(), s.GetBasis())
		c.targets[key] = tg
	}
	states, _ := tg.Look(s)
	for _, e := range states {
		if err := e.Validate(); err != nil {
			c.t.Fatalf("%v: %v", err, e)
		}
	}
	c.states = append(c.states, states...)
	return states
}

func january(t testing.TB) []*event.Snapshot {
	t.Helper()
	c, err := january2025.Load()
	if err != nil {
		t.Fatal(err)
	}
	var all []*event.Snapshot
	for _, m := range c.Messages() {
		if s, ok := m.(*event.Snapshot); ok {
			all = append(all, s)
		}
	}
	return all
}

func TestJanuary(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	for _, s := range january(t) {
		c.look(s)
	}
	for _, e := range c.states {
		t.Logf("%s %s %s %d %s %s %s/%s v=%.4g base=%.4g sev=%.2f on=%s | %s", time.UnixMilli(e.GetAtMs()).UTC().Format("01-02 15:04"), e.GetState().Word(), e.GetChange(), e.GetSequence(),
			e.GetTarget().Key(), e.GetSubject(), e.GetEntity(), e.GetMetric(), e.GetValue(), e.GetBaseline(), e.GetSeverity(), time.UnixMilli(e.GetOnsetMs()).UTC().Format("01-02 15:04"), e.GetExplanation())
	}
	for k, tg := range c.targets {
		t.Log(k, tg.Size())
	}
}
