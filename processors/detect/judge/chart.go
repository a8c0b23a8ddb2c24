package judge

import (
	"cmp"
	"math"
	"slices"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/episode"
	"github.com/tidemark/tidemark/processors/detect/ranks"
)

// chart is what is kept of a ranked list: who stands where, what changes are
// ordinary at each height, and when it was looked at.
type chart struct {
	depth   uint32 // places that are usually looked at
	shallow uint32 // s that it has been shallower than that
	bands   [ranks.Bands]ranks.Tails
	places  []*place
	index   map[string]*place
	looks   []chartLook // of 7 days, at least half an hour apart
	covered float64     // s that looks stood for, fading over 7 days
	wanted  float64     // s that there were
}

type chartLook struct {
	at    int64
	depth uint32
}

// place is one app of a chart. Most of them never matter: for those this is
// all there is.
type place struct {
	id     string
	rank   uint32 // 0: it was not on the list
	best   uint32
	seen   int64   // slot at which it was last on the list, ms
	bestAt int64   // ms
	calm   int64   // last look at which nothing was unusual, ms
	looked float64 // s looked at when the levels were last brought up to date
	since  float64 // s looked at when it became known; 0: with the list
	level  ranks.Levels
	x      float32 // where it stood then, log rank
	more   *closely
}

// closely is what is kept of one that is watched or has mattered.
type closely struct {
	subject

	tails  ranks.Tails
	from   int64 // the ranks are whole from here on, ms
	ranks  []rankAt
	idle   int64 // end of the last episode, ms
	track  *episode.Track
	over   []*threshold
	since  int64   // since when it has been outside, ms; 0: it is on the list
	absent float64 // s that it had been outside when it last entered
	stays  uint8   // looks in a row that it has been on the list, up to enough
	fallen uint8   // looks in a row that it has been far below
}

type rankAt struct {
	at   int64
	rank uint32
}

const (
	keepSpan   = int64(7 * 24 * 3600 * 1000)
	keepApart  = int64(30 * 60 * 1000)
	keepMost   = 336
	newBest    = int64(30 * 24 * 3600 * 1000)
	longAbsent = 7 * 24 * 3600.0
	adoptDepth = 7 * 24 * 3600
)

func newChart() *chart {
	c := &chart{index: map[string]*place{}}
	for i := range c.bands {
		c.bands[i] = ranks.Priors()
	}
	return c
}

// lookAtList judges everybody on the list, who has left it, and who is
// followed closely wherever they are. Of lists that are no charts of a store
// only what the watchlist names is followed.
func (t *Target) lookAtList(l *look, s *event.Snapshot) {
	if t.chart == nil {
		t.chart = newChart()
	}
	c := t.chart
	if l.depth == 0 {
		l.depth = c.depth
	}
	before := c.depth
	if l.depth == 0 || !c.deepen(l) {
		return
	}
	first := len(c.looks) == 0
	previous := c.looked(l)
	on := t.judgeThose(l, s, previous, func(rank uint32) bool { return first || (before > 0 && rank > before) })
	for _, p := range slices.Clone(c.places) {
		// A list shorter than usual: of those below nobody knows.
		if on[p.id] || p.rank > l.depth || (p.rank == 0 && p.more == nil) {
			continue
		}
		t.judgePlace(l, p, 0, float64(max(l.depth, c.depth))+1, previous)
	}
	t.evictPlaces()
}

// judgeThose judges those on the list, once each and in its order. unknown
// tells of a place whether nobody had looked there before.
func (t *Target) judgeThose(l *look, s *event.Snapshot, previous int64, unknown func(rank uint32) bool) (on map[string]bool) {
	on = make(map[string]bool, len(s.GetReadings()))
	for _, r := range s.GetReadings() {
		if r.GetMetric() != event.MetricRank || on[r.GetSubject()] || r.GetValue() > math.MaxUint32 {
			continue
		}
		on[r.GetSubject()] = true
		rank := uint32(r.GetValue())
		p := t.chart.index[r.GetSubject()]
		if p == nil {
			p = t.newPlace(l, r.GetSubject(), unknown(rank), previous)
		}
		if p != nil {
			t.judgePlace(l, p, rank, float64(rank), previous)
		}
	}
	return on
}

// deepen keeps the usual depth: a longer list counts at once, a shorter one
// when it has been so for days.
func (c *chart) deepen(l *look) bool {
	switch {
	case l.depth >= c.depth:
		c.depth, c.shallow = l.depth, 0
	default:
		if c.shallow += uint32(l.took); c.shallow > adoptDepth {
			c.depth, c.shallow = l.depth, 0
		}
	}
	return c.depth > 0
}

// looked notes the look, and says when the one before was; 0: never.
func (c *chart) looked(l *look) (previous int64) {
	n := len(c.looks)
	if n > 0 {
		previous = c.looks[n-1].at
		gap := float64(l.slot-previous) / 1000
		fade := math.Exp(-gap / longAbsent)
		stood := gap
		if l.every > 0 {
			stood = min(gap, 1.5*l.every.Seconds())
		}
		c.covered, c.wanted = c.covered*fade+stood, c.wanted*fade+gap
	}
	// The last one is always there; those before it are apart.
	if n > 1 && l.slot-c.looks[n-2].at < keepApart {
		c.looks = c.looks[:n-1]
	}
	c.looks = append(c.looks, chartLook{l.slot, l.depth})
	from := 0
	for from < len(c.looks) && (l.slot-c.looks[from].at > keepSpan || len(c.looks)-from > keepMost) {
		from++
	}
	c.looks = append(c.looks[:0], c.looks[from:]...)
	return previous
}

func (c *chart) coverage() float64 {
	if c.wanted <= 0 {
		return 1
	}
	return max(0, min(1, c.covered/c.wanted))
}

// newPlace takes somebody in. Who was there at the first look, or below what
// was looked at until now, has not entered; everybody else was outside.
func (t *Target) newPlace(l *look, id string, unknown bool, previous int64) *place {
	c := t.chart
	who := t.judge.about(t, id, event.MetricRank, config.RuleRank)
	if t.target.GetKind() == event.KindList && !who.watched && len(who.thresholds) == 0 {
		return nil
	}
	p := &place{id: id, looked: t.looked - l.took}
	if unknown {
		p.since, p.calm = t.looked, l.slot
		p.x = float32(math.NaN()) // set below, by where it stands
	} else {
		p.x = float32(ranks.Log(float64(c.depth) + 1))
		p.level = ranks.Fresh(float64(p.x))
		p.calm = previous
	}
	if who.watched || len(who.thresholds) > 0 {
		p.more = closer(who, 0)
		if !unknown {
			p.more.absent = t.looked
		} else {
			p.more.stays = staysEnough // it has not entered
		}
	}
	c.places = append(c.places, p)
	c.index[id] = p
	return p
}

func closer(who subject, from int64) *closely {
	m := &closely{tails: ranks.Priors(), from: from}
	m.adopt(who)
	return m
}

// open reports whether an episode is.
func (m *closely) open() bool {
	return m.track != nil || slices.ContainsFunc(m.over, func(th *threshold) bool { return th.track != nil })
}

func (m *closely) adopt(who subject) {
	s := series{subject: m.subject, over: m.over}
	s.adopt(who)
	m.subject, m.over = s.subject, s.over
}

// judgePlace is one look at one app. rank 0: looked, and not there; value is
// then the place after the last.
func (t *Target) judgePlace(l *look, p *place, rank uint32, value float64, previous int64) {
	c := t.chart
	x := ranks.Log(value)
	if p.x != p.x { // its first look, and nobody knows where it came from
		p.level, p.x = ranks.Fresh(x), float32(x)
	}
	if p.rank == 0 && p.more == nil && p.seen > 0 && t.looked-p.looked > ranks.Span(1).Seconds() {
		p.calm = max(p.calm, previous) // it was outside all the time
	}
	p.level.Learn(float64(p.x), t.looked-p.looked)
	rises := p.level.Rises(x)
	band := &c.bands[ranks.Band(ranks.Place(float64(p.level[1])), c.depth)]
	known := t.looked - p.since
	for w := range rises {
		if known < ranks.Span(w).Seconds() { // too short a past to compare with
			rises[w] = 0
		}
	}
	r := placed{value: value, rank: rank, rises: rises, band: band, previous: p.rank}
	t.judgeRank(l, p, &r)

	p.learn(l, &r, known)
	p.rank, p.x, p.looked = rank, float32(x), t.looked
	if rank > 0 {
		p.seen = l.slot
		p.better(l)
	}
	if p.more != nil {
		t.calmDown(l, p)
	}
}

// better keeps the best place of some 30 days.
func (pl *place) better(l *look) {
	if pl.best == 0 || pl.rank <= pl.best || l.slot-pl.bestAt > newBest {
		pl.best, pl.bestAt = pl.rank, l.slot
	}
}

// learn lets the changes be ordinary, but for those that are told.
func (pl *place) learn(l *look, r *placed, known float64) {
	if pl.more != nil && pl.more.track != nil {
		return
	}
	for w := range r.rises {
		if known < ranks.Span(w).Seconds() {
			continue
		}
		weight := ranks.Weight(w, l.took)
		r.band[w].Learn(r.rises[w], weight)
		if pl.more != nil {
			pl.more.tails[w].Learn(r.rises[w], weight)
		}
	}
}

// keep notes the place of a look that the chart keeps.
func (m *closely) keep(at int64, rank uint32, c *chart) {
	first := c.looks[0].at
	// The chart's last look but one may just have given way to this one.
	if n := len(m.ranks); n > 0 && len(c.looks) > 1 && m.ranks[n-1].at > c.looks[len(c.looks)-2].at {
		m.ranks = m.ranks[:n-1]
	}
	if rank > 0 {
		m.ranks = append(m.ranks, rankAt{at, rank})
	}
	from := 0
	for from < len(m.ranks) && m.ranks[from].at < first {
		from++
	}
	m.ranks = append(m.ranks[:0], m.ranks[from:]...)
}

// calmDown gives the memory of a stranger back after a long calm.
func (t *Target) calmDown(l *look, p *place) {
	m := p.more
	if m.kept || m.open() || l.slot-max(m.idle, p.seen) <= calmAfter.Milliseconds() && (m.watched || l.slot-m.idle <= calmAfter.Milliseconds()) {
		return
	}
	if len(m.over) == 0 || p.rank == 0 {
		p.more = nil
	}
}

// evictPlaces forgets those that have been off the list for longest, a tenth
// at a time.
func (t *Target) evictPlaces() {
	c, most := t.chart, t.judge.maxSubjects
	if len(c.places) <= most {
		return
	}
	var old []*place
	for _, p := range c.places {
		if p.rank == 0 && (p.more == nil || (!p.more.kept && !p.more.open())) {
			old = append(old, p)
		}
	}
	slices.SortStableFunc(old, func(a, b *place) int { return cmp.Compare(a.seen, b.seen) })
	old = old[:min(len(old), len(c.places)-most+most/10)]
	gone := make(map[*place]bool, len(old))
	for _, p := range old {
		gone[p] = true
		delete(c.index, p.id)
	}
	t.evicted += uint32(len(old)) //nolint:gosec // some at a time
	c.places = slices.DeleteFunc(c.places, func(p *place) bool { return gone[p] })
}
