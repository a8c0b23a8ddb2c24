// Package ranks compares places of ranked lists: on a log scale, because
// charts follow a power law of demand, and each change beside the changes that
// are ordinary at that height of the list.
package ranks

import (
	"math"
	"time"

	"github.com/tidemark/tidemark/processors/detect/state"
)

// offset keeps the steps among the first places from being all that counts.
const offset = 0.5

// Log is a place on the scale on which places are compared.
func Log(rank float64) float64 { return math.Log(rank + offset) }

// Place is the inverse of Log.
func Place(x float64) float64 { return math.Exp(x) - offset }

// Rise is how far a place is above an earlier one: positive upwards. Halving
// the place is about 0.7 anywhere.
func Rise(before, now float64) float64 { return Log(before) - Log(now) }

// Windows are how many spans of time a place is compared over.
const Windows = 3

// Span of window w.
func Span(w int) time.Duration {
	return [Windows]time.Duration{6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}[w]
}

// SpanText is the span for a person.
func SpanText(w int) string { return [Windows]string{"6 hours", "a day", "7 days"}[w] }

// Bands is how many heights of a list have a noise of their own. The last one
// is being outside.
const Bands = 8

// Band is the height of a place in a list of so many places.
func Band(rank float64, depth uint32) int {
	if rank > float64(depth) {
		return Bands - 1
	}
	for i, end := range [Bands - 2]float64{3, 10, 25, 50, 100, 200} {
		if rank <= end {
			return i
		}
	}
	return Bands - 2
}

// Levels are where a place has been, over each span: exponential means of Log,
// over the time that was looked at.
type Levels [Windows]float32

// Fresh are the levels of what has always been at x.
func Fresh(x float64) Levels {
	var l Levels
	for w := range l {
		l[w] = float32(x)
	}
	return l
}

// Learn moves the levels towards x, where it stood for so many seconds.
func (l *Levels) Learn(x, seconds float64) {
	for w := range l {
		share := 1 - math.Exp(-seconds/Span(w).Seconds())
		l[w] += float32(share * (x - float64(l[w])))
	}
}

// Rises are how far x is above each level.
func (l *Levels) Rises(x float64) (r [Windows]float64) {
	for w := range l {
		r[w] = float64(l[w]) - x
	}
	return r
}

// Tail is what changes are ordinary: a running quantile (0.99) of their sizes
// and the mean of what goes beyond it. Beyond a high quantile most tails are
// close to exponential.
type Tail struct {
	Q, M float32
	N    float32 // what was learnt, by its weight
}

const (
	quantile  = 0.99
	step      = 0.05
	learns    = 0.1
	clip      = 5
	leastQ    = 0.05
	leastM    = 0.05
	mostQ     = 1.5 // beyond a factor of four nothing is ordinary
	mostM     = 0.5
	enough    = 100 // weight that makes a tail worth more than the one above it
	priorTail = 3
)

// Prior is the tail of window w before anything is known.
func Prior(w int) Tail {
	q := [Windows]float32{0.4, 0.6, 0.9}[w]
	return Tail{Q: q, M: q / priorTail}
}

// Known reports whether enough was seen to rely on.
func (t *Tail) Known() bool { return t.N >= enough }

// Surprise of a change, in nats: 0 inside of the ordinary.
func (t *Tail) Surprise(r float64) float64 {
	r = math.Abs(r)
	if r <= float64(t.Q) {
		return 0
	}
	return (r - float64(t.Q)) / max(float64(t.M), leastM)
}

// Learn takes the size of a change in. One monstrous change says nothing about
// the next: steps are of bounded size. weight is 1 for a change of its own, and
// less where it overlaps with the one before.
func (t *Tail) Learn(r float64, weight float32) {
	r = math.Abs(r)
	t.N = min(t.N+weight, 1e6)
	if r <= float64(t.Q) {
		t.Q = max(leastQ, t.Q*(1-weight*step*(1-quantile)))
		return
	}
	e := min(r-float64(t.Q), clip*max(float64(t.M), leastM))
	t.M = max(leastM, min(mostM, t.M+weight*learns*(float32(e)-t.M)))
	t.Q = min(mostQ, t.Q*(1+weight*step*quantile))
}

// Weight of the change over window w at looks that are so many seconds apart:
// looks within an eighth of the window see the same change again.
func Weight(w int, apart float64) float32 {
	return float32(max(0, min(1, apart/(Span(w).Seconds()/8))))
}

// Tails are those of a list or of one that is watched, by window.
type Tails [Windows]Tail

// Priors are tails of which nothing is known.
func Priors() (t Tails) {
	for w := range t {
		t[w] = Prior(w)
	}
	return t
}

// Fields goes over the state.
func (t *Tails) Fields(p *state.Pen) {
	for w := range t {
		p.Singles(&t[w].Q, &t[w].M, &t[w].N)
	}
}

// Fields goes over the state.
func (l *Levels) Fields(p *state.Pen) {
	for w := range l {
		p.Singles(&l[w])
	}
}

// Bar is from when on a change is worth telling.
type Bar struct {
	// Rise is the least change in log rank, Nats the least surprise.
	Rise, Nats float64
}

// Judge finds the window in which a change is furthest beyond the bar. own is
// nil, or what one that is watched is used to; band is what is ordinary at that
// height of the list. ok is false where nothing is worth telling. surprise is
// the largest of all windows.
func (b Bar) Judge(rises [Windows]float64, own, band *Tails) (window int, surprise float64, ok bool) {
	best := math.Inf(-1)
	for w := range rises {
		t := &band[w]
		if own != nil && own[w].Known() {
			t = &own[w]
		}
		s := t.Surprise(rises[w])
		surprise = max(surprise, s)
		if math.Abs(rises[w]) >= b.Rise && s >= b.Nats && s > best {
			window, best, ok = w, s, true
		}
	}
	return window, surprise, ok
}
