package kafka_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestKafkaConsumerResumesWhereItCommitted(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			eachBroker(t, func(t *testing.T, addr string) {
				c := newClient(t, addr)
				topic := newTopic(t, c)
				cfg := kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, Assignment: mode}
				before, after := numbered("before", 300), numbered("after", 300)
				publish(t, c, topic, before...)

				first := newRecorder(t)
				run := consume(t, c, cfg, first)
				first.await(before)
				eventually(t, "all commits", func() bool { _, lag := lagOf(t, c, topic, topic); return lag == 0 })
				run.stop()
				for _, at := range first.commits() {
					if diff := cmp.Diff(kafka.Committed{Offset: -1}, at); diff != "" {
						t.Errorf("a new group is assigned %s", diff)
					}
				}

				publish(t, c, topic, after...)
				second := newRecorder(t)
				run = consume(t, c, cfg, second)
				second.await(after)
				run.stop()
				if diff := cmp.Diff(after, second.texts()); diff != "" {
					t.Errorf("after a restart the handler gets something else: %s", diff)
				}
				wantMetadata(t, second.commits())
				wantOrder(t, second)
			})
		})
	}
}

func wantMetadata(t *testing.T, commits []kafka.Committed) {
	t.Helper()
	var total int64
	var metadata []string
	for _, at := range commits {
		total += at.Offset
		metadata = append(metadata, at.Metadata)
	}
	slices.Sort(metadata)
	if diff := cmp.Diff([]string{"p0", "p1", "p2", "p3"}, metadata); diff != "" || total != 300 {
		t.Errorf("assigned at offsets that sum up to %d, want 300; metadata: %s", total, diff)
	}
}

func wantOrder(t *testing.T, r *recorder) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for p, offsets := range r.order {
		if !slices.IsSorted(offsets) || len(slices.Compact(slices.Clone(offsets))) != len(offsets) {
			t.Errorf("partition %d was not handled in order and once: %v", p, offsets)
		}
	}
}

func TestKafkaHandleIsRetriedInPlace(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		reg := prometheus.NewPedanticRegistry()
		c := newClient(t, addr)
		topic := newTopic(t, c)
		var attempts atomic.Int32
		var first [][]int64
		r := newRecorder(t)
		r.before = func(_ context.Context, batch []kafka.Message) error {
			if n := attempts.Add(1); n > 4 {
				return nil
			}
			var offsets []int64
			for _, m := range batch {
				offsets = append(offsets, m.Offset)
			}
			first = append(first, offsets)
			if committed, _ := lagOf(t, c, topic, topic); committed != 0 {
				t.Errorf("committed %d before the batch was accepted", committed)
			}
			return errors.New("store is away")
		}
		want := []string{"a", "a2", "a3", "a4"}
		var msgs []kafka.Outgoing
		for _, s := range want {
			msgs = append(msgs, kafka.Outgoing{Key: "one", Msg: note(s)})
		}
		if err := c.PublishAll(t.Context(), topic, msgs[:2]); err != nil {
			t.Fatal(err)
		}
		cfg := kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, RetryMin: time.Millisecond, RetryMax: 5 * time.Millisecond}
		run := consumeWith(t, c, cfg, r, reg)
		eventually(t, "a second attempt", func() bool { return attempts.Load() > 1 })
		if err := c.PublishAll(t.Context(), topic, msgs[2:]); err != nil {
			t.Fatal(err)
		}
		r.await(want)
		run.stop()
		for _, offsets := range first[1:] {
			if diff := cmp.Diff(first[0], offsets); diff != "" {
				t.Errorf("another batch was given after a failure: %s", diff)
			}
		}
		wantOrder(t, r)
		if n := sum(t, reg, "tidemark_kafka_handle_retries_total"); n != 4 {
			t.Errorf("handle_retries_total = %v, want 4", n)
		}
		if n := sum(t, reg, "tidemark_kafka_consumed_messages_total"); n != 4 {
			t.Errorf("consumed_messages_total = %v, want 4", n)
		}
	})
}

// sum adds up a metric over all its labels.
func sum(t *testing.T, reg *prometheus.Registry, name string) (total float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return total
}

func TestBatchIsBounded(t *testing.T) {
	t.Parallel()
	c := newClient(t, testkit.Broker(t))
	topic := newTopic(t, c)
	want := numbered("m", 500)
	publish(t, c, topic, want...)
	r := newRecorder(t)
	r.before = func(_ context.Context, batch []kafka.Message) error {
		if len(batch) > 20 {
			t.Errorf("batch has %d messages, want at most 20", len(batch))
		}
		return nil
	}
	consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, MaxMessages: 20}, r)
	r.await(want)
}

func TestMetricsAreSharedAndClean(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	addr := testkit.Broker(t)
	// Two clients and two consumers in one process share the metrics.
	newClientOf(t, config.Kafka{Brokers: []string{addr}}, reg)
	c := newClientOf(t, config.Kafka{Brokers: []string{addr}}, reg)
	topic := newTopic(t, c)
	publish(t, c, topic, numbered("m", 10)...)
	for _, group := range []string{"one", "two"} {
		r := newRecorder(t)
		run := consumeWith(t, c, kafka.ConsumerConfig{Group: group, Topics: []string{topic}, LagEvery: time.Millisecond}, r, reg)
		r.await(numbered("m", 10))
		eventually(t, "commits", func() bool { _, lag := lagOf(t, c, group, topic); return lag == 0 })
		eventually(t, "no lag", func() bool { return sum(t, reg, "tidemark_kafka_lag_messages") == 0 })
		run.stop()
	}
	for name, want := range map[string]float64{
		"tidemark_kafka_published_messages_total": 10,
		"tidemark_kafka_consumed_messages_total":  20,
		"tidemark_kafka_publish_duration_seconds": 1,
	} {
		if got := sum(t, reg, name); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	problems, err := testutil.GatherAndLint(reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// holdsBack commits offset 0 for ever, as one does whose windows are open, and
// says how far it has come.
type holdsBack struct{ got chan kafka.Committed }

func (h holdsBack) Assign(_ context.Context, _ string, _ int, at kafka.Committed) (kafka.PartitionHandler, error) {
	h.got <- at
	return h, nil
}

func (h holdsBack) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	return kafka.Commit{Offset: 0, Next: batch[len(batch)-1].Offset + 1, Metadata: "open: @all"}, nil
}

// What is read again after a restart although it has been handled is no lag.
func TestKafkaHandledIsNoLag(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		publishOneKey(t, c, topic, numbered("m", 50))
		cfg := kafka.ConsumerConfig{Group: topic, Topics: []string{topic}}
		h := holdsBack{make(chan kafka.Committed, 8)}
		run := consume(t, c, cfg, h)
		eventually(t, "the commit", func() bool { _, lag := lagOf(t, c, topic, topic); return lag == 0 })
		run.stop()
		again := holdsBack{make(chan kafka.Committed, 8)}
		consume(t, c, cfg, again)
		for range 4 {
			if at := <-again.got; at.Offset == 0 {
				if want := (kafka.Committed{Offset: 0, Next: 50, Metadata: "open: @all"}); at != want {
					t.Errorf("assigned %+v, want %+v", at, want)
				}
				return
			}
		}
		t.Error("no partition has the commit")
	})
}

// A partition is chosen by key the same way by those who write and those who
// ask.
func TestKafkaPartitionOfIsWherePublishPuts(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		n, err := c.Partitions(t.Context(), topic)
		if err != nil || n != 4 {
			t.Fatalf("%d partitions, %v; want 4", n, err)
		}
		want := [4]int64{}
		for _, key := range numbered("key", 40) {
			want[kafka.PartitionOf(key, n)]++
			if err := c.Publish(t.Context(), topic, key, note(key)); err != nil {
				t.Fatal(err)
			}
		}
		lags, err := c.Lag(t.Context(), topic, []string{topic})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lags {
			if l.End != want[l.Partition] {
				t.Errorf("partition %d has %d messages, want %d", l.Partition, l.End, want[l.Partition])
			}
		}
	})
}
