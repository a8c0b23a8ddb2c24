package judge

import (
	"math"

	"github.com/tidemark/tidemark/processors/detect/surge"
)

// The formulas are in docs/alert-rules.md, with examples.

const (
	stranger        = 0.85 // of what nobody watches
	goneWatched     = 0.9  // a watched app that cannot be had any more
	goneOther       = 0.5
	ofThreshold     = 0.5
	halfMultiple    = 1.5 // doublings at which a multiple makes half of a severity
	halfRise        = 1.5 // log rank at which a rise does
	shareOfPlace    = 0.55
	belowFirst      = 0.74 // at most of a rise that has not come to #1: just not critical
	chanceOutweighs = 10   // standard deviations of a count that leave no doubt
	youngMillion    = 6    // powers of ten at which a young count weighs whole
)

// severityOfCount is d/(d+1.5) · (0.7 + 0.3 score) · min(1, z/10), where d are
// the doublings over the baseline and z, of counts, the excess in standard
// deviations of chance. Where there is no baseline yet the last factor is
// min(1, lg(value)/6): five hundred views of a new tag are no million.
func severityOfCount(se *series, f *surge.Finding) float64 {
	baseline, times, score, young := f.Baseline, se.times(f), f.Score, f.Learning
	if se.track != nil {
		baseline, times, score, young = se.track.Baseline, se.track.Multiple(f.Value), max(score, 0.5), se.track.Young
		if se.meter.how == less && times > 0 {
			times = 1 / times
		}
	}
	if times <= 1 || math.IsInf(times, 0) || math.IsNaN(times) {
		return 0
	}
	d := math.Log2(times)
	s := d / (d + halfMultiple) * (0.7 + 0.3*score)
	switch {
	case young:
		s *= max(0, min(1, math.Log10(max(1, f.Value))/youngMillion))
	case se.meter.count:
		s *= min(1, (f.Value-baseline)/math.Sqrt(max(baseline, 0)+1)/chanceOutweighs)
	}
	return bounded(s, se.watched)
}

// severityOfRank is 0.55 · place + 0.45 · rise: place is 1 at #1 and 0 outside
// of the list, rise is r/(r+1.5) of the change r in log rank. Of a fall it is
// place · rise, with the place that is lost. A rise is critical at #1 only: people
// want to be told of that, and are told of a level once.
func severityOfRank(place, change float64, depth uint32, falls, watched bool) float64 {
	outside := float64(depth) + 1.5
	at := 1 - math.Log((place+0.5)/1.5)/math.Log(outside/1.5)
	at = max(0, min(1, at))
	change = max(0, change)
	rise := change / (change + halfRise)
	if falls {
		return bounded(at*rise, watched)
	}
	s := bounded(shareOfPlace*at+(1-shareOfPlace)*rise, watched)
	if place > 1 {
		s = min(s, belowFirst)
	}
	return s
}

func bounded(s float64, watched bool) float64 {
	if !watched {
		s *= stranger
	}
	return max(0, min(1, s))
}
