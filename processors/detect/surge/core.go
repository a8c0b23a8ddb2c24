package surge

import (
	"math"
	"time"
)

// core is what both tiers keep, whatever the size of their memories.
type core struct {
	kind  Kind
	fixed bool    // every was given, not to be learnt
	whole bool    // all values so far were whole numbers, none below 0
	looks uint32  // how many there were
	n     uint32  // how many of them were judged or learnt
	held  uint32  // how many of memory.recent are of an unbroken run
	at    int64   // last look, µs since 1970
	every float64 // distance of looks, s
	last  float64 // the value before

	count   counter
	long    level            // of the values
	short   float64          // mean of the last few
	slow    float64          // mean of some more; 0 in the light tier
	span    span             // of all values
	spread  level            // of the jumps from look to look, lately
	usual   level            // the same, as usual
	matched level            // of the distances to the nearest pattern
	bias    [seasons]float64 // slow drift between the slots of a season and now
	miss    [seasons]float64 // how far off each season has lately been
	seen    float64          // looks that were there, fading with the long window
	wanted  float64          // looks that there should have been
	tails   [channels]tail
}

func (c *core) begin(every time.Duration, kind Kind) {
	c.kind, c.whole = kind, true
	if every > 0 {
		c.every, c.fixed = every.Seconds(), true
	}
}

// largest is the largest value that is taken for a measurement: the memories
// are of single precision.
const largest = 1e30

// add is one look through all channels: first judged by what was known before,
// then learnt.
func (c *core) add(o Observation, m memory, p *params) Finding {
	at := o.At.UnixMicro()
	if !finite(o.Value) || math.Abs(o.Value) > largest || (c.looks > 0 && at <= c.at) {
		return Finding{}
	}
	f := Finding{At: o.At, Value: o.Value, Previous: c.last, Multiple: 1}
	dt := float64(at-c.at) / 1e6
	missed := c.pace(dt, p)
	c.at = at
	c.looks = min(c.looks, math.MaxUint32-1) + 1
	f.Coverage = c.coverage()
	rounded := false
	if c.kind == Counter {
		var known bool
		if known, rounded = c.rate(&f, dt); !known {
			return f
		}
	}
	if c.n == 0 {
		c.last, f.Previous = f.Value, f.Value
	}
	c.judge(&f, floorDiv(at, 1e6), missed, m, p)
	if rounded {
		f.Surprise, f.Score, f.Stirred = 0, 0, false
	}
	c.last = f.Value
	c.n = min(c.n, math.MaxUint32-1) + 1
	return f
}

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
	if c.looks == 0 {
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
	past := fade
	if missed > 0 {
		past = math.Pow(fade, missed+1)
	}
	c.seen = c.seen*past + 1
	c.wanted = c.wanted*past + (1-past)/(1-fade)
	return missed
}

func (c *core) coverage() float64 { return max(0, min(1, c.seen/c.wanted)) }

// judge fills the finding in and learns.
func (c *core) judge(f *Finding, unix int64, missed float64, m memory, p *params) {
	y, n := f.Value, float64(c.n)
	if n == 0 {
		c.long.m, c.short, c.span = y, y, span{y, y}
	}
	if missed > p.Short { // what was lately is long ago
		c.short, c.held = c.long.m, 0
	}
	if y != math.Trunc(y) || y < 0 {
		c.whole = false
	}
	floor := 1e-3*math.Abs(c.long.m) + smallest
	which, expected := c.expect(unix, m, p)

	jump := math.Abs(y - c.last)
	if missed > 0 { // not from one look to the next
		jump = c.spread.m
	}
	c.short += (y - c.short) / min(p.Short, n+1)
	c.slower(y, missed, m, p)
	c.spread.learn(jump, 1/min(p.Spread, n+1), 2*p.Clip, floor)
	var r [channels]float64
	var near int
	r[channelShort] = math.Abs(c.short - c.long.m)
	r[channelSlow] = math.Abs(c.slow - c.long.m)
	r[channelSeason] = math.Abs(y - expected)
	r[channelSpread] = math.Abs(math.Log((c.spread.m + floor) / (c.usual.m + floor)))
	r[channelPattern], near = c.nearest(m, y)

	band := max(c.tails[channelSeason].q, floor)
	for i := range r {
		if i == channelSlow && !m.slow {
			continue
		}
		f.Surprise += m.weight(i) * c.tails[i].judge(r[i])
		c.tails[i].learn(r[i], n, p)
	}
	f.Surprise += c.span.judge(y, p.Margin)
	c.span.learn(y)
	f.Learning = n < p.Warm || f.Coverage < p.MinCoverage
	switch {
	case f.Learning:
		f.Surprise = 0
	case c.whole && f.Surprise > 0:
		f.Surprise = min(f.Surprise, c.chance(y, expected, p))
	}
	if f.Surprise > 0 {
		f.Surprise *= c.pacing(p)
	}
	f.Score = p.score(f.Surprise)
	f.Stirred = f.Surprise > p.Stir
	c.explain(f, expected, band)
	f.How = c.how(f, which, unix, m, p)

	c.usual.learn(jump, 1/min(2*p.Long, n+1), 2*p.Clip, floor)
	c.learnSeasons(y, unix, m, floor, p)
	c.long.learn(y, 1/min(p.Long, n+1), p.Clip, floor)
	c.keep(m, near, r[channelPattern], p)
}

// slower moves the slow mean, where it is kept.
func (c *core) slower(y, missed float64, m memory, p *params) {
	if !m.slow {
		return
	}
	if c.n == 0 || missed > p.Slow {
		c.slow = c.long.m
	}
	c.slow += (y - c.slow) / min(p.Slow, float64(c.n)+1)
}

// pacing is what a look counts for, by how rare looks are.
func (c *core) pacing(p *params) float64 {
	return max(1/p.PaceMost, min(p.PaceMost, math.Pow(max(c.every, 1)/fiveMinutes, p.Pace)))
}

const fiveMinutes = 300 // seconds

func (p *params) score(surprise float64) float64 { return surprise / (surprise + p.Half) }

// chance is the most that a count can surprise: nats beyond the hundredth part
// that chance alone reaches, were the expected one the mean of a Poisson
// distribution. Of one look, or of the last few together: 0, 0, 2 is nothing,
// and so is 6 where 3 are expected, but not 6 twelve times.
func (c *core) chance(y, expected float64, p *params) float64 {
	one := deviance(y, max(0, expected)+1)
	few := deviance(c.short*p.Short, max(0, c.long.m)*p.Short+1)
	return max(0, max(one, few)+math.Log(1-p.Quantile))
}

// deviance is −ln of the probability of a count as far from the mean as y, by
// Chernoff's bound.
func deviance(y, mean float64) float64 {
	if y <= 0 {
		return mean
	}
	return y*math.Log(y/mean) - y + mean
}
