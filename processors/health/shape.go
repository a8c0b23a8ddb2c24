package health

import (
	"fmt"
	"slices"
	"time"
)

// judgeMissing: a field is gone. A metric that every look at the target
// brought is in none of the last ones, though they are good.
func (p *Processor) judgeMissing(s *series, metrics []metricHistory, known *ledger) []finding {
	var out []finding
	oks := s.oks()
	for i := range metrics {
		m := &metrics[i]
		k := key{ruleFewer, s.source, s.target, s.target, m.metric}
		f := finding{key: k, verdict: hold}
		without := slices.DeleteFunc(slices.Clone(oks), func(t tick) bool { return !t.slot.After(m.last()) })
		before := slices.DeleteFunc(slices.Clone(oks), func(t tick) bool { return t.slot.After(m.last()) })
		e := known.open(k)
		switch {
		case e != nil && m.last().After(e.onset):
			f.verdict, f.at, f.onset = well, firstWith(m, e.onset), e.onset
			f.says = m.metric + " is there again, since " + clock(f.at) + "."
		case e != nil && s.last.Sub(e.onset) > p.cfg.AcceptAfter.D():
			f = accepted(e, p.cfg.AcceptAfter.D())
		case e == nil && len(without) >= p.cfg.MissingLooks && m.always(before):
			f = p.missing(k, without)
		}
		out = append(out, f)
	}
	return out
}

func (p *Processor) missing(k key, without []tick) finding {
	n := p.cfg.MissingLooks
	f := finding{
		key: k, verdict: bad, onset: without[0].slot, at: without[n-1].slot,
		value: 0, baseline: float64(n), unit: "looks", level: 1,
	}
	f.says = fmt.Sprintf("None of the last %d good looks has %s, which every look had before; the first without it was at %s. Such a field has been renamed or removed.",
		n, k.metric, clock(f.onset))
	return f
}

// accepted closes what will not come back: it has become the usual.
func accepted(e *episode, after time.Duration) finding {
	return finding{
		key: e.key, verdict: well, onset: e.onset, at: e.onset.Add(after),
		says: "It has been so for " + interval(after) + "; from now on that is the usual.",
	}
}

// vanished closes what is about a metric or an app of which no look in the
// whole span says anything any more.
func (p *Processor) vanished(s *series, found []finding, known *ledger) []finding {
	var out []finding
	for _, e := range known.all() {
		about := e.source == s.source && e.target == s.target && slices.Contains([]string{ruleFewer, ruleEqual, ruleFrozen, ruleName}, e.rule)
		if about && e.isOpen() && s.last.Sub(e.onset) > p.cfg.AcceptAfter.D() &&
			!slices.ContainsFunc(found, func(f finding) bool { return f.key == e.key }) {
			out = append(out, accepted(e, p.cfg.AcceptAfter.D()))
		}
	}
	return out
}

// firstWith is the first look after a moment that has the metric.
func firstWith(m *metricHistory, after time.Time) time.Time {
	for _, l := range m.looks {
		if l.slot.After(after) {
			return l.slot
		}
	}
	return m.last()
}

// always says that the metric was in nearly every look of the ticks. Of a
// metric about periods the earlier looks do not tell: it must have been about
// several periods.
func (m *metricHistory) always(ticks []tick) bool {
	if len(ticks) < minHistory {
		return false
	}
	if m.period() {
		return m.periods >= 3
	}
	first := m.looks[0].slot
	seen, of := 0, 0
	for _, t := range ticks {
		if t.slot.Before(first) {
			continue
		}
		of++
		if _, found := slices.BinarySearchFunc(m.looks, t.slot, func(l metricLook, slot time.Time) int { return l.slot.Compare(slot) }); found {
			seen++
		}
	}
	return of >= minHistory && float64(seen) >= 0.9*float64(of)
}

// judgeNames: an id does not bear the expected name any more.
func (p *Processor) judgeNames(s *series, names []nameHistory, known *ledger) []finding {
	var out []finding
	for _, n := range names {
		k := key{ruleName, s.source, s.target, n.subject, metricNameMatches}
		f := finding{key: k, verdict: hold}
		last := len(n.slots) - 1
		e := known.open(k)
		later := slices.DeleteFunc(s.oks(), func(t tick) bool { return !t.slot.After(n.slots[last]) })
		switch {
		case len(later) >= p.cfg.MissingLooks: // nothing that is said of it now
			if e != nil {
				f.verdict, f.at, f.onset = well, later[p.cfg.MissingLooks-1].slot, e.onset
				f.says = fmt.Sprintf("App %s is not watched any more: none of the last %d good looks says anything of it.", n.subject, p.cfg.MissingLooks)
			}
		case n.matches[last] && e != nil && n.slots[last].After(e.onset):
			i := last
			for i > 0 && n.matches[i-1] && n.slots[i-1].After(e.onset) {
				i--
			}
			f.verdict, f.at, f.onset = well, n.slots[i], e.onset
			f.says = n.subject + " bears the expected name again, since " + clock(f.at) + "."
		case !n.matches[last] && e == nil:
			i := last
			for i > 0 && !n.matches[i-1] {
				i--
			}
			f.verdict, f.onset, f.at, f.level = bad, n.slots[i], n.slots[i], 1
			f.value, f.baseline, f.unit = 0, 1, "matches"
			f.says = fmt.Sprintf("The page of app %s bears none of the names of watch.entities since %s (%s is 0, expected 1).", n.subject, clock(f.onset), metricNameMatches)
		}
		out = append(out, f)
	}
	return out
}
