package store

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func connect(t testing.TB, broker string) *kafka.Client {
	t.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{broker}, Partitions: 4, ReplicationFactor: 1}, "test", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// publish sends n looks at each of several targets, and returns how many looks
// and readings that is.
func publish(t testing.TB, c *kafka.Client, from, n int) (looks, readings uint64) {
	t.Helper()
	var out []kafka.Outgoing
	for i := from; i < from+n; i++ {
		for _, country := range []string{"us", "gb", "de", "fr", "jp"} {
			s := chart(day.Add(time.Duration(i)*30*time.Minute), 5)
			s.Target.Country = country
			if i%9 == 4 {
				s = failed(s, "HTTP 503")
			}
			readings += uint64(len(s.GetReadings()))
			out = append(out, kafka.Outgoing{Key: s.GetTarget().Key(), Msg: s})
		}
	}
	if err := c.PublishAll(t.Context(), event.TopicSnapshots, out); err != nil {
		t.Fatal(err)
	}
	return uint64(len(out)), readings
}

// consumer runs a store of its own until stop, which does not wait for anything
// to be tidy: it is as near to kill -9 as a test in one process comes.
func (k *kit) consumer(t testing.TB, c *kafka.Client, assignment string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	consumer := kafka.NewConsumer(c, kafka.ConsumerConfig{
		Group: "tidemark", Topics: Topics(), Assignment: assignment,
		MaxMessages: 17, MaxWait: 5 * time.Millisecond, Grace: time.Nanosecond,
		RetryMin: time.Millisecond, RetryMax: 50 * time.Millisecond, SessionTimeout: 6 * time.Second,
	}, k.Processor, nil, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	var once sync.Once
	return func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("consumer: %v", err)
			}
		})
	}
}

// until waits for the views to hold what was sent; they never hold more.
func (k *kit) until(t testing.TB, looks, readings uint64) {
	t.Helper()
	for {
		l, r := k.count(t, "v_looks"), k.count(t, "v_readings")
		if l > looks || r > readings {
			t.Fatalf("%d looks and %d readings, only %d and %d were sent", l, r, looks, readings)
		}
		if l == looks && r == readings {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("%d looks and %d readings, want %d and %d", l, r, looks, readings)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestStaticThroughFaultsAndRestarts: the one process is stopped again and
// again, each time with inserts that land without a reply.
func TestStaticThroughFaultsAndRestarts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	client := connect(t, testkit.Broker(t))
	p, dsn := newProxy(t, k.dsn)
	looks, readings := publish(t, client, 0, 60)
	for round := range 6 {
		p.set(func(_ string, n int) fault {
			switch n % 5 {
			case 2:
				return cutReply
			case 4:
				return []fault{cutBody, refuse}[round%2]
			default:
				return pass
			}
		})
		stop := newKitOn(t, dsn).consumer(t, client, kafka.AssignStatic)
		time.Sleep(150 * time.Millisecond)
		stop()
	}
	p.set(nil)
	defer newKitOn(t, dsn).consumer(t, client, kafka.AssignStatic)()
	k.until(t, looks, readings)
	physically(t, k, readings, looks)
}

// TestGroupSharesAndHandsOver: two processes share the partitions, one leaves,
// another comes.
func TestGroupSharesAndHandsOver(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	broker := testkit.Broker(t)
	client := connect(t, broker)
	looks, readings := publish(t, client, 0, 20)
	join := func() (leave func()) {
		return newKitOn(t, k.dsn).consumer(t, connect(t, broker), kafka.AssignGroup)
	}
	a, b := join(), join()
	k.until(t, looks, readings)
	a()
	c := join()
	l, r := publish(t, client, 20, 20)
	k.until(t, looks+l, readings+r)
	b()
	c()
	physically(t, k, readings+r, looks+l)
	if n := one[uint64](t, k, "SELECT uniqExact(_partition) FROM looks"); n < 2 {
		t.Errorf("rows of %d partitions, the test is worth nothing", n)
	}
}
