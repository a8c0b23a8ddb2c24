package bluesky

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// cursor is where to go on. A sequence number is exact, and means something on
// its own server only; the time means the same on all of them.
type cursor struct {
	// Host is the server that Seq is of.
	Host string `json:"host,omitempty"`
	// Seq is the first event to ask for on Host: some seconds before the last
	// one that was read. 0: none, as with v1.
	Seq int64 `json:"seq,omitempty"`
	// US is the time of the last event that was read, Unix microseconds.
	US int64 `json:"us"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // three plain fields: it cannot be
	}
	return string(b)
}

// parseCursor reads what String wrote; the zero cursor is no position.
func parseCursor(text string) (cursor, error) {
	if text == "" {
		return cursor{}, nil
	}
	var c cursor
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return cursor{}, fmt.Errorf("read cursor: %w", err)
	}
	if c.Seq < 0 || !isTime(c.time()) {
		return cursor{}, fmt.Errorf("read cursor: seq %d, us %d", c.Seq, c.US)
	}
	return c, nil
}

func (c cursor) time() time.Time { return time.UnixMicro(c.US).UTC() }

func (c cursor) isZero() bool { return c.US == 0 }

// ask is the parameter for a server: its own sequence number, or the time, less
// the rewind. A time that is yet to come would silently begin at the end.
func (c cursor) ask(h *host, rewind time.Duration, now time.Time) int64 {
	if h.v2 && c.Seq > 0 && c.Host == h.url && !h.noSeq {
		return c.Seq
	}
	at := c.time()
	if at.After(now) {
		at = now
	}
	return at.Add(-rewind).UnixMicro()
}

// markStep is how far apart in time sequence numbers are remembered.
const markStep = 250 * time.Millisecond

// track follows a connection and makes cursors of it.
type track struct {
	host   *host
	rewind time.Duration
	// from is where the connection began: everything up to its time was taken
	// over before.
	from cursor
	// last is the latest time of an event: a connection that is cut after any
	// few seconds of the stream must have moved on, whatever its last event.
	last  time.Time
	marks []mark
}

// believed is how far times may go back and forth. One that was further ahead
// was wrong, and is forgotten.
const believed = time.Minute

type mark struct {
	seq int64
	at  time.Time
}

// passed notes an event. One whose time is far ahead is no mark: it would stand
// in the way of those behind it until their time has come. If the stream truly
// went on there, the next event is one.
func (t *track) passed(f frame) {
	ahead := !t.last.IsZero() && f.at.Sub(t.last) > believed
	if f.at.After(t.last) || t.last.Sub(f.at) > believed {
		t.last = f.at
	}
	if f.seq == 0 || ahead {
		return
	}
	if n := len(t.marks); n > 0 {
		// Times go back and forth a little, sequence numbers do not.
		if gone := f.at.Sub(t.marks[n-1].at); gone >= 0 && gone < markStep || gone < 0 && gone > -t.rewind {
			return
		}
	}
	t.marks = append(t.marks, mark{f.seq, f.at})
}

// moved is true when an event came that is later than the cursor: those before
// were asked for to be safe, and are no progress.
func (t *track) moved() bool {
	return !t.last.IsZero() && (t.from.isZero() || t.last.After(t.from.time()))
}

// cursor is where to go on after the last event. While a connection repeats
// what was taken over before, it is still where that ended.
func (t *track) cursor(now time.Time) cursor {
	if !t.moved() {
		return t.from
	}
	at := t.last
	if at.After(now) {
		at = now
	}
	c := cursor{US: at.UnixMicro()}
	for len(t.marks) > 1 && !t.marks[1].at.After(t.last.Add(-t.rewind)) {
		t.marks = t.marks[1:]
	}
	if len(t.marks) > 0 {
		c.Host, c.Seq = t.host.url, t.marks[0].seq
	}
	return c
}
