package detect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

// connect makes a client, and the topics with so many partitions.
func connect(t testing.TB, broker string, partitions int) *kafka.Client {
	t.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{broker}, Partitions: partitions, ReplicationFactor: 1}, "test", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// fresh is a broker of its own, with topics of so many partitions.
func fresh(t testing.TB, partitions int) (addr string, c *kafka.Client) {
	t.Helper()
	addr = testkit.BrokerOf(t, partitions)
	return addr, connect(t, addr, partitions)
}

func publish(t testing.TB, c *kafka.Client, events []event.Validator) {
	t.Helper()
	out := make([]kafka.Outgoing, len(events))
	for i, e := range events {
		out[i] = kafka.Outgoing{Msg: e}
		if s, ok := e.(*event.Snapshot); ok {
			out[i].Key = s.GetTarget().Key()
		}
	}
	if err := c.PublishAll(t.Context(), event.TopicSnapshots, out); err != nil {
		t.Fatal(err)
	}
}

// fate ends a life at a chosen call to the broker or the store: before it, or
// when it is done and nobody has heard so. The dead do nothing any more.
type fate struct {
	Broker
	keeper
	mu     sync.Mutex
	calls  int // until the end; below 0: never
	before bool
	dead   bool
	kill   func()
}

func (f *fate) strikes() (before, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return true, true
	}
	f.calls--
	if f.calls != 0 {
		return false, false
	}
	f.dead = true
	f.kill()
	return f.before, true
}

func (f *fate) do(call func() error) error {
	before, after := f.strikes()
	if before {
		return errAway
	}
	if err := call(); err != nil {
		return err
	}
	if after {
		return errAway
	}
	return nil
}

func (f *fate) PublishAll(ctx context.Context, topic string, msgs []kafka.Outgoing) error {
	return f.do(func() error { return f.Broker.PublishAll(ctx, topic, msgs) })
}

func (f *fate) save(ctx context.Context, at place, rows []row) error {
	return f.do(func() error { return f.keeper.save(ctx, at, rows) })
}

// consumer runs a processor over Kafka until it is told to end, or its fate
// strikes; it ends as nearly like kill -9 as a test in one process comes.
func (k *kit) consumer(c *kafka.Client, assignment string, most, calls int, before bool) (done <-chan error, stop func()) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(k.t.Context())
	f := &fate{Broker: c, calls: calls, before: before, kill: cancel}
	p := k.processor(f)
	f.keeper, p.keep = p.keep, f
	consumer := kafka.NewConsumer(c, kafka.ConsumerConfig{
		Group: "tidemark-detect", Topics: Topics(), Assignment: assignment,
		MaxMessages: most, MaxWait: 5 * time.Millisecond, Grace: time.Nanosecond,
		RetryMin: time.Millisecond, RetryMax: 50 * time.Millisecond, SessionTimeout: 6 * time.Second,
	}, p, nil, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	return ended, sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			k.t.Errorf("consumer: %v", err)
		}
	})
}

var errAll = errors.New("all is there")

// readAll reads the topic of episodes until every partition has told that it is
// at a moment of the past.
func readAll(t testing.TB, c *kafka.Client, partitions int, past time.Time) *reader {
	t.Helper()
	r, there := newReader(), map[uint32]bool{}
	err := c.Tail(t.Context(), event.TopicEpisodes, kafka.TailOptions{From: kafka.FromFirst, Follow: true}, func(m kafka.Message) error {
		msg, err := event.Unmarshal(m.Type, m.Value)
		if err != nil {
			return err
		}
		r.take(m.Topic, msg, m.Value)
		if tick, ok := msg.(*event.Tick); ok && tick.GetPastMs() == past.UnixMilli() {
			there[tick.GetPartition()] = true
		}
		if len(there) == partitions {
			return errAll
		}
		return nil
	})
	if !errors.Is(err, errAll) {
		t.Fatal(err)
	}
	return r
}

// TestKillsOverKafka: the process is killed twenty times, between any two calls
// to broker and store, with one partition and with four, at any size of batches:
// the topic of episodes holds what an undisturbed run has, and nothing else.
func TestKillsOverKafka(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 4} {
		t.Run(fmt.Sprint(partitions), func(t *testing.T) {
			t.Parallel()
			k, r := newKit(t), chance(uint64(partitions))
			_, c := fresh(t, partitions)
			events := looks(r, 7000)
			want := k.undisturbed(messages(t, events))
			publish(t, c, events)
			past := noon.Add(time.Hour)
			if err := c.TellPast(t.Context(), event.TopicSnapshots, past); err != nil {
				t.Fatal(err)
			}
			for range 20 {
				k.cfg.Looks = 10 + r.IntN(200)
				k.chunk = 200 + r.IntN(5000)
				ended, stop := k.consumer(c, kafka.AssignStatic, 1+r.IntN(25), 1+r.IntN(12), r.IntN(2) == 0)
				select {
				case err := <-ended:
					if err != nil {
						t.Fatal(err)
					}
				case <-t.Context().Done():
					stop()
				}
			}
			_, stop := k.consumer(c, kafka.AssignStatic, 500, -1, false)
			defer stop()
			got := readAll(t, c, partitions, past)
			compare(t, want, got)
			t.Logf("%d states, %d of them came again", len(want.states), got.again)
			if got.again == 0 {
				t.Error("nothing was judged twice: the test proves nothing")
			}
		})
	}
}

// TestGroupHandsOver: two processes share the partitions, one leaves, another
// comes, and every target's memory goes with its partition.
func TestGroupHandsOver(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	addr, c := fresh(t, 4)
	events := looks(chance(11), 1500)
	want := k.undisturbed(messages(t, events))
	join := func() (leave func()) {
		_, stop := k.consumer(connect(t, addr, 4), kafka.AssignGroup, 50, -1, false)
		return stop
	}
	a, b := join(), join()
	var third func()
	defer func() { third() }()
	var got *reader
	for i, part := range slices.Collect(slices.Chunk(events, 500)) {
		publish(t, c, part)
		past := noon.Add(time.Duration(i) * time.Hour)
		if err := c.TellPast(t.Context(), event.TopicSnapshots, past); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			a()
			third = join()
		}
		got = readAll(t, c, 4, past)
	}
	b()
	compare(t, want, got)
}

// TestOrderOverKafka: what a tick speaks for stands before it.
func TestOrderOverKafka(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, c := fresh(t, 4)
	_, stop := k.consumer(c, kafka.AssignStatic, 7, -1, false)
	defer stop()
	var all []event.Validator
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // chance, not secrecy
	events := looks(r, 400)
	for i, part := range slices.Collect(slices.Chunk(events, 100)) {
		publish(t, c, part)
		all = append(all, part...)
		past := noon.Add(time.Duration(i) * time.Hour)
		if err := c.TellPast(t.Context(), event.TopicSnapshots, past); err != nil {
			t.Fatal(err)
		}
		compare(t, k.undisturbed(messages(t, all)), readAll(t, c, 4, past))
	}
}
