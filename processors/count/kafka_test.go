package count

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func connect(t testing.TB, addr string) *kafka.Client {
	t.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}, Partitions: 4, ReplicationFactor: 1}, "test", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// everyTag is watched in the tests with a broker.
func everyTag() []string {
	tags := make([]string, 12)
	for i := range tags {
		tags[i] = fmt.Sprint("tag", i)
	}
	return tags
}

// crowd publishes mentions of some hours of 2025, out of order within the
// bounds and some of them twice, and returns their independent count.
func crowd(t testing.TB, c *kafka.Client, seed uint64, from time.Time, n int) counts {
	t.Helper()
	r, tags, want := chance(seed), everyTag(), counts{}
	var out []kafka.Outgoing
	for i := range n {
		at := from.Add(time.Duration(i)*2*time.Second - time.Duration(r.IntN(20_000))*time.Millisecond)
		m := &event.Mention{Id: fmt.Sprint(from.Unix(), i), Platform: platform, Tag: tags[r.IntN(len(tags))], AtMs: at.UnixMilli()}
		for range 1 + r.IntN(8)/7 {
			out = append(out, kafka.Outgoing{Key: m.Key(), Msg: m})
		}
		for metric, length := range map[string]time.Duration{metricMinute: time.Minute, metricHour: time.Hour} {
			want[fmt.Sprint(platform, " ", m.GetTag(), " ", metric, " ", at.Truncate(length).UnixMilli())]++
		}
	}
	if err := c.PublishAll(t.Context(), event.TopicMentions, out); err != nil {
		t.Fatal(err)
	}
	return want
}

// finish closes what is open, in every partition.
func finish(t testing.TB, c *kafka.Client, at time.Time) {
	t.Helper()
	var out []kafka.Outgoing
	for p, i := 0, 0; p < 4; i++ {
		m := &event.Mention{Id: fmt.Sprint("end", i), Platform: platform, Tag: fmt.Sprint("end", i), AtMs: at.UnixMilli()}
		if kafka.PartitionOf(m.Key(), 4) == p {
			out = append(out, kafka.Outgoing{Key: m.Key(), Msg: m})
			p++
		}
	}
	if err := c.PublishAll(t.Context(), event.TopicMentions, out); err != nil {
		t.Fatal(err)
	}
}

// dying is a broker whose user is killed now and then, right after something
// was published: before it can be committed.
type dying struct {
	*kafka.Client
	one  func() bool // chance
	kill context.CancelFunc
	died *atomic.Int64
}

func (d dying) PublishAll(ctx context.Context, topic string, msgs []kafka.Outgoing) error {
	if err := d.Client.PublishAll(ctx, topic, msgs); err != nil {
		return err
	}
	if d.one() {
		d.died.Add(1)
		d.kill()
		<-ctx.Done() // nothing is handled any more
		return ctx.Err()
	}
	return nil
}

// run counts until it is stopped or dies.
func run(t testing.TB, c *kafka.Client, assignment string, one func() bool, died *atomic.Int64) (stop func(), ended <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := New(dying{c, one, cancel, died}, settings(), watch(everyTag()...), nil, slog.New(slog.DiscardHandler))
	consumer := kafka.NewConsumer(c, kafka.ConsumerConfig{
		Group: "count", Topics: Topics(), Assignment: assignment, MaxMessages: 97, MaxWait: 5 * time.Millisecond,
		Grace: time.Nanosecond, RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond, SessionTimeout: 6 * time.Second,
	}, p, nil, slog.New(slog.DiscardHandler))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := consumer.Run(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("consumer: %v", err)
		}
	}()
	return func() { cancel(); <-done }, done
}

// reader keeps all snapshots that are on the topic.
type reader struct{ *sink }

func (r reader) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return r, nil
}

func (r reader) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range batch {
		msg, err := event.Unmarshal(m.Type, m.Value)
		if err != nil {
			return kafka.Commit{}, err
		}
		if look, ok := msg.(*event.Snapshot); ok {
			r.look(look, m.Value)
		}
	}
	return kafka.Commit{Offset: -1}, nil
}

func read(t testing.TB, c *kafka.Client) *sink {
	t.Helper()
	s := newSink()
	ctx, cancel := context.WithCancel(t.Context())
	consumer := kafka.NewConsumer(c, kafka.ConsumerConfig{Group: "reader", Topics: []string{event.TopicSnapshots}}, reader{s}, nil, slog.New(slog.DiscardHandler))
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := consumer.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wait.Wait() })
	return s
}

// until waits for the published counts to be the wanted ones; no window may
// ever have been published with two contents.
func (s *sink) until(t testing.TB, want counts) {
	t.Helper()
	for {
		s.mu.Lock()
		got, differ := s.published(everyTag()...), s.differ
		s.mu.Unlock()
		if len(differ) > 0 {
			t.Fatalf("published again with other content: %v", differ)
		}
		for key, n := range got {
			if want[key] != n {
				t.Fatalf("%s is %v, want %v", key, n, want[key])
			}
		}
		if len(got) == len(want) {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("incomplete:\n%s", gocmp.Diff(want, got))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestRestartsChangeNothing: the one process is killed again and again, at any
// moment and right after it has published.
func TestRestartsChangeNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, testkit.Broker(t))
	want := crowd(t, c, 1, noon.AddDate(-1, 0, 0), 20_000)
	finish(t, c, noon.AddDate(-1, 0, 3))
	r, died := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)), &atomic.Int64{} //nolint:gosec // chance, not secrecy
	var mu sync.Mutex
	one := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return r.IntN(12) == 0
	}
	for range 3 { // for certain
		stop, ended := run(t, c, kafka.AssignStatic, func() bool { return true }, died)
		<-ended
		stop()
	}
	for range 25 {
		stop, ended := run(t, c, kafka.AssignStatic, one, died)
		select {
		case <-ended:
		case <-time.After(time.Duration(20+rand.IntN(200)) * time.Millisecond): //nolint:gosec // chance, not secrecy
		}
		stop()
	}
	stop, _ := run(t, c, kafka.AssignStatic, func() bool { return false }, died)
	defer stop()
	s := read(t, c)
	s.until(t, want)
	t.Logf("killed between publishing and commit %d times, %d snapshots were published again", died.Load(), s.again)
	if died.Load() < 3 {
		t.Error("not killed between publishing and commit: the test is worth nothing")
	}
}

// TestGroupHandsOver: two processes share the partitions, one leaves, another
// comes, while mentions come.
func TestGroupHandsOver(t *testing.T) {
	t.Parallel()
	addr := testkit.Broker(t)
	c := connect(t, addr)
	from := noon.AddDate(-1, 0, 0)
	s, died := read(t, c), &atomic.Int64{}
	never := func() bool { return false }
	a, _ := run(t, connect(t, addr), kafka.AssignGroup, never, died)
	want := crowd(t, c, 2, from, 6000)
	b, _ := run(t, connect(t, addr), kafka.AssignGroup, never, died)
	more := crowd(t, c, 3, from.Add(4*time.Hour), 6000)
	for key, n := range more {
		want[key] += n
	}
	a()
	d, _ := run(t, connect(t, addr), kafka.AssignGroup, never, died)
	finish(t, c, from.AddDate(0, 0, 3))
	s.until(t, want)
	b()
	d()
}
