package collectors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/collectors/bluesky"
	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// Stream reads one public place that tells by itself. It connects, reads and
// ends; when to connect again, what is published, and the looks at the stream
// are the Runner's.
type Stream interface {
	// Run reads over one connection until that or ctx ends, and says why it
	// ended: a *stream.Error where the reason is one of the stream's words.
	Run(ctx context.Context, out stream.Out) error
}

// Sink takes what streams bring.
type Sink interface {
	// PublishMentions returns when the broker has all of them.
	PublishMentions(ctx context.Context, all []*event.Mention) error
	// SaveCursor keeps the position of a stream; LoadCursor returns what was kept
	// last, empty where nothing was.
	SaveCursor(ctx context.Context, name, cursor string) error
	LoadCursor(ctx context.Context, name string) (string, error)
}

// StreamEntry is one line of the list of streams.
type StreamEntry struct {
	// Name as in the configuration, and in every look at the stream.
	Name    string
	Config  config.Stream
	Stream  Stream
	Target  *event.Target
	Reasons []string // for which a connection can end
	About   about.Source
}

// StreamLookEvery is how often a look at a stream is published.
const StreamLookEvery = time.Minute

// NewStreams makes every stream there is. This is the one list of them.
func NewStreams(cfg config.Collect, f *fetch.Client) ([]StreamEntry, error) {
	s := cfg.Sources
	firehose, err := bluesky.NewFirehose(f, s.Bluesky)
	if err != nil {
		return nil, fmt.Errorf("set up bluesky: %w", err)
	}
	return []StreamEntry{
		{"bluesky", s.Bluesky.Stream, firehose, bluesky.Target(), bluesky.Reasons(), bluesky.About()},
	}, nil
}

// Reasons of the Runner's own for which a connection ends.
const (
	reasonPanic = "panic"
	reasonOther = "other"
)

// AddStreams lets the Runner run streams too, the enabled ones. Call it before
// Run.
func (r *Runner) AddStreams(entries []StreamEntry, sink Sink) {
	r.streams = newStreamMetrics(r.reg)
	for _, e := range entries {
		if e.Config.Enabled {
			r.channels = append(r.channels, r.newChannel(e, sink))
		}
	}
}

// channel is what one stream has for itself.
type channel struct {
	entry   StreamEntry
	in      *intake
	out     *outbox
	polls   *metrics
	metrics *streamMetrics
	log     *slog.Logger
}

func (r *Runner) newChannel(e StreamEntry, sink Sink) *channel {
	r.metrics.prepare(e.Name)
	r.streams.prepare(e.Name, e.Reasons)
	log := r.log.With("source", e.Name)
	return &channel{
		entry: e, log: log, polls: r.metrics, metrics: r.streams,
		in:  newIntake(e.Name, sink, e.Config.SaveEvery.D(), r.streams, log),
		out: newOutbox(r.pub, e.Name, r.metrics, log),
	}
}

// run reads until ctx ends, then sends what was read and not yet sent.
func (c *channel) run(ctx context.Context) {
	c.log.InfoContext(ctx, "stream starts")
	var reading, taking, sending sync.WaitGroup
	reading.Go(func() { c.read(ctx) })
	taking.Go(func() { c.in.run(ctx) })
	reading.Go(func() { c.look(ctx) })
	sending.Go(func() { c.out.run(ctx) })
	reading.Wait()
	c.in.close()
	c.out.close()
	taking.Wait()
	sending.Wait()
}

// read connects again whenever a connection ended.
func (c *channel) read(ctx context.Context) {
	failures, wait := 0, time.Duration(0)
	for ctx.Err() == nil {
		before := c.in.reached()
		err := c.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if c.in.reached().Sub(before) > wait {
			failures = 0 // it brought more of the stream than the pause before it took
		}
		reason := reasonOther
		if end, ok := errors.AsType[*stream.Error](err); ok {
			reason = end.Reason
		}
		c.metrics.ended(c.entry.Name, reason)
		c.in.ended(err)
		wait = pause(c.entry.Config, failures)
		failures++
		c.log.WarnContext(ctx, "stream ended, connecting again", "reason", reason, "wait", wait.String(), "err", err)
		if !sleepUntil(ctx, time.Now().Add(wait)) {
			return
		}
	}
}

// pause doubles with every failure. Half of it is left to chance, so that not
// all clients of a server that restarts come back at once.
func pause(cfg config.Stream, failures int) time.Duration {
	wait := cfg.RetryMost.D()
	if failures < 30 {
		wait = min(cfg.RetryAfter.D()<<failures, wait)
	}
	return wait/2 + time.Duration(rand.Int64N(int64(wait/2)+1)) //nolint:gosec // it need not be secret
}

// once runs the stream, and turns its panic into an error.
func (c *channel) once(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.ErrorContext(ctx, "stream panicked", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = &stream.Error{Reason: reasonPanic, Err: fmt.Errorf("stream panicked: %v", p)}
		}
	}()
	if err = c.entry.Stream.Run(ctx, c.in); err == nil {
		err = errors.New("stream ended without a reason")
	}
	return err
}
