package count

// clock is the event time of a stream. It is all that is needed, beside the
// messages themselves, to count on from the middle of a log.
type clock struct {
	// Water is the watermark in Unix milliseconds: earlier mentions are hardly
	// to be expected. 0: nothing was seen yet.
	Water int64 `json:"w"`
	// Tick is the time of the last tick, and Idle for how long there have been
	// ticks and no mention, in milliseconds.
	Tick int64 `json:"t,omitempty"`
	Idle int64 `json:"i,omitempty"`
}

// tickGap is the most that the time between two ticks counts for as idleness.
// While nobody ticks, everything is down, the stream's collector too, and what
// that has to make up for must not find its windows closed.
const tickGap = 15_000

// mention takes in the time of a mention, and when Kafka took it: whatever a
// mention says of itself, it moves the watermark no further than to that.
func (c *clock) mention(at, recorded, disorder int64) {
	c.Idle = 0
	c.Water = max(c.Water, min(at, recorded)-disorder)
}

// tick moves the event time of a stream on that has been idle for long enough.
func (c *clock) tick(at, recorded int64, r *rules) {
	at = min(at, recorded)
	if c.Tick > 0 && at > c.Tick {
		c.Idle += min(at-c.Tick, tickGap)
	}
	c.Tick = max(c.Tick, at)
	if c.Idle >= r.idle {
		c.Water = max(c.Water, at-r.idle-r.disorder)
	}
}
