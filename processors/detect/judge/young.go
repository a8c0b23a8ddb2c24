package judge

import (
	"math"

	"github.com/tidemark/tidemark/processors/detect/surge"
)

// young judges a series that is too young for a baseline: a tag that did not
// exist yesterday. What it knows is the geometric mean of what was seen, and
// what was looked for before and not there.
type young struct {
	zeros uint32  // looks that found nothing there before the first
	n     uint32  // values in mean
	mean  float64 // of ln(1 + value)
}

const (
	youngLooks = 3  // values that make a mean
	enoughZero = 12 // looks with nothing there that make a 0
)

// sofar is what was known before the value at hand.
type sofar struct {
	mean float64
	n    uint32
}

// add takes the value of a finding in, and returns what was known before. What a counter was before it first grew
// bounds what its rate can have been.
func (y *young) add(f *surge.Finding, se *series, total float64) (was sofar) {
	if !f.Learning || se.meter.how == less || se.listed {
		return was
	}
	was = sofar{y.mean, y.n}
	v := f.Value
	switch {
	case f.Reset:
		return sofar{}
	case y.n == 0 && y.zeros >= enoughZero: // nothing there until now: all of it is of this period
		was, y.n = sofar{0, youngLooks}, youngLooks
		if se.meter.how == counter {
			v = total
			f.Value = total
		}
	case y.n == 0 && se.meter.how == counter:
		grown := total - se.value
		if !se.had || grown <= 0 {
			return was
		}
		// It can have grown no more before than all it was.
		was = sofar{math.Log1p(max(0, se.value*v/grown)), youngLooks}
		y.mean, y.n = was.mean, was.n
	}
	y.n++
	y.mean += (math.Log1p(max(0, v)) - y.mean) / float64(y.n)
	return was
}

// worth reports whether the value is far above what was seen so far, and puts
// that into the finding as its baseline.
func (y *young) worth(se *series, f *surge.Finding, was sofar, p *preset) bool {
	if was.n < youngLooks || !se.meter.count {
		return false
	}
	multiple, least := p.youngMultiple, p.youngLeast
	if !se.watched {
		multiple, least = 2*multiple, 10*least
	}
	base := math.Expm1(was.mean)
	if f.Value < least || f.Value < multiple*max(1, base) {
		return false
	}
	f.Baseline, f.Low, f.High = base, 0, 2*base+10
	f.Multiple = f.Value / max(1, base)
	f.Score = max(f.Score, 0.7)
	f.How = "geometric mean of the few values so far"
	if y.zeros >= enoughZero {
		f.How = "looked for before, and not there"
	}
	return true
}
