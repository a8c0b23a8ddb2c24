package judge

import (
	"github.com/tidemark/tidemark/processors/detect/episode"
)

// judgeListed opens an episode when an app that was there is gone, and closes
// it when it is back. One that was never there has not been taken away.
func (t *Target) judgeListed(l *look, se *series, at int64, v float64) {
	there := v >= 1
	switch {
	case se.track != nil && se.rule == nil:
		se.track.Close(l.slot, episode.Revoked)
		t.say(l, se.voice(se.track), episode.Closed)
		se.track = nil
	case se.track != nil:
		change := se.track.Add(episode.Point{AtMS: at, Value: v, Calm: there, Severity: se.track.Severity})
		if change != "" {
			vo := se.voice(se.track)
			vo.value, vo.previous = v, new(se.value)
			t.say(l, vo, change)
		}
		if se.track.Over != episode.NotOver {
			se.track = nil
		}
	case se.rule != nil && !there && se.had && se.value >= 1:
		severity := goneOther
		if se.watched {
			severity = goneWatched
		}
		se.track = episode.New(episode.Start{
			Rule: se.rule.name, Scale: episode.Presence, OnsetMS: se.calm, Baseline: 1, Low: 1, High: 1,
			EveryMS: l.everyMS(), Coverage: 1, How: "it was there at the look before",
		}, episode.Point{AtMS: at, Value: v, Severity: severity})
		vo := se.voice(se.track)
		vo.value, vo.previous = v, new(se.value)
		t.say(l, vo, episode.Opened)
	}
	if there {
		se.calm = at
	}
}
