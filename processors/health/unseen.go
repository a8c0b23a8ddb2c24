package health

import (
	"fmt"
	"slices"
	"time"
)

// judgeUnseen is about targets of which nothing is seen: nobody looks
// (source-stale), or looks fail (looks-failing). A target has one of the two,
// whichever came first, until it is seen again. Where it is so for all targets
// of a source, the source has one episode, and not each of its targets.
func (p *Processor) judgeUnseen(targets []*series, known *ledger, now time.Time) []finding {
	members := make([]member, 0, len(targets))
	for _, s := range targets {
		if s.every > 0 {
			members = append(members, p.unseen(s, known, now, time.Time{}))
		}
	}
	g := group{
		source: targets[0].source, members: members, rules: []string{ruleStale, ruleFailing},
		recovered: func(m member, e *episode) time.Time {
			return m.s.recovered(e.onset, p.recoverLooks(e.rule))
		},
		after: func(m member, cut time.Time) member { return p.unseen(m.s, known, now, cut) },
		chanceOver: func(first time.Time) bool {
			return now.Sub(first) > targets[0].times(p.cfg.StaleAfter)
		},
	}
	return g.judge(known)
}

// recoverLooks is how many good looks end an episode. One that was looked at
// again is looked at; one that failed may fail again.
func (p *Processor) recoverLooks(rule string) int {
	if rule == ruleStale {
		return 1
	}
	return p.cfg.RecoverLooks
}

// unseen judges a target by what is after cut, and after its last episode.
func (p *Processor) unseen(s *series, known *ledger, now, cut time.Time) member {
	if e := known.open(about(ruleStale, s), about(ruleFailing, s)); e != nil {
		return p.stillUnseen(s, e, now)
	}
	if at := known.ended(about(ruleStale, s), about(ruleFailing, s)); at.After(cut) {
		cut = at
	}
	if f, yes := p.failing(s.after(cut)); yes {
		return member{s: s, finding: f}
	}
	if f, yes := p.stale(s.after(cut), now); yes {
		return member{s: s, finding: f}
	}
	m := member{s: s, finding: finding{key: about(ruleStale, s), verdict: well}}
	if s.badRun() > 0 || now.Sub(s.since()) > s.times(1.5) {
		m.verdict = leaning
	}
	return m
}

// stillUnseen is for a target that has an episode already.
func (p *Processor) stillUnseen(s *series, e *episode, now time.Time) member {
	f := finding{key: e.key, verdict: hold, onset: e.onset}
	if at := s.recovered(e.onset, p.recoverLooks(e.rule)); !at.IsZero() {
		f.verdict, f.at = well, at
		f.says = "It is seen again, since " + clock(at) + "."
		return member{s: s, finding: f}
	}
	again, yes := p.failing(s.after(e.onset.Add(-time.Millisecond)))
	if e.rule == ruleStale {
		again, yes = p.stale(s.after(e.onset), now)
	}
	if yes {
		again.onset = e.onset
		f = again
	}
	return member{s: s, finding: f}
}

// after is the series as if what was before had not been.
func (s *series) after(cut time.Time) *series {
	c := *s
	c.cut = cut
	c.ticks = slices.DeleteFunc(slices.Clone(s.ticks), func(t tick) bool { return !t.slot.After(cut) })
	return &c
}

// since is the last moment at which the target was seen, or was to be seen
// for the first time.
func (s *series) since() time.Time {
	at := s.lastGood
	if at.IsZero() {
		at = s.first
	}
	if s.cut.After(at) {
		return s.cut
	}
	return at
}

// stale: nobody looked for some intervals; or nobody saw anything for longer
// than the rule about failing looks would need to say so.
func (p *Processor) stale(s *series, now time.Time) (finding, bool) {
	after := s.last.Add(s.times(p.cfg.StaleAfter))
	if late := s.since().Add(s.times(max(p.cfg.StaleAfter, float64(p.cfg.FailingLooks)+1))); late.Before(after) {
		after = late
	}
	if !now.After(after) || s.every == 0 || now.Before(p.quietUntil) {
		return finding{}, false
	}
	f := finding{key: about(ruleStale, s), verdict: bad, onset: s.since(), at: after, unit: "s", baseline: s.every.Seconds()}
	for i, intervals := range []float64{0, 12, 48} {
		if at := s.since().Add(s.times(intervals)); now.After(at) {
			f.level = i
			if at.After(f.at) {
				f.at = at
			}
		}
	}
	if f.at.Before(f.onset) {
		f.at = f.onset // as soon as somebody wants it again
	}
	f.value = f.at.Sub(s.since()).Seconds()
	f.says = fmt.Sprintf("No good look since %s; one is expected every %s. Called stale after %v intervals; the last look of any kind was at %s.",
		clock(s.since()), interval(s.every), p.cfg.StaleAfter, clock(s.last))
	return f, true
}

// failing: the last looks failed or were refused, one after the other.
func (p *Processor) failing(s *series) (finding, bool) {
	run, need := s.badRun(), p.cfg.FailingLooks
	if run < need {
		return finding{}, false
	}
	failed := s.ticks[len(s.ticks)-run:]
	f := finding{key: about(ruleFailing, s), verdict: bad, onset: failed[0].slot, unit: "looks"}
	for i, factor := range []int{1, 4, 16} {
		if n := min(need*factor, recentTicks); run >= n {
			f.level, f.value, f.at = i, float64(n), failed[n-1].slot
		}
	}
	f.says = fmt.Sprintf("%.0f looks in a row saw nothing since %s, none are expected to (%d open an episode, %d good ones close it). The last one said: %s",
		f.value, clock(f.onset), need, p.cfg.RecoverLooks, s.reason)
	return f, true
}
