package judge_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

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
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	j, err := judge.New(cfg.Process.Detect, config.NewBelongings(&cfg.Watch))
	if err != nil {
		t.Fatal(err)
	}
	return &court{t: t, judge: j, targets: map[string]*judge.Target{}}
}

// rules are a change of the configuration.
func rules(rs ...config.DetectRule) func(*config.Config) {
	return func(c *config.Config) { c.Process.Detect.Rules = rs }
}

func keyOf(s *event.Snapshot) string {
	return s.GetSource() + " " + s.GetTarget().Key() + " " + s.GetBasis().Word()
}

func (c *court) look(s *event.Snapshot) (states []*event.Episode, fresh bool) {
	c.t.Helper()
	tg := c.targets[keyOf(s)]
	if tg == nil {
		tg = c.judge.NewTarget(s.GetSource(), s.GetTarget(), s.GetBasis())
		c.targets[keyOf(s)] = tg
	}
	before := proto.CloneOf(s)
	states, fresh = tg.Look(s)
	if !proto.Equal(before, s) {
		c.t.Fatal("a look was changed")
	}
	for _, e := range states {
		if _, err := event.Marshal(e); err != nil {
			c.t.Fatalf("%v: %v", err, e)
		}
		if e.GetSeverity() < 0 || e.GetSeverity() > 1 || e.GetExplanation() == "" || e.GetAtMs() != s.GetSlotMs() {
			c.t.Fatalf("state is %v", e)
		}
	}
	c.states = append(c.states, states...)
	return states, fresh
}

func (c *court) looks(all ...*event.Snapshot) {
	c.t.Helper()
	for _, s := range all {
		c.look(s)
	}
}

// find is the first state of the series with that change.
func (c *court) find(target, subject, metric, change string) *event.Episode {
	for _, e := range c.states {
		if e.GetTarget().Key() == target && e.GetSubject() == subject && e.GetMetric() == metric && e.GetChange() == change {
			return e
		}
	}
	return nil
}

// changes are all that was told, in few words.
func (c *court) changes() (all []string) {
	for _, e := range c.states {
		all = append(all, e.GetSubject()+" "+e.GetRule()+" "+e.GetChange())
	}
	return all
}

func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04Z") }

func brief(e *event.Episode) string {
	return fmt.Sprintf("%s %s %d %s %s %s/%s %g (%g) severity %.2f: %s", clock(e.GetAtMs()), e.GetChange(), e.GetSequence(),
		e.GetTarget().Key(), e.GetSubject(), e.GetRule(), e.GetMetric(), e.GetValue(), e.GetBaseline(), e.GetSeverity(), e.GetExplanation())
}

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// hourly is a look of hour i.
func hourly(i int, target *event.Target, readings ...*event.Reading) *event.Snapshot {
	at := start.Add(time.Duration(i) * time.Hour).UnixMilli()
	s := &event.Snapshot{
		Source: "made", Target: target, SlotMs: at, SeenAtMs: at, Outcome: event.Outcome_OUTCOME_OK,
		Basis: event.Basis_BASIS_MEASURED, EveryS: 3600, Readings: readings,
	}
	if len(readings) == 0 {
		s.Outcome = event.Outcome_OUTCOME_EMPTY
	}
	return s
}

func reading(subject, metric string, v float64) *event.Reading {
	return &event.Reading{Subject: subject, Metric: metric, Value: v}
}

// charted is a chart of 200 with the one app at a place, or not on it (0), and
// strangers at all others.
func charted(i, depth, rank int, app string) *event.Snapshot {
	s := hourly(i, event.ChartTarget("apple", "us", "top-free/overall"))
	s.Outcome, s.Depth = event.Outcome_OUTCOME_OK, uint32(depth)
	for r := 1; r <= depth; r++ {
		id := fmt.Sprintf("9%05d", r)
		if r == rank {
			id = app
		}
		s.Readings = append(s.Readings, reading(id, "rank", float64(r)))
	}
	return s
}

const rednote = "741292507"

func keyword(word string) *event.Target {
	return &event.Target{Kind: event.KindKeyword, Place: "hackernews", Name: word}
}
