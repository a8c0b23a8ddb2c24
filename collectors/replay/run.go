package replay

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/importer"
	"github.com/tidemark/tidemark/internal/event"
)

// The slowest and the fastest pace that can be asked for.
const (
	minSpeed = 0.01
	maxSpeed = 1e9
)

// Options say how a recording is replayed.
type Options struct {
	// Speed is how many seconds of the recording pass in one second: 1 is as it
	// was, 600 is an hour in six seconds. 0 does not wait at all.
	Speed float64
	// Progress is told after every batch how many messages the broker has, and
	// how many there are (0: not known). It may be nil.
	Progress func(done, total int)
	// Past is told how far the recording is, when the broker has all of it before
	// that moment: whenever its looks move on to another slot, but at full speed
	// only after each 500 messages, and at its end. It may be nil.
	Past func(ctx context.Context, past time.Time) error
}

// pastEvery is after how many messages Past is told at full speed.
const pastEvery = importer.BatchMessages

// ParseSpeed reads "max" or a factor such as "600x".
func ParseSpeed(s string) (float64, error) {
	if s == "max" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
	if err != nil || math.IsNaN(v) || v < minSpeed || v > maxSpeed {
		return 0, fmt.Errorf("parse speed: is %q, want max or a factor such as 600x, from %gx to %.0fx", s, minSpeed, maxSpeed)
	}
	return v, nil
}

// Run publishes the whole recording in its order, at its own times. The same
// recording gives the same messages each time, so a replay that was cut short
// is simply run again. An error names the line of a file that is wrong;
// everything before that line has been sent then.
func (r *Recording) Run(ctx context.Context, pub BatchPublisher, o Options) error {
	if o.Speed != 0 && !(o.Speed >= minSpeed && o.Speed <= maxSpeed) {
		return fmt.Errorf("replay %s: speed is %v, want 0 or %g to %g", r.name, o.Speed, minSpeed, maxSpeed)
	}
	b := importer.NewBatch(pub, r.total, o.Progress)
	p, past := pacer{speed: o.Speed}, teller{tell: o.Past}
	for m, err := range r.Messages() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return end(ctx, b, err)
		}
		wait := p.wait(m.At)
		if past.due(m, wait > 0) {
			if err := past.flush(ctx, b); err != nil {
				return err
			}
		}
		if wait > 0 {
			if err := b.Flush(ctx); err != nil {
				return err
			}
			if err := sleep(ctx, p.wait(m.At)); err != nil {
				return err
			}
		}
		if err := b.Add(ctx, m.Outgoing); err != nil {
			return err
		}
	}
	if past.last == 0 {
		return b.Flush(ctx)
	}
	past.last++ // all of the last slot is there too
	return past.flush(ctx, b)
}

// teller says how far a recording is.
type teller struct {
	tell  func(ctx context.Context, past time.Time) error
	last  int64 // the latest slot so far, Unix milliseconds
	since int   // messages since it was told
}

// due takes in the next message. It is true where the ones before are to be told
// of: the message is of a later slot, and there were enough or there is time.
func (t *teller) due(m Message, pause bool) bool {
	s, ok := m.Msg.(*event.Snapshot)
	moved := ok && s.GetSlotMs() > t.last
	due := moved && t.last > 0 && (pause || t.since >= pastEvery)
	if moved {
		t.last = s.GetSlotMs()
	}
	t.since++
	return due
}

// flush sends what has gathered, and then tells.
func (t *teller) flush(ctx context.Context, b *importer.Batch) error {
	t.since = 0
	if err := b.Flush(ctx); err != nil || t.tell == nil {
		return err
	}
	if err := t.tell(ctx, time.UnixMilli(t.last).UTC()); err != nil {
		return fmt.Errorf("tell how far the recording is: %w", err)
	}
	return nil
}

// pacer says how long to wait for a moment of the recording.
type pacer struct {
	speed float64
	start time.Time // when the replay began, by the wall
	first time.Time // what it began with, in the recording
}

// wait is how long the moment at is still ahead. Moments before the first, and
// messages without one, are due at once.
func (p *pacer) wait(at time.Time) time.Duration {
	if p.speed == 0 || at.IsZero() {
		return 0
	}
	if p.first.IsZero() {
		p.start, p.first = time.Now(), at
	}
	ahead := float64(at.Sub(p.first)) / p.speed
	if ahead >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(ahead) - time.Since(p.start)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// end sends what came before a bad line and passes the reason on.
func end(ctx context.Context, b *importer.Batch, reason error) error {
	if ctx.Err() != nil {
		return reason
	}
	if err := b.Flush(ctx); err != nil {
		return fmt.Errorf("%w (and %w)", reason, err)
	}
	return reason
}
