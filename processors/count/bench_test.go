package count

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

const (
	benchMentions = 500_000
	benchRate     = 20_000 // a second of event time
)

// benchMention is the i-th mention: few tags have most uses, many have few.
func benchMention(i int) *event.Mention {
	tag := i * 7919 % 50_000
	if i%3 > 0 {
		tag %= 50
	}
	return &event.Mention{
		Id: fmt.Sprintf("3l%011d", i), Platform: platform, Tag: fmt.Sprint("tag", tag), Language: "en",
		AtMs: noon.AddDate(-1, 0, 0).UnixMilli() + int64(i)*1000/benchRate,
	}
}

// watched says when every mention was counted.
type watched struct {
	*Processor
	left *atomic.Int64
	done context.CancelFunc
}

type watchedPartition struct {
	kafka.PartitionHandler
	watched
}

func (w watched) Assign(ctx context.Context, topic string, id int, c kafka.Committed) (kafka.PartitionHandler, error) {
	h, err := w.Processor.Assign(ctx, topic, id, c)
	return watchedPartition{h, w}, err
}

func (w watchedPartition) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	c, err := w.PartitionHandler.Handle(ctx, batch)
	if err == nil && w.left.Add(-int64(len(batch))) <= 0 {
		w.done()
	}
	return c, err
}

// BenchmarkMentions is the whole way of a mention: Kafka, the windows, the
// snapshots back to Kafka, the commits.
func BenchmarkMentions(b *testing.B) {
	c := connect(b, testkit.Broker(b))
	out := make([]kafka.Outgoing, benchMentions)
	for i := range out {
		m := benchMention(i)
		out[i] = kafka.Outgoing{Key: m.Key(), Msg: m}
	}
	if err := c.PublishAll(b.Context(), event.TopicMentions, out); err != nil {
		b.Fatal(err)
	}
	cfg, round := settings(), 0
	cfg.TopK, cfg.TopCounters, cfg.MaxIDs = 500, 10_000, 1_000_000
	for b.Loop() {
		round++
		ctx, cancel := context.WithCancel(b.Context())
		w := watched{New(c, cfg, watch(everyTag()...), nil, slog.New(slog.DiscardHandler)), &atomic.Int64{}, cancel}
		w.left.Store(benchMentions)
		err := kafka.NewConsumer(c, kafka.ConsumerConfig{
			Group: fmt.Sprint("bench", round), Topics: Topics(), MaxWait: 250 * time.Millisecond,
		}, w, nil, slog.New(slog.DiscardHandler)).Run(ctx)
		if err != nil {
			b.Fatal(err)
		}
		cancel()
	}
	b.ReportMetric(benchMentions*float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkHandle is the windows alone.
func BenchmarkHandle(b *testing.B) {
	tape := &tape{t: b}
	for i := range benchMentions {
		m := benchMention(i)
		tape.put(m, time.UnixMilli(m.GetAtMs()))
	}
	cfg := settings()
	cfg.TopK, cfg.TopCounters, cfg.MaxIDs = 500, 10_000, 1_000_000
	for b.Loop() {
		newLife(b, newSink(), cfg, never(), everyTag()...).handle(tape.msgs...)
	}
	b.ReportMetric(benchMentions*float64(b.N)/b.Elapsed().Seconds(), "mentions/s")
	b.ReportMetric(0, "ns/op")
}
