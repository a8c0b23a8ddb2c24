package kafka_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

// eachBroker runs a test against the embedded broker and, in the slow suite,
// against Apache Kafka: what holds here holds on both.
func eachBroker(t *testing.T, test func(t *testing.T, addr string)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, testkit.Broker(t))
	})
	t.Run("apache", func(t *testing.T) {
		t.Parallel()
		test(t, testkit.RealKafka(t))
	})
}

func testLog(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

func newClient(t testing.TB, addr string) *kafka.Client {
	t.Helper()
	return newClientOf(t, config.Kafka{Brokers: []string{addr}, Partitions: 4, ReplicationFactor: 1}, nil)
}

func newClientOf(t testing.TB, cfg config.Kafka, reg prometheus.Registerer) *kafka.Client {
	t.Helper()
	c, err := kafka.New(cfg, "test", reg, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// newTopic makes a topic of the test's own, because brokers are shared.
func newTopic(t testing.TB, c *kafka.Client) string {
	t.Helper()
	name := "test-" + strings.ToLower(rand.Text()[:10])
	topic := event.Topic{Name: name, Retention: time.Hour, RetentionBytes: 64 << 20}
	if err := c.EnsureTopics(t.Context(), []event.Topic{topic}); err != nil {
		t.Fatal(err)
	}
	return name
}

// note is a message that carries a text.
func note(text string) *event.Rejected {
	return &event.Rejected{Stage: "test", Reason: text, AtMs: 1_736_800_000_000}
}

func text(t testing.TB, m kafka.Message) string {
	t.Helper()
	v, err := event.Unmarshal(m.Type, m.Value)
	if err != nil {
		t.Errorf("message at %d: %v", m.Offset, err)
		return ""
	}
	if r, ok := v.(*event.Rejected); ok {
		return r.GetReason()
	}
	return m.Type
}

func publish(t testing.TB, c *kafka.Client, topic string, texts ...string) {
	t.Helper()
	msgs := make([]kafka.Outgoing, len(texts))
	for i, s := range texts {
		msgs[i] = kafka.Outgoing{Key: s, Msg: note(s)}
	}
	if err := c.PublishAll(t.Context(), topic, msgs); err != nil {
		t.Fatal(err)
	}
}

func numbered(prefix string, n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("%s-%05d", prefix, i)
	}
	return s
}

// recorder is a handler that keeps what it gets.
type recorder struct {
	t *testing.T
	// before may refuse a batch, or wait.
	before func(ctx context.Context, batch []kafka.Message) error

	mu       sync.Mutex
	seen     map[string]int
	order    map[int][]int64 // offsets by partition
	assigned []kafka.Committed
	changed  chan struct{}
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	return &recorder{t: t, seen: map[string]int{}, order: map[int][]int64{}, changed: make(chan struct{}, 1)}
}

func (r *recorder) Assign(_ context.Context, _ string, _ int, c kafka.Committed) (kafka.PartitionHandler, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.assigned = append(r.assigned, c)
	return r, nil
}

func (r *recorder) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	if r.before != nil {
		if err := r.before(ctx, batch); err != nil {
			return kafka.Commit{}, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range batch {
		r.seen[text(r.t, m)]++
		r.order[m.Partition] = append(r.order[m.Partition], m.Offset)
	}
	select {
	case r.changed <- struct{}{}:
	default:
	}
	last := batch[len(batch)-1]
	return kafka.Commit{Offset: last.Offset + 1, Metadata: fmt.Sprintf("p%d", last.Partition)}, nil
}

func (r *recorder) commits() []kafka.Committed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.assigned)
}

func (r *recorder) texts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.seen))
}

// await waits until everything wanted was handled at least once.
func (r *recorder) await(want []string) {
	r.t.Helper()
	deadline := time.After(3 * time.Minute)
	for {
		r.mu.Lock()
		missing := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return r.seen[s] > 0 })
		r.mu.Unlock()
		if len(missing) == 0 {
			return
		}
		select {
		case <-r.changed:
		case <-deadline:
			r.t.Fatalf("%d of %d messages did not come, the first is %s", len(missing), len(want), missing[0])
		}
	}
}

// eventually waits for something that is only to be asked for.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited three minutes for: %s", what)
		}
	}
}

// running is a consumer in its own goroutine.
type running struct {
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
}

func consume(t *testing.T, c *kafka.Client, cfg kafka.ConsumerConfig, h kafka.Handler) *running {
	t.Helper()
	return consumeWith(t, c, cfg, h, nil)
}

func consumeWith(t *testing.T, c *kafka.Client, cfg kafka.ConsumerConfig, h kafka.Handler, reg prometheus.Registerer) *running {
	t.Helper()
	if cfg.MaxWait == 0 {
		cfg.MaxWait = 5 * time.Millisecond
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, cancel: cancel, done: make(chan error, 1)}
	consumer := kafka.NewConsumer(c, cfg, h, reg, testLog(t))
	go func() { r.done <- consumer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-r.done:
			if err != nil {
				t.Logf("Run() = %v", err)
			}
		case <-time.After(3 * time.Minute):
			t.Error("consumer does not end")
		}
	})
	return r
}

// stop ends the consumer and wants no error of it.
func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	if err := r.wait(); err != nil {
		r.t.Errorf("Run() = %v after its context ended", err)
	}
}

// wait returns what Run returned.
func (r *running) wait() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		r.done <- nil // for the cleanup
		return err
	case <-time.After(3 * time.Minute):
		r.t.Fatal("consumer does not end")
		return nil
	}
}

func lagOf(t testing.TB, c *kafka.Client, group, topic string) (committed, lag int64) {
	t.Helper()
	lags, err := c.Lag(t.Context(), group, []string{topic})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lags {
		committed += max(0, l.Committed)
		lag += l.Lag
	}
	return committed, lag
}
