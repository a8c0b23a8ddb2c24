package kafka_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/broker"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// What retention removes before a group has read it is lost, and said so.
func TestLostMessagesAreCounted(t *testing.T) {
	t.Parallel()
	broker, addr := cluster(t)
	reg := prometheus.NewPedanticRegistry()
	c := newClientOf(t, config.Kafka{Brokers: []string{addr}, Partitions: 1}, nil)
	topic := event.Topic{Name: "brief", Retention: time.Hour, RetentionBytes: 2000}
	if err := c.EnsureTopics(t.Context(), []event.Topic{topic}); err != nil {
		t.Fatal(err)
	}
	r := newRecorder(t)
	cfg := kafka.ConsumerConfig{Group: "g", Topics: []string{topic.Name}}
	run := consumeWith(t, c, cfg, r, reg)
	publish(t, c, topic.Name, "a")
	r.await([]string{"a"})
	eventually(t, "the commit", func() bool { committed, _ := lagOf(t, c, "g", topic.Name); return committed == 1 })
	run.stop()

	for _, s := range numbered("m", 100) {
		publish(t, c, topic.Name, s)
	}
	broker.ApplyRetention()
	topics, err := c.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start := topics[0].Partitions[0].First
	if start < 2 {
		t.Fatalf("log starts at %d after retention", start)
	}
	consumeWith(t, c, cfg, r, reg)
	r.await(numbered("m", 100)[99:])
	if n := sum(t, reg, "tidemark_kafka_lost_messages_total"); n != float64(start-1) {
		t.Errorf("lost_messages_total = %v, want %d", n, start-1)
	}
}

// Retention overtakes a handler that is stuck: kafka-go moves on without a word,
// we do not.
func TestLostMessagesAreCountedWhileReading(t *testing.T) {
	t.Parallel()
	broker, addr := cluster(t)
	reg := prometheus.NewPedanticRegistry()
	c := newClientOf(t, config.Kafka{Brokers: []string{addr}, Partitions: 1}, nil)
	topic := event.Topic{Name: "brief", Retention: time.Hour, RetentionBytes: 2000}
	if err := c.EnsureTopics(t.Context(), []event.Topic{topic}); err != nil {
		t.Fatal(err)
	}
	entered, release := make(chan struct{}, 1), make(chan struct{})
	r := newRecorder(t)
	r.before = func(ctx context.Context, _ []kafka.Message) error {
		select {
		case entered <- struct{}{}:
		default:
		}
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	consumeWith(t, c, kafka.ConsumerConfig{Group: "g", Topics: []string{topic.Name}, MaxMessages: 10}, r, reg)
	publish(t, c, topic.Name, "first")
	<-entered
	// More than the reader holds ahead, so that it comes back for the rest.
	for range 3 {
		publish(t, c, topic.Name, numbered("filler", 1000)...)
	}
	for _, s := range numbered("m", 100) {
		publish(t, c, topic.Name, s)
	}
	broker.ApplyRetention()
	close(release)
	r.await(numbered("m", 100)[99:])
	eventually(t, "the lost are counted", func() bool { return sum(t, reg, "tidemark_kafka_lost_messages_total") > 0 })
	r.mu.Lock()
	defer r.mu.Unlock()
	handled := float64(len(r.order[0]))
	if lost := sum(t, reg, "tidemark_kafka_lost_messages_total"); handled+lost != 3101 {
		t.Errorf("%v handled and %v lost, want 3101 in all", handled, lost)
	}
}

// The log is deleted under a consumer that runs. It must not wait in silence
// for its offset to come round again.
func TestLogMadeAnewWhileReading(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]error{kafka.TruncatedRefuse: kafka.ErrTruncated, kafka.TruncatedReset: nil} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			e := &embeddedBroker{cfg: broker.Config{DataDir: filepath.Join(t.TempDir(), "broker")}}
			if err := e.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { e.Kill() })
			c := newClientOf(t, config.Kafka{Brokers: []string{e.Addr()}, Partitions: 1}, nil)
			topics := []event.Topic{{Name: "t", Retention: time.Hour, RetentionBytes: 1 << 20}}
			if err := c.EnsureTopics(t.Context(), topics); err != nil {
				t.Fatal(err)
			}
			r := newRecorder(t)
			run := consume(t, c, kafka.ConsumerConfig{Group: "g", Topics: []string{"t"}, Truncated: policy}, r)
			before := numbered("before", 50)
			publish(t, c, "t", before...)
			r.await(before)

			e.Kill()
			if err := os.RemoveAll(e.cfg.DataDir); err != nil {
				t.Fatal(err)
			}
			if err := e.Start(); err != nil {
				t.Fatal(err)
			}
			fresh := newClientOf(t, config.Kafka{Brokers: []string{e.Addr()}, Partitions: 1}, nil)
			if err := fresh.EnsureTopics(t.Context(), topics); err != nil {
				t.Fatal(err)
			}
			publish(t, fresh, "t", "after")
			if want != nil {
				if err := run.wait(); !errors.Is(err, want) {
					t.Errorf("Run() = %v, want %v", err, want)
				}
				return
			}
			r.await([]string{"after"})
		})
	}
}
