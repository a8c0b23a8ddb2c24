package surge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// What was never seen counts from a margin beyond the range on, on both sides
// and whatever the unit; a record by a hair does not.
func TestSpanCountsWhatWasNeverSeen(t *testing.T) {
	t.Parallel()
	for _, unit := range []float64{1e-20, 1, 1e20} {
		s := span{low: 10 * unit, high: 20 * unit}
		for y, want := range map[float64]float64{
			10: 0, 15: 0, 20.9: 0, 9.1: 0, 21: 0,
			22: math.Log(2), 8: math.Log(2), 30: math.Log(10), -990: math.Log(1000),
		} {
			if got := s.judge(y*unit, 0.1); math.Abs(got-want) > 1e-9 {
				t.Errorf("%g in units of %g: %g, want %g", y, unit, got, want)
			}
		}
		s.learn(40 * unit)
		if got := s.judge(40*unit, 0.1); got != 0 {
			t.Errorf("the same again: %g", got)
		}
	}
	for _, s := range []span{{}, {5, 5}, {0, math.SmallestNonzeroFloat64}} {
		if got := s.judge(largest, 0.1); got != 0 {
			t.Errorf("of a range of nothing: %g", got)
		}
	}
}

// A tail that is used to spikes of one height hardly hears that one is higher
// than all of them: the range does.
func TestARecordIsHeard(t *testing.T) {
	t.Parallel()
	surprise := func(last, margin float64) float64 {
		r, d, p := rand.New(rand.NewPCG(4, 4)), NewFull(time.Hour, Gauge), standard()
		p.Margin = margin
		for h := range 1000 {
			v := 100.5 + 5*r.NormFloat64()
			if h%20 == 10 {
				v *= 4
			}
			hourly(d, h, v)
		}
		return d.add(Observation{At: start.Add(1000 * time.Hour), Value: last}, &p).Surprise
	}
	const never = 1e9
	if with, without := surprise(600.5, standard().Margin), surprise(600.5, never); with < without+1 {
		t.Errorf("higher than ever: %.2f, without the range %.2f", with, without)
	}
	if with, without := surprise(400.5, standard().Margin), surprise(400.5, never); with != without {
		t.Errorf("as high as ever: %.2f, without the range %.2f", with, without)
	}
}
