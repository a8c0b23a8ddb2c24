package surge

import "math"

// level is a mean that single looks cannot pull far, and the mean deviation
// from it.
type level struct {
	m, s float64
}

// learn moves the mean by a share of the distance, and of no more than clip
// mean deviations of it. floor is the smallest deviation that counts.
func (l *level) learn(y, share, clip, floor float64) {
	d := y - l.m
	reach := clip * max(l.s, floor)
	if share > 0.5 { // the first looks: nothing is known of the deviation
		reach = math.Abs(d)
	}
	l.m += share * clamp(d, reach)
	l.s += share * (min(math.Abs(d), reach) - l.s)
}

func clamp(d, reach float64) float64 { return max(-reach, min(reach, d)) }
