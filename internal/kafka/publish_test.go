package kafka_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestKafkaPublishKeepsOrderByKey(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		const keys, each = 40, 250
		var msgs []kafka.Outgoing
		for i := range each {
			for k := range keys {
				msgs = append(msgs, kafka.Outgoing{Key: fmt.Sprint("key-", k), Msg: note(fmt.Sprintf("%05d", i))})
			}
		}
		if err := c.PublishAll(t.Context(), topic, msgs); err != nil {
			t.Fatal(err)
		}
		next := map[string]int{}
		where := map[string]int{}
		used := map[int]bool{}
		err := c.Tail(t.Context(), topic, kafka.TailOptions{}, func(m kafka.Message) error {
			key := string(m.Key)
			if got, want := text(t, m), fmt.Sprintf("%05d", next[key]); got != want {
				t.Errorf("message of %s is %s, want %s", key, got, want)
			}
			if p, seen := where[key]; seen && p != m.Partition {
				t.Errorf("key %s is on partitions %d and %d", key, p, m.Partition)
			}
			next[key]++
			where[key], used[m.Partition] = m.Partition, true
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for k := range keys {
			if n := next[fmt.Sprint("key-", k)]; n != each {
				t.Errorf("key %d has %d messages, want %d", k, n, each)
			}
		}
		if len(used) != 4 {
			t.Errorf("%d keys are on %d partitions, want 4", keys, len(used))
		}
	})
}

func TestKafkaPublishLargeMessages(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		random := make([]byte, 4_100_000) // does not compress
		if _, err := rand.Read(random); err != nil {
			t.Fatal(err)
		}
		var msgs []kafka.Outgoing
		for range 6 {
			m := note("big")
			m.Original = random
			msgs = append(msgs, kafka.Outgoing{Key: "k", Msg: m})
		}
		if err := c.PublishAll(t.Context(), topic, msgs); err != nil {
			t.Fatal(err)
		}
		n := 0
		err := c.Tail(t.Context(), topic, kafka.TailOptions{}, func(m kafka.Message) error {
			v, err := event.Unmarshal(m.Type, m.Value)
			if err != nil {
				return err
			}
			if r, ok := v.(*event.Rejected); !ok || !bytes.Equal(r.GetOriginal(), random) {
				t.Errorf("message %d is not what was sent", n)
			}
			n++
			return nil
		})
		if err != nil || n != len(msgs) {
			t.Errorf("read %d of %d messages, %v", n, len(msgs), err)
		}
	})
}

func TestPublishRefusesWhatCanNeverBeSent(t *testing.T) {
	t.Parallel()
	c := newClient(t, testkit.Broker(t))
	topic := newTopic(t, c)
	tooLarge := note("x")
	tooLarge.Original = make([]byte, 5<<20)
	var field *event.FieldError
	err := c.Publish(t.Context(), topic, "k", &event.Rejected{Reason: "no stage"})
	if !errors.As(err, &field) || field.Field != "stage" {
		t.Errorf("Publish(no stage) = %v, want the field that is wrong", err)
	}
	if err := c.Publish(t.Context(), topic, "k", tooLarge); !errors.Is(err, kafka.ErrTooLarge) {
		t.Errorf("Publish(5 MiB) = %v, want %v", err, kafka.ErrTooLarge)
	}
	// One bad message: none is sent.
	err = c.PublishAll(t.Context(), topic, []kafka.Outgoing{{Key: "k", Msg: note("a")}, {Key: "k", Msg: tooLarge}})
	if !errors.Is(err, kafka.ErrTooLarge) || !strings.Contains(err.Error(), "message 2 of 2") {
		t.Errorf("PublishAll() = %v, want it to name message 2", err)
	}
	if n := count(t, c, topic); n != 0 {
		t.Errorf("topic has %d messages, want none", n)
	}
}

func count(t *testing.T, c *kafka.Client, topic string) (n int) {
	t.Helper()
	if err := c.Tail(t.Context(), topic, kafka.TailOptions{}, func(kafka.Message) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPublishWaitsForBroker(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}}, "test", nil, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = c.Publish(ctx, "absent", "k", note("a"))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), addr) {
		t.Errorf("Publish() without a broker = %v, want the deadline and the address", err)
	}
	closed := make(chan struct{})
	go func() {
		c.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("Close() hangs while no broker answers")
	}
	if err := c.Publish(t.Context(), "absent", "k", note("a")); err == nil {
		t.Error("Publish() after Close() succeeded")
	}
}

func TestKafkaTicksReachEveryPartition(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.RunTicks(ctx, []string{topic}, 50*time.Millisecond) }()
		tailCtx, stop := context.WithCancel(t.Context())
		defer stop()
		ticks := map[int]int{}
		err := c.Tail(tailCtx, topic, kafka.TailOptions{Follow: true}, func(m kafka.Message) error {
			if m.Type != "tidemark.v1.Tick" {
				t.Errorf("message is a %s", m.Type)
			}
			ticks[m.Partition]++
			for p := range 4 {
				if ticks[p] < 2 {
					return nil
				}
			}
			stop()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("RunTicks() = %v", err)
		}
	})
}

// A log that was made anew is filled up to where it was, so that no offset ever
// names two messages.
func TestKafkaAdvanceFillsLog(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		publishOneKey(t, c, topic, numbered("m", 10))
		wanted := map[int]int64{0: 500, 1: 10, 2: 3, 3: 60_000}
		n, err := c.Advance(t.Context(), topic, wanted)
		if err != nil {
			t.Fatal(err)
		}
		lags, err := c.Lag(t.Context(), topic, []string{topic})
		if err != nil {
			t.Fatal(err)
		}
		var total int64
		for _, l := range lags {
			total += l.End
			if want := wanted[l.Partition]; l.End != want && l.End != 10 {
				t.Errorf("partition %d ends at %d, want %d", l.Partition, l.End, want)
			}
		}
		if n != total-10 {
			t.Errorf("Advance() = %d, want %d", n, total-10)
		}
		if n, err := c.Advance(t.Context(), topic, wanted); n != 0 || err != nil {
			t.Errorf("Advance() again = %d, %v, want nothing to do", n, err)
		}

		for p := range 4 {
			if err := c.CommitAs(t.Context(), topic, -1, "", topic, kafkago.OffsetCommit{Partition: p, Offset: 60_100}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.AdvanceToCommitted(t.Context(), topic, []string{topic}); err != nil {
			t.Fatal(err)
		}
		r := newRecorder(t)
		consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}}, r)
		publish(t, c, topic, "new")
		r.await([]string{"new"})
		if diff := cmp.Diff([]string{"new"}, r.texts()); diff != "" {
			t.Errorf("after the log was filled up the group gets %s", diff)
		}
	})
}

// TestKafkaPastReachesEveryPartition, behind what was acknowledged before it.
func TestKafkaPastReachesEveryPartition(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		past := time.Date(2025, 1, 14, 0, 0, 0, 0, time.UTC)
		if err := c.Publish(t.Context(), topic, "one", note("a")); err != nil {
			t.Fatal(err)
		}
		if err := c.TellPast(t.Context(), topic, past); err != nil {
			t.Fatal(err)
		}
		there, notes := map[int]bool{}, 0
		err := c.Tail(t.Context(), topic, kafka.TailOptions{From: kafka.FromFirst}, func(m kafka.Message) error {
			msg, err := event.Unmarshal(m.Type, m.Value)
			if tick, ok := msg.(*event.Tick); ok && tick.GetPastMs() == past.UnixMilli() {
				there[m.Partition] = true
				return err
			}
			if notes++; there[m.Partition] {
				t.Error("what came first stands behind")
			}
			return err
		})
		if err != nil || len(there) != 4 || notes != 1 {
			t.Errorf("the past reached partitions %v, %d other messages, %v", there, notes, err)
		}
	})
}
