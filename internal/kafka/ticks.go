package kafka

import (
	"context"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/event"
)

// RunTicks writes a Tick to every partition of the topics, at once and then at
// every interval, until ctx ends. Ticks keep the event time of an idle
// partition moving, and they keep retention from emptying a partition: an
// embedded broker would forget the offsets of an empty one.
func (c *Client) RunTicks(ctx context.Context, topics []string, every time.Duration) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-timer.C:
			timer.Reset(every)
			for _, topic := range topics {
				if err := c.tick(ctx, topic, now); err != nil && ctx.Err() == nil {
					c.log.Error("write ticks", "topic", topic, "err", err)
				}
			}
		}
	}
}

func (c *Client) tick(ctx context.Context, topic string, now time.Time) error {
	parts, err := c.partitions(ctx, topic)
	if err != nil {
		return err
	}
	return c.writeTicks(ctx, topic, onceEach(parts), &event.Tick{AtMs: now.UnixMilli()})
}

// TellPast writes to every partition of a topic that a past is being sent, and
// how far it is: all looks of it before that moment have been acknowledged. It
// returns when that is acknowledged too.
func (c *Client) TellPast(ctx context.Context, topic string, past time.Time) error {
	var parts []int
	err := c.persist(ctx, "read topics", func(ctx context.Context) (err error) {
		parts, err = c.partitions(ctx, topic)
		return err
	})
	if err != nil {
		return err
	}
	return c.writeTicks(ctx, topic, onceEach(parts), &event.Tick{AtMs: time.Now().UnixMilli(), PastMs: past.UnixMilli()})
}

func onceEach(parts []int) map[int]int64 {
	once := make(map[int]int64, len(parts))
	for _, p := range parts {
		once[p] = 1
	}
	return once
}

func (c *Client) writeTicks(ctx context.Context, topic string, counts map[int]int64, tick *event.Tick) error {
	m, err := encode(topic, Outgoing{Msg: tick})
	if err != nil {
		return err
	}
	var msgs []kafkago.Message
	for p, n := range counts {
		m.WriterData = pin(p)
		for range n {
			msgs = append(msgs, m)
		}
	}
	return c.publish(ctx, topic, msgs)
}

// advanceAtOnce bounds the memory that Advance needs.
const advanceAtOnce = 50_000

// Advance writes ticks until every partition ends at the wanted offset or
// beyond, and says how many it wrote. A log that has lost its end, or was made
// anew, would give offsets a second time that rows in the store already carry,
// and those who skip what is stored would skip new messages. Call it before
// anything else writes to the topic.
func (c *Client) Advance(ctx context.Context, topic string, wanted map[int]int64) (written int64, err error) {
	for {
		missing, err := c.missingTicks(ctx, topic, wanted)
		if err != nil || len(missing) == 0 {
			return written, err
		}
		if written == 0 {
			c.log.Error("log was lost or made anew, filling it up with ticks", "topic", topic, "partitions", len(missing))
		}
		if err := c.writeTicks(ctx, topic, missing, &event.Tick{AtMs: time.Now().UnixMilli()}); err != nil {
			return written, err
		}
		for _, n := range missing {
			written += n
		}
	}
}

func (c *Client) missingTicks(ctx context.Context, topic string, wanted map[int]int64) (map[int]int64, error) {
	missing := map[int]int64{}
	err := c.call(ctx, "read offsets", func(ctx context.Context) error {
		parts, err := c.partitions(ctx, topic)
		if err != nil {
			return err
		}
		found, err := c.bounds(ctx, topic, parts...)
		for p, b := range found {
			if n := wanted[p] - b.end; n > 0 {
				missing[p] = min(n, advanceAtOnce)
			}
		}
		return err
	})
	return missing, err
}

// AdvanceToCommitted is Advance to where the group has been in each topic.
func (c *Client) AdvanceToCommitted(ctx context.Context, group string, topics []string) (written int64, err error) {
	for _, topic := range topics {
		lags, err := c.Lag(ctx, group, []string{topic})
		if err != nil {
			return written, err
		}
		wanted := make(map[int]int64, len(lags))
		for _, l := range lags {
			wanted[l.Partition] = l.Committed
		}
		n, err := c.Advance(ctx, topic, wanted)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
