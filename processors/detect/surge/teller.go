package surge

import (
	"math"
	"time"
)

// Teller tells a thing once: it passes a surprise on, and for a while
// afterwards only what is clearly larger than what was told.
type Teller struct {
	told float64 // surprise of the last emission, fading
	at   int64   // µs
}

// Tell is what is left of a surprise after the discount.
func (t *Teller) Tell(at time.Time, surprise float64, every time.Duration) float64 {
	p := standard()
	return t.tell(at, surprise, every.Seconds(), &p)
}

func (t *Teller) tell(at time.Time, surprise, every float64, p *params) float64 {
	now := at.UnixMicro()
	left := t.told
	if t.told > 0 && every > 0 {
		steps := float64(now-t.at) / 1e6 / every
		left *= math.Exp(-steps / p.TellFade)
	}
	out := max(0, surprise-p.TellAgain*left)
	t.told, t.at = max(left, surprise), now
	return out
}
