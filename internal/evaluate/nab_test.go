package evaluate

import (
	"math"
	"strings"
	"testing"
	"time"
)

var begin = time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)

// line is a series of n minutes with one window, all scores 0.
func line(n, from, to int) (*Series, []float64) {
	s := &Series{Key: "g/f.csv"}
	for i := range n {
		s.At, s.Value = append(s.At, begin.Add(time.Duration(i)*time.Minute)), append(s.Value, 0)
	}
	if to > 0 {
		s.Windows = []Window{{s.At[from], s.At[to]}}
	}
	return s, make([]float64, n)
}

func TestTheScaleOfScores(t *testing.T) {
	t.Parallel()
	standard := Profiles()[0]
	score := func(alarms ...int) float64 {
		s, scores := line(1000, 500, 599)
		for _, i := range alarms {
			scores[i] = 1
		}
		return NAB([]*Scored{Judge(s, scores)}, 0.5, standard)
	}
	for name, c := range map[string]struct {
		alarms []int
		min    float64
		max    float64
	}{
		"nothing said":                       {nil, 0, 0},
		"the left edge":                      {[]int{500}, 99.9, 100},
		"the middle":                         {[]int{550}, 92, 94},
		"the right edge":                     {[]int{599}, 50, 52},
		"only the earliest counts":           {[]int{500, 550, 599}, 99.9, 100},
		"before any window":                  {[]int{300}, -5.51, -5.49},
		"right after it, next to nothing":    {[]int{601}, -0.6, 0},
		"far after it, all of it":            {[]int{950}, -5.51, -5.49},
		"the first 15 % are not judged":      {[]int{149}, 0, 0},
		"after the first 15 % they are":      {[]int{150}, -5.51, -5.49},
		"a false alarm costs beside the hit": {[]int{300, 500}, 94.4, 94.5},
	} {
		if got := score(c.alarms...); got < c.min || got > c.max {
			t.Errorf("%s: %.3f, want %g to %g", name, got, c.min, c.max)
		}
	}
}

func TestBestIsNoWorseThanAnyThreshold(t *testing.T) {
	t.Parallel()
	s, scores := line(400, 200, 260)
	for i := range scores {
		scores[i] = math.Mod(float64(i)*0.6180339887, 1)
	}
	all := []*Scored{Judge(s, scores)}
	for _, p := range Profiles() {
		best, raw := Best(all, p)
		if got := all[0].Raw(best, p); math.Abs(got-raw) > 1e-9 {
			t.Errorf("%s: Best says %g, at its threshold there is %g", p.Name, raw, got)
		}
		for th := 0.01; th <= 1.1; th += 0.01 {
			if got := all[0].Raw(th, p); got > raw+1e-9 {
				t.Errorf("%s: %g at %g is better than the best, %g", p.Name, got, th, raw)
			}
		}
	}
}

func TestEventsAreCounted(t *testing.T) {
	t.Parallel()
	s, scores := line(2000, 1000, 1119)
	for _, i := range []int{100, 500, 530, 600, 800, 1030, 1040} {
		scores[i] = 1
	}
	quiet, none := line(2000, 0, 0)
	quiet.Key = "g/quiet.csv"
	e := Count([]*Scored{Judge(s, scores), Judge(quiet, none)}, 0.5)
	// 100 is not judged; 500 and 530 are one, 600 is more than an hour later, 800 too.
	if e.Windows != 1 || e.Hit != 1 || e.FalseAlarms != 3 || e.Precision != 0.25 || e.Recall != 1 || e.F1 != 0.4 {
		t.Errorf("%+v", e)
	}
	if e.MedianDelay != 0.5 || e.P90Delay != 0.5 {
		t.Errorf("delays %v, %v; want half an hour", e.MedianDelay, e.P90Delay)
	}
	weeks := float64(2000-300-1-120+2000-300-1) / 60 / 24 / 7
	if math.Abs(e.QuietWeeks-weeks) > 1e-9 || math.Abs(e.PerWeek-3/weeks) > 1e-9 {
		t.Errorf("%g quiet weeks, want %g; %g a week", e.QuietWeeks, weeks, e.PerWeek)
	}
	if e := Count([]*Scored{Judge(quiet, none)}, 0.5); !math.IsNaN(float64(e.MedianDelay)) || e.Recall != 0 {
		t.Errorf("nothing to hit: %+v", e)
	}
}

func TestPerturbingKeepsWhatIsScoredAgainst(t *testing.T) {
	t.Parallel()
	series, err := ReadDir("testdata/labelled")
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range Perturbations() {
		for _, s := range series {
			one, err := Perturb(s, way)
			if err != nil {
				t.Fatal(err)
			}
			two, _ := Perturb(s, way)
			if len(one.At) != len(two.At) || one.Value[len(one.At)-1] != two.Value[len(two.At)-1] {
				t.Errorf("%s, %s: not the same twice", way, s.Key)
			}
			if err := one.fits(); err != nil {
				t.Errorf("%s, %s: %v", way, s.Key, err)
			}
			same := len(one.At) == len(s.At)
			if drops := strings.Contains(way, "dropped") || strings.Contains(way, "doubled"); drops == same {
				t.Errorf("%s, %s: %d points of %d", way, s.Key, len(one.At), len(s.At))
			}
		}
	}
	if _, err := Perturb(series[0], "set on fire"); err == nil {
		t.Error("an unknown way was taken")
	}
}
