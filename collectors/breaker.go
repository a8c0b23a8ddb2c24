package collectors

import (
	"fmt"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/config"
)

// breaker makes the looks of one source rarer where they keep failing: at one
// target, or, once every target has failed, at the whole source. After some
// looks in a row that failed it lets only one look through now and then, after
// 2, 4, 8, … intervals; the first good one closes it. Ticks in between are
// published as looks that failed, because nobody looked.
type breaker struct {
	after   int // 0: never
	longest time.Duration

	mu    sync.Mutex
	whole circuit
	each  map[string]*circuit
	// gone is what is known of targets that are watched no more.
	gone map[string]*circuit
}

// circuit counts failures in a row.
type circuit struct {
	failed  int
	pauses  int       // how many pauses there were; 0: closed
	until   time.Time // slot of the next try
	probing bool      // a try is under way
	reason  string    // of the last failure
}

func newBreaker(cfg config.Breaker, targets []string) *breaker {
	b := &breaker{after: cfg.After, longest: cfg.Longest.D(), each: map[string]*circuit{}}
	for _, t := range targets {
		b.each[t] = &circuit{}
	}
	return b
}

// inherit takes on what a breaker of the same source knew, after its last look:
// a place that was to be left alone stays so, whatever else is watched.
func (b *breaker) inherit(was *breaker) {
	b.whole, b.gone = was.whole, was.gone
	b.whole.probing = false
	if b.gone == nil {
		b.gone = map[string]*circuit{}
	}
	for key, c := range was.each {
		c.probing = false
		b.gone[key] = c
	}
	for key := range b.each {
		if c := b.gone[key]; c != nil {
			b.each[key] = c
			delete(b.gone, key)
		}
	}
}

// allow says whether the tick may be looked at, and if not, why. A look that
// was allowed must be followed by seen, or by leave.
func (b *breaker) allow(target string, t tick) (why string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.each[target]
	if b.after == 0 || c == nil {
		return "", true
	}
	if b.whole.pauses > 0 {
		c = &b.whole
	}
	// A tick that is a little early, because targets differ by their jitter,
	// is the one that was meant.
	if c.pauses == 0 || !c.probing && !t.slot.Add(t.interval/10).Before(c.until) {
		c.probing = c.pauses > 0
		return "", true
	}
	return fmt.Sprintf("breaker open until %s, after %d failed looks: %s", c.until.UTC().Format("2006-01-02 15:04 UTC"), c.failed, c.reason), false
}

// seen notes what came of a look that was allowed.
func (b *breaker) seen(target string, t tick, good bool, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.each[target]
	if b.after == 0 || c == nil {
		return
	}
	if good {
		if b.whole.pauses > 0 { // the place is back: all may look again
			for _, other := range b.each {
				*other = circuit{}
			}
		}
		*c, b.whole = circuit{}, circuit{}
		return
	}
	open := b.whole.pauses > 0
	b.fail(c, b.after, t, reason)
	need := b.after * len(b.each)
	for _, other := range b.each {
		if other.failed == 0 { // that one is well, or was not looked at yet
			need = 0
		}
	}
	if open || need > 0 && len(b.each) > 1 {
		b.fail(&b.whole, need, t, reason)
		return
	}
	b.whole.failed++
	b.whole.reason = reason
}

// fail counts a failure; from the need-th on there is a pause.
func (b *breaker) fail(c *circuit, need int, t tick, reason string) {
	c.failed++
	c.reason = reason
	late := c.pauses > 0 && !c.probing // it began before the pause
	c.probing = false
	if late || c.pauses == 0 && c.failed < need {
		return
	}
	c.pauses++
	pause := b.longest
	if shift := min(c.pauses, 30); t.interval < b.longest>>shift {
		pause = t.interval << shift
	}
	c.until = t.slot.Add(pause)
}

// leave notes that an allowed look was not finished.
func (b *breaker) leave(target string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.whole.probing = false
	if c := b.each[target]; c != nil {
		c.probing = false
	}
}

// open is how many targets are not looked at on every tick.
func (b *breaker) open() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.whole.pauses > 0 {
		return len(b.each)
	}
	n := 0
	for _, c := range b.each {
		if c.pauses > 0 {
			n++
		}
	}
	return n
}
