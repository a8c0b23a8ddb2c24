package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

const (
	benchLooks  = 10_000 // times 200 readings
	benchDepth  = 200
	benchRounds = 3
)

// BenchmarkReadings measures the whole way of a reading, Kafka -> store ->
// ClickHouse, and in the same run the two limits that it cannot beat: reading
// and decoding alone, and inserting alone. All of it, broker and engine too,
// shares this machine. Each number is the best of some rounds, taken in turn:
// whatever else the machine does only ever slows them down.
func BenchmarkReadings(b *testing.B) {
	broker := testkit.Broker(b)
	client, err := kafka.New(config.Kafka{Brokers: []string{broker}, Partitions: 4, ReplicationFactor: 1}, "bench", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	total := publishLooks(b, client)
	blocks := benchBlocks()
	for b.Loop() {
		var read, insert, whole float64
		for range benchRounds {
			read = max(read, rate(total, func() { readAndDecode(b, client, total) }))
			insert = max(insert, rate(total, func() { insertAlone(b, newKit(b), blocks) }))
			k := newKit(b)
			whole = max(whole, rate(total, func() { wholeWay(b, client, k, total) }))
			if got := k.count(b, "readings"); got != uint64(total) {
				b.Fatalf("%d readings in ClickHouse, want %d", got, total)
			}
		}
		b.ReportMetric(read, "read+decode/s")
		b.ReportMetric(insert, "insert/s")
		b.ReportMetric(whole, "readings/s")
		b.ReportMetric(whole/min(read, insert), "of-smaller-limit")
		b.ReportMetric(0, "ns/op")
	}
}

func rate(n int, fn func()) float64 {
	began := time.Now()
	fn()
	return float64(n) / time.Since(began).Seconds()
}

// benchLook is the i-th look: charts of ten countries, half an hour apart, whose
// apps change places.
func benchLook(i int) *event.Snapshot {
	countries := []string{"us", "gb", "de", "fr", "jp", "kr", "br", "mx", "in", "au"}
	charts := []string{"top-free/overall", "top-free/social-networking"}
	s := chart(day.Add(time.Duration(i/20)*30*time.Minute), benchDepth)
	s.Target = event.ChartTarget("apple", countries[i%len(countries)], charts[i/len(countries)%len(charts)])
	for j, r := range s.Readings {
		r.Subject = strconv.Itoa(1_000_000_000 + (i*7+j*13)%1000)
	}
	return s
}

// publishLooks fills the topic, and returns how many readings it holds.
func publishLooks(b *testing.B, client *kafka.Client) int {
	b.Helper()
	n := looksWanted()
	out := make([]kafka.Outgoing, 0, 1000)
	for i := range n {
		s := benchLook(i)
		out = append(out, kafka.Outgoing{Key: s.GetTarget().Key(), Msg: s})
		if len(out) == cap(out) || i == n-1 {
			if err := client.PublishAll(b.Context(), event.TopicSnapshots, out); err != nil {
				b.Fatal(err)
			}
			out = out[:0]
		}
	}
	return n * benchDepth
}

// looksWanted can be changed by TIDEMARK_BENCH_LOOKS.
func looksWanted() int {
	if n, err := strconv.Atoi(os.Getenv("TIDEMARK_BENCH_LOOKS")); err == nil {
		return n
	}
	return benchLooks
}

// counter ends the consumer when all readings came.
type counter struct {
	want int64
	got  atomic.Int64
	stop context.CancelFunc
}

func (c *counter) add(n int64) {
	if c.got.Add(n) >= c.want {
		c.stop()
	}
}

// decodeOnly is limit A.
type decodeOnly struct{ *counter }

func (d decodeOnly) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return d, nil
}

func (d decodeOnly) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	n := int64(0)
	for i := range batch {
		msg, err := event.Unmarshal(batch[i].Type, batch[i].Value)
		if err != nil {
			return kafka.Commit{}, err
		}
		if s, ok := msg.(*event.Snapshot); ok {
			n += int64(len(s.GetReadings()))
		}
	}
	d.add(n)
	return kafka.Commit{Offset: batch[len(batch)-1].Offset + 1}, nil
}

func readAndDecode(b *testing.B, client *kafka.Client, total int) {
	b.Helper()
	consume(b, client, total, func(c *counter) kafka.Handler { return decodeOnly{c} })
}

// counting lets the store work, and counts.
type counting struct {
	*Processor
	*counter
}

type countingPartition struct {
	*partition
	*counter
}

func (c counting) Assign(ctx context.Context, topic string, id int, at kafka.Committed) (kafka.PartitionHandler, error) {
	h, err := c.Processor.Assign(ctx, topic, id, at)
	if err != nil {
		return nil, err
	}
	return countingPartition{h.(*partition), c.counter}, nil
}

func (c countingPartition) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	commit, err := c.partition.Handle(ctx, batch)
	if err == nil {
		c.add(int64(c.partition.tables[0].rows()))
	}
	return commit, err
}

func wholeWay(b *testing.B, client *kafka.Client, k *kit, total int) {
	b.Helper()
	consume(b, client, total, func(c *counter) kafka.Handler { return counting{k.Processor, c} })
}

func consume(b *testing.B, client *kafka.Client, total int, handler func(*counter) kafka.Handler) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	cfg := kafka.ConsumerConfig{
		Group: fmt.Sprintf("bench-%d", time.Now().UnixNano()), Topics: Topics(),
		MaxBytes: 4 << 20, MaxWait: 500 * time.Millisecond,
	}
	h := handler(&counter{want: int64(total), stop: stop})
	if err := kafka.NewConsumer(client, cfg, h, nil, slog.New(slog.DiscardHandler)).Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		b.Fatal(err)
	}
}

// benchBlocks are the same rows in memory, as a store with four partitions
// would insert them: 500 looks at five targets each time.
func benchBlocks() []clickhouse.Block {
	const partitions, looks = 4, 500
	var tables [partitions]*table
	var blocks []clickhouse.Block
	flush := func(p int) {
		if t := tables[p]; t != nil && t.rows() > 0 {
			blocks = append(blocks, clickhouse.Block{Table: t.name, ID: fmt.Sprintf("bench:%d", len(blocks)), Defs: t.defs(), Columns: t.columns()})
		}
		tables[p] = readingsTable()
	}
	for i := range looksWanted() {
		p := i % 20 / 5
		if tables[p] == nil || tables[p].rows() >= looks*benchDepth {
			flush(p)
		}
		s := benchLook(i)
		tables[p].readings.add(at{topic: event.TopicSnapshots, partition: uint16(p), offset: uint64(i)}, s, s.GetTarget().Key())
	}
	for p := range partitions {
		flush(p)
	}
	return blocks
}

// insertAlone is limit B, by as many workers as there are partitions.
func insertAlone(b *testing.B, k *kit, blocks []clickhouse.Block) {
	b.Helper()
	var g errgroup.Group
	g.SetLimit(4)
	for _, block := range blocks {
		g.Go(func() error { return k.ch.Insert(b.Context(), block) })
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}
