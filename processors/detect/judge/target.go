package judge

import (
	"cmp"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/episode"
)

// Target holds the state of the series of one target: one source, one target,
// one basis. It is not safe for use by several goroutines at once.
type Target struct {
	judge  *Judge
	source string
	target *event.Target
	key    string
	basis  event.Basis

	slot    int64    // of the last good look, ms
	cadence []uint32 // every_s of the good looks of that slot
	looked  float64  // s that were looked at, gaps aside
	evicted uint32   // subjects forgotten because there were too many
	refused uint32   // series that stirred when no full memory was left

	chart  *chart
	series []*series
	index  map[seriesKey]*series
	zeros  uint32 // looks in a row, of the first, that found nothing there
}

type seriesKey struct{ subject, metric string }

// most is how many cadences one slot may have: a tag's minute and its hour.
const mostCadences = 8

// NewTarget begins with nothing known.
func (j *Judge) NewTarget(source string, target *event.Target, basis event.Basis) *Target {
	return &Target{
		judge: j, source: source, basis: basis, key: target.Key(),
		target: &event.Target{Kind: target.GetKind(), Place: target.GetPlace(), Country: target.GetCountry(), Name: target.GetName()},
		index:  map[seriesKey]*series{},
	}
}

// Evicted is how many subjects were forgotten because there were too many.
func (t *Target) Evicted() uint32 { return t.evicted }

// Refused is how often a series stirred when no full memory was left for it.
func (t *Target) Refused() uint32 { return t.refused }

// look is one look as it is judged.
type look struct {
	slot  int64
	every time.Duration
	took  float64 // s that it stands for: since the look before, two intervals at most
	depth uint32
	out   []*event.Episode
}

func (l *look) everyMS() int64 { return l.every.Milliseconds() }

// Look judges one look and returns the new states of episodes in order. A look
// whose slot is not after the last one's is ignored, and fresh is false: it is
// there twice, late, or read again by a newer parser. Two looks of one slot are
// two where their intervals differ: a tag's minute and its hour. A look that
// failed is none.
func (t *Target) Look(s *event.Snapshot) (states []*event.Episode, fresh bool) {
	if s.GetSlotMs() < t.slot || (s.GetSlotMs() == t.slot && (len(t.cadence) >= mostCadences || slices.Contains(t.cadence, s.GetEveryS()))) {
		return nil, false
	}
	if o := s.GetOutcome(); o != event.Outcome_OUTCOME_OK && o != event.Outcome_OUTCOME_EMPTY {
		return nil, true
	}
	l := &look{slot: s.GetSlotMs(), every: time.Duration(s.GetEveryS()) * time.Second, depth: s.GetDepth()}
	if t.slot > 0 {
		most := 6 * time.Hour
		if l.every > 0 {
			most = 2 * l.every
		}
		l.took = min(float64(l.slot-t.slot)/1000, most.Seconds())
	}
	t.looked += l.took
	if l.slot > t.slot {
		t.cadence = t.cadence[:0]
	}
	t.slot = l.slot
	t.cadence = append(t.cadence, s.GetEveryS())

	if k := t.target.GetKind(); k == event.KindChart || (k == event.KindList && l.depth > 0) {
		t.lookAtList(l, s)
	}
	if t.target.GetKind() != event.KindChart {
		t.lookAtValues(l, s)
	}
	return l.out, true
}

// lookAtValues takes all readings that are no places of a list.
func (t *Target) lookAtValues(l *look, s *event.Snapshot) {
	type point struct {
		*event.Reading
		at int64
	}
	points := make([]point, 0, len(s.GetReadings()))
	for _, r := range s.GetReadings() {
		at := r.GetAtMs()
		if at == 0 {
			at = l.slot
		}
		points = append(points, point{r, at})
	}
	// Several days of a metric may come in any order.
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	for _, p := range points {
		if se := t.seriesOf(l, p.GetSubject(), p.GetMetric()); se != nil {
			se.seen = l.slot
			t.judgeValue(l, se, p.at, p.GetValue())
		}
	}
	if len(points) == 0 && len(t.series) == 0 {
		t.zeros++
	}
	for _, se := range t.series {
		if se.open() && l.slot-se.seen > max(2*oneDay, 10*l.every).Milliseconds() {
			t.lose(l, se)
		}
	}
	t.evictSeries()
}

// seriesOf finds or makes a series; nil: it is not judged.
func (t *Target) seriesOf(l *look, name, metric string) *series {
	key := seriesKey{name, metric}
	if se, there := t.index[key]; there {
		return se
	}
	if m := meterOf(t.target.GetKind(), metric); m.how == silent && metric != event.MetricListed && !t.judge.thresholds {
		return nil
	}
	se := t.newSeries(l, name, metric)
	if se.light == nil && se.full == nil && se.kind != config.RuleDelisted && len(se.over) == 0 {
		return nil
	}
	t.index[key] = se
	t.series = append(t.series, se)
	return se
}

// evictSeries forgets those that were not seen for longest, a tenth at a time,
// and none with an open episode.
func (t *Target) evictSeries() {
	most := t.judge.maxSubjects
	if len(t.series) <= most {
		return
	}
	var old []*series
	for _, se := range t.series {
		if !se.open() && !se.kept {
			old = append(old, se)
		}
	}
	slices.SortStableFunc(old, func(a, b *series) int { return cmp.Compare(a.seen, b.seen) })
	old = old[:min(len(old), len(t.series)-most+most/10)]
	gone := make(map[*series]bool, len(old))
	for _, se := range old {
		gone[se] = true
		delete(t.index, seriesKey{se.subject.id, se.metric})
	}
	t.evicted += uint32(len(old)) //nolint:gosec // some at a time
	t.series = slices.DeleteFunc(t.series, func(se *series) bool { return gone[se] })
}

// lose closes what nobody can look at any more.
func (t *Target) lose(l *look, se *series) {
	for _, tr := range se.tracks() {
		tr.Close(l.slot, episode.Lost)
		t.say(l, se.voice(tr), episode.Closed)
	}
	if se.track != nil {
		se.settle(l.slot)
	}
	se.drop()
}
