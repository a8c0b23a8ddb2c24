package judge

import (
	"github.com/tidemark/tidemark/processors/detect/episode"
)

// threshold is a person's own limit for one series.
type threshold struct {
	name  string
	rule  *rule // nil: it is gone
	run   uint32
	since int64 // first instant of the run, ms
	track *episode.Track
}

func (t *Target) judgeThresholds(l *look, se *series, at int64, v float64) {
	for _, th := range se.over {
		if change := th.take(l, at, v, se.watched); change != "" {
			vo := se.voice(th.track)
			vo.value, vo.rule = v, th.rule
			if se.had {
				vo.previous = new(se.value)
			}
			t.say(l, vo, change)
		}
		th.clean()
	}
}

// judgePlaceThresholds is the same for places: not being on the list is the
// place after the last.
func (t *Target) judgePlaceThresholds(l *look, p *place, m *closely, r *placed) {
	for _, th := range m.over {
		if change := th.take(l, l.slot, r.value, m.watched); change != "" {
			vo := t.voiceOfPlace(l, p, m, r, nil)
			vo.track, vo.rule = th.track, th.rule
			t.say(l, vo, change)
		}
		th.clean()
	}
}

// take counts looks in a row beyond the limit, and those within it after.
func (th *threshold) take(l *look, at int64, v float64, watched bool) string {
	if th.rule == nil {
		if th.track == nil {
			return ""
		}
		th.track.Close(l.slot, episode.Revoked)
		return episode.Closed
	}
	beyond := th.rule.beyond(v)
	if th.track != nil {
		th.extreme(at, v)
		if beyond {
			th.run = 0
			return ""
		}
		if th.run++; th.run < th.rule.looks {
			return ""
		}
		return th.track.Add(episode.Point{AtMS: at, Value: v, Calm: true, Severity: th.track.Severity})
	}
	if !beyond {
		th.run = 0
		return ""
	}
	if th.run++; th.run == 1 {
		th.since = at
	}
	if th.run < th.rule.looks {
		return ""
	}
	th.run = 0
	limit := th.rule.limit()
	th.track = episode.New(episode.Start{
		Rule: th.name, Scale: episode.Presence, OnsetMS: th.since, Baseline: limit, Low: limit, High: limit,
		Falls: !th.rule.isOver, EveryMS: l.everyMS(), Coverage: 1, How: "limit of the rule",
	}, episode.Point{AtMS: at, Value: v, Severity: bounded(ofThreshold, watched)})
	return episode.Opened
}

// extreme keeps the value that is furthest beyond the limit.
func (th *threshold) extreme(at int64, v float64) {
	if tr := th.track; (th.rule.isOver && v > tr.Peak) || (!th.rule.isOver && v < tr.Peak) {
		tr.Peak, tr.PeakMS = v, at
	}
}

// clean forgets what is closed.
func (th *threshold) clean() {
	if th.track != nil && th.track.Over != episode.NotOver {
		th.track, th.run = nil, 0
	}
}
