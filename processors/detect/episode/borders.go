package episode

import "strconv"

// borders is how many places people wait for.
const borders = 5

func border(i int) float64 { return [borders]float64{1, 3, 10, 50, 100}[i] }

// Milestone is the word for having reached place n: first, top-10.
func Milestone(n float64) string {
	if n == 1 {
		return "first"
	}
	return "top-" + strconv.Itoa(int(n))
}

const leftPrefix = "left-"

// awayLooks is how many looks in a row it has to be outside, by a quarter of
// the border and one place at least: who hovers at the border has not left.
const awayLooks = 3

// arm counts as told what was so before: the places in which it usually is,
// and those that the first message tells.
func (t *Track) arm(v float64) {
	for i := range borders {
		if t.Baseline <= border(i) || (!t.Falls && v <= border(i)) {
			t.borders |= 1 << i
		}
	}
}

// cross tells the best border that was reached for the first time, and the
// best that was left for good. Each is told once in an episode.
func (t *Track) cross(v float64) (reached, left string) {
	for i := range borders {
		b := border(i)
		entered, gone := uint32(1)<<i, uint32(1)<<(i+borders)
		if !t.Falls && v <= b && t.borders&entered == 0 {
			t.borders |= entered
			if reached == "" {
				reached = Milestone(b)
			}
		}
		if t.borders&entered == 0 || t.borders&gone != 0 {
			continue
		}
		if v <= max(b+1, b*1.25) {
			t.away[i] = 0
			continue
		}
		if t.away[i]++; t.away[i] >= awayLooks {
			t.borders |= gone
			left = leftPrefix + Milestone(b)
		}
	}
	return reached, left
}
