package judge

import (
	"math"
	"slices"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/episode"
	"github.com/tidemark/tidemark/processors/detect/ranks"
)

// placed is one look at one app as it is judged.
type placed struct {
	value    float64 // place, or the one after the last
	rank     uint32  // 0: not there
	previous uint32
	rises    [ranks.Windows]float64
	band     *ranks.Tails
}

// finding is why an episode opens.
type finding struct {
	window   int
	surprise float64
	falls    bool
	because  string // where it is no matter of windows
}

const (
	// fallLooks: a list now and then lacks somebody for one look.
	fallLooks = 2
	// staysEnough: who comes in at the lower end is often gone at the next look.
	staysEnough = 2
	// fallsFrom is the place from which on a fall is of interest.
	fallsFrom = 100
	// suspicious is where a stranger is looked at more closely.
	suspicious = 1.5
)

func (t *Target) judgeRank(l *look, p *place, r *placed) {
	m := p.more
	if m == nil && !suspect(p, r) {
		if calmRises(r.rises, math.Ln2) {
			p.calm = l.slot
		}
		return
	}
	if m == nil {
		m = closer(t.judge.about(t, p.id, event.MetricRank, config.RuleRank), l.slot)
		m.stays = staysEnough
	}
	m.keep(l.slot, r.rank, t.chart)
	m.stay(l, r)
	t.judgePlaceThresholds(l, p, m, r)
	if m.track != nil {
		t.follow(l, p, m, r)
		return
	}
	if m.rule == nil {
		return
	}
	f, found := t.worthRank(p, m, r)
	switch {
	case found:
		p.more = m
		t.openRank(l, p, m, r, f)
	case calmRises(r.rises, m.rule.preset.rank.Rise):
		p.calm = l.slot
	}
}

func calmRises(rises [ranks.Windows]float64, bar float64) bool {
	for _, x := range rises {
		if math.Abs(x) >= bar/2 {
			return false
		}
	}
	return true
}

// suspect sorts out, cheaply, nearly all who do not matter.
func suspect(p *place, r *placed) bool {
	if r.rank == 0 {
		return false
	}
	if r.rank == 1 && p.rank != 1 {
		return true
	}
	for w, x := range r.rises {
		if x >= math.Log(suspicious) && r.band[w].Surprise(x) > 1 {
			return true
		}
	}
	return false
}

// stay keeps how long it has been on the list, or off it.
func (m *closely) stay(l *look, r *placed) {
	if r.rank == 0 {
		if m.since == 0 {
			m.since = l.slot
		}
		m.stays = 0
		return
	}
	if m.since > 0 {
		m.absent, m.since, m.stays = float64(l.slot-m.since)/1000, 0, 0
	}
	m.stays = min(m.stays+1, staysEnough+1)
}

// worthRank applies the rule.
func (t *Target) worthRank(p *place, m *closely, r *placed) (finding, bool) {
	pre := &m.rule.preset
	usual := ranks.Place(float64(p.level[ranks.Windows-1]))
	if m.rule.tooLow(r, usual) {
		return finding{}, false
	}
	bar, first, own := pre.rank, pre.firstFrom, &m.tails
	if !m.watched {
		bar, first, own = pre.stranger, pre.strangerFirstFrom, nil
	}
	w, surprise, ok := bar.Judge(r.rises, own, r.band)
	f := finding{window: w, surprise: surprise, falls: ok && r.rises[w] < 0}
	if f.falls {
		return f, m.falls(usual)
	}
	m.fallen = 0
	if ok && (m.watched || r.value <= pre.strangerTop) {
		return f, true
	}
	known := t.looked-p.since >= ranks.Span(1).Seconds()
	switch {
	case known && r.rank == 1 && p.rank != 1 && usual >= first:
		f.because = "reaching #1 is told of whoever is usually at #" + placeText(first) + " or below"
	case t.entered(m, r):
		f.because = "entering the list at all after a long absence is told of what is watched"
	default:
		return f, false
	}
	return f, true
}

// tooLow reports whether the rule is for higher places only.
func (r *rule) tooLow(at *placed, usual float64) bool {
	return r.top > 0 && at.value > r.top && (at.rank > 0 || usual > r.top)
}

// falls reports whether a fall is of interest, and no slip of one look.
func (m *closely) falls(usual float64) bool {
	if usual > fallsFrom || !m.watched {
		m.fallen = 0
		return false
	}
	m.fallen = min(m.fallen+1, fallLooks)
	return m.fallen >= fallLooks
}

// entered reports whether something watched is on the list after a long time
// outside: at the first look of a platform's list, where topics last for hours,
// and at the second of a chart.
func (t *Target) entered(m *closely, r *placed) bool {
	if !m.rule.preset.entries || !m.watched || r.rank == 0 {
		return false
	}
	if t.target.GetKind() == event.KindList {
		return m.stays == 1 && m.absent > ranks.Span(1).Seconds()
	}
	return m.stays == staysEnough && m.absent >= longAbsent
}

func (t *Target) openRank(l *look, p *place, m *closely, r *placed, f finding) {
	onset := p.calm
	if onset == 0 {
		onset = l.slot
	}
	base, how := t.usualPlace(p, m, onset)
	w := float64(m.tails[1].Q)
	if !m.watched || !m.tails[1].Known() {
		w = float64(r.band[1].Q)
	}
	w = max(0.3, min(w, m.rule.preset.rank.Rise))
	start := episode.Start{
		Rule: m.rule.name, Scale: episode.LogRank, Falls: f.falls, OnsetMS: onset, EveryMS: l.everyMS(),
		Baseline: base, Coverage: t.chart.coverage(), How: how,
		Low: max(1, math.Floor(ranks.Place(ranks.Log(base)-w))), High: math.Ceil(min(ranks.Place(ranks.Log(base)+w), float64(t.chart.depth)+1)),
	}
	if base > float64(t.chart.depth) { // it usually is not there at all
		start.Low, start.High = base, base
	}
	m.track = episode.New(start, t.pointOf(l, start, m, r, true))
	t.say(l, t.voiceOfPlace(l, p, m, r, &f), episode.Opened)
}

func (t *Target) pointOf(l *look, s episode.Start, m *closely, r *placed, found bool) episode.Point {
	change, at := ranks.Rise(s.Baseline, r.value), r.value
	if s.Falls {
		change, at = -change, s.Baseline
	}
	return episode.Point{
		AtMS: l.slot, Value: r.value, Depth: t.chart.depth, Found: found,
		Severity: severityOfRank(at, change, t.chart.depth, s.Falls, m.watched),
	}
}

// follow takes a look into the open episode.
func (t *Target) follow(l *look, p *place, m *closely, r *placed) {
	tr := m.track
	if m.rule == nil || m.rule.name != tr.Rule {
		tr.Close(l.slot, episode.Revoked)
		t.say(l, t.voiceOfPlace(l, p, m, r, nil), episode.Closed)
		m.close(l, p, r)
		return
	}
	_, _, found := m.rule.preset.rank.Judge(r.rises, &m.tails, r.band)
	// The windows are too long to see a second rise within a day of the fall.
	found = found || r.previous == 0 || ranks.Rise(float64(r.previous), r.value) >= m.rule.preset.rank.Rise
	if change := tr.Add(t.pointOf(l, tr.Start, m, r, found)); change != "" {
		t.say(l, t.voiceOfPlace(l, p, m, r, nil), change)
	}
	if tr.Over != episode.NotOver {
		m.close(l, p, r)
	}
}

// close lets what is now be the usual.
func (m *closely) close(l *look, p *place, r *placed) {
	m.track, m.idle, m.fallen = nil, l.slot, 0
	x := ranks.Log(r.value)
	p.level, p.calm = ranks.Fresh(x), l.slot
}

// usualPlace is the median of the 7 days before the onset where all looks of a
// day at least are known, else the mean log rank of that time.
func (t *Target) usualPlace(p *place, m *closely, onset int64) (place float64, how string) {
	var all []float64
	i := 0
	var first int64
	for _, k := range t.chart.looks {
		if k.at > onset || k.at < m.from {
			continue
		}
		if first == 0 {
			first = k.at
		}
		for i < len(m.ranks) && m.ranks[i].at < k.at {
			i++
		}
		v := float64(max(k.depth, t.chart.depth)) + 1
		if i < len(m.ranks) && m.ranks[i].at == k.at {
			v = float64(m.ranks[i].rank)
		}
		all = append(all, v)
	}
	if len(all) < 6 || onset-first < keepSpan/7-keepApart {
		at := max(1, math.Round(ranks.Place(float64(p.level[ranks.Windows-1]))))
		return at, "mean log rank of some 7 days"
	}
	slices.Sort(all)
	return all[(len(all)-1)/2], "median of " + daysText(onset-first)
}

// history are the places of the last 48 hours; absent where it was looked for
// and not on the list.
func (t *Target) history(l *look, m *closely, low, high float64) (all []*event.Moment) {
	i := 0
	for _, k := range t.chart.looks {
		if k.at < l.slot-pastSpan.Milliseconds() || k.at < m.from {
			continue
		}
		for i < len(m.ranks) && m.ranks[i].at < k.at {
			i++
		}
		o := &event.Moment{AtMs: k.at, Low: &low, High: &high}
		if i < len(m.ranks) && m.ranks[i].at == k.at {
			v := float64(m.ranks[i].rank)
			o.Value = &v
		}
		all = append(all, o)
	}
	return all
}
