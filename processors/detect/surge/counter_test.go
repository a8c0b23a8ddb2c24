package surge

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A cumulative count that falls began anew: no negative count, no burst.
func TestAFallIsAReset(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Counter, func(t *testing.T, d detector) {
		r := rand.New(rand.NewPCG(1, 1))
		total := 50000.0
		for h := range 400 {
			if h == 300 {
				total = 7
			}
			total += 90 + float64(r.IntN(21))
			f := hourly(d, h, total)
			switch {
			case h == 0, h == 300:
				if f.Reset != (h == 300) || !f.Learning || f.Surprise != 0 || f.Value < 0 {
					t.Errorf("hour %d: %+v", h, f)
				}
			case f.Reset || f.Value < 90 || f.Value > 111:
				t.Fatalf("hour %d: %+v", h, f)
			case h > 300 && (f.Surprise > 0.5 || f.Baseline < 90 || f.Baseline > 111):
				t.Errorf("hour %d after the reset: %+v", h, f)
			}
		}
		total += 2000
		if f := hourly(d, 400, total); f.Surprise < 1 || f.Calm {
			t.Errorf("twenty times as many: %+v", f)
		}
	})
}

// A platform shows 1.2 million, and for hours the same, and then 1.3 million:
// that is no burst.
func TestRoundingStepsAreNoBursts(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Counter, func(t *testing.T, d detector) {
		r := rand.New(rand.NewPCG(2, 1))
		total, told := 1e6, 0
		var teller Teller
		shown := func() float64 { return float64(int(total/1e5)) * 1e5 }
		for h := range 1000 {
			total += 9000 + 2000*r.Float64()
			f := hourly(d, h, shown())
			if Score(teller.Tell(f.At, f.Surprise, time.Hour)) >= Told {
				told++
			}
			if h > 100 && (f.Value < 0 || f.Value > 40000) {
				t.Fatalf("hour %d: a rate of %g where it is 10,000", h, f.Value)
			}
		}
		if told > 2 {
			t.Errorf("%d rounding steps were told", told)
		}
		total += 900000
		if f := hourly(d, 1000, shown()); f.Surprise < 1 || f.Calm {
			t.Errorf("nine steps at once: %+v", f)
		}
	})
}

// What nobody looked at for hours is spread over them.
func TestARateOverAGap(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Counter, func(t *testing.T, d detector) {
		total := 1e6 + 3
		for h := range 200 {
			total += 101
			if h >= 150 && h < 160 {
				continue
			}
			if f := d.Add(Observation{start.Add(time.Duration(h) * time.Hour), total}); h > 0 && (f.Value < 100 || f.Value > 102) {
				t.Fatalf("hour %d: rate %g", h, f.Value)
			}
		}
	})
}
