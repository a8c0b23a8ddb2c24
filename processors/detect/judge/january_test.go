package judge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors/replay/january2025"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

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

const (
	appleTop = "chart/apple/us/top-free/overall"
	tag      = "tag/xiaohongshu//tiktokrefugee"
)

func TestJanuary(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.looks(january(t)...)
	quiet := moment("2025-01-11T00:00:00Z")
	for _, e := range c.states {
		if e.GetAtMs() < quiet {
			t.Errorf("told in the quiet weeks: %s", brief(e))
		}
	}
	// What was reported, and by when it has to be told: delay of two looks.
	for _, w := range []struct {
		what, target, subject, metric, change, from, to string
	}{
		{"RedNote is first", appleTop, "741292507", "rank", "first", "2025-01-13T08:00:00Z", "2025-01-13T10:00:00Z"},
		{"RedNote is first at Google", "chart/google/us/top-free/overall", "com.xingin.xhs", "rank", "first", "2025-01-16T00:00:00Z", "2025-01-16T07:00:00Z"},
		{"Lemon8 is first", appleTop, "1498607143", "rank", "first", "2025-01-13T00:00:00Z", "2025-01-13T05:00:00Z"},
		{"the tag rises", tag, "tiktokrefugee", "views_total", "opened", "2025-01-12T20:00:00Z", "2025-01-12T22:00:00Z"},
		{"TikTok is gone", "listing/apple/us/apps", "835599320", "listed", "opened", "2025-01-19T04:00:00Z", "2025-01-19T06:00:00Z"},
		{"TikTok left the chart", appleTop, "835599320", "rank", "opened", "2025-01-19T04:00:00Z", "2025-01-19T06:00:00Z"},
		{"TikTok is back", "listing/apple/us/apps", "835599320", "listed", "closed", "2025-02-14T00:00:00Z", "2025-02-14T02:00:00Z"},
		{"TikTok is gone at Google", "listing/google/us/apps", "com.zhiliaoapp.musically", "listed", "opened", "2025-01-19T04:00:00Z", "2025-01-19T06:00:00Z"},
		{"RedNote declines", appleTop, "741292507", "rank", "peaked", "2025-01-20T00:00:00Z", "2025-01-27T00:00:00Z"},
		{"RedNote has halved", appleTop, "741292507", "rank", "halved", "2025-01-21T00:00:00Z", "2025-02-05T00:00:00Z"},
		{"DeepSeek enters", appleTop, "6737597349", "rank", "opened", "2025-01-22T12:00:00Z", "2025-01-22T14:00:00Z"},
		{"DeepSeek is first", appleTop, "6737597349", "rank", "first", "2025-01-26T06:00:00Z", "2025-01-26T14:00:00Z"},
	} {
		e := c.find(w.target, w.subject, w.metric, w.change)
		switch {
		case e == nil:
			t.Errorf("%s: not told", w.what)
		case e.GetAtMs() < moment(w.from) || e.GetAtMs() > moment(w.to):
			t.Errorf("%s: told at %s, want %s to %s", w.what, clock(e.GetAtMs()), w.from, w.to)
		}
	}
	first := c.find(appleTop, "741292507", "rank", "first")
	if event.SeverityLevel(first.GetSeverity()) != "critical" || first.GetTopic() != "tiktok-refugees" || first.GetEntity() != "rednote" {
		t.Errorf("RedNote's #1 is %v", first)
	}
	for _, part := range []string{"RedNote is #1 of 200 in top-free/overall (Apple, US)", "4 h before #", "median of 7 days", "100 % of the looks", "Rule rank"} {
		if !strings.Contains(first.GetExplanation(), part) {
			t.Errorf("explanation lacks %q: %s", part, first.GetExplanation())
		}
	}
	if e := c.find(tag, "tiktokrefugee", "views_total", "opened"); e.GetUnit() != "views per hour" || first.GetUnit() != "rank" {
		t.Errorf("units are %q and %q", e.GetUnit(), first.GetUnit())
	}
	if gone := c.find("listing/apple/us/apps", "835599320", "listed", "opened"); event.SeverityLevel(gone.GetSeverity()) != "critical" {
		t.Errorf("TikTok's delisting is %v", gone)
	}
	if d := c.find(appleTop, "6737597349", "rank", "first"); d.GetTopic() != "deepseek" {
		t.Errorf("DeepSeek's topic is %q", d.GetTopic())
	}
}

// Every episode opens once, counts its states, and closes once at most.
func TestOneOpenOneClose(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.looks(january(t)...)
	last := map[string]*event.Episode{}
	open := map[string]string{}
	for _, e := range c.states {
		before := last[e.GetId()]
		series := e.GetTarget().Key() + " " + e.GetSubject() + " " + e.GetMetric() + " " + e.GetRule()
		switch {
		case (before == nil) != (e.GetChange() == "opened"), (before == nil) != (e.GetState() == event.EpisodeState_EPISODE_STATE_OPEN):
			t.Errorf("out of turn: %s", brief(e))
		case before != nil && (before.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED || e.GetSequence() != before.GetSequence()+1):
			t.Errorf("%s follows %s", brief(e), brief(before))
		case before != nil && (e.GetSeverity() < before.GetSeverity() || e.GetBaseline() != before.GetBaseline() || e.GetOnsetMs() != before.GetOnsetMs()):
			t.Errorf("what was frozen moved: %s after %s", brief(e), brief(before))
		case before == nil && open[series] != "":
			t.Errorf("two at once: %s", brief(e))
		}
		last[e.GetId()] = e
		open[series] = e.GetId()
		if e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
			open[series] = ""
		}
	}
}

func TestAnatomyOfTheDecline(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.looks(january(t)...)
	e := c.find(appleTop, "741292507", "rank", "closed")
	a := e.GetAnatomy()
	day := float64(24 * 3600)
	if a.GetHalfLifeS() < 2*day || a.GetHalfLifeS() > 8*day || a.FittedHalfLifeLowS == nil || a.GetFittedHalfLifeLowS() >= a.GetFittedHalfLifeS() || a.GetFittedHalfLifeHighS() <= a.GetFittedHalfLifeS() {
		t.Errorf("half-life is %v, fitted %v (%v to %v)", a.GetHalfLifeS(), a.GetFittedHalfLifeS(), a.GetFittedHalfLifeLowS(), a.GetFittedHalfLifeHighS())
	}
	if a.GetAtFirstS() < 5*day || a.GetAtFirstS() > a.GetInTop_10S() || a.GetRankArea() <= 0 || a.GetGivenBack() < 0.9 || a.BackAtMs == nil {
		t.Errorf("anatomy is %v", a)
	}
	first := c.find(appleTop, "741292507", "rank", "first")
	h := first.GetHistory()
	if len(h) < 40 || len(h) > 96 || h[0].Value != nil && h[0].GetAtMs() < first.GetAtMs()-48*3600_000 || h[len(h)-1].GetValue() != 1 || h[len(h)-1].GetAtMs() != first.GetAtMs() {
		t.Errorf("history has %d moments: %v", len(h), h)
	}
	if !slices.IsSortedFunc(h, func(a, b *event.Moment) int { return int(a.GetAtMs() - b.GetAtMs()) }) {
		t.Error("history is in disorder")
	}
	if first.Previous == nil || first.GetPrevious() < 2 || first.GetMultiple() < 100 || first.GetCoverage() < 0.95 || first.GetDepth() != 200 || first.GetEveryS() != 3600 {
		t.Errorf("state is %v", first)
	}
}

// DeepSeek would have been found by nobody's configuration.
func TestAStrangerIsFound(t *testing.T) {
	t.Parallel()
	c := newCourt(t, func(cfg *config.Config) {
		cfg.Watch.Topics, cfg.Watch.Entities = nil, nil
	})
	c.looks(january(t)...)
	e := c.find(appleTop, "6737597349", "rank", "opened")
	if e == nil || e.GetAtMs() > moment("2025-01-26T12:00:00Z") || e.GetTopic() != "" {
		t.Errorf("found %v", e)
	}
	n := 0
	for _, e := range c.states {
		if e.GetAtMs() < moment("2025-01-11T00:00:00Z") {
			t.Errorf("told in the quiet weeks: %s", brief(e))
		}
		if e.GetChange() == "opened" && e.GetTarget().Key() == appleTop {
			n++
		}
	}
	if n > 10 {
		t.Errorf("%d strangers are told of in 74 days", n)
	}
}

func moment(text string) int64 {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at.UnixMilli()
}
