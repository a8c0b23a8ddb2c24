package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/picture"
)

var end = time.Date(2025, 1, 13, 22, 0, 0, 0, time.UTC)

// episode is 48 h of half-hourly looks with the values of value; NaN: looked,
// and not there; +Inf: not looked.
func episode(metric string, value func(i int) float64) *event.Episode {
	e := &event.Episode{
		Metric: metric, Target: event.ChartTarget("apple", "us", "top-free/overall"), Depth: 200, EveryS: 1800,
		OnsetMs: end.Add(-4 * time.Hour).UnixMilli(), AtMs: end.UnixMilli(), Basis: event.Basis_BASIS_MEASURED,
		Low: new(110.0), High: new(199.0), Baseline: 150,
	}
	for i := range 97 {
		m := &event.Moment{AtMs: end.Add(time.Duration(i-96) * 30 * time.Minute).UnixMilli()}
		switch v := value(i); {
		case math.IsInf(v, 1):
			continue
		case !math.IsNaN(v):
			m.Value = &v
		}
		e.History = append(e.History, m)
	}
	return e
}

func draw(t *testing.T, e *event.Episode) image.Image {
	t.Helper()
	data, err := picture.Draw(e, picture.Words{Title: "RedNote took #1", Amount: amount, Unit: "rank"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := picture.Draw(e, picture.Words{Title: "RedNote took #1", Amount: amount, Unit: "rank"})
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("the second picture differs: %v", err)
	}
	if len(data) > 100<<10 {
		t.Errorf("%d bytes", len(data))
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != picture.Width || b.Dy() != picture.Height {
		t.Fatalf("it is %v", b)
	}
	return img
}

// curve is the mean height of what is drawn of the curve in each column; -1
// where there is nothing.
func curve(img image.Image) []float64 {
	b := img.Bounds()
	out := make([]float64, b.Dx())
	for x := range out {
		sum, n := 0, 0
		for y := range b.Dy() {
			if r, g, bl, _ := img.At(x, y).RGBA(); bl>>8 > 180 && r>>8 < 80 && g>>8 < 140 {
				sum, n = sum+y, n+1
			}
		}
		out[x] = -1
		if n > 0 {
			out[x] = float64(sum) / float64(n)
		}
	}
	return out
}

// extent is the first and the last column with the curve, and the longest run
// of columns without it in between.
func extent(c []float64) (first, last, hole int) {
	first = -1
	run := 0
	for x, y := range c {
		if y < 0 {
			run++
			continue
		}
		if first < 0 {
			first = x
		} else {
			hole = max(hole, run)
		}
		last, run = x, 0
	}
	return first, last, hole
}

func TestRanksHaveOneOnTop(t *testing.T) {
	t.Parallel()
	c := curve(draw(t, episode(event.MetricRank, func(i int) float64 { return 1 + 199*math.Exp(-float64(i)/18) })))
	first, last, hole := extent(c)
	if c[last] >= c[first] || c[last] > picture.Height/4 || c[first] < picture.Height/2 {
		t.Errorf("200 is drawn at %v, 1 at %v", c[first], c[last])
	}
	if hole > 4 || last-first < picture.Width*3/4 {
		t.Errorf("drawn from %d to %d, with a hole of %d", first, last, hole)
	}
}

func TestCountsGrowUpwards(t *testing.T) {
	t.Parallel()
	c := curve(draw(t, episode("views", func(i int) float64 { return 1e5 * float64(1+i) })))
	first, last, _ := extent(c)
	if c[last] >= c[first] {
		t.Errorf("the least is drawn at %v, the most at %v", c[first], c[last])
	}
}

// TestAGapIsAGap: what was not looked at is not drawn over, nor is what was not
// there.
func TestAGapIsAGap(t *testing.T) {
	t.Parallel()
	for name, missing := range map[string]float64{"not looked": math.Inf(1), "not there": math.NaN()} {
		c := curve(draw(t, episode(event.MetricRank, func(i int) float64 {
			if i > 30 && i < 55 {
				return missing
			}
			return 150
		})))
		// A quarter of the width of the plot.
		if _, _, hole := extent(c); hole < picture.Width/6 || hole > picture.Width/3 {
			t.Errorf("%s: the widest hole has %d pixels", name, hole)
		}
	}
}

func TestModelledIsDashed(t *testing.T) {
	t.Parallel()
	drawn := map[event.Basis]int{}
	for _, basis := range []event.Basis{event.Basis_BASIS_MEASURED, event.Basis_BASIS_MODELLED} {
		e := episode(event.MetricRank, func(int) float64 { return 20 })
		e.Basis = basis
		for _, y := range curve(draw(t, e)) {
			if y >= 0 {
				drawn[basis]++
			}
		}
	}
	if m := drawn[event.Basis_BASIS_MODELLED]; m == 0 || m > drawn[event.Basis_BASIS_MEASURED]*4/5 {
		t.Errorf("columns drawn: %v", drawn)
	}
}

// TestLooksThatFoundNothingAreSeen: an app that was on no list for two days, or
// for all of it but the last look, has a picture that says so, and its words
// push nothing aside.
func TestLooksThatFoundNothingAreSeen(t *testing.T) {
	t.Parallel()
	axis := func(from int) int { // the column of the vertical axis
		img := draw(t, episode(event.MetricRank, func(i int) float64 {
			if i < from {
				return math.NaN()
			}
			return 30
		}))
		for x := range img.Bounds().Dx() {
			n := 0
			for y := range img.Bounds().Dy() {
				if r, _, b, _ := img.At(x, y).RGBA(); r>>8 > 150 && r>>8 < 220 && b>>8 > 160 {
					n++
				}
			}
			if n > 300 {
				return x
			}
		}
		return -1
	}
	want := axis(0)
	for _, from := range []int{10, 60, 96, 97} {
		if got := axis(from); want < 0 || got < want-8 || got > want+8 {
			t.Errorf("not there in the first %d looks: the axis stands at %d, else at %d", from, got, want)
		}
	}
}

// TestPicturesOfOddEpisodes: there is one, or it is said that there is none.
func TestPicturesOfOddEpisodes(t *testing.T) {
	t.Parallel()
	flat := episode("views", func(int) float64 { return 0 })
	flat.Low, flat.High, flat.Baseline = nil, nil, 0
	draw(t, flat)
	unscheduled := episode(event.MetricRank, func(i int) float64 { return float64(i + 1) })
	unscheduled.EveryS, unscheduled.Depth, unscheduled.OnsetMs, unscheduled.PeakAtMs = 0, 0, 0, end.UnixMilli()
	draw(t, unscheduled)
	huge := episode("views", func(i int) float64 { return math.Pow(10, float64(i)) })
	huge.Baseline, huge.Peak, huge.PeakAtMs = math.Inf(1), math.NaN(), end.UnixMilli()
	draw(t, huge)
	below := episode("mood", func(i int) float64 { return -float64(i) })
	draw(t, below)
	for _, e := range []*event.Episode{
		{},
		{History: []*event.Moment{{AtMs: 1}}},
	} {
		if _, err := picture.Draw(e, picture.Words{Amount: amount}); !errors.Is(err, picture.ErrNothing) {
			t.Errorf("%d moments: %v", len(e.GetHistory()), err)
		}
	}
}

// TestTitlesOfAnyLanguage: what the font lacks is left out, and breaks nothing.
func TestTitlesOfAnyLanguage(t *testing.T) {
	t.Parallel()
	e := episode(event.MetricRank, func(int) float64 { return 20 })
	for _, title := range []string{"小红书 took #1", strings.Repeat("long ", 200), "", "\x00\xff", "🔴 Übergrößenträger ×31 −54 %"} {
		if _, err := picture.Draw(e, picture.Words{Title: title, Amount: amount}); err != nil {
			t.Errorf("%q: %v", title, err)
		}
	}
}

// amount writes a value as a caller would.
func amount(e *event.Episode, v float64) string {
	if e.GetMetric() == event.MetricRank {
		return "#" + strconv.Itoa(int(v))
	}
	return strconv.FormatFloat(v, 'g', 3, 64) + " " + e.GetUnit()
}
