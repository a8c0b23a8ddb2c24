package cli

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/processors/count"
)

// countHangs is far longer than any batch; ticks bring one every few seconds.
const countHangs = 5 * time.Minute

// countWait lets a batch grow for a moment: each batch is a commit.
const countWait = 250 * time.Millisecond

// countParts are the processor that counts mentions; nothing where it is off.
func (s *system) countParts(truncated string) stage {
	if !s.cfg.Process.Count.Enabled {
		return nil
	}
	var loop *obs.Loop
	static := s.cfg.Process.Assignment == kafka.AssignStatic
	if static { // in a group a process may have no partition, and nothing to turn
		loop = s.health.Loop("count", countHangs)
	}
	p := count.New(turningBroker{s.kafka, loop}, s.cfg.Process.Count, s.cfg.Watch, s.reg, s.log)
	var handler kafka.Handler = p
	if static {
		handler = turning{p, loop}
	}
	consumer := kafka.NewConsumer(s.kafka, kafka.ConsumerConfig{
		Group: s.countGroup(), Topics: count.Topics(), Assignment: s.cfg.Process.Assignment,
		MaxWait: countWait, LagEvery: lagEvery, Truncated: truncated,
	}, handler, s.reg, s.log)
	again := make(chan struct{}, 1)
	s.rewatch = append(s.rewatch, func(_ context.Context, cfg *config.Config, _ []collectors.Entry) {
		p.Watch(cfg.Watch.Tags)
		select {
		case again <- struct{}{}:
		default: // it has not begun anew since the last time
		}
	})
	return stage{s.after("count", func(ctx context.Context) error { return runAnew(ctx, again, consumer.Run) })}
}

func (s *system) countGroup() string { return s.cfg.Process.Group + "-count" }

// runAnew runs until ctx ends, and begins anew whenever it is told to.
func runAnew(ctx context.Context, again <-chan struct{}, run func(context.Context) error) error {
	for {
		once, end := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- run(once) }()
		select {
		case err := <-done:
			end()
			return err
		case <-again:
			end()
			if err := <-done; err != nil || ctx.Err() != nil {
				return err
			}
		}
	}
}

// turningBroker tells the health page that waiting for a broker is no hanging.
type turningBroker struct {
	*kafka.Client
	loop *obs.Loop
}

// PublishAll is kafka.Client.PublishAll.
func (b turningBroker) PublishAll(ctx context.Context, topic string, msgs []kafka.Outgoing) error {
	if b.loop != nil {
		defer keepTurning(b.loop)()
	}
	return b.Client.PublishAll(ctx, topic, msgs)
}
