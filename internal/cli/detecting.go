package cli

import (
	"context"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/processors/detect"
)

// detectHangs is longer than loading memories and the longest insert of some;
// ticks bring a batch every few seconds.
const detectHangs = 3 * clickhouse.InsertTimeout

// detectParts are the processor that judges every look; nothing where it is
// off. It goes over to another watchlist while it runs.
func (s *system) detectParts(truncated string) (stage, error) {
	cfg := s.cfg.Process.Detect
	if !cfg.Enabled {
		return nil, nil
	}
	rules, err := detect.Rules(cfg, s.cfg.Watch)
	if err != nil {
		return nil, s.cfg.Locate(err)
	}
	var loop *obs.Loop
	static := s.cfg.Process.Assignment == kafka.AssignStatic
	if static { // in a group a process may have no partition, and nothing to turn
		loop = s.health.Loop("detect", detectHangs)
	}
	p := detect.New(detect.Deps{
		Broker: turningBroker{s.kafka, loop}, DB: s.ch, Judge: rules, Log: s.log,
	}, cfg.Checkpoint, s.reg)
	var handler kafka.Handler = p
	if static {
		handler = turning{p, loop}
	}
	consumer := kafka.NewConsumer(s.kafka, kafka.ConsumerConfig{
		Group: s.detectGroup(), Topics: detect.Topics(), Assignment: s.cfg.Process.Assignment,
		LagEvery: lagEvery, Truncated: truncated,
	}, handler, s.reg, s.log)
	s.rewatch = append(s.rewatch, func(ctx context.Context, changed *config.Config, _ []collectors.Entry) {
		rules, err := detect.Rules(cfg, changed.Watch)
		if err != nil {
			s.log.ErrorContext(ctx, "looks are judged by the former watchlist", "err", err)
			return
		}
		p.Rejudge(rules)
	})
	return stage{s.after("detect", func(ctx context.Context) error {
		if err := persist(ctx, s.log, "check table of memories", p.Check); err != nil {
			return err
		}
		return consumer.Run(ctx)
	})}, nil
}

func (s *system) detectGroup() string { return s.cfg.Process.Group + "-detect" }
