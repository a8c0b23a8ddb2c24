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
	was   float64 // the mean before the value at hand
	wasN  uint32
	off   bool // all on a platform's list is young, and rises while it is there
}

const (
	youngLooks = 3  // values that make a mean
	enoughZero = 12 // looks with nothing there that make a 0
)

// add takes the value of a finding in. The first total of a counter bounds what
// its rate can have been: all of it in one period.
func (y *young) add(f *surge.Finding, se *series, total float64) {
	if !f.Learning || se.meter.how == less {
		return
	}
	y.was, y.wasN = y.mean, y.n
	v := f.Value
	switch {
	case y.n == 0 && y.zeros >= enoughZero:
		y.was, y.wasN, y.n = 0, youngLooks, youngLooks
		if se.meter.how == counter {
			v = total
			f.Value = total
		}
	case y.n == 0 && se.meter.how == counter:
		y.n, y.mean = youngLooks, math.Log1p(max(0, total))
		return
	case f.Reset:
		return
	}
	y.n++
	y.mean += (math.Log1p(max(0, v)) - y.mean) / float64(y.n)
}

// worth reports whether the value is far above what was seen so far, and puts
// that into the finding as its baseline.
func (y *young) worth(se *series, f *surge.Finding, p *preset) bool {
	if y.off || y.wasN < youngLooks || !se.meter.count {
		return false
	}
	multiple, least := p.youngMultiple, p.youngLeast
	if !se.watched {
		multiple, least = 2*multiple, 10*least
	}
	base := math.Expm1(y.was)
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
