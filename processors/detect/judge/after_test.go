package judge_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tidemark/tidemark/internal/event"
)

// Days of a count that explodes to 640 times what it was, in four steps within
// 48 hours, is calm again after ten days, and stays so.
const explodes, calmAgain = 21, 34

// exploded is what a count is multiplied with at an hour: it rises once more,
// for two days.
func exploded(hour int, second float64, secondDay int) float64 {
	switch day := float64(hour) / 24; {
	case day < explodes:
		return 1
	case day < explodes+2:
		return []float64{70, 150, 400, 640}[int(2*(day-explodes))]
	case day < calmAgain-1:
		return 1 + 639*math.Exp2(-(day-explodes-2)) // half of it is gone after a day
	case hour/24 >= secondDay && hour/24 < secondDay+2:
		return second
	}
	return 1
}

// rhythm is a count with days and noise.
func rhythm(r *rand.Rand, hour int, height float64) float64 {
	return math.Round(height * (1 + 0.5*math.Sin(float64(hour%24)/24*2*math.Pi)) * math.Exp(0.1*r.NormFloat64()))
}

// opened are the days on which episodes began.
func (c *court) opened() (days []float64) {
	for _, e := range c.states {
		if e.GetChange() == "opened" {
			days = append(days, float64(e.GetAtMs()-start.UnixMilli())/(24*3600*1000))
		}
	}
	return days
}

// A surge of 640 times what was usual hides none of the next ones, be they a
// hundred times smaller and soon after; of a watched series and of a strange
// one, which has the light memory.
func TestASurgeDoesNotHideTheNext(t *testing.T) {
	t.Parallel()
	for _, second := range []float64{5, 20, 100} {
		for _, day := range []int{calmAgain + 4, calmAgain + 20, calmAgain + 60} {
			for _, watched := range []bool{true, false} {
				name := fmt.Sprintf("%g times, day %d, watched %v", second, day, watched)
				if !watched && second < 20 {
					continue // of a stranger only strong events are told
				}
				c := newCourt(t, nil)
				word, r := "rednote", rand.New(rand.NewPCG(1, 2))
				if !watched {
					word = "some-thing"
				}
				for h := range (day + 6) * 24 {
					c.look(hourly(h, keyword(word), reading(word, "mentions_hour", exploded(h, second, day)*rhythm(r, h, 400))))
				}
				if got := c.opened(); len(got) != 2 || got[0] != explodes || got[1] != float64(day) {
					t.Errorf("%s: episodes begin on days %v, want %d and %d", name, got, explodes, day)
				}
			}
		}
	}
}

// After a surge what is quiet is as quiet as before it: nothing is told of the
// days, the nights and the noise.
func TestAfterASurgeItIsQuiet(t *testing.T) {
	t.Parallel()
	const series, weeks = 40, 4
	before, after := 0, 0
	for i := range series {
		c, r := newCourt(t, nil), rand.New(rand.NewPCG(uint64(i), 7))
		for h := range (calmAgain + 7*weeks) * 24 {
			c.look(hourly(h, keyword("rednote"), reading("rednote", "mentions_hour", exploded(h, 1, 0)*rhythm(r, h, 50+float64(i)*40))))
		}
		for _, day := range c.opened() {
			switch {
			case day < explodes:
				before++
			case day > explodes+1:
				after++
			}
		}
	}
	t.Logf("told in %d quiet weeks: %d before, %d after", series*weeks, before, after)
	if after > series*weeks/20 {
		t.Errorf("%d are told in %d quiet weeks after a surge, %d in three quarters as many before it", after, series*weeks, before)
	}
}

// The same for a tag that did not exist before it exploded: of it nothing but
// the surge is known, and what it does since.
func TestAYoungSurgeDoesNotHideTheNext(t *testing.T) {
	t.Parallel()
	const day = 45
	c, r := newCourt(t, nil), rand.New(rand.NewPCG(3, 4))
	tag := event.TagTarget("xiaohongshu", "tiktokrefugee")
	total := 0.0
	for h := range (day + 3) * 24 {
		rate := 0.9e6
		switch d := float64(h) / 24; {
		case d < 1: // it is looked for, and not there
			c.look(hourly(h, tag))
			continue
		case d < 3:
			rate = []float64{32_500, 2.2e6, 3e6, 16e6}[int(2*(d-1))]
		case d < 12:
			rate += 15e6 * math.Exp2(-(d-3)/1.5)
		case h/24 >= day:
			rate *= 6
		}
		total += math.Round(rate * math.Exp(0.1*r.NormFloat64()))
		c.look(hourly(h, tag, reading("tiktokrefugee", "views_total", total)))
	}
	if got := c.opened(); len(got) != 2 || got[0] > 1.2 || got[1] < day || got[1] > day+2./24 {
		t.Errorf("episodes begin on days %v, want the first and %d", got, day)
		for _, e := range c.states {
			t.Log(brief(e))
		}
	}
	last := c.states[len(c.states)-1]
	for _, m := range last.GetHistory() {
		if m.GetAtMs() > last.GetOnsetMs()+2*3600*1000 && math.Abs(m.GetHigh()/last.GetHigh()-1) > 1e-6 {
			t.Fatalf("the picture has a band up to %g at %s, the words one up to %g", m.GetHigh(), clock(m.GetAtMs()), last.GetHigh())
		}
	}
}

// Nor does the rise of an app to #1 hide that it comes again as far as #20,
// five days after it was back where it usually is.
func TestARiseInAChartDoesNotHideTheNext(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	const usual, first, second = 180.0, 20, 50
	toward := func(place, share float64) float64 { return usual * math.Pow(place/usual, share) }
	for h := range 24 * (second + 3) {
		day, place := float64(h)/24, usual
		switch {
		case day >= second:
			place = toward(20, min(1, day-second))
		case day >= first && day < 30:
			place = toward(1, min(1, (day-first)/2))
		case day >= 30 && day < 45:
			place = toward(1, 1-(day-30)/15)
		}
		c.look(charted(h, 200, int(math.Round(place*(1+float64(h%7)/60))), rednote))
	}
	var days []int
	for _, e := range c.states {
		if e.GetSubject() == rednote && e.GetChange() == "opened" {
			days = append(days, int(e.GetAtMs()-start.UnixMilli())/(24*3600*1000))
		}
	}
	if len(days) != 2 || days[0] != first || days[1] != second {
		t.Errorf("episodes begin on days %v, want %d and %d", days, first, second)
	}
}
