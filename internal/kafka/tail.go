package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	kafkago "github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/event"
)

// Where Tail begins, beside an offset.
const (
	// FromFirst is the oldest message that there is.
	FromFirst int64 = -2
	// FromEnd is the next message to come.
	FromEnd int64 = -1
)

// TailOptions say what of a topic is to be seen. The zero value is all of it,
// from the oldest message to the one that is the last now.
type TailOptions struct {
	// From is FromFirst, FromEnd or an offset, which counts in every partition.
	From int64
	// Last begins that many messages before the end of every partition,
	// instead of at From; 0 means From. With SkipTicks it does not count ticks.
	Last int64
	// SkipTicks leaves ticks out.
	SkipTicks bool
	// Partitions to read; nil means all.
	Partitions []int
	// Follow goes on until ctx ends; otherwise Tail ends at what is the end of
	// the topic when it is called.
	Follow bool
}

// Tail reads a topic for a person or a test, without a group and without
// commits. fn is called by one goroutine at a time; the messages of a partition
// are in order, the partitions are not. An error of fn ends Tail with it.
func (c *Client) Tail(ctx context.Context, topic string, o TailOptions, fn func(Message) error) error {
	parts, limits, err := c.tailBounds(ctx, topic, o)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	for _, p := range parts {
		g.Go(func() error {
			s, err := c.tailSpan(gctx, topic, p, o, limits[p])
			if err != nil || s.start == s.end {
				return err
			}
			return c.tailPartition(gctx, topic, p, s, func(m Message) error {
				if o.SkipTicks && isTick(m) {
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				return fn(m)
			})
		})
	}
	if err := g.Wait(); err != nil {
		if o.Follow && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil // a person ended it
		}
		return err
	}
	return nil
}

func (c *Client) tailBounds(ctx context.Context, topic string, o TailOptions) ([]int, map[int]bounds, error) {
	var parts []int
	var limits map[int]bounds
	err := c.call(ctx, "read topic", func(ctx context.Context) (err error) {
		if parts, err = c.partitions(ctx, topic); err != nil {
			return err
		}
		for _, p := range o.Partitions {
			if !slices.Contains(parts, p) {
				return fmt.Errorf("topic %s has no partition %d: %w", topic, p, ErrUnknownTopic)
			}
		}
		if o.Partitions != nil {
			parts = o.Partitions
		}
		limits, err = c.bounds(ctx, topic, parts...)
		return err
	})
	return parts, limits, err
}

// tailSpan is what o means of a partition within b.
func (c *Client) tailSpan(ctx context.Context, topic string, p int, o TailOptions, b bounds) (s span, err error) {
	s = span{o.start(b), b.end}
	if o.Last > 0 && o.SkipTicks {
		if s.start, err = c.lastButTicks(ctx, topic, p, o.Last, b); err != nil {
			return s, err
		}
	}
	if o.Follow {
		s.end = -1
	}
	return s, nil
}

// lastButTicks finds where the last n messages that are no ticks begin. An idle
// partition may end in thousands of ticks, so it goes back in steps that double
// and reads none twice; where there is nothing but ticks it returns the end.
func (c *Client) lastButTicks(ctx context.Context, topic string, p int, n int64, b bounds) (int64, error) {
	start, step := b.end, max(n, readerQueue) // less is read ahead anyway
	for high := b.end; n > 0 && high > b.first; step *= 2 {
		low := max(b.first, high-step)
		var found []int64
		err := c.tailPartition(ctx, topic, p, span{low, high}, func(m Message) error {
			if isTick(m) {
				return nil
			}
			if found = append(found, m.Offset); int64(len(found)) > n {
				found = found[1:]
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		if len(found) > 0 {
			start = found[0]
		}
		n -= int64(len(found))
		high = low
	}
	return start, nil
}

func isTick(m Message) bool { return m.Type == event.TypeName(&event.Tick{}) }

// start is clamped to what there is.
func (o TailOptions) start(b bounds) int64 {
	switch {
	case o.Last > 0:
		return max(b.first, b.end-o.Last)
	case o.From == FromEnd:
		return b.end
	default:
		return min(max(b.first, o.From), b.end)
	}
}

// span is from start to before end; end -1 means for ever.
type span struct{ start, end int64 }

func (c *Client) tailPartition(ctx context.Context, topic string, p int, s span, fn func(Message) error) error {
	r := c.newReader(topic, p)
	defer closeReader(r, c.log)
	if err := r.SetOffset(s.start); err != nil {
		return fmt.Errorf("read topic %s partition %d: %w", topic, p, err)
	}
	known := types{}
	for {
		m, err := r.FetchMessage(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (isPermanent(err) || errors.Is(err, kafkago.OffsetOutOfRange)):
			return fmt.Errorf("read topic %s partition %d: %w", topic, p, err)
		case err != nil:
			c.log.Warn("read topic, trying again", "topic", topic, "partition", p, "err", err)
			continue
		}
		if s.end >= 0 && m.Offset >= s.end {
			return nil
		}
		if err := fn(known.message(&m)); err != nil {
			return err
		}
		if s.end >= 0 && m.Offset == s.end-1 {
			return nil
		}
	}
}
