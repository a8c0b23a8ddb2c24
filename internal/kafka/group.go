package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// errRejoin ends a membership so that a new one begins.
var errRejoin = errors.New("join group anew")

// runGroup joins the group again and again until ctx ends.
func (c *Consumer) runGroup(ctx context.Context) error {
	wait := c.stallWait()
	for {
		if err := c.membership(ctx, &wait); !errors.Is(err, errRejoin) || ctx.Err() != nil {
			return unlessOver(ctx, err)
		}
	}
}

// membership is one stay in the group; it leaves the group at its end, after
// the workers have finished and committed.
func (c *Consumer) membership(ctx context.Context, wait *time.Duration) error {
	cg, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: c.cfg.Group, Brokers: c.client.cfg.Brokers, Dialer: c.client.dialer, Topics: c.cfg.Topics,
		HeartbeatInterval: c.cfg.SessionTimeout / 10, SessionTimeout: c.cfg.SessionTimeout,
		RebalanceTimeout: c.cfg.RebalanceTimeout, JoinGroupBackoff: time.Second,
		StartOffset: kafkago.FirstOffset, ErrorLogger: newLibraryLog(c.log), Logger: newLibraryLog(c.log),
	})
	if err != nil {
		return fmt.Errorf("join group %s: %w", c.cfg.Group, err)
	}
	defer func() {
		if err := cg.Close(); err != nil {
			c.log.Warn("leave group", "err", err)
		}
	}()
	mctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	own := &owned{}
	var watch sync.WaitGroup
	watch.Go(func() { c.watchStall(mctx, own, wait, end) })
	defer watch.Wait()
	defer end(nil)
	return c.generations(mctx, cg, own, end)
}

// generations runs the workers of one generation after the other.
func (c *Consumer) generations(ctx context.Context, cg *kafkago.ConsumerGroup, own *owned, end context.CancelCauseFunc) error {
	quiet := newQuiet()
	for {
		gen, err := cg.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && isPermanent(err) && !isFenced(err):
			return c.client.explain("join group "+c.cfg.Group, err)
		case err != nil:
			if quiet.speak() {
				c.log.Warn("join group, trying again", "err", err)
			}
			continue
		}
		c.m.rebalanced(c.cfg.Group)
		c.startWorkers(ctx, gen, own, end)
	}
}

// startWorkers returns at once. kafka-go ends the generation when the first
// worker returns, and joins the next one when the last has.
func (c *Consumer) startWorkers(ctx context.Context, gen *kafkago.Generation, own *owned, end context.CancelCauseFunc) {
	var parts []topicPartition
	for topic, as := range gen.Assignments {
		for _, a := range as {
			parts = append(parts, topicPartition{topic, a.ID})
		}
	}
	own.set(parts)
	c.log.Info("partitions assigned", "generation", gen.ID, "member", gen.MemberID, "partitions", len(parts))
	grace := min(c.cfg.Grace, c.cfg.SessionTimeout/2)
	for _, tp := range parts {
		w := c.worker(tp, owner{generation: int(gen.ID), member: gen.MemberID}, grace)
		gen.Start(func(gctx context.Context) {
			wctx, cancel := context.WithCancel(gctx)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			err := w.run(wctx)
			switch {
			case err == nil:
			case isFenced(err):
				c.log.Warn("partition was taken away", "topic", tp.topic, "partition", tp.partition, "err", err)
			default:
				end(err)
			}
		})
	}
}

// owned is what this process has been assigned.
type owned struct {
	mu    sync.Mutex
	parts []topicPartition
}

func (o *owned) set(parts []topicPartition) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.parts = parts
}

func (o *owned) has(tp topicPartition) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.parts, tp)
}

func (c *Consumer) stallWait() time.Duration {
	return max(c.cfg.StallAfter, 5*c.cfg.SessionTimeout/2)
}

// watchStall looks for partitions of others that have messages and make no
// progress. Their owner may be a ghost: a member whose connection died while
// it was joining is kept for ever by the embedded broker, and real brokers had
// such times too. To join anew forces a rebalance, which evicts the ghost. An
// owner that is alive and merely stuck loses nothing by it; so that it is not
// disturbed for ever, each firing doubles the wait until there is progress.
func (c *Consumer) watchStall(ctx context.Context, own *owned, wait *time.Duration, end context.CancelCauseFunc) {
	since := map[topicPartition]progress{}
	for pause(ctx, max(c.cfg.SessionTimeout/2, 100*time.Millisecond)) {
		lags, err := c.client.Lag(ctx, c.cfg.Group, c.cfg.Topics)
		if err != nil {
			clear(since) // nothing is known about the time without a broker
			continue
		}
		for _, l := range lags {
			tp := topicPartition{l.Topic, l.Partition}
			p, seen := since[tp]
			if !seen || p.committed != l.handled() || l.Lag == 0 || own.has(tp) {
				if seen && p.committed != l.handled() && !own.has(tp) {
					*wait = c.stallWait()
				}
				since[tp] = progress{l.handled(), time.Now()}
				continue
			}
			if time.Since(p.at) < *wait {
				continue
			}
			c.m.stalled(c.cfg.Group, "group")
			c.log.Warn("partition makes no progress, joining the group anew",
				"topic", l.Topic, "partition", l.Partition, "committed", l.Committed, "lag", l.Lag, "for", time.Since(p.at))
			*wait = min(2**wait, 16*c.stallWait())
			end(errRejoin)
			return
		}
	}
}

// progress is what was committed as handled, and since when.
type progress struct {
	committed int64
	at        time.Time
}
