package surge

import "math"

// counter turns a cumulative count into a rate.
type counter struct {
	last    float64 // count at the last look
	changed float64 // seconds since it last moved
	unit    float64 // what the platform rounds to: the largest power of ten that divides all counts lately
	rate    float64
	any     bool
}

// rate replaces the finding's value by the rate per period. It is false where
// there is none: the first look, and the one after a reset.
func (c *core) rate(f *Finding, dt float64) bool {
	k := &c.count
	value := f.Value
	unit := rounding(value)
	f.Previous = k.rate
	if !k.any {
		*k = counter{last: value, unit: unit, any: true}
		f.Value, f.Learning, f.Calm = 0, true, true
		f.Coverage = c.coverage()
		f.Multiple, f.How = 1, "first look at a cumulative count"
		c.mark()
		return false
	}
	grown := value - k.last
	k.last = value
	k.changed += dt
	if grown < -max(k.unit, unit) || (grown < 0 && k.unit <= 1) {
		f.Reset = true
		f.Value, f.Learning, f.Calm = k.rate, true, true
		f.Coverage = c.coverage()
		f.Multiple, f.How = 1, "a cumulative count that began anew"
		k.changed, k.unit = 0, unit
		return false
	}
	k.unit = min(max(unit, 1), max(k.unit, 1)*10)
	period := max(c.every, 1e-9)
	if grown <= 0 {
		// Nothing moved: the rate is at most a unit since it last did.
		most := k.unit / k.changed * period
		if k.unit <= 1 {
			most = 0
		}
		f.Value = min(k.rate, most)
		if c.n == 0 {
			f.Value = 0
		}
		k.rate = f.Value
		return true
	}
	f.Value = grown / k.changed * period
	if k.unit > 1 && c.n > 0 {
		// What is compatible with rounding, nearest to what was.
		low, high := max(0, grown-k.unit)/k.changed*period, (grown+k.unit)/k.changed*period
		f.Value = max(low, min(high, k.rate))
		if f.Value == k.rate {
			f.Value += 0.25 * (grown/k.changed*period - k.rate)
		}
	}
	k.changed = 0
	k.rate = f.Value
	return true
}

// mark lets the next look have a distance although nothing was learnt.
func (c *core) mark() {
	if c.n == 0 {
		c.n = 1
		c.long.m, c.short, c.y = 0, 0, 0
	}
}

// rounding is the largest power of ten, up to a billion, that divides v.
func rounding(v float64) float64 {
	if v == 0 || v != math.Trunc(v) {
		return 1
	}
	u := 1.0
	for u < 1e9 && math.Mod(v, u*10) == 0 {
		u *= 10
	}
	return u
}
