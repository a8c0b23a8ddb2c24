package surge

import (
	"math"
	"time"
)

// tellerPeaks is how many earlier peaks are remembered.
const tellerPeaks = 24

// Teller tells a thing once. It turns surprises into emissions: after one, only
// what is clearly larger passes for a while; and what has happened before at a
// similar height is discounted by how often it has. A spike of every night is
// told the first nights, and then no more.
//
// The zero value is ready. It is not safe for use by several goroutines.
type Teller struct {
	told  float64 // the largest surprise lately, fading
	at    int64   // µs since 1970
	peaks [tellerPeaks]peak
}

// peak is something that was told.
type peak struct {
	height float64
	at     int64
}

// Tell is what is left of a surprise. Every is the usual distance of looks.
func (t *Teller) Tell(at time.Time, surprise float64, every time.Duration) float64 {
	p := standard()
	return t.tell(at, surprise, every.Seconds(), &p)
}

func (t *Teller) tell(at time.Time, surprise, every float64, p *params) float64 {
	now := at.UnixMicro()
	looks := func(since int64) float64 { return float64(now-since) / 1e6 / max(every, 1e-6) }
	left := t.told
	if left > 0 {
		left *= math.Exp(-looks(t.at) / p.Hush)
	}
	quiet := surprise <= p.Again*left || surprise <= 0
	t.told, t.at = max(left, surprise), now
	if quiet {
		return 0
	}
	alike, least, same := 0.0, 0, -1
	for i, k := range t.peaks {
		if k.height < t.peaks[least].height {
			least = i
		}
		switch {
		case k.height <= 0:
		case looks(k.at) < p.Hush: // the same event, grown: it takes its own place
			same = i
		default:
			alike += math.Pow(min(1, k.height/surprise), p.Similar) * math.Exp(-looks(k.at)/p.Forget)
		}
	}
	slot := same
	if slot < 0 {
		slot = least
	}
	t.peaks[slot] = peak{height: surprise, at: now}
	return surprise / (1 + alike)
}

// Score maps an emission or a surprise to 0..1. Told is half of the way: the
// threshold that is built in.
func Score(surprise float64) float64 {
	p := standard()
	return p.score(surprise)
}

// Told is the score from which an emission is told.
const Told = 0.5
