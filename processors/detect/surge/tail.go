package surge

import "math"

// tail is the upper tail of one channel's residuals: a running quantile q, and
// the mean m of what goes beyond it, as a share of q. A residual r beyond q has
// the surprise ln(1 + (r/q − 1)/m): nats beyond the quantile, for a tail as
// heavy as those of counts are (a power law, not an exponential: what is ten
// times as far out is ln 10 more surprising). Nothing in it has a unit, so that
// one threshold serves all series; and both numbers move by steps of bounded
// size, because one monstrous value says little about the next.
type tail struct {
	q, m float64
	n    float64 // how many were beyond; before the warm-up is over, the mean
}

// judge is the surprise of a residual r ≥ 0, before it is learnt.
func (t *tail) judge(r float64) float64 {
	if r <= t.q || t.q <= 0 || t.m <= 0 {
		return 0
	}
	return math.Log1p((r/t.q - 1) / t.m)
}

// learn moves the quantile by steps in proportion to itself, so that it needs
// no unit: up by Step·Quantile where r is beyond, down by Step·(1−Quantile)
// where it is not, which is in balance at the quantile. n is how many looks
// there were before; the first steps are larger.
func (t *tail) learn(r, n float64, p *params) {
	if n < p.Warm {
		t.n += (r - t.n) / (n + 1)
		t.q, t.m = p.Init*t.n, firstExcess
		if n+1 >= p.Warm {
			t.n = 0
		}
		return
	}
	if t.q <= 0 { // it has not moved at all until now
		t.q, t.m = r, firstExcess
		return
	}
	step := p.Step * (1 + p.Early*p.Warm/n)
	if r <= t.q {
		t.q = max(smallest, t.q*(1-step*(1-p.Quantile)))
		return
	}
	t.n++
	e := min(r/t.q-1, p.ClipExcess*t.m)
	t.m += max(p.Excess, 1/(t.n+3)) * (e - t.m)
	t.m = max(t.m, leastExcess)
	t.q *= 1 + step*p.Quantile
}

const (
	firstExcess = 0.3   // the mean excess until some have been seen
	leastExcess = 1e-3  // a tail is never a wall
	smallest    = 1e-60 // of a quantile: where nothing moves it would fade to 0
)
