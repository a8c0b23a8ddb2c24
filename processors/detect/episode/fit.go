package episode

import (
	"math"

	"github.com/tidemark/tidemark/internal/event"
)

// fit is the line through the logarithms of the excess since the peak, by
// least squares, in running sums.
type fit struct {
	n, t, y, tt, ty, yy float64
}

// leastShare of the peak's excess is what goes into the line: below it noise
// of the baseline is all there is.
const leastShare = 0.05

// add takes the excess e at t seconds after the peak.
func (f *fit) add(t, e, peak float64) {
	if e < leastShare*peak || peak <= 0 {
		return
	}
	t /= 3600 // hours: the sums stay small
	y := math.Log(e / peak)
	f.n++
	f.t += t
	f.y += y
	f.tt += t * t
	f.ty += t * y
	f.yy += y * y
}

// fill says the half-life and its 80 % interval where the line falls. Where
// the interval holds lines that do not fall there is no upper bound.
func (f *fit) fill(a *event.Anatomy) {
	if f.n < 4 {
		return
	}
	det := f.n*f.tt - f.t*f.t
	if det <= 1e-9*f.n*f.tt {
		return
	}
	slope := (f.n*f.ty - f.t*f.y) / det
	if slope >= 0 {
		return
	}
	base := (f.y - slope*f.t) / f.n
	rest := max(0, f.yy-base*f.y-slope*f.ty)
	half := student80(f.n-2) * math.Sqrt(rest/(f.n-2)*f.n/det)
	life := func(slope float64) *float64 {
		s := -math.Ln2 / slope * 3600
		if slope >= 0 || math.IsInf(s, 0) || math.IsNaN(s) {
			return nil
		}
		return &s
	}
	a.FittedHalfLifeS, a.FittedHalfLifeLowS, a.FittedHalfLifeHighS = life(slope), life(slope-half), life(slope+half)
}

// student80 is the 90 % quantile of Student's t, by Cornish and Fisher's
// expansion: within 1 % from 2 degrees of freedom on.
func student80(df float64) float64 {
	const z = 1.2815515655
	z3, z5 := z*z*z, z*z*z*z*z
	return z + (z3+z)/(4*df) + (5*z5+16*z3+3*z)/(96*df*df) + (3*z5*z*z+19*z5+17*z3-15*z)/(384*df*df*df)
}

// settling compares the means of days: the day's own ups and downs are in
// each of them.
type settling struct {
	begin     int64
	n, sum    float64
	low, high float64 // of the means that are alike so far
	mean      float64 // of the last whole window
	alike     int64
}

// add tells how many windows in a row had alike means.
func (s *settling) add(at int64, e float64, window int64) int64 {
	if s.begin == 0 {
		s.begin = at
	}
	if at-s.begin >= window && s.n > 0 {
		s.mean = s.sum / s.n
		low, high := min(s.low, s.mean), max(s.high, s.mean)
		if s.alike > 0 && high-low <= sameMeans*max(math.Abs(high), math.Abs(low)) {
			s.low, s.high = low, high
			s.alike++
		} else {
			s.low, s.high, s.alike = s.mean, s.mean, 1
		}
		s.begin, s.n, s.sum = at, 0, 0
	}
	s.n++
	s.sum += e
	return s.alike
}
