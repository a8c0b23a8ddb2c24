package judge_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

func TestDelisting(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	listing := event.ListingTarget("apple", "us")
	for i, v := range []float64{1, 1, 0, 0, 0, 1, 1} {
		c.look(hourly(i*12, listing, reading(rednote, "listed", v), reading("never", "listed", 0)))
	}
	if len(c.states) != 2 {
		t.Fatalf("told %v", c.changes())
	}
	gone, back := c.states[0], c.states[1]
	if gone.GetRule() != "delisted" || gone.GetOnsetMs() != start.Add(12*time.Hour).UnixMilli() || gone.GetAtMs() != start.Add(24*time.Hour).UnixMilli() ||
		event.SeverityLevel(gone.GetSeverity()) != "critical" || gone.GetTopic() != "tiktok-refugees" {
		t.Errorf("gone: %v", gone)
	}
	if back.GetState() != event.EpisodeState_EPISODE_STATE_CLOSED || back.GetId() != gone.GetId() || back.GetAnatomy().GetBackAtMs() != start.Add(60*time.Hour).UnixMilli() {
		t.Errorf("back: %v", back)
	}
}

// Seven days come with each look: each is judged once.
func TestDaysThatComeAgainAreJudgedOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	views := make([]float64, 120)
	for i := range views {
		views[i] = float64(1000 + random.IntN(200))
	}
	copy(views[90:], []float64{4000, 30000, 60000, 41000, 25000, 15000, 9000, 5000, 3000, 2000, 1400, 1200, 1100, 1100, 1100})
	article := func(place, title string) *event.Target {
		return &event.Target{Kind: event.KindArticle, Place: place, Name: title}
	}
	once, again := newCourt(t, nil), newCourt(t, nil)
	for day := range views {
		var seven []*event.Reading
		for back := 6; back >= 0; back-- {
			if day-back < 0 {
				continue
			}
			r := reading("Xiaohongshu", "views_day", views[day-back])
			r.AtMs = start.AddDate(0, 0, day-back).UnixMilli()
			seven = append(seven, r)
		}
		random.Shuffle(len(seven), func(i, j int) { seven[i], seven[j] = seven[j], seven[i] })
		one := reading("Xiaohongshu", "views_day", views[day])
		one.AtMs = start.AddDate(0, 0, day).UnixMilli()
		once.look(hourly(24*day+30, article("en.wikipedia", "Xiaohongshu"), one))
		again.look(hourly(24*day+30, article("en.wikipedia", "Xiaohongshu"), seven...))
		again.look(hourly(24*day+36, article("en.wikipedia", "Xiaohongshu"), seven...))
	}
	if len(once.states) < 3 || strings.Join(once.changes(), ";") != strings.Join(again.changes(), ";") {
		t.Fatalf("told %v, with days that come again %v", once.changes(), again.changes())
	}
	e := once.states[0]
	if e.GetTopic() != "tiktok-refugees" || e.GetBaseline() < 900 || e.GetBaseline() > 1300 || e.GetMultiple() < 2 || e.GetOnsetMs() > start.AddDate(0, 0, 90).UnixMilli() {
		t.Errorf("opened %v", e)
	}
	last := once.states[len(once.states)-1]
	a := last.GetAnatomy()
	if last.GetChange() != "closed" || a.GetPeakMultiple() < 40 || a.GetHalfLifeS() < 24*3600 || a.GetHalfLifeS() > 4*24*3600 || a.GetGivenBack() < 0.95 || last.GetPeakAtMs() != start.AddDate(0, 0, 92).UnixMilli() {
		t.Errorf("closed %v", last)
	}
}

// 0.39 M, 27 M, 60 M, 250 M views in two days: nothing is known before the
// first of them but the count itself.
func TestABaselineThatHasJustExploded(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	for i, v := range []float64{390_000, 27_000_000, 60_000_000, 250_000_000, 420_000_000} {
		c.look(hourly(i*12, event.TagTarget("xiaohongshu", "tiktokrefugee"), reading("tiktokrefugee", "views_total", v)))
	}
	e := c.find(tag, "tiktokrefugee", "views_total", "opened")
	if e == nil || e.GetAtMs() != start.Add(12*time.Hour).UnixMilli() || e.GetMultiple() < 50 {
		t.Fatalf("told %v", c.states)
	}
	if last := c.states[len(c.states)-1]; last.GetSequence() > 1 && last.GetChange() == "closed" {
		t.Errorf("told %v", c.changes())
	}
}

// Single uses of a rare tag are no surge.
func TestSparseCountsAreNoSurge(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	random := rand.New(rand.NewPCG(9, 10))
	for i := range 24 * 60 {
		v := 0.0
		if random.IntN(8) == 0 {
			v = float64(1 + random.IntN(3))
		}
		c.look(hourly(i, keyword("rednote"), reading("rednote", "mentions_hour", v)))
	}
	for _, e := range c.states {
		t.Errorf("told: %s", brief(e))
	}
}

// A reset of a cumulative count, such as a tag's uses of today at midnight, is
// no surge; nor is the day's own rhythm.
func TestTheRhythmOfDaysIsNoSurge(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	random := rand.New(rand.NewPCG(11, 12))
	total := 0.0
	for i := range 24 * 40 {
		if i%24 == 0 {
			total = 0
		}
		hour := float64(i % 24)
		total += 100 + 60*(1-(hour-14)*(hour-14)/144) + float64(random.IntN(20))
		if i >= 24*35 && i < 24*35+12 {
			total += 3000
		}
		c.look(hourly(i, event.TagTarget("mastodon.social", "rednote"), reading("rednote", "uses_today", total)))
	}
	if len(c.states) == 0 || c.states[0].GetAtMs() < start.AddDate(0, 0, 35).UnixMilli() || c.states[0].GetAtMs() > start.AddDate(0, 0, 35).UnixMilli()+3*3600_000 {
		for _, e := range c.states {
			t.Log(brief(e))
		}
		t.Errorf("told %v", c.changes())
	}
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	c := newCourt(t, rules(
		config.DetectRule{Name: "over-100", Kind: "threshold", Metric: "uses_today", Over: "100", Looks: 2},
		config.DetectRule{Name: "under-4-stars", Kind: "threshold", Metric: "rating_average", Under: "4", Subject: rednote},
	))
	for i, v := range []float64{50, 120, 80, 120, 130, 300, 90, 120, 90, 80} {
		c.look(hourly(i, event.TagTarget("mastodon.social", "anything"), reading("anything", "uses_today", v)))
	}
	if got := strings.Join(c.changes(), ";"); got != "anything over-100 opened;anything over-100 closed" {
		t.Fatalf("told %s", got)
	}
	if open, closed := c.states[0], c.states[1]; open.GetOnsetMs() != start.Add(3*time.Hour).UnixMilli() || closed.GetPeak() != 300 || closed.GetAtMs() != start.Add(9*time.Hour).UnixMilli() {
		t.Errorf("opened %s, closed %s", brief(open), brief(closed))
	}
	for i, v := range []float64{4.5, 3.9, 4.2} {
		c.look(hourly(i, event.ListingTarget("apple", "us"), reading(rednote, "rating_average", v), reading("x", "rating_average", v)))
	}
	if got := strings.Join(c.changes()[2:], ";"); got != rednote+" under-4-stars opened;"+rednote+" under-4-stars closed" {
		t.Errorf("told %s", got)
	}
}

// Per series and kind the first rule that matches decides.
func TestTheFirstRuleDecides(t *testing.T) {
	t.Parallel()
	looks := func(c *court) {
		for i := range 300 {
			v := 100 + float64(i%5)
			if i > 280 {
				v = 900
			}
			c.look(hourly(i, keyword("rednote"), reading("rednote", "mentions_hour", v)))
		}
	}
	for _, w := range []struct {
		name  string
		rules []config.DetectRule
		want  string
	}{
		{"built in", nil, "surge"},
		{"off", []config.DetectRule{{Name: "quiet", Kind: "surge", Subject: "red*", Enabled: config.Off}}, ""},
		{"other subject", []config.DetectRule{{Name: "quiet", Kind: "surge", Subject: "blue*", Enabled: config.Off}}, "surge"},
		{"changed", []config.DetectRule{{Name: "surge", Kind: "surge", Source: "elsewhere"}}, ""},
		{"own", []config.DetectRule{{Name: "mine", Kind: "surge", Topic: "tiktok-*", Metric: "mentions_????"}, {Name: "quiet", Kind: "surge", Enabled: config.Off}}, "mine"},
		{"least", []config.DetectRule{{Name: "loud", Kind: "surge", Min: 1000}}, ""},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, rules(w.rules...))
			looks(c)
			got := ""
			if len(c.states) > 0 {
				got = c.states[0].GetRule()
			}
			if got != w.want {
				t.Errorf("told by %q, want %q", got, w.want)
			}
		})
	}
}

// A rule that is taken away closes what it had opened.
func TestARuleTakenAwayClosesItsEpisode(t *testing.T) {
	t.Parallel()
	mine := config.DetectRule{Name: "mine", Kind: "rank"}
	c, without := newCourt(t, rules(mine)), newCourt(t, nil)
	path(t, c, 10, 100, 60, 30, 9, 4)
	key := "made chart/apple/us/top-free/overall measured"
	b, err := c.targets[key].AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	tg, err := without.judge.LoadTarget(b)
	if err != nil {
		t.Fatal(err)
	}
	states, _ := tg.Look(charted(1000, 200, 4, rednote))
	if len(states) == 0 || states[0].GetChange() != "closed" || states[0].GetId() != c.states[0].GetId() || !strings.Contains(states[0].GetExplanation(), "taken away") {
		t.Errorf("told %v", states)
	}
}

// A series that nobody watches has at most 1 KB, one that is watched 16 KB.
func TestSizes(t *testing.T) {
	t.Parallel()
	c := newCourt(t, func(cfg *config.Config) { cfg.Process.Detect.MaxFull = 0 })
	random := rand.New(rand.NewPCG(13, 14))
	const series = 200
	for i := range 24 * 15 {
		top := hourly(i, event.ListTarget("bluesky", "", "top-tags/p0"))
		top.Depth = 500
		for n := range series {
			top.Readings = append(top.Readings, reading(fmt.Sprintf("a-tag-of-some-length-%03d", n), "mentions_hour", 50+float64(random.IntN(20))))
		}
		top.Outcome = event.Outcome_OUTCOME_OK
		c.look(top)
		c.look(hourly(i, keyword("rednote"), reading("rednote", "mentions_hour", 100+float64(random.IntN(20)))))
	}
	light, full := c.targets["made list/bluesky//top-tags/p0 measured"], c.targets["made keyword/hackernews//rednote measured"]
	const name = len("a-tag-of-some-length-000")
	t.Logf("a light series has %d bytes and its name, a full one %d", light.Size()/series-name, full.Size())
	if got := light.Size()/series - name; got > 1024 {
		t.Errorf("a light series has %d bytes", got)
	}
	if full.Size() > 16*1024 {
		t.Errorf("a full series has %d bytes", full.Size())
	}
}
