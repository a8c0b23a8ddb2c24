package surge

import "math"

// counter turns a cumulative count into a rate.
type counter struct {
	last    float64  // count at the last look
	changed float64  // seconds since it last moved
	rate    float64  // per period
	zeros   [4]uint8 // zeros at the end of the last counts that differed
}

// rate replaces the finding's value by the rate per period of the series. It is
// not known at the first look, and after a reset. It is rounded where the step,
// or that there was none, can be the rounding of the platform at a rate that is
// as usual: such a look surprises nobody.
func (c *core) rate(f *Finding, dt float64) (known, rounded bool) {
	k := &c.count
	value := f.Value
	f.Previous, f.Value = k.rate, k.rate
	if c.looks == 1 {
		*k = counter{last: value}
		k.note(value)
		f.Learning, f.Calm, f.How = true, true, "first look at a cumulative count"
		return false, false
	}
	grown := value - k.last
	k.last, k.changed = value, k.changed+dt
	unit := k.unit()
	if grown < 0 && -grown >= unit {
		k.zeros, k.changed = [4]uint8{}, 0
		k.note(value)
		f.Reset, f.Learning, f.Calm, f.How = true, true, true, "a cumulative count that began anew"
		return false, false
	}
	if grown != 0 {
		k.note(value)
		unit = k.unit()
	}
	per := c.every / max(k.changed, 1e-6) // periods since it moved, inverted
	if grown <= 0 {
		// Not a step of what the platform rounds to: the rate is less than that
		// since it last moved. An exact count that stands still has a rate of 0.
		f.Value = 0
		if unit > 1 {
			f.Value = min(k.rate, unit*per)
		}
		k.rate = f.Value
		return true, unit > 1 && c.long.m <= unit*per
	}
	f.Value = grown * per
	if unit > 1 && c.n > 0 {
		// Of the rates that rounding allows, the one nearest to the level; and a
		// quarter of the way to what it looks like, so that the level can follow.
		likely := max((grown-unit)*per, min((grown+unit)*per, c.long.m))
		f.Value = max(0, likely+0.25*(grown*per-likely))
		rounded = likely == c.long.m
	}
	k.changed, k.rate = 0, f.Value
	return true, rounded
}

// note keeps how many zeros a count ends with.
func (k *counter) note(v float64) {
	copy(k.zeros[1:], k.zeros[:])
	k.zeros[0] = zeros(v)
}

// unit is what the platform rounds to: the power of ten that divides all of
// the last counts. One count ends with a zero by chance, four hardly do.
func (k *counter) unit() float64 {
	least := k.zeros[0]
	for _, z := range k.zeros {
		least = min(least, z)
	}
	return math.Pow10(int(least))
}

// zeros is how many zeros a whole number ends with, up to nine.
func zeros(v float64) (n uint8) {
	if v == 0 || v != math.Trunc(v) {
		return 0
	}
	for n < 9 && math.Mod(v, 10) == 0 {
		n++
		v /= 10
	}
	return n
}
