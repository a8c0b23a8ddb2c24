package surge

import (
	"math"
	"time"
)

// core is what both tiers keep, whatever the size of their memories.
type core struct {
	kind  Kind
	fixed bool // every was given, not to be learnt
	whole bool // all values so far were whole numbers, none below 0
	n     uint32
	held  uint32  // how many of memory.recent are of an unbroken run
	at    int64   // last observation, µs since 1970
	every float64 // distance of observations, s
	last  float64 // previous value as judged

	count   counter
	long    level
	short   float64
	steps   level // |difference to the point before|: the spread of the last day
	steady  level // the same over the long window
	bare    level
	bias    [seasons]float64 // slow drift between a season's slots and now
	miss    [seasons]float64 // how far each season's prediction has lately been off
	seen    float64          // looks that were there, fading with the long window
	wanted  float64          // looks that there should have been
	tails   [channels]tail
	y       float64 // previous value, bent
	matched level   // distances to the nearest pattern
}

func (c *core) begin(every time.Duration, kind Kind) {
	c.kind, c.whole = kind, true
	if every > 0 {
		c.every, c.fixed = every.Seconds(), true
	}
}

// add is one point through all channels: first judged by what was known
// before, then learnt.
func (c *core) add(o Observation, m memory, p *params) Finding {
	at := o.At.UnixMicro()
	if !finite(o.Value) || math.Abs(o.Value) > largest || (c.n > 0 && at <= c.at) {
		return Finding{}
	}
	f := Finding{At: o.At, Value: o.Value, Previous: c.last}
	dt := float64(at-c.at) / 1e6
	missed := c.pace(dt, p)
	c.at = at
	if c.kind == Counter && !c.rate(&f, dt) {
		return f
	}
	if c.n == 0 {
		f.Previous = f.Value
	}
	unix := floorDiv(at, 1e6)
	c.judge(&f, unix, missed, m, p)
	c.last = f.Value
	if c.n < math.MaxUint32 {
		c.n++
	}
	return f
}

// largest is the largest value that is taken for a measurement: beyond it
// sums would overflow.
const largest = 1e100

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// pace keeps the distance of looks and what share of them was there. It tells
// how many are missing before this one.
func (c *core) pace(dt float64, p *params) (missed float64) {
	if c.n == 0 || dt <= 0 {
		c.seen, c.wanted = 1, 1
		return 0
	}
	switch {
	case c.fixed:
	case c.every == 0:
		c.every = dt
	case dt > c.every*1.01:
		c.every *= 1.02 // a running median
	case dt < c.every/1.01:
		c.every /= 1.02
	}
	missed = max(0, math.Round(dt/c.every)-1)
	fade := 1 - 1/p.Long
	past := math.Pow(fade, missed+1)
	c.seen = c.seen*past + 1
	c.wanted = c.wanted*past + (1-past)/(1-fade)
	return missed
}

func (c *core) coverage() float64 { return max(0, min(1, c.seen/c.wanted)) }

// judge fills the finding in and learns.
func (c *core) judge(f *Finding, unix int64, missed float64, m memory, p *params) {
	y := bend(f.Value, p)
	n := float64(c.n)
	if n == 0 {
		c.long.m, c.short, c.y, c.bare.m = y, y, y, y
	}
	if f.Value != math.Trunc(f.Value) || f.Value < 0 {
		c.whole = false
	}
	if missed > p.Short {
		c.short, c.held = y, 0
	}
	floor := 1e-3*math.Abs(c.long.m) + 1e-12
	which, expected := c.expect(unix, m, p)

	var r [channels]float64
	short := c.short + (y-c.short)/min(p.Short, n+1)
	step := math.Abs(y - c.y)
	if missed > 0 {
		step = c.steps.m
	}
	steps := c.steps
	steps.learn(step, 1/min(p.Disp, n+1), p.Clip*2, floor)
	r[chLong] = math.Abs(y - c.long.m)
	r[chShort] = math.Abs(short - c.long.m)
	r[chSeason] = math.Abs(y - expected)
	r[chSpread] = math.Abs(math.Log((steps.m + floor) / (c.steady.m + floor)))
	var near int
	r[chPattern], near = c.nearest(m, y)
	r[chBare] = math.Abs(y - c.bare.m)

	total := 0.0
	for i := range r {
		s := c.tails[i].judge(r[i])
		total += p.Weights[i] * min(s, p.Cap)
		c.tails[i].learn(r[i], n, p)
	}
	c.explain(f, which, expected, unix, floor, p)
	f.Learning = n < p.Warm || f.Coverage < p.MinCoverage
	if !f.Learning {
		f.Surprise = total
	}
	f.Score = f.Surprise / (f.Surprise + p.Half)
	f.Stirred = f.Surprise > p.Stir

	// Learn.
	c.short, c.steps = short, steps
	c.steady.learn(step, 1/min(p.Long*2, n+1), p.Clip*2, floor)
	c.learnSeasons(y, unix, m, floor, p)
	c.long.learn(y, 1/min(p.Long, n+1), p.Clip, floor)
	c.bare.learn(y, 1/min(p.Long*10, n+1), p.Clip, floor)
	c.keep(m, y, near, r[chPattern], p)
	c.y = y
}

// explain says what was expected, in the unit of the value.
func (c *core) explain(f *Finding, which int, expected float64, unix int64, floor float64, p *params) {
	band := max(c.tails[chSeason].q, floor)
	f.Baseline = unbend(expected, p)
	f.Low, f.High = unbend(expected-band, p), unbend(expected+band, p)
	if c.whole {
		f.Low = max(0, f.Low)
		f.Baseline = max(0, f.Baseline)
		sd := math.Sqrt(f.Baseline + 1)
		f.High = max(f.High, f.Baseline+3*sd)
		f.Low = min(f.Low, max(0, f.Baseline-3*sd))
	}
	f.Calm = f.Value >= f.Low && f.Value <= f.High
	f.Coverage = c.coverage()
	f.Multiple = multiple(f.Value, f.Baseline, f.High-f.Low, c.whole)
	f.How = how(which, unix)
}

// multiple is Value / Baseline without infinities: see Finding.
func multiple(value, baseline, band float64, whole bool) float64 {
	least := band
	if whole {
		least = 1
	}
	if math.Abs(baseline) < least && (whole || baseline == 0) {
		if math.Abs(value) <= math.Abs(baseline) || least == 0 {
			return 1
		}
		return max(1, math.Abs(value)/least)
	}
	return value / baseline
}

func how(which int, _ int64) string {
	switch which {
	case seasonDay:
		return "level at this time of day"
	case seasonWeek:
		return "level at this time of the week"
	}
	return "level of the last days"
}

// bend is the scale that values are compared on: linear near 0, logarithmic
// beyond, so that ratios count where numbers are large and a jump from 0 to 2
// is small.
func bend(x float64, p *params) float64 {
	return math.Copysign(math.Log1p(math.Abs(x)/p.Bend), x)
}

func unbend(y float64, p *params) float64 {
	return math.Copysign(math.Expm1(min(math.Abs(y), 600))*p.Bend, y)
}
