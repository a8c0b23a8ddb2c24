package surge

import (
	"math"

	"github.com/tidemark/tidemark/processors/detect/state"
)

// Usual is what was ordinary for a series at a moment. Whoever follows a surge
// keeps the one of before it, and gives it back with Settle when it is over: a
// tail takes some fifty looks to learn that ×600 happens and ten thousand to
// forget it, and until then it would hide a rise of ×50.
type Usual struct {
	known      bool    // there was enough history to judge by
	level      float64 // of the values
	jump       float64 // from look to look
	bias, miss [seasons]float64
	tails      [channels]tail
	span       span
}

// Fields writes or reads it.
func (u *Usual) Fields(p *state.Pen) {
	p.Flags(&u.known)
	if !u.known {
		return
	}
	p.Floats(&u.level, &u.jump, &u.span.low, &u.span.high)
	for i := range u.bias {
		p.Floats(&u.bias[i], &u.miss[i])
	}
	for i := range u.tails {
		p.Floats(&u.tails[i].q, &u.tails[i].m)
	}
}

func (c *core) usually(p *params) Usual {
	if float64(c.n) < p.Warm || c.coverage() < p.MinCoverage {
		return Usual{}
	}
	u := Usual{known: true, level: c.long.m, jump: c.usual.m, bias: c.bias, miss: c.miss, tails: c.tails, span: c.span}
	for i := range u.tails {
		u.tails[i].n = 0
	}
	return u
}

// Usual is what is ordinary now.
func (d *Light) Usual() Usual {
	p := standard()
	return d.core.usually(&p)
}

// Usual is what is ordinary now.
func (d *Full) Usual() Usual {
	p := standard()
	return d.core.usually(&p)
}

// Settle forgets what a surge has taught that is over. What is ordinary from
// now on is what was before it, as many times larger as the level is now, and
// what was seen lately: the calm end of it, in the order of time.
func (d *Light) Settle(before *Usual, lately []Observation) {
	d.core.settle(before, lately, d.memory())
}

// Settle is that of Light.
func (d *Full) Settle(before *Usual, lately []Observation) {
	d.core.settle(before, lately, d.memory())
}

// enoughLately is how many values it takes to know what a series does now, and
// roomLately how many times as much is expected of a time of the week that is
// not among them.
const (
	enoughLately = 12
	roomLately   = 2
)

func (c *core) settle(before *Usual, lately []Observation, m memory) {
	if len(lately) < enoughLately {
		lately = nil
	}
	mean, seen := means(lately)
	if seen.low > seen.high && !before.known {
		return // nothing is known
	}
	reach, grown := 0.0, 1.0
	if lately != nil {
		c.long.m, reach = mean, max(seen.high-mean, mean-seen.low)
		c.long.s = min(c.long.s, reach)
		c.matched.m = min(c.matched.m, reach)
	}
	if before.known && before.level != 0 {
		grown = max(1, math.Abs(c.long.m/before.level))
	}
	c.settleTails(before, reach, grown)
	c.settleSeasons(before, lately, seen, grown, m)
	if before.known {
		c.usual.m = min(c.usual.m, max(before.jump*grown, c.spread.m))
		seen = seen.with(span{min(before.span.low, before.span.low*grown), max(before.span.high, before.span.high*grown)})
	} else {
		c.usual.m = min(c.usual.m, c.spread.m)
	}
	c.span = span{max(c.span.low, seen.low), min(c.span.high, seen.high)}
}

// means are the mean and the range of values; without any the range is turned
// round.
func means(all []Observation) (mean float64, seen span) {
	seen = span{math.Inf(1), math.Inf(-1)}
	for i, o := range all {
		mean += (o.Value - mean) / float64(i+1)
		seen.learn(o.Value)
	}
	return mean, seen
}

func (s span) with(o span) span { return span{min(s.low, o.low), max(s.high, o.high)} }

// settleTails lets nothing beyond reach be ordinary that was not before.
func (c *core) settleTails(before *Usual, reach, grown float64) {
	for i := range c.tails {
		t, was := &c.tails[i], before.tails[i]
		if before.known {
			t.m = min(t.m, was.m)
		}
		switch {
		case i != channelSpread:
			t.q = min(t.q, max(was.q*grown, reach, smallest))
		case before.known: // of a ratio, which has no unit
			t.q = min(t.q, was.q)
		}
	}
}

// settleSeasons puts what is expected of each time of the day and week where
// the series is now: the times that were seen lately where they are far from
// it, the others within sight of it. Without a past the seasons have to predict
// anew before they are believed.
func (c *core) settleSeasons(before *Usual, lately []Observation, seen span, grown float64, m memory) {
	c.bias = before.bias
	for k := range c.miss {
		c.miss[k] = before.miss[k] * grown
	}
	if lately == nil {
		return
	}
	if !before.known {
		c.miss[seasonNone] = seen.high - seen.low
	}
	low, high := seen.low-roomLately*math.Abs(seen.low), roomLately*math.Abs(seen.high)
	far := before.tails[channelSeason].q * grown
	for k, s := range m.seasons() {
		for i := range s.m {
			s.m[i] = float32(max(low, min(high, float64(s.m[i]))))
		}
		for _, o := range lately {
			i := s.at(floorDiv(o.At.UnixMicro(), 1e6))
			if is := o.Value - c.bias[k]; math.Abs(is-float64(s.m[i])) > far {
				s.m[i] = float32(is)
			}
		}
	}
}
