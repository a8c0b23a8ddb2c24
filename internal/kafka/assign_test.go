package kafka_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestKafkaStaticAssignmentRefusesMembers(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		member := newRecorder(t)
		consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, Assignment: kafka.AssignGroup}, member)
		publish(t, c, topic, "a")
		member.await([]string{"a"})
		run := consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}}, newRecorder(t))
		publish(t, c, topic, "b")
		if err := run.wait(); err == nil || !strings.Contains(err.Error(), "static assignment needs it alone") {
			t.Errorf("Run(static) = %v, want it to say that the group has members", err)
		}
	})
}

func TestKafkaCommittedBeyondEnd(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		want := numbered("m", 40)
		publish(t, c, topic, want...)
		for p := range 4 {
			if err := c.CommitAs(t.Context(), topic, -1, "", topic, kafkago.OffsetCommit{Partition: p, Offset: 1000, Metadata: "old"}); err != nil {
				t.Fatal(err)
			}
		}
		cfg := kafka.ConsumerConfig{Group: topic, Topics: []string{topic}}
		run := consume(t, c, cfg, newRecorder(t))
		if err := run.wait(); !errors.Is(err, kafka.ErrTruncated) || !strings.Contains(err.Error(), "1000") {
			t.Errorf("Run() = %v, want %v and the offset", err, kafka.ErrTruncated)
		}

		reg := prometheus.NewPedanticRegistry()
		cfg.Truncated = kafka.TruncatedReset
		r := newRecorder(t)
		consumeWith(t, c, cfg, r, reg)
		r.await(want)
		for _, at := range r.commits() {
			if diff := cmp.Diff(kafka.Committed{Offset: -1, Reset: true}, at); diff != "" {
				t.Errorf("assigned after a reset: %s", diff)
			}
		}
		if n := sum(t, reg, "tidemark_kafka_truncated_partitions_total"); n != 4 {
			t.Errorf("truncated_partitions_total = %v, want 4", n)
		}
	})
}

func TestKafkaConsumerRefusesMissingTopic(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		run := consume(t, c, kafka.ConsumerConfig{Group: "g", Topics: []string{"absent"}}, newRecorder(t))
		if err := run.wait(); !errors.Is(err, kafka.ErrUnknownTopic) {
			t.Errorf("Run(absent) = %v, want %v", err, kafka.ErrUnknownTopic)
		}
	})
}

// starter begins earlier than the commit.
type starter struct{ *recorder }

func (s starter) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return s, nil
}

func (starter) Start() int64 { return 1 }

func TestHandlerMayBeginEarlier(t *testing.T) {
	t.Parallel()
	c := newClient(t, testkit.Broker(t))
	topic := newTopic(t, c)
	var msgs []kafka.Outgoing
	for _, s := range numbered("m", 5) {
		msgs = append(msgs, kafka.Outgoing{Key: "one", Msg: note(s)})
	}
	if err := c.PublishAll(t.Context(), topic, msgs); err != nil {
		t.Fatal(err)
	}
	r := newRecorder(t)
	consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}}, starter{r})
	r.await(numbered("m", 5)[1:])
	if diff := cmp.Diff(numbered("m", 5)[1:], r.texts()); diff != "" {
		t.Error(diff)
	}
}

func TestAssignIsRetried(t *testing.T) {
	t.Parallel()
	c := newClient(t, testkit.Broker(t))
	topic := newTopic(t, c)
	publish(t, c, topic, "a")
	r := newRecorder(t)
	consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, RetryMin: time.Millisecond}, &unwilling{recorder: r})
	r.await([]string{"a"})
}

// unwilling refuses the first assignments.
type unwilling struct {
	*recorder
	n atomic.Int32
}

func (u *unwilling) Assign(ctx context.Context, topic string, p int, at kafka.Committed) (kafka.PartitionHandler, error) {
	if u.n.Add(1) < 10 {
		return nil, errors.New("store is away")
	}
	return u.recorder.Assign(ctx, topic, p, at)
}

func TestConsumerConfigIsChecked(t *testing.T) {
	t.Parallel()
	c, err := kafka.New(config.Kafka{Brokers: []string{"127.0.0.1:1"}}, "test", nil, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for want, cfg := range map[string]kafka.ConsumerConfig{
		"group is missing": {Topics: []string{"t"}},
		"topics is empty":  {Group: "g"},
		"assignment is":    {Group: "g", Topics: []string{"t"}, Assignment: "both"},
		"truncated is":     {Group: "g", Topics: []string{"t"}, Truncated: "ignore"},
	} {
		err := kafka.NewConsumer(c, cfg, nil, nil, testLog(t)).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run() = %v, want %q", err, want)
		}
	}
}
