package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Ways to share the partitions.
const (
	// AssignStatic: this process owns every partition. Nothing is shared and
	// nothing is fenced; start one such process per group.
	AssignStatic = "static"
	// AssignGroup: the processes of a group share the partitions.
	AssignGroup = "group"
)

// What to do where a committed offset is beyond the end of its partition.
const (
	// TruncatedRefuse ends Run with an error, until a person has looked.
	TruncatedRefuse = "refuse"
	// TruncatedReset begins at the start of the new log, loudly.
	TruncatedReset = "reset"
)

// Handler is told which partitions are its own.
type Handler interface {
	// Assign is called when a partition is assigned, before its first message.
	// The returned handler may name an earlier offset than the committed one
	// to begin at, by implementing Starter. After an error Assign is called
	// again, until ctx ends.
	Assign(ctx context.Context, topic string, partition int, c Committed) (PartitionHandler, error)
}

// PartitionHandler takes the batches of one partition, one after the other,
// from one goroutine.
type PartitionHandler interface {
	// Handle gets the same batch again until it returns no error; meanwhile
	// nothing of the partition moves. What it returns is committed. The batch
	// may be kept.
	Handle(ctx context.Context, batch []Message) (Commit, error)
}

// Starter is a PartitionHandler that knows better than the commit where to
// begin.
type Starter interface {
	// Start returns the first offset to be read; -1: as committed.
	Start() int64
}

// Commit is what a group has done of a partition.
type Commit struct {
	// Offset is the next to be read after a restart; -1: nothing to commit yet.
	Offset int64
	// Next is the first offset that was never handled, where that is beyond
	// Offset: what lies between is read again after a restart although it has
	// been handled. 0: the same as Offset.
	Next int64
	// Metadata is kept with the offset, and given to Assign. At most 4,000 bytes.
	Metadata string
}

// ConsumerConfig says what a consumer reads and how. Zero values get defaults.
type ConsumerConfig struct {
	Group  string
	Topics []string
	// Assignment is AssignStatic (default) or AssignGroup.
	Assignment string
	// A batch has at most MaxBytes (4 MiB) and MaxMessages (10,000), and its
	// first message waits at most MaxWait (50 ms) for others.
	MaxBytes    int
	MaxMessages int
	MaxWait     time.Duration
	// RetryMin (100 ms) and RetryMax (15 s) bound the pause before a batch is
	// handled again.
	RetryMin, RetryMax time.Duration
	// Grace (5 s) is what a batch that is being handled gets when its partition
	// is taken away or the process ends. In a group it is at most half of
	// SessionTimeout.
	Grace time.Duration
	// SessionTimeout (10 s) and RebalanceTimeout (30 s) of the group protocol.
	SessionTimeout, RebalanceTimeout time.Duration
	// StallAfter (30 s) is how long messages may lie there without any coming,
	// before the reader is replaced, or the group joined anew.
	StallAfter time.Duration
	// LagEvery (10 s) is how often the lag metric is brought up to date.
	LagEvery time.Duration
	// Truncated is TruncatedRefuse (default) or TruncatedReset.
	Truncated string
}

func (c ConsumerConfig) withDefaults() ConsumerConfig {
	def(&c.Assignment, AssignStatic)
	def(&c.Truncated, TruncatedRefuse)
	def(&c.MaxBytes, 4<<20)
	def(&c.MaxMessages, 10_000)
	def(&c.MaxWait, 50*time.Millisecond)
	def(&c.RetryMin, 100*time.Millisecond)
	def(&c.RetryMax, 15*time.Second)
	def(&c.Grace, 5*time.Second)
	def(&c.SessionTimeout, 10*time.Second)
	def(&c.RebalanceTimeout, 30*time.Second)
	def(&c.StallAfter, 30*time.Second)
	def(&c.LagEvery, 10*time.Second)
	return c
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func (c ConsumerConfig) check() error {
	switch {
	case c.Group == "":
		return errors.New("check consumer: group is missing")
	case len(c.Topics) == 0:
		return errors.New("check consumer: topics is empty")
	case c.Assignment != AssignStatic && c.Assignment != AssignGroup:
		return fmt.Errorf("check consumer: assignment is %q, want static or group", c.Assignment)
	case c.Truncated != TruncatedRefuse && c.Truncated != TruncatedReset:
		return fmt.Errorf("check consumer: truncated is %q, want refuse or reset", c.Truncated)
	}
	return nil
}

// Consumer reads topics by one worker per partition.
type Consumer struct {
	client  *Client
	cfg     ConsumerConfig
	handler Handler
	m       *metrics
	err     error // what New could not return
	log     *slog.Logger
}

// NewConsumer makes a consumer; Run does the work.
func NewConsumer(c *Client, cfg ConsumerConfig, h Handler, reg prometheus.Registerer, log *slog.Logger) *Consumer {
	m, err := newMetrics(reg)
	cfg = cfg.withDefaults()
	return &Consumer{
		client: c, cfg: cfg, handler: h, m: m, err: errors.Join(err, cfg.check()),
		log: log.With("component", "kafka", "group", cfg.Group),
	}
}

// Run reads until ctx ends, and then returns nil when the batches that were
// being handled are done and committed, or their grace is over. It waits for an
// absent broker; it returns an error where waiting cannot help: a missing
// topic, a refused user, a log that was truncated.
func (c *Consumer) Run(ctx context.Context) error {
	if c.err != nil {
		return c.err
	}
	parts, err := c.allPartitions(ctx)
	if err != nil {
		return unlessOver(ctx, err)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		c.runLag(gctx)
		return nil
	})
	if c.cfg.Assignment == AssignGroup {
		g.Go(func() error { return c.runGroup(gctx) })
	} else {
		c.runStatic(gctx, g, parts)
	}
	return g.Wait()
}

// unlessOver is err, unless it only says that ctx ended.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

type topicPartition struct {
	topic     string
	partition int
}

// allPartitions also makes sure that the topics exist: kafka-go waits in
// silence for one that does not.
func (c *Consumer) allPartitions(ctx context.Context) ([]topicPartition, error) {
	var all []topicPartition
	for _, topic := range c.cfg.Topics {
		err := c.client.persist(ctx, "read topics", func(ctx context.Context) error {
			parts, err := c.client.partitions(ctx, topic)
			for _, p := range parts {
				all = append(all, topicPartition{topic, p})
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (c *Consumer) runStatic(ctx context.Context, g *errgroup.Group, parts []topicPartition) {
	for _, tp := range parts {
		w := c.worker(tp, nobody(), c.cfg.Grace)
		g.Go(func() error { return w.run(ctx) })
	}
}

func (c *Consumer) runLag(ctx context.Context) {
	if c.m == nil {
		return
	}
	tick := time.NewTicker(c.cfg.LagEvery)
	defer tick.Stop()
	for {
		lags, err := c.client.Lag(ctx, c.cfg.Group, c.cfg.Topics)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("read lag", "err", err)
		}
		for _, l := range lags {
			c.m.setLag(c.cfg.Group, l)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
