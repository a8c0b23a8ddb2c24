package surge

import "math"

// season is what each time of a period is used to.
type season struct {
	m      []float32 // values
	seen   []uint16  // how many points made it
	period int64     // seconds
}

const (
	seasonNone = iota
	seasonDay
	seasonWeek
	seasons
)

const (
	secondsDay  = 24 * 60 * 60
	secondsWeek = 7 * secondsDay
	// 1 January 1970 was a Thursday; weeks begin on Monday here.
	mondayShift = 3 * secondsDay
)

// at is the slot of an instant.
func (s season) at(unix int64) int {
	if s.period == secondsWeek {
		unix += mondayShift
	}
	u := unix % s.period
	if u < 0 {
		u += s.period
	}
	return int(u * int64(len(s.m)) / s.period)
}

// visit is how many points fall into a slot at one time.
func (s season) visit(every float64) float64 {
	return max(1, float64(s.period)/float64(len(s.m))/max(every, 1))
}

// learn moves slot i by a share of the distance, and of no more than reach.
func (s season) learn(i int, y, share, reach float64) {
	d := y - float64(s.m[i])
	if s.seen[i] > 1 {
		d = clamp(d, reach)
	}
	s.m[i] = float32(float64(s.m[i]) + share*d)
	if s.seen[i] < math.MaxUint16 {
		s.seen[i]++
	}
}

// expect chooses the season that has lately predicted best, and says what it
// predicts.
func (c *core) expect(unix int64, m memory, p *params) (which int, y float64) {
	which, y = seasonNone, c.long.m
	best := c.miss[seasonNone] * p.SeasonEdge
	for k, s := range m.seasons() {
		i := s.at(unix)
		if k != seasonNone && s.seen[i] > 0 && c.miss[k] > 0 && c.miss[k] < best {
			which, y, best = k, float64(s.m[i])+c.bias[k], c.miss[k]
		}
	}
	return which, y
}

// seasons are the day and the week by their numbers.
func (m *memory) seasons() func(func(int, season) bool) {
	return func(yield func(int, season) bool) {
		if yield(seasonDay, m.day) {
			yield(seasonWeek, m.week)
		}
	}
}

// learnSeasons takes the point into its slots, and into the account of which
// season predicts best.
func (c *core) learnSeasons(y float64, unix int64, m memory, floor float64, p *params) {
	reach := p.SlotClip * max(c.long.s, floor)
	share := 1 / min(p.Long, float64(c.n)+1)
	off := min(math.Abs(y-c.long.m), reach)
	c.miss[seasonNone] += share * (off - c.miss[seasonNone])
	for k, s := range m.seasons() {
		i := s.at(unix)
		visit := s.visit(c.every)
		if float64(s.seen[i]) >= visit { // it has been here on an earlier day
			d := y - float64(s.m[i]) - c.bias[k]
			off := min(math.Abs(d), reach)
			if c.miss[k] == 0 {
				c.miss[k] = max(c.miss[seasonNone], off)
			}
			c.miss[k] += share * (off - c.miss[k])
			c.bias[k] += share * clamp(d, reach)
		}
		s.learn(i, y-c.bias[k], 1/min(float64(s.seen[i])+1, p.SlotMemory*visit), reach)
	}
}
