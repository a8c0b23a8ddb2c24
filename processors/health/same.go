package health

import (
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// usedToChange is how many changes make it odd that there are none any more;
// usedToTimes by how much the pause has to exceed the longest one before.
const (
	usedToChange = 5
	usedToTimes  = 3
)

// judgeSame is about numbers that are suspiciously alike: all of a look, all
// looks in a row, or the order of a chart for days.
func (p *Processor) judgeSame(s *series, metrics []metricHistory, known *ledger) []finding {
	var out []finding
	for i := range metrics {
		m := &metrics[i]
		looks := slices.DeleteFunc(slices.Clone(m.looks), func(l metricLook) bool { return l.n < uint64(p.cfg.EqualReadings) })
		if len(looks) < 2 {
			continue
		}
		equal := p.allEqual(key{ruleEqual, s.source, s.target, s.target, m.metric}, looks, known)
		out = append(out, equal)
		if m.metric == event.MetricRank {
			out = append(out, p.frozen(key{ruleFrozen, s.source, s.target, s.target, m.metric}, looks, known, equal))
		}
	}
	return out
}

func (p *Processor) allEqual(k key, looks []metricLook, known *ledger) finding {
	begin := identical(looks)
	if e := known.open(k); e != nil {
		f := finding{key: k, verdict: hold, onset: e.onset}
		after := slices.DeleteFunc(slices.Clone(looks), func(l metricLook) bool { return !l.slot.After(e.onset) })
		if at := p.moves(after, e.onset, looks); !at.IsZero() {
			f.verdict, f.at = well, at
			f.says = "The values differ again, since " + clock(at) + "."
		}
		return f
	}
	if f, yes := oneValue(k, looks); yes {
		return f
	}
	return p.unchanged(k, looks, begin)
}

// moves is when the values were different from each other and from the look
// before, in as many looks as it takes to close; zero: not yet.
func (p *Processor) moves(after []metricLook, onset time.Time, all []metricLook) time.Time {
	frozen := all[0].sum
	for _, l := range all {
		if !l.slot.After(onset) {
			frozen = l.sum
		}
	}
	run := 0
	for _, l := range after {
		if l.u > 1 && l.sum != frozen {
			if run++; run >= p.cfg.RecoverLooks {
				return l.slot
			}
			continue
		}
		run = 0
	}
	return time.Time{}
}

// oneValue: all values of the look are the same, which they never were.
func oneValue(k key, looks []metricLook) (finding, bool) {
	begin := len(looks)
	for begin > 0 && looks[begin-1].u == 1 {
		begin--
	}
	same, before := looks[begin:], looks[:begin]
	differed := 0
	for _, l := range before {
		if l.u > 1 {
			differed++
		}
	}
	if len(same) < confirmLooks || len(before) < minHistory || float64(differed) < 0.9*float64(len(before)) {
		return finding{}, false
	}
	f := finding{
		key: k, verdict: bad, onset: same[0].slot, at: same[confirmLooks-1].slot, level: 1,
		value: 1, baseline: float64(before[len(before)-1].u), unit: "values",
	}
	f.says = fmt.Sprintf("All %d readings of %s have one and the same value since %s; before there were %d different ones in a look.",
		same[len(same)-1].n, k.metric, clock(f.onset), before[len(before)-1].u)
	return f, true
}

// unchanged: the look is the same as the ones before, for much longer than ever.
func (p *Processor) unchanged(k key, looks []metricLook, begin int) finding {
	f := finding{key: k, verdict: hold}
	run, longest, current, changes := len(looks)-begin, 1, 1, 0
	for i := 1; i < begin; i++ {
		if looks[i].sum == looks[i-1].sum {
			current++
		} else {
			changes++
			current = 1
		}
		longest = max(longest, current)
	}
	need := max(p.cfg.EqualLooks, usedToTimes*longest)
	if changes < usedToChange || run < need || looks[begin].nonzero == 0 {
		return f
	}
	f.verdict, f.onset, f.at = bad, looks[begin].slot, looks[begin+need-1].slot
	f.value, f.baseline, f.unit = float64(need), float64(longest), "looks"
	f.says = fmt.Sprintf("%d looks in a row at %s are identical since %s; before, at most %d were (%d times that, and at least %d, open an episode).",
		need, k.metric, clock(f.onset), longest, usedToTimes, p.cfg.EqualLooks)
	return f
}

// identical is where the last looks that are all the same begin.
func identical(looks []metricLook) int {
	begin := len(looks) - 1
	for begin > 0 && looks[begin-1].sum == looks[begin].sum {
		begin--
	}
	return begin
}

// frozen: the order of a chart has not changed for days.
func (p *Processor) frozen(k key, looks []metricLook, known *ledger, equal finding) finding {
	begin := identical(looks)
	f := finding{key: k, verdict: hold}
	since, last := looks[begin].slot, looks[len(looks)-1].slot
	e := known.open(k)
	switch {
	case e != nil:
		f.onset = e.onset
		if since.After(e.onset) {
			f.verdict, f.at = well, since
			f.says = "The order changes again, since " + clock(since) + "."
		}
	case known.open(equal.key) == nil && equal.verdict != bad && len(looks)-begin >= minHistory && last.Sub(since) > p.cfg.FrozenAfter.D():
		f.verdict, f.onset, f.at = bad, since, since.Add(p.cfg.FrozenAfter.D())
		f.value, f.baseline, f.unit = p.cfg.FrozenAfter.D().Seconds(), 0, "s"
		f.says = fmt.Sprintf("The order of the chart is the same in every look since %s, for more than %s.", clock(since), interval(p.cfg.FrozenAfter.D()))
	}
	return f
}
