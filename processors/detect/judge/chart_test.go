package judge_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// Apple's chart low down: places change hands by small differences, so that
// everybody there moves by up to 50 places an hour. Nobody wants to hear of it,
// watched or not.
func TestWobbleLowInTheChartRaisesNothing(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	random := rand.New(rand.NewPCG(5, 6))
	type app struct {
		id string
		at float64
	}
	var apps []app
	for i := range 230 {
		id := fmt.Sprintf("9%05d", i)
		switch i {
		case 120:
			id = rednote
		case 30:
			id = "1498607143" // Lemon8
		}
		apps = append(apps, app{id, float64(i + 1)})
	}
	for hour := range 24 * 60 {
		order := slices.Clone(apps)
		for i := range order { // up to ±50 at 200, a place or so among the first ten
			order[i].at += (random.Float64()*2 - 1) * 50 * math.Pow(order[i].at/200, 1.2)
		}
		slices.SortStableFunc(order, func(a, b app) int {
			if a.at < b.at {
				return -1
			}
			return 1
		})
		s := hourly(hour, event.ChartTarget("apple", "us", "top-free/overall"))
		s.Outcome, s.Depth = event.Outcome_OUTCOME_OK, 200
		for r, a := range order[:200] {
			s.Readings = append(s.Readings, reading(a.id, "rank", float64(r+1)))
		}
		c.look(s)
	}
	for _, e := range c.states {
		t.Errorf("told: %s", brief(e))
	}
	if size := c.targets["made chart/apple/us/top-free/overall measured"].Size(); size > 230*100+2*16*1024 {
		t.Errorf("the chart's state has %d bytes", size)
	}
}

// path judges a chart in which the watched app takes these places, an hour
// each, after so many days at the first of them.
func path(t *testing.T, c *court, days int, places ...int) {
	t.Helper()
	for i := range days * 24 {
		c.look(charted(i, 200, places[0], rednote))
	}
	if len(c.states) > 0 {
		t.Fatalf("told in quiet days: %s", brief(c.states[0]))
	}
	for i, p := range places {
		c.look(charted(days*24+i, 200, p, rednote))
	}
}

func TestHoveringAtABorderTellsOnce(t *testing.T) {
	t.Parallel()
	places := []int{60, 55, 40, 25, 14}
	for i := range 24 * 5 {
		places = append(places, []int{11, 9, 10, 12, 8, 11}[i%6])
	}
	c := newCourt(t, nil)
	path(t, c, 10, places...)
	count := map[string]int{}
	for _, e := range c.states {
		count[e.GetChange()]++
	}
	if count["opened"] != 1 || count["top-10"] != 1 || len(c.states) > 4 {
		t.Errorf("told %v", c.changes())
	}
}

func TestMilestonesAreTheSameEpisode(t *testing.T) {
	t.Parallel()
	places := []int{0, 150, 120, 80, 60, 40, 30, 12, 9, 5, 3, 2, 1, 1, 1}
	c := newCourt(t, nil)
	path(t, c, 12, places...)
	var got []string
	for _, e := range c.states {
		got = append(got, e.GetChange())
		if e.GetId() != c.states[0].GetId() {
			t.Errorf("another episode: %s", brief(e))
		}
	}
	want := "opened top-100 top-50 top-10 top-3 first"
	if text := strings.Join(slices.DeleteFunc(got, func(s string) bool { return s == "severity" }), " "); text != want {
		t.Errorf("changes are %s, want %s", text, want)
	}
	if e := c.states[0]; e.GetOnsetMs() < start.AddDate(0, 0, 12).UnixMilli()-3600_000 || e.GetBaseline() != 201 || e.Previous == nil {
		t.Errorf("opened as %v", e)
	}
}

func TestReachingTheFirstPlace(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	path(t, c, 10, 4, 4, 3, 2, 1, 1)
	if e := c.find(appleTop, rednote, "rank", "opened"); e == nil || e.GetValue() != 1 {
		t.Errorf("told %v", e)
	}
}

func TestAFallOfTheWatchedIsTold(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	path(t, c, 10, 5, 0, 5, 5, 30, 60, 90, 0, 0, 0, 0, 0)
	e := c.find(appleTop, rednote, "rank", "opened")
	if e == nil || e.GetMultiple() >= 1 || e.GetPeak() < 30 || e.GetBaseline() != 5 {
		t.Fatalf("told %v", c.changes())
	}
	// One look without it was a slip of the list.
	if e.GetAtMs() < start.AddDate(0, 0, 10).UnixMilli()+4*3600_000 {
		t.Errorf("told of one look: %s", brief(e))
	}
	if c.find(appleTop, rednote, "rank", "left-top-50") == nil {
		t.Errorf("told %v", c.changes())
	}
}

// A list that is suddenly shorter tells of the place that answered, not of the
// apps; nor does one that is suddenly longer.
func TestDepthOfAListIsNoRise(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	for i := range 24 * 20 {
		depth, rank := 200, 150
		if i > 24*9 && i < 24*12 {
			depth = 100
		}
		if rank > depth {
			rank = 0
		}
		c.look(charted(i, depth, rank, rednote))
	}
	for i := range 24 * 10 {
		c.look(charted(24*30+i, 300, 150, rednote))
	}
	for _, e := range c.states {
		t.Errorf("told: %s", brief(e))
	}
}

func TestTop(t *testing.T) {
	t.Parallel()
	c := newCourt(t, rules(config.DetectRule{Name: "only-ten", Kind: "rank", Top: 10}))
	path(t, c, 10, 100, 80, 50, 20, 12, 10, 8)
	if e := c.find(appleTop, rednote, "rank", "opened"); e == nil || e.GetValue() > 10 || e.GetRule() != "only-ten" {
		t.Errorf("told %v", e)
	}
}

// Of a platform's list the watched names are followed, and nobody else.
func TestListsTellOfTheWatched(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	for i := range 60 {
		s := hourly(i, event.ListTarget("weibo", "", "hot"))
		s.Outcome, s.Depth = event.Outcome_OUTCOME_OK, 50
		for r := 1; r <= 50; r++ {
			s.Readings = append(s.Readings, reading(fmt.Sprintf("题%d-%d", i, r), "rank", float64(r)))
		}
		if i == 50 {
			s.Readings[20].Subject = "美国用户涌入小红书"
		}
		c.look(s)
	}
	if len(c.states) == 0 || slices.ContainsFunc(c.states, func(e *event.Episode) bool { return e.GetId() != c.states[0].GetId() }) ||
		c.states[0].GetSubject() != "美国用户涌入小红书" || c.states[0].GetTopic() != "tiktok-refugees" {
		t.Errorf("told %v", c.changes())
	}
}

func TestForgettingIsCounted(t *testing.T) {
	t.Parallel()
	c := newCourt(t, func(cfg *config.Config) { cfg.Process.Detect.MaxSubjects = 300 })
	for i := range 300 {
		s := charted(i, 200, 100, rednote)
		for _, r := range s.GetReadings()[100:] {
			r.Subject = fmt.Sprintf("%s-%d", r.GetSubject(), i) // the lower half is new each time
		}
		c.look(s)
	}
	tg := c.targets["made chart/apple/us/top-free/overall measured"]
	if tg.Evicted() < 300*100-300 || tg.Size() > 64*1024 {
		t.Errorf("%d were forgotten, the state has %d bytes", tg.Evicted(), tg.Size())
	}
	for _, e := range c.states {
		t.Errorf("told: %s", brief(e))
	}
}
