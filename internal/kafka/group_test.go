package kafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/kafka"
)

func TestKafkaGroupSharesAndTakesOver(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		cfg := kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, Assignment: kafka.AssignGroup, SessionTimeout: 6 * time.Second}
		one, two := newRecorder(t), newRecorder(t)
		runOne := consume(t, c, cfg, one)
		alone := numbered("alone", 100)
		publish(t, c, topic, alone...)
		one.await(alone)

		other := newClient(t, addr)
		consume(t, other, cfg, two)
		eventually(t, "both have partitions", func() bool {
			publish(t, c, topic, "probe-0", "probe-1", "probe-2", "probe-3", "probe-4", "probe-5", "probe-6", "probe-7")
			return len(two.texts()) > 0
		})
		shared := numbered("shared", 200)
		publish(t, c, topic, shared...)
		eventually(t, "all shared messages", func() bool {
			return len(union(one, two, "shared")) == len(shared)
		})

		runOne.stop()
		rest := numbered("rest", 200)
		publish(t, c, topic, rest...)
		two.await(rest)
		if diff := cmp.Diff(alone, union(one, two, "alone")); diff != "" {
			t.Error(diff)
		}
		eventually(t, "all commits", func() bool { _, lag := lagOf(t, c, topic, topic); return lag == 0 })
	})
}

// union is what either of two handlers got, by prefix.
func union(a, b *recorder, prefix string) []string {
	seen := map[string]bool{}
	var all []string
	for _, s := range append(a.texts(), b.texts()...) {
		if len(s) > len(prefix) && s[:len(prefix)] == prefix && !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}

// A member that is stuck while its partitions are given away comes back and
// commits: the broker must refuse, and the group must not move back.
func TestKafkaZombieCommitIsRefused(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		want := numbered("m", 100)
		publish(t, c, topic, want...)

		zombie, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
			ID: topic, Brokers: []string{addr}, Topics: []string{topic}, HeartbeatInterval: 200 * time.Millisecond,
			SessionTimeout: 6 * time.Second, RebalanceTimeout: 6 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		// A broker that is just making the group may say that another one has it.
		var gen *kafkago.Generation
		eventually(t, "the zombie's turn", func() bool {
			gen, err = zombie.Next(t.Context())
			return err == nil
		})
		release := make(chan struct{})
		gen.Start(func(context.Context) { <-release }) // it does not hear that its time is over
		t.Cleanup(func() { _ = zombie.Close() })
		t.Cleanup(func() { close(release) })

		r := newRecorder(t)
		consume(t, c, kafka.ConsumerConfig{
			Group: topic, Topics: []string{topic}, Assignment: kafka.AssignGroup,
			SessionTimeout: 6 * time.Second, RebalanceTimeout: 6 * time.Second,
		}, r)
		r.await(want)
		eventually(t, "all commits", func() bool { _, lag := lagOf(t, c, topic, topic); return lag == 0 })
		for p := range 4 {
			err := c.CommitAs(t.Context(), topic, int(gen.ID), gen.MemberID, topic, kafkago.OffsetCommit{Partition: p, Offset: 1})
			if !kafka.IsFenced(err) {
				t.Errorf("zombie's commit of partition %d: %v, want it to be refused", p, err)
			}
		}
		if committed, lag := lagOf(t, c, topic, topic); committed != 100 || lag != 0 {
			t.Errorf("after the zombie the group is at %d with lag %d, want 100 and 0", committed, lag)
		}
	})
}

// What is being handled when a partition is taken away is finished and
// committed, so that the next owner does not do it again.
func TestKafkaRevokedBatchIsFinished(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		entered, leave := make(chan struct{}, 4), make(chan struct{})
		one := newRecorder(t)
		one.before = func(ctx context.Context, _ []kafka.Message) error {
			entered <- struct{}{}
			select {
			case <-leave:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		cfg := kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, Assignment: kafka.AssignGroup, SessionTimeout: 10 * time.Second, Grace: time.Minute}
		run := consume(t, c, cfg, one)
		publish(t, c, topic, "slow")
		<-entered
		run.cancel() // the batch is in the handler now
		time.AfterFunc(300*time.Millisecond, func() { close(leave) })
		if err := run.wait(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"slow"}, one.texts()); diff != "" {
			t.Error(diff)
		}
		if committed, lag := lagOf(t, c, topic, topic); committed != 1 || lag != 0 {
			t.Errorf("group is at %d with lag %d, want 1 and 0", committed, lag)
		}
	})
}
