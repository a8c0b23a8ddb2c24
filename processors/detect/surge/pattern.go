package surge

import "math"

// nearest is how unlike any earlier pattern the last points are, this one
// included: the mean distance to the nearest, point by point. It shifts y into
// the recent ones.
func (c *core) nearest(m memory, y float64) (distance float64, pattern int) {
	k := len(m.recent)
	copy(m.recent, m.recent[1:])
	m.recent[k-1] = float32(y)
	c.held = min(c.held+1, uint32(k))
	if int(c.held) < k {
		return 0, -1
	}
	best, pattern := float32(math.MaxFloat32), -1
	for i, used := range m.used {
		if used == 0 {
			continue
		}
		var d float32
		for j, v := range m.patterns[i*k : i*k+k] {
			e := v - m.recent[j]
			if e < 0 {
				e = -e
			}
			d += e
		}
		if d < best {
			best, pattern = d, i
		}
	}
	if pattern < 0 {
		return 0, -1
	}
	return float64(best) / float64(k), pattern
}

// keep moves the nearest pattern a little towards what was seen; what is far
// from all takes the place of the one that was not met for longest.
func (c *core) keep(m memory, near int, distance float64, p *params) {
	k := len(m.recent)
	if int(c.held) < k {
		return
	}
	usual := c.matched.m
	c.matched.learn(distance, 1/min(p.Long, float64(c.n)+1), p.Clip, 1e-12)
	if near >= 0 && distance <= p.Alike*usual {
		for j := range k {
			v := &m.patterns[near*k+j]
			*v += float32(p.Blend) * (m.recent[j] - *v)
		}
		m.used[near] = c.n + 1
		return
	}
	oldest := 0
	for i, used := range m.used {
		if used < m.used[oldest] {
			oldest = i
		}
	}
	copy(m.patterns[oldest*k:oldest*k+k], m.recent)
	m.used[oldest] = c.n + 1
}
