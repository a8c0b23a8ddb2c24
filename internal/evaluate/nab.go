package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// Profile is what a found window, a false alarm and a missed window weigh.
type Profile struct {
	Name               string
	Found, False, Miss float64
}

// Profiles are the three that the benchmark publishes scores for.
func Profiles() []Profile {
	return []Profile{
		{"standard", 1, 0.11, 1},
		{"low FP", 1, 0.22, 1},
		{"low FN", 1, 0.11, 2},
	}
}

// The benchmark does not judge the first part of a series: a share of it, and
// of no more than so many points.
const (
	probationShare  = 0.15
	probationPoints = 5000
)

// point is one judged point: what a detector says of it, and what an alarm at
// it is worth before weighting: 0..1 inside of a window, -1..0 outside.
type point struct {
	score, worth float64
	window       int // -1: outside
}

// Scored is a series with a detector's scores.
type Scored struct {
	*Series
	Score  []float64 // 0..1, one for each point
	points []point   // from the end of the probation on
	skip   int       // points of the probation
}

// Judge prepares the scoring of a series. Score has one value for each point.
//
// An alarm inside of a window is worth the more the earlier it is: 1 at the
// left edge, 0 at the right, by a sigmoid of the place between. Only the
// earliest counts. An alarm outside costs: little right after a window, all of
// the weight far from the last one or before the first.
func Judge(s *Series, score []float64) *Scored {
	j := &Scored{Series: s, Score: score, skip: probation(len(s.At))}
	from, to := make([]int, len(s.Windows)), make([]int, len(s.Windows))
	for i, w := range s.Windows {
		from[i], to[i] = s.index(w.From), s.index(w.To)
	}
	window, next := -1, 0
	for i := range s.At {
		if next < len(from) && i == from[next] {
			window, next = next, next+1
		}
		p := point{score: score[i], window: window}
		switch {
		case window >= 0:
			width := float64(to[window] - from[window] + 1)
			p.worth = sigmoid(-float64(to[window]-i+1)/width) / sigmoid(-1)
		case next == 0:
			p.worth = -1
		default:
			p.worth = sigmoid(float64(i-to[next-1]) / float64(to[next-1]-from[next-1]))
		}
		if i >= j.skip {
			j.points = append(j.points, p)
		}
		if window >= 0 && i == to[window] {
			window = -1
		}
	}
	return j
}

func probation(n int) int {
	return int(min(math.Floor(probationShare*float64(n)), probationShare*probationPoints))
}

// sigmoid falls from nearly 1 at -1 through 0 at 0 to -1; beyond 3 it is -1.
func sigmoid(x float64) float64 {
	if x > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*x)) - 1
}

// Raw is the sum of a series at a threshold: points with at least that score
// are alarms.
func (j *Scored) Raw(threshold float64, p Profile) float64 {
	sum := 0.0
	best := make([]float64, len(j.Windows))
	for i := range best {
		best[i] = math.NaN() // no judged point in it
	}
	for _, pt := range j.points {
		alarm := pt.score >= threshold
		if pt.window < 0 {
			if alarm {
				sum += p.False * pt.worth
			}
			continue
		}
		b := &best[pt.window]
		if math.IsNaN(*b) {
			*b = -p.Miss
		}
		if alarm {
			*b = max(*b, p.Found*pt.worth)
		}
	}
	for _, b := range best {
		if !math.IsNaN(b) {
			sum += b
		}
	}
	return sum
}

// Best is the one threshold for all series that gives the highest sum; of
// equal ones the highest. 1.1 is that of no alarm at all.
func Best(all []*Scored, p Profile) (threshold, raw float64) {
	type entry struct {
		point
		at int // index into best
	}
	var entries []entry
	var best []float64
	sum := 0.0
	for _, j := range all {
		open := map[int]int{}
		for _, pt := range j.points {
			e := entry{point: pt, at: -1}
			if pt.window >= 0 {
				at, known := open[pt.window]
				if !known {
					at = len(best)
					open[pt.window] = at
					best = append(best, -p.Miss)
					sum -= p.Miss
				}
				e.at = at
			}
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(b.score, a.score) })
	threshold, raw = 1.1, sum
	for i := 0; i < len(entries); {
		t := entries[i].score
		for ; i < len(entries) && entries[i].score == t; i++ {
			e := entries[i]
			if e.at < 0 {
				sum += p.False * e.worth
			} else if v := p.Found * e.worth; v > best[e.at] {
				sum += v - best[e.at]
				best[e.at] = v
			}
		}
		if sum > raw+1e-12 {
			threshold, raw = t, sum
		}
	}
	return threshold, raw
}

// Normal maps a sum to the published scale: 0 is a detector that says nothing,
// 100 a perfect one. It is NaN where nothing is labelled.
func Normal(raw float64, windows int, p Profile) float64 {
	if windows == 0 {
		return math.NaN()
	}
	none := -p.Miss * float64(windows)
	return 100 * (raw - none) / (p.Found*float64(windows) - none)
}

// NAB is the normalised score of series at a threshold.
func NAB(all []*Scored, threshold float64, p Profile) float64 {
	raw, windows := 0.0, 0
	for _, j := range all {
		raw += j.Raw(threshold, p)
		windows += len(j.Windows)
	}
	return Normal(raw, windows, p)
}
