package judge

import (
	"math"
	"slices"
	"strconv"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/episode"
	"github.com/tidemark/tidemark/processors/detect/surge"
)

// voice is who speaks of a track: all that a state says beside it.
type voice struct {
	who      *subject
	metric   string
	unit     string
	track    *episode.Track
	rule     *rule
	value    float64
	previous *float64
	low      float64 // of now
	high     float64
	history  []*event.Moment
	rank     *placed
	before   string // where a place was some hours before
	newBest  string
	because  string
}

// voice speaks of a series where there is no finding.
func (se *series) voice(tr *episode.Track) *voice {
	v := &voice{
		who: &se.subject, metric: se.metric, unit: se.meter.unit, track: tr, rule: se.rule,
		value: se.value, low: tr.Low, high: tr.High, history: se.history(),
	}
	if v.unit == "" {
		v.unit = se.metric
	}
	return v
}

// voiceOf speaks of a finding.
func (se *series) voiceOf(tr *episode.Track, f *surge.Finding) *voice {
	v := se.voice(tr)
	v.value = f.Value
	if se.had {
		previous := f.Previous
		v.previous = &previous
	}
	v.because = "score " + number(f.Score) + " of 1"
	return v
}

func (se *series) history() (all []*event.Moment) {
	if len(se.past) == 0 {
		return nil
	}
	since := se.past[len(se.past)-1].at - pastSpan.Milliseconds()
	for _, m := range se.past {
		if m.at < since {
			continue
		}
		v, low, high := float64(m.value), float64(m.low), float64(m.high)
		all = append(all, &event.Moment{AtMs: m.at, Value: &v, Low: &low, High: &high})
	}
	return all
}

// voiceOfPlace speaks of an app in a list.
func (t *Target) voiceOfPlace(l *look, p *place, m *closely, r *placed, f *finding) *voice {
	v := &voice{
		who: &m.subject, metric: event.MetricRank, unit: event.MetricRank, track: m.track, rule: m.rule,
		value: r.value, rank: r,
	}
	if m.track != nil {
		v.low, v.high = m.track.Low, m.track.High
	}
	if r.previous > 0 {
		previous := float64(r.previous)
		v.previous = &previous
	}
	v.history = t.history(l, m, v.low, v.high)
	v.before = m.before(l, r, v.history)
	if r.rank > 0 && p.best > 0 && r.rank < p.best && l.slot-p.bestAt <= newBest && t.looked-p.since > longAbsent {
		v.newBest = "its best place in the looks of 30 days"
	}
	if f != nil {
		v.because = f.because
		if f.because == "" {
			v.because = "a change of " + number(math.Abs(r.rises[f.window])) + " in log rank over " + spanWord(f.window) + ", " +
				number(f.surprise) + " nats out in the tail of what is ordinary there"
		}
	}
	return v
}

// before is where it was some four hours before.
func (m *closely) before(l *look, r *placed, history []*event.Moment) string {
	const wanted = 4 * 3600 * 1000
	for _, h := range slices.Backward(history) {
		if l.slot-h.GetAtMs() < wanted {
			continue
		}
		if l.slot-h.GetAtMs() > 3*wanted {
			break
		}
		ago := spanText(instant(l.slot).Sub(instant(h.GetAtMs())))
		if h.Value == nil {
			return ago + " before it was not on the list"
		}
		return ago + " before #" + placeText(h.GetValue())
	}
	if r.previous > 0 {
		return "at the look before #" + strconv.FormatUint(uint64(r.previous), 10)
	}
	return "at the look before it was not on the list"
}

// say makes the state. Nothing of it points into what the target remembers: it
// may be published when further looks have been judged.
func (t *Target) say(l *look, v *voice, change string) {
	tr := v.track
	where := &v.who.belongs
	e := &event.Episode{
		Id:   event.ID(tr.Rule, t.source, t.key, v.who.id, v.metric, t.basis.Word(), strconv.FormatInt(tr.OnsetMS, 10)),
		Rule: tr.Rule, Source: t.source, Target: t.target, Subject: v.who.id, Metric: v.metric,
		State: event.EpisodeState_EPISODE_STATE_UPDATED, Sequence: tr.Sequence, OnsetMs: tr.OnsetMS, PeakAtMs: tr.PeakMS,
		Value: v.value, Baseline: tr.Baseline, Peak: tr.Peak, Severity: tr.Severity, Basis: t.basis, Kind: event.EpisodeSurge,
		Unit: t.unit(v), AtMs: l.slot, Topic: where.Topic, Entity: where.Entity, Change: change,
		Multiple: tr.Multiple(v.value), Low: &v.low, High: &v.high, EveryS: uint32(l.every.Seconds()),
		Anatomy: tr.Anatomy(), History: v.history,
	}
	coverage := tr.Coverage
	e.Coverage = &coverage
	if v.previous != nil {
		previous := *v.previous
		e.Previous = &previous
	}
	if v.rank != nil {
		e.Depth = t.chart.depth
	}
	switch change {
	case episode.Opened:
		e.State = event.EpisodeState_EPISODE_STATE_OPEN
	case episode.Closed:
		e.State = event.EpisodeState_EPISODE_STATE_CLOSED
		e.ClosedMs = l.slot
	}
	e.Explanation = t.explain(v, e)
	l.out = append(l.out, e)
}
