package health

import (
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// member is a target of a source, as a rule sees it.
type member struct {
	s *series
	finding
}

// group makes one episode of a source out of those of its targets, where all
// of them have the same trouble.
type group struct {
	source  string
	rules   []string // either of them
	members []member
	// after judges a member by what was after a moment; nil: the rule is about
	// a day, and its moments never meet.
	after func(m member, cut time.Time) member
	// recovered says when a member was well again after the onset of the
	// source's episode; zero: it is not.
	recovered func(m member, e *episode) time.Time
	// chanceOver says that who is not well so long after the first has a
	// trouble of its own.
	chanceOver func(first time.Time) bool
}

func (g *group) judge(known *ledger) []finding {
	var keys []key
	for _, rule := range g.rules {
		keys = append(keys, whole(rule, g.source))
	}
	if e := known.open(keys...); e != nil {
		g.cutAt(known.ended(keys...))
		return append(g.known(known), g.stillAll(e))
	}
	var fresh, single, others []finding // bad without an episode; with one; neither bad nor on the way
	waiting := false
	for _, m := range g.members {
		switch {
		case known.open(g.keys(m)...) != nil:
			if m.verdict != bad {
				others = append(others, m.finding)
			} else {
				single = append(single, m.finding)
			}
		case m.verdict == bad:
			fresh = append(fresh, m.finding)
		case m.verdict == leaning:
			waiting = true
		case m.verdict == well:
			others = append(others, m.finding)
		}
	}
	out := g.known(known)
	switch {
	case len(fresh) == 0 || len(others) == 0 && waiting:
		return out // it will be one or the other within an interval
	case len(fresh)+len(single) >= 2 && len(others) == 0:
		return g.together(fresh, single, known.ended(keys...))
	default:
		return append(out, fresh...)
	}
}

// cutAt judges all members by what was after the end of the last episode of
// the source.
func (g *group) cutAt(cut time.Time) {
	if g.after == nil || cut.IsZero() {
		return
	}
	for i, m := range g.members {
		g.members[i] = g.after(m, cut)
	}
}

// together is one finding for all, and the end of what single ones had; nothing
// as long as all of them were bad only before the end of the last such episode.
func (g *group) together(fresh, single []finding, cut time.Time) []finding {
	if g.after != nil && !cut.IsZero() {
		for i := range fresh {
			m := g.after(g.members[slices.IndexFunc(g.members, func(m member) bool { return m.target == fresh[i].target })], cut)
			if m.verdict != bad {
				return single
			}
			fresh[i] = m.finding
		}
	}
	f := g.all(fresh)
	f.value = float64(len(fresh) + len(single))
	f.says = fmt.Sprintf("%.0f of %d targets, since %s at the latest. For instance %s: %s",
		f.value, len(g.members), clock(f.onset), fresh[0].target, fresh[0].says)
	out := []finding{f}
	for _, s := range single {
		out = append(out, finding{
			key: s.key, verdict: well, onset: s.onset, at: f.at,
			says: "It is part of the source's trouble now, which has an episode of its own.",
		})
	}
	return out
}

// keys are what a member can have an episode of.
func (g *group) keys(m member) []key {
	keys := make([]key, len(g.rules))
	for i, rule := range g.rules {
		keys[i] = about(rule, m.s)
	}
	return keys
}

// known are the findings about members that have an episode of their own.
func (g *group) known(known *ledger) []finding {
	var out []finding
	for _, m := range g.members {
		if known.open(g.keys(m)...) != nil {
			out = append(out, m.finding)
		}
	}
	return out
}

// all is the finding about the source. It begins where the last of its targets
// began.
func (g *group) all(targets []finding) finding {
	f := targets[0]
	for _, t := range targets[1:] {
		if t.onset.After(f.onset) {
			f.onset = t.onset
		}
		if t.at.After(f.at) {
			f.at = t.at
		}
		f.level = min(f.level, t.level)
		if t.rule != f.rule {
			f.rule = ruleFailing // some looks still take place
		}
	}
	f.key = whole(f.rule, g.source)
	f.value, f.baseline, f.unit = float64(len(targets)), 0, "targets"
	f.says = fmt.Sprintf("All %d targets, since %s at the latest. For instance %s: %s", len(targets), clock(f.onset), targets[0].target, targets[0].says)
	return f
}

// stillAll is for a source that has an episode already.
func (g *group) stillAll(e *episode) finding {
	f := finding{key: e.key, verdict: hold, onset: e.onset}
	var first, last time.Time
	var rest []finding
	for _, m := range g.members {
		at := g.recovered(m, e)
		if at.IsZero() {
			rest = append(rest, m.finding)
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	switch {
	case len(g.members) == 0:
	case len(rest) == 0:
		f.verdict, f.at = well, last
		f.says = fmt.Sprintf("All %d targets are well again, the last since %s.", len(g.members), clock(last))
	case !first.IsZero() && g.chanceOver(first):
		f.verdict, f.at = well, first
		f.says = fmt.Sprintf("%d of %d targets are well again, the first since %s; the others have a trouble of their own.",
			len(g.members)-len(rest), len(g.members), clock(first))
	case len(rest) == len(g.members) && allBad(rest):
		f = g.all(rest)
		f.key, f.onset = e.key, e.onset
	}
	return f
}

func allBad(all []finding) bool {
	for _, f := range all {
		if f.verdict != bad {
			return false
		}
	}
	return true
}

// gone closes what is about targets that nobody looks at any more.
func gone(wanted []*series, known *ledger, now time.Time) []finding {
	there := map[string]bool{}
	for _, s := range wanted {
		there[s.source+"\x1f"+s.target] = true
		there[s.source+"\x1f"+event.SourceTarget(s.source).Key()] = true
	}
	var out []finding
	for _, e := range known.all() {
		if e.isOpen() && !there[e.source+"\x1f"+e.target] {
			out = append(out, finding{
				key: e.key, verdict: well, onset: e.onset, at: now.Truncate(time.Minute),
				says: "Nobody looks at it any more: it was taken out of the configuration, or had no look for longer than process.health.lookback.",
			})
		}
	}
	return out
}
