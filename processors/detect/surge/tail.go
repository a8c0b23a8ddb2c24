package surge

// tail is the upper tail of one channel's residuals: a running quantile, and
// the mean of what goes beyond it. Beyond a high quantile most tails are close
// to exponential, so that (r − q) / m is the surprise in nats whatever unit
// and skew the residuals have. Both numbers move by steps of bounded size: one
// monstrous value says nothing about the next.
type tail struct {
	q, m float64
}

// judge is the surprise of residual r ≥ 0, before it is learnt.
func (t *tail) judge(r float64) float64 {
	if r <= t.q || t.m <= 0 {
		return 0
	}
	return (r - t.q) / t.m
}

// learn moves the quantile by steps in proportion to itself, so that it needs
// no unit: up by Step·Quantile where r is beyond, down by Step·(1−Quantile)
// where it is not, which is in balance at the quantile.
func (t *tail) learn(r, n float64, p *params) {
	if n < p.Warm { // the largest so far; nothing is judged yet
		t.q = max(t.q, r)
		t.m = t.q / 3
		return
	}
	if r <= t.q {
		t.q *= 1 - p.Step*(1-p.Quantile)
		return
	}
	e := min(r-t.q, p.ClipExcess*t.m)
	t.m += p.Excess * (e - t.m)
	t.q *= 1 + p.Step*p.Quantile
}
