package judge

import (
	"github.com/tidemark/tidemark/processors/detect/episode"
	"github.com/tidemark/tidemark/processors/detect/surge"
)

// usually is what is ordinary before a look that may open an episode.
func (se *series) usually() (u surge.Usual) {
	switch {
	case se.track != nil:
	case se.full != nil:
		u = se.full.Usual()
	default:
		u = se.light.Usual()
	}
	return u
}

// settle is the end of its episode: what the surge has taught the detectors is
// not what is ordinary now.
func (se *series) settle(at int64) {
	lately := se.lately(at)
	if se.light != nil {
		se.light.Settle(se.usual, lately)
	}
	if se.full != nil {
		se.full.Settle(se.usual, lately)
	}
	se.usual = nil
}

// lately is what it did in the last 48 hours, or since it is back in its band.
func (se *series) lately(at int64) (all []surge.Observation) {
	from := at - pastSpan.Milliseconds()
	if se.track.Over == episode.Back {
		from = max(from, se.track.BackMS)
	}
	for _, m := range se.past {
		if m.at >= from {
			all = append(all, surge.Observation{At: instant(m.at), Value: float64(m.value)})
		}
	}
	return all
}
