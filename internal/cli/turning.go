package cli

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
)

// turning tells the health page that a handler is being called. Ticks come to
// every partition, so also an idle one turns.
type turning struct {
	kafka.Handler
	loop *obs.Loop
}

// Assign wraps the handler of the partition.
func (t turning) Assign(ctx context.Context, topic string, partition int, c kafka.Committed) (kafka.PartitionHandler, error) {
	t.loop.Turn()
	h, err := t.Handler.Assign(ctx, topic, partition, c)
	if err != nil {
		return nil, err
	}
	return turningPartition{h, t.loop}, nil
}

type turningPartition struct {
	kafka.PartitionHandler
	loop *obs.Loop
}

// Handle turns before and after: a batch that is tried again and again is no
// loop that hangs.
func (t turningPartition) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	t.loop.Turn()
	defer t.loop.Turn()
	return t.PartitionHandler.Handle(ctx, batch)
}

// Start passes on what the handler knows.
func (t turningPartition) Start() int64 {
	if s, ok := t.PartitionHandler.(kafka.Starter); ok {
		return s.Start()
	}
	return -1
}

// turningPublisher tells the health page that looks are published.
type turningPublisher struct {
	c    *kafka.Client
	loop *obs.Loop
}

// Publish is kafka.Client.Publish.
func (p turningPublisher) Publish(ctx context.Context, topic, key string, m event.Validator) error {
	defer keepTurning(p.loop)()
	return p.c.Publish(ctx, topic, key, m)
}

// keepTurning turns the loop until it is told to stop. Waiting for a broker is
// no hanging: whoever ended the process for it would lose what waits.
func keepTurning(loop *obs.Loop) (stop func()) {
	loop.Turn()
	tick := time.NewTicker(turnEvery)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				loop.Turn()
			}
		}
	}()
	return func() {
		tick.Stop()
		close(done)
		loop.Turn()
	}
}

const turnEvery = 10 * time.Second
