package episode

import (
	"math"

	"github.com/tidemark/tidemark/internal/event"
)

// Level is where it is at the end, in the unit of the value; false where that
// is not known.
func (t *Track) Level() (float64, bool) {
	switch {
	case t.Over == Back && t.Scale != Presence:
		return t.valueOf(t.insideSum / float64(t.insideN)), true
	case t.Over == Settled, t.Over == Aged:
		return t.valueOf(t.settled.mean), true
	}
	return 0, false
}

// Multiple is a value as a multiple of the baseline; of ranks of the places.
func (t *Track) Multiple(v float64) float64 {
	a, b := v, max(t.Baseline, t.Least)
	if t.Scale == LogRank {
		a, b = b, a
	}
	if b == 0 || t.Scale == Presence {
		return 0
	}
	return a / b
}

// Anatomy is what is known of it so far.
func (t *Track) Anatomy() *event.Anatomy {
	a := &event.Anatomy{}
	if t.Scale == Presence {
		if t.Over == Back {
			a.BackAtMs = &t.BackMS
		}
		return a
	}
	a.TimeToPeakS = seconds(t.PeakMS - t.OnsetMS)
	if m := t.Multiple(t.Peak); m > 0 {
		a.PeakMultiple = &m
	}
	if t.Scale == LogRank {
		area := t.area
		a.AtFirstS, a.InTop_10S, a.RankArea = seconds(t.first), seconds(t.top10), &area
	}
	if t.halved {
		a.HalfLifeS = seconds(t.half - t.fellMS)
	}
	if t.declining {
		t.fit.fill(a)
	}
	resurges := t.Resurges
	a.Resurges = &resurges
	if level, known := t.Level(); known {
		level = whole(level)
		a.Settled = &level
		if t.peakE > 0 {
			back := whole(1 - t.excess(level)/t.peakE)
			a.GivenBack = &back
		}
	}
	if t.Over == Back {
		back := t.BackMS
		a.BackAtMs = &back
	}
	return a
}

// whole takes away what logarithms leave behind whole numbers: the place 201 is
// not 201.00000000000017, and what is given back not -2e-16.
func whole(v float64) float64 {
	if n := math.Round(v); math.Abs(v-n) < 1e-9*max(1, math.Abs(n)) {
		return n + 0 // never -0
	}
	return v
}

func seconds(ms int64) *float64 {
	s := max(0, float64(ms)/1000)
	return &s
}
