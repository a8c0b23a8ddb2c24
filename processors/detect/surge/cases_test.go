package surge

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func hourly(d detector, hour int, v float64) Finding {
	return d.Add(Observation{At: start.Add(time.Duration(hour) * time.Hour), Value: v})
}

// A tag that nobody uses, and then two people do, is no news; twelve are.
func TestSparseCountsAreNoNews(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Gauge, func(t *testing.T, d detector) {
		for h := range 200 {
			v := 0.0
			if h > 0 && h%50 == 0 {
				v = 2
			}
			if f := hourly(d, h, v); f.Surprise > 0 || !f.Calm {
				t.Fatalf("hour %d: %g of usually none: surprise %.2f, calm %v", h, v, f.Surprise, f.Calm)
			}
		}
		if f := hourly(d, 200, 12); f.Surprise < 1 || f.Calm || f.Multiple != 12 {
			t.Errorf("12 of usually none: surprise %.2f, calm %v, multiple %g", f.Surprise, f.Calm, f.Multiple)
		}
	})
}

// Four quiet weeks of counts by chance alone: what is told in them is told for
// nothing.
func TestQuietWeeksAreQuiet(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Gauge, func(t *testing.T, d detector) {
		told, series := 0, 40
		for i := range series {
			d, r := fresh(d), rand.New(rand.NewPCG(uint64(i), 5))
			var teller Teller
			for h := range 6 * 7 * 24 { // two weeks to learn, four to judge
				f := hourly(d, h, week(r, h, 40+float64(i)*30))
				if Score(teller.Tell(f.At, f.Surprise, time.Hour)) >= Told && h >= 14*24 {
					told++
				}
			}
		}
		perWeek := float64(told) / float64(series) / 4
		t.Logf("%.2f a week", perWeek)
		if perWeek > 1 {
			t.Errorf("%.2f a week are told of series in which nothing happens", perWeek)
		}
	})
}

func fresh(like detector) detector {
	if _, full := like.(*Full); full {
		return NewFull(time.Hour, Gauge)
	}
	return NewLight(time.Hour, Gauge)
}

// After a long gap nothing is known for a while, and that is said.
func TestAfterALongGapTheBaselineIsUncertain(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Gauge, func(t *testing.T, d detector) {
		r := rand.New(rand.NewPCG(7, 8))
		var f Finding
		for h := range 600 {
			f = hourly(d, h, week(r, h, 200))
		}
		if f.Coverage < 0.99 || f.Learning {
			t.Fatalf("no gap: coverage %.2f, learning %v", f.Coverage, f.Learning)
		}
		f = hourly(d, 610, 200) // half a night
		if f.Coverage < 0.9 || f.Learning {
			t.Errorf("ten hours missing: coverage %.2f, learning %v", f.Coverage, f.Learning)
		}
		f = hourly(d, 610+40*24, 2000)
		if f.Coverage > 0.2 || !f.Learning || f.Surprise != 0 {
			t.Errorf("40 days missing: coverage %.2f, learning %v, surprise %.2f", f.Coverage, f.Learning, f.Surprise)
		}
		for h := 611 + 40*24; f.Learning; h++ {
			if h > 611+60*24 {
				t.Fatal("it learns for ever")
			}
			f = hourly(d, h, week(r, h, 200))
		}
	})
}

// A gap is skipped: the look after it is compared with what is usual, and the
// hours that nobody looked at are not taken for hours of nothing.
func TestAGapIsNotFilled(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Gauge, func(t *testing.T, d detector) {
		r := rand.New(rand.NewPCG(9, 9))
		var before, after Finding
		for h := range 700 {
			if h >= 650 && h < 674 {
				continue
			}
			f := hourly(d, h, week(r, h, 300))
			switch h {
			case 649:
				before = f
			case 674:
				after = f
			}
		}
		if after.Surprise > 0.5 || !after.Calm || math.Abs(math.Log(after.Baseline/before.Baseline)) > 1 {
			t.Errorf("before the gap %+v, after it %+v", before, after)
		}
	})
}

// The week is learnt: what is much for a Sunday night is told, also where it
// would be nothing on a Monday afternoon, and how is said for a person.
func TestTheSeasonIsLearnt(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Gauge, func(t *testing.T, d detector) {
		r := rand.New(rand.NewPCG(11, 2))
		h := 0
		for ; h < 6*7*24+3; h++ {
			hourly(d, h, week(r, h, 1000))
		}
		f := hourly(d, h, 1300) // Monday 03:00, when 400 are usual
		if f.Surprise < 0.5 || f.Calm || f.Baseline > 700 {
			t.Errorf("1300 at night: %+v", f)
		}
		if !strings.HasPrefix(f.How, "level of ") || !strings.Contains(f.How, "03:00 UTC over") && !strings.Contains(f.How, "00:00 UTC over") {
			t.Errorf("how: %q", f.How)
		}
	})
}

func TestWhatIsNoObservationIsRefused(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Gauge, func(t *testing.T, d detector) {
		for h := range 50 {
			hourly(d, h, 5)
		}
		before, _ := d.AppendBinary(nil)
		for _, o := range []Observation{
			{start.Add(100 * time.Hour), math.NaN()},
			{start.Add(100 * time.Hour), math.Inf(1)},
			{start.Add(100 * time.Hour), 1e200},
			{start.Add(49 * time.Hour), 5},
			{start, 5},
		} {
			if f := d.Add(o); f != (Finding{}) {
				t.Errorf("%v: %+v", o, f)
			}
		}
		if after, _ := d.AppendBinary(nil); string(before) != string(after) {
			t.Error("what was refused has changed the state")
		}
	})
}

// A series that stirs goes on in the full tier: from its history, or from what
// the light tier knows.
func TestFromLightToFull(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	light := NewLight(time.Hour, Gauge)
	var history []Observation
	stirred := 0
	for h := range 500 {
		o := Observation{start.Add(time.Duration(h) * time.Hour), week(r, h, 300)}
		history = append(history, o)
		if f := light.Add(o); h > 100 && f.Stirred {
			stirred++
		}
	}
	if stirred > 20 {
		t.Errorf("%d of 400 hours of nothing stir", stirred)
	}
	surge := Observation{start.Add(500 * time.Hour), 9000}
	for name, full := range map[string]*Full{
		"history": NewFullFrom(history, time.Hour, Gauge),
		"light":   NewFullFromLight(light),
	} {
		if f := full.Add(surge); f.Learning || f.Calm || f.Surprise < 1 || f.Coverage < 0.9 {
			t.Errorf("from %s: %+v", name, f)
		}
	}
	if f := light.Add(surge); !f.Stirred {
		t.Errorf("the light tier: %+v", f)
	}
}
