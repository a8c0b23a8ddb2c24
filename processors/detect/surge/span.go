package surge

import "math"

// span is the range of all values there were.
type span struct{ low, high float64 }

// judge is the surprise of a value outside of all that was ever seen: a tail
// knows how often, not that it was never. It counts from a margin on, a share
// of the range, and from 0: ln(beyond / margin). Noise makes records by a hair.
func (s *span) judge(y, margin float64) float64 {
	least := margin * (s.high - s.low)
	beyond := max(y-s.high, s.low-y)
	if least <= 0 || beyond <= least {
		return 0
	}
	return math.Log(beyond) - math.Log(least)
}

func (s *span) learn(y float64) {
	s.low, s.high = min(s.low, y), max(s.high, y)
}
