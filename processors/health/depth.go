package health

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	// minHistory is how many looks make a habit.
	minHistory = 6
	// confirmLooks is in how many looks in a row a list must be odd: one odd
	// look is an accident.
	confirmLooks = 2
)

// judgeDepth: a list has become much shorter than it usually is.
func (p *Processor) judgeDepth(s *series, known *ledger) []finding {
	lists := slices.DeleteFunc(s.oks(), func(t tick) bool { return t.depth == 0 })
	k := about(ruleDepth, s)
	if len(lists) == 0 {
		return nil
	}
	if e := known.open(k); e != nil {
		return []finding{p.stillShort(e, lists)}
	}
	if last := lists[len(lists)-1]; last.depth >= p.cfg.Depth*deepest(lists) {
		return nil
	}
	// The usual is what was before the short ones; it is looked for from the
	// end, so that it does not drift while they become many.
	for run := len(lists) - minHistory; run >= confirmLooks; run-- {
		usual := median(lists[:len(lists)-run])
		short := lists[len(lists)-run:]
		if !slices.ContainsFunc(short, func(t tick) bool { return t.depth >= p.cfg.Depth*usual }) {
			return []finding{p.short(k, usual, short)}
		}
	}
	return nil
}

func (p *Processor) short(k key, usual float64, short []tick) finding {
	now := short[len(short)-1]
	f := finding{
		key: k, verdict: bad, onset: short[0].slot, at: now.slot, value: now.depth, baseline: usual, unit: "places",
	}
	for i, share := range []float64{p.cfg.Depth, p.cfg.Depth / 2, p.cfg.Depth / 8} {
		if now.depth < share*usual {
			f.level = i
		}
	}
	f.says = fmt.Sprintf("The list has %.0f places since %s, usually %.0f (median of the looks before). Below %.0f %% in %d looks opens an episode, %.0f %% in %d looks closes it.",
		now.depth, clock(f.onset), usual, 100*p.cfg.Depth, confirmLooks, 100*p.cfg.DepthRecovered, p.cfg.RecoverLooks)
	return f
}

// stillShort compares with the usual as it was when the episode began.
func (p *Processor) stillShort(e *episode, lists []tick) finding {
	f := finding{key: e.key, verdict: hold, onset: e.onset}
	run := 0
	for _, t := range lists {
		switch {
		case !t.slot.After(e.onset):
		case t.depth < p.cfg.DepthRecovered*e.baseline:
			run = 0
		default:
			if run++; run >= p.cfg.RecoverLooks {
				f.verdict, f.at = well, t.slot
				f.says = fmt.Sprintf("The list has %.0f places again, usually %.0f.", t.depth, e.baseline)
				return f
			}
		}
	}
	last := lists[len(lists)-1]
	switch {
	case last.slot.Sub(e.onset) > p.cfg.AcceptAfter.D():
		f.verdict, f.at = well, e.onset.Add(p.cfg.AcceptAfter.D())
		f.says = fmt.Sprintf("The list has had %.0f places for %s; from now on that is the usual.", last.depth, interval(p.cfg.AcceptAfter.D()))
	case last.depth < p.cfg.Depth*e.baseline && last.slot.After(e.onset):
		f = p.short(e.key, e.baseline, []tick{{slot: e.onset}, last})
		f.onset = e.onset
	}
	return f
}

func deepest(all []tick) float64 {
	return slices.MaxFunc(all, func(a, b tick) int { return cmp.Compare(a.depth, b.depth) }).depth
}

func median(all []tick) float64 {
	depths := make([]float64, len(all))
	for i, t := range all {
		depths[i] = t.depth
	}
	slices.Sort(depths)
	return depths[len(depths)/2]
}

// within is the span of looks at readings that the rules about them need.
func (p *Processor) within(every time.Duration) time.Duration {
	return min(max(p.cfg.FrozenAfter.D()+24*time.Hour, 20*every), p.cfg.Lookback.D())
}
