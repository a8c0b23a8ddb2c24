package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/broker"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

// restartable is a broker that a test may end and start again, at the same
// address with the same log.
type restartable interface {
	Addr() string
	Kill()
	Start() error
}

type embeddedBroker struct {
	cfg broker.Config
	b   *broker.Broker
}

func (e *embeddedBroker) Addr() string { return e.cfg.Listen }
func (e *embeddedBroker) Kill()        { _ = e.b.Close() }

func (e *embeddedBroker) Start() (err error) {
	e.b, err = broker.Open(e.cfg, slog.New(slog.DiscardHandler))
	if err == nil {
		e.cfg.Listen = e.b.Addr()
	}
	return err
}

func eachRestartable(t *testing.T, test func(t *testing.T, b restartable)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		e := &embeddedBroker{cfg: broker.Config{DataDir: filepath.Join(t.TempDir(), "broker")}}
		if err := e.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Kill)
		test(t, e)
	})
	t.Run("apache", func(t *testing.T) {
		t.Parallel()
		test(t, testkit.OwnKafka(t))
	})
}

// Publishing and consuming go on by themselves over restarts of the broker, and
// lose nothing.
func TestKafkaRestartLosesNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			eachRestartable(t, func(t *testing.T, b restartable) {
				c := newClient(t, b.Addr())
				if err := c.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				topic := newTopic(t, c)
				r := newRecorder(t)
				run := consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, Assignment: mode}, r)

				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var acked atomic.Int64
				done := make(chan error, 1)
				go func() { done <- publishUntil(ctx, c, topic, &acked) }()
				for range 2 {
					before := acked.Load()
					eventually(t, "messages", func() bool { return acked.Load() > before+30 })
					b.Kill()
					if err := b.Start(); err != nil {
						t.Fatal(err)
					}
				}
				before := acked.Load()
				eventually(t, "messages after the last restart", func() bool { return acked.Load() > before+30 })
				cancel()
				if err := <-done; err != nil {
					t.Errorf("Publish() = %v over restarts", err)
				}
				r.await(numbered("m", int(acked.Load())))
				eventually(t, "all commits", func() bool { _, lag := lagOf(t, c, topic, topic); return lag == 0 })
				run.stop()
			})
		})
	}
}

func publishUntil(ctx context.Context, c *kafka.Client, topic string, acked *atomic.Int64) error {
	for ctx.Err() == nil {
		s := fmt.Sprintf("m-%05d", acked.Load())
		err := c.Publish(ctx, topic, s, note(s))
		if err == nil {
			acked.Add(1)
		} else if ctx.Err() == nil {
			return err
		}
	}
	return nil
}
