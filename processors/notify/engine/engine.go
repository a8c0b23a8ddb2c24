// Package engine decides who is told what, and when. It is a pure function of
// the ordered log of episodes and ticks: it asks no clock and does no I/O.
//
// There are two timelines. What is measured is live: its states count when they
// come, and its clock is that of the ticks and of the states. What is sent of a
// past (back-filled, imported, modelled) waits until all partitions have passed
// its moment, and is taken in the order of (at, id, sequence) then, with a clock
// of its own: so a replay gives the same messages at any speed and with any
// number of workers. A state that comes again changes nothing.
package engine

import (
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// maxAhead is how far the moment of a live state may be ahead of the moment at
// which Kafka took it. What is further ahead moves no clock.
const maxAhead = time.Minute

// Config is what the engine is told once.
type Config struct {
	// GroupWait is how long a message waits for others of its topic.
	GroupWait time.Duration
	Receivers []config.Receiver
	// Topics by their ids.
	Topics map[string]config.Topic
}

// Record is one record of the log: an episode or a tick.
type Record struct {
	Episode *event.Episode
	Tick    *event.Tick
	// At is when Kafka took it; zero: unknown.
	At time.Time
}

// Engine is for one goroutine.
type Engine struct {
	cfg       Config
	receivers []*receiver
	live      *timeline
	past      *timeline
	mutes     []Mute
	// horizon in Unix milliseconds: what live news was before it goes into one
	// catch-up.
	horizon int64
	out     []*message.Message
	changed bool
}

// New makes an engine that has seen nothing. The configuration was validated.
func New(cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg, live: newTimeline(false), past: newTimeline(true)}
	for i := range cfg.Receivers {
		r, err := newReceiver(&cfg.Receivers[i])
		if err != nil {
			return nil, fmt.Errorf("read notify.receivers[%d]: %w", i, err)
		}
		e.receivers = append(e.receivers, r)
	}
	return e, nil
}

// SetHorizon says that live news from before a moment is old: it is not told
// one by one, but in one catch-up. It is no part of the state.
func (e *Engine) SetHorizon(t time.Time) { e.horizon = t.UnixMilli() }

// SetMutes replaces what is muted. It is no part of the state.
func (e *Engine) SetMutes(mutes []Mute) { e.mutes = mutes }

// SetTopics replaces the topics.
func (e *Engine) SetTopics(topics map[string]config.Topic) { e.cfg.Topics = topics }

// Failed notes for the digest that a message did not reach its receiver.
func (e *Engine) Failed(receiver string) {
	e.live.receiver(receiver).Failed++
	e.changed = true
}

// Changed says whether more than clocks has changed since it was last asked.
func (e *Engine) Changed() bool {
	changed := e.changed
	e.changed = false
	return changed
}

// Clock is the moment that the live timeline has reached; zero: none yet.
func (e *Engine) Clock() time.Time {
	if e.live.Clock == 0 {
		return time.Time{}
	}
	return moment(e.live.Clock)
}

// Waiting is how many states of a past wait for their turn.
func (e *Engine) Waiting() int { return len(e.past.Waiting) }

// Apply takes the next record of the log and returns the messages that it
// makes, in their order.
func (e *Engine) Apply(r Record) []*message.Message {
	e.out = nil
	switch {
	case r.Tick != nil:
		e.tick(r.Tick)
	case r.Episode != nil && isLive(r.Episode):
		at := atOf(r.Episode)
		if !r.At.IsZero() {
			at = min(at, r.At.Add(maxAhead).UnixMilli())
		}
		e.state(e.live, r.Episode, at)
	case r.Episode != nil && e.takesPast():
		e.past.wait(e, r.Episode)
	}
	return e.out
}

func (e *Engine) tick(t *event.Tick) {
	if t.GetAtMs() > e.live.Clock {
		e.advance(e.live, t.GetAtMs())
	}
	if t.GetPastMs() != 0 && t.GetPartitions() > 0 {
		e.passed(t)
	}
	e.ended(e.past, e.live.Clock)
}

// isLive is true also where nobody said the basis: troubles of sources are of
// now.
func isLive(ep *event.Episode) bool {
	b := ep.GetBasis()
	return b == event.Basis_BASIS_MEASURED || b == event.Basis_BASIS_UNSPECIFIED
}

// takesPast says whether anybody asked for a past.
func (e *Engine) takesPast() bool {
	for _, r := range e.receivers {
		if r.past {
			return true
		}
	}
	return false
}

// atOf is the moment of the data of a state, in Unix milliseconds.
func atOf(ep *event.Episode) int64 {
	for _, at := range []int64{ep.GetAtMs(), ep.GetClosedMs()} {
		if at != 0 {
			return at
		}
	}
	return ep.GetOnsetMs()
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
