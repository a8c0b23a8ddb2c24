package replay

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/importer"
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
}

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
	p := pacer{speed: o.Speed}
	for m, err := range r.Messages() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return end(ctx, b, err)
		}
		if wait := p.wait(m.At); wait > 0 {
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
	return b.Flush(ctx)
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
