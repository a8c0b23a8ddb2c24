package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

const (
	benchCharts   = 2000
	benchReadings = 200
	benchTotal    = benchCharts * benchReadings
)

// chart is a look at a whole chart: the largest message that is common.
func chart(i int) *event.Snapshot {
	s := &event.Snapshot{
		Source: "appstore", Target: event.ChartTarget("apple", "us", fmt.Sprint("top-free/genre-", i%16)),
		SlotMs: 1_736_800_000_000 + int64(i)*60_000, SeenAtMs: 1_736_800_001_000 + int64(i)*60_000,
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_MEASURED, Depth: benchReadings, EveryS: 1800, Via: "marketing-v2",
	}
	for r := range benchReadings {
		s.Readings = append(s.Readings, &event.Reading{
			Subject: fmt.Sprint(700_000_000 + (i*37+r*7919)%90_000), Metric: event.MetricRank, Value: float64(r + 1),
		})
	}
	return s
}

func charts() []kafka.Outgoing {
	msgs := make([]kafka.Outgoing, benchCharts)
	for i := range msgs {
		s := chart(i)
		msgs[i] = kafka.Outgoing{Key: s.GetTarget().Key(), Msg: s}
	}
	return msgs
}

func benchClient(b *testing.B, addr string) *kafka.Client {
	b.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}, Partitions: 4, ReplicationFactor: 1}, "bench", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	return c
}

func filled(b *testing.B) (addr string, c *kafka.Client) {
	b.Helper()
	addr = testkit.Broker(b)
	c = benchClient(b, addr)
	if err := c.PublishAll(b.Context(), event.TopicSnapshots, charts()); err != nil {
		b.Fatal(err)
	}
	return addr, c
}

func perSecond(b *testing.B, readings int) {
	b.Helper()
	b.ReportMetric(float64(readings)*float64(b.N)/b.Elapsed().Seconds(), "readings/s")
}

// BenchmarkReadAndDecode is the upper limit of everything behind Kafka:
// kafka-go reading four partitions alone, and the messages decoded.
func BenchmarkReadAndDecode(b *testing.B) {
	addr, c := filled(b)
	lags, err := c.Lag(b.Context(), "bench", []string{event.TopicSnapshots})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var wg sync.WaitGroup
		var readings atomic.Int64
		for _, l := range lags {
			wg.Go(func() { readings.Add(int64(readRaw(b, addr, l))) })
		}
		wg.Wait()
		if n := readings.Load(); n != benchTotal {
			b.Fatalf("read %d readings, want %d", n, benchTotal)
		}
	}
	perSecond(b, benchTotal)
}

func readRaw(b *testing.B, addr string, l kafka.PartitionLag) (readings int) {
	b.Helper()
	r := kafkago.NewReader(kafkago.ReaderConfig{
		Brokers: []string{addr}, Topic: l.Topic, Partition: l.Partition, MinBytes: 1, MaxBytes: 4 << 20,
		MaxWait: 250 * time.Millisecond, QueueCapacity: 500,
	})
	// Closing waits for the last fetch: that is not reading.
	defer func() { go func() { _ = r.Close() }() }()
	for next := int64(0); next < l.End; {
		m, err := r.FetchMessage(b.Context())
		if err != nil {
			b.Error(err)
			return readings
		}
		v, err := event.Unmarshal(string(m.Headers[0].Value), m.Value)
		if err != nil {
			b.Error(err)
			return readings
		}
		if s, ok := v.(*event.Snapshot); ok {
			readings += len(s.GetReadings())
		}
		next = m.Offset + 1
	}
	return readings
}

// counter decodes, and says when it has seen everything.
type counter struct {
	left atomic.Int64
	done chan struct{}
}

func (c *counter) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return c, nil
}

func (c *counter) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	n := 0
	for _, m := range batch {
		v, err := event.Unmarshal(m.Type, m.Value)
		if err != nil {
			return kafka.Commit{}, err
		}
		if s, ok := v.(*event.Snapshot); ok {
			n += len(s.GetReadings())
		}
	}
	if c.left.Add(-int64(n)) == 0 {
		close(c.done)
	}
	return kafka.Commit{Offset: batch[len(batch)-1].Offset + 1}, nil
}

// BenchmarkConsumer is the same through our workers: batches, commits and all.
func BenchmarkConsumer(b *testing.B) {
	_, c := filled(b)
	i := 0
	for b.Loop() {
		i++
		h := &counter{done: make(chan struct{})}
		h.left.Store(benchTotal)
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		cfg := kafka.ConsumerConfig{Group: fmt.Sprint("bench-", i), Topics: []string{event.TopicSnapshots}}
		go func() { ended <- kafka.NewConsumer(c, cfg, h, nil, slog.New(slog.DiscardHandler)).Run(ctx) }()
		<-h.done
		cancel()
		b.StopTimer()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	perSecond(b, benchTotal)
}

// BenchmarkPublish is how fast a replay can be.
func BenchmarkPublish(b *testing.B) {
	c := benchClient(b, testkit.Broker(b))
	msgs := charts()
	for b.Loop() {
		if err := c.PublishAll(b.Context(), event.TopicSnapshots, msgs); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, benchTotal)
}

// stamped notes when each message is handled.
type stamped struct{ at chan time.Time }

func (s stamped) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return s, nil
}

func (s stamped) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	for range batch {
		s.at <- time.Now()
	}
	return kafka.Commit{Offset: batch[len(batch)-1].Offset + 1}, nil
}

// BenchmarkLatency is from Publish to the handler, for messages that come one
// at a time.
func BenchmarkLatency(b *testing.B) {
	c := benchClient(b, testkit.Broker(b))
	s := stamped{make(chan time.Time, 1)}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	cfg := kafka.ConsumerConfig{Group: "bench", Topics: []string{event.TopicRejected}, MaxWait: time.Millisecond}
	go func() { ended <- kafka.NewConsumer(c, cfg, s, nil, slog.New(slog.DiscardHandler)).Run(ctx) }()
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := c.Publish(b.Context(), event.TopicRejected, fmt.Sprint(len(took)), note("x")); err != nil {
			b.Fatal(err)
		}
		took = append(took, (<-s.at).Sub(start))
	}
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
