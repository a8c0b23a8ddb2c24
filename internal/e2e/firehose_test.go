package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/count"
)

const (
	firehoseRate = 20_000 // events a second of event time
	// cutAfter is more than the five seconds by which the stream goes back when it
	// connects again: a server that cuts sooner would never be left behind.
	cutAfter = 9 * firehoseRate
	// firehosePatience is for 6 million posts on a slow machine.
	firehosePatience = 12 * time.Minute
	// firehoseHeap is far above what the whole of it needs, the fake server and
	// the broker included, and far below what 6 million posts would.
	firehoseHeap = 1 << 30
)

// firehoseSeconds is how much of the stream there is: 20 seconds, or as many as
// TIDEMARK_E2E_FIREHOSE says.
func firehoseSeconds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("TIDEMARK_E2E_FIREHOSE")
	if text == "" {
		return 20
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("TIDEMARK_E2E_FIREHOSE is %q, want seconds", text)
	}
	return n
}

// firehoseSink is what a stream publishes to, as in the command line. It knows
// when the last mentions of the plan are through.
type firehoseSink struct {
	*kafka.Client
	mu     sync.Mutex
	cursor string
	last   map[string]bool
	sent   atomic.Int64
	all    chan struct{}
}

func (s *firehoseSink) PublishMentions(ctx context.Context, all []*event.Mention) error {
	out := make([]kafka.Outgoing, len(all))
	for i, m := range all {
		out[i] = kafka.Outgoing{Key: m.Key(), Msg: m}
	}
	if err := s.PublishAll(ctx, event.TopicMentions, out); err != nil {
		return err
	}
	s.sent.Add(int64(len(all)))
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.last)
	for _, m := range all {
		delete(s.last, m.GetId())
	}
	if before > 0 && len(s.last) == 0 {
		close(s.all)
	}
	return nil
}

// SaveCursor implements collectors.Sink.
func (s *firehoseSink) SaveCursor(_ context.Context, _, cursor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursor = cursor
	return nil
}

// LoadCursor implements collectors.Sink.
func (s *firehoseSink) LoadCursor(context.Context, string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursor, nil
}

// TestFirehoseIsCountedExactly: 20,000 posts a second of event time, as fast as
// they are taken, with cuts, in disorder and some of them twice; Kafka; the
// count, killed now and then. Every tag has in every minute exactly what an
// independent count of the plan says, and memory stays bounded.
func TestFirehoseIsCountedExactly(t *testing.T) { //nolint:paralleltest // it measures the heap of the process
	needSlow(t)
	plan := firehosePlan(t)
	countedExactly(t, plan, func(ctx context.Context, sink *firehoseSink) error { return feed(ctx, plan, sink) })
}

// TestFirehoseChainIsCountedExactly is the same with all of the chain: a server
// that speaks Jetstream, cuts and repeats, and the stream that reads it.
func TestFirehoseChainIsCountedExactly(t *testing.T) { //nolint:paralleltest // it measures the heap of the process
	needSlow(t)
	plan := firehosePlan(t)
	server := testkit.NewFakeJetstream(t, plan)
	server.Set(testkit.JetstreamFaults{CutAfter: max(plan.Events/6, cutAfter), Duplicate: 37, Reorder: 50})
	countedExactly(t, plan, func(ctx context.Context, sink *firehoseSink) error {
		// Without a position a stream begins at its end.
		sink.cursor = fmt.Sprintf(`{"us":%d}`, server.Plan.Start.UnixMicro())
		return readFirehose(ctx, server.URL, sink)
	})
}

func firehosePlan(t *testing.T) testkit.FirehosePlan {
	t.Helper()
	return testkit.FirehosePlan{
		Seed: 3, Events: firehoseRate * firehoseSeconds(t), PerSecond: firehoseRate, Disorder: 5 * time.Second, Tags: firehoseTags(),
	}
}

// countedExactly lets source publish the mentions of the plan, and compares what
// comes out.
func countedExactly(t *testing.T, plan testkit.FirehosePlan, source func(context.Context, *firehoseSink) error) {
	t.Helper()
	want, total, last := truthOf(plan)
	addr := testkit.Broker(t)
	sink := &firehoseSink{Client: firehoseKafka(t, addr), last: last, all: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	heap := watchHeap(ctx, group)
	got := &published{counts: map[string]float64{}}
	read := kafka.NewConsumer(firehoseKafka(t, addr), kafka.ConsumerConfig{Group: "reader", Topics: []string{event.TopicSnapshots}}, got, nil, quiet())
	group.Go(func() error { return read.Run(ctx) })
	group.Go(func() error { return countAndDie(ctx, firehoseKafka(t, addr), plan.Tags) })
	began := time.Now()
	group.Go(func() error { return source(ctx, sink) })

	select {
	case <-sink.all:
	case <-ctx.Done():
		t.Fatal(group.Wait())
	case <-time.After(firehosePatience):
		t.Fatalf("the stream does not end: %d mentions of %d were sent", sink.sent.Load(), total)
	}
	took := time.Since(began)
	closeWindows(t, sink.Client)
	eventually(t, "every tag and minute", func() error { return got.compare(want) })
	cancel()
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	t.Logf("%d events in %.1f s (%.0f a second), %d mentions, %d were sent; %d tags and minutes exact; at most %d MiB of heap",
		plan.Events, took.Seconds(), float64(plan.Events)/took.Seconds(), total, sink.sent.Load(), len(want), heap.Load()>>20)
	if sent := int(sink.sent.Load()); sent <= total {
		t.Errorf("%d mentions were sent for %d: nothing came twice, the test proves little", sent, total)
	}
	if heap.Load() > firehoseHeap {
		t.Errorf("heap grew to %d MiB, at most %d", heap.Load()>>20, firehoseHeap>>20)
	}
}

// readFirehose runs the stream as the configuration has it, at our server.
func readFirehose(ctx context.Context, url string, sink *firehoseSink) error {
	cfg, err := config.Default()
	if err != nil {
		return err
	}
	cfg.Collect.Contact = "tests@example.org"
	b := &cfg.Collect.Sources.Bluesky
	b.Enabled, b.HostsV2, b.HostsV1 = true, []string{url}, nil
	client, err := fetch.New(fetch.Config{Collect: cfg.Collect}, nil, quiet())
	if err != nil {
		return err
	}
	entries, err := collectors.NewStreams(cfg.Collect, client)
	if err != nil {
		return err
	}
	runner := collectors.NewRunner(nil, sink, cfg.Collect, prometheus.NewRegistry(), quiet())
	runner.AddStreams(entries, sink)
	return runner.Run(ctx)
}

// firehoseTags are many, so that the counters of the top tags are needed too.
func firehoseTags() []string {
	tags := make([]string, 300)
	for i := range tags {
		tags[i] = fmt.Sprintf("crowd%03d", i)
	}
	return tags
}

// truthOf is the plan's own count, and its last mentions.
func truthOf(plan testkit.FirehosePlan) (want map[string]float64, total int, last map[string]bool) {
	want, last = map[string]float64{}, map[string]bool{}
	for tag, n := range plan.Counts() {
		want[fmt.Sprintf("%s %d", tag.Tag, tag.Minute)] = float64(n)
		total += n
	}
	i := 0
	for m := range plan.Mentions() {
		if i++; i > total-2000 {
			last[event.ID("bluesky", m.DID, m.RKey, m.Tag)] = true
		}
	}
	return want, total, last
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func firehoseKafka(t *testing.T, addr string) *kafka.Client {
	t.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}, Partitions: 4, ReplicationFactor: 1}, "e2e", nil, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// feed publishes the mentions of the plan as a stream would: in chunks, shuffled
// within them, some of them twice, and going back some seconds now and then, as
// after a cut.
func feed(ctx context.Context, plan testkit.FirehosePlan, sink *firehoseSink) error {
	r := rand.New(rand.NewPCG(plan.Seed, 1)) //nolint:gosec // chance, not secrecy
	var chunk, former []*event.Mention
	flush := func() error {
		again := append([]*event.Mention(nil), chunk...)
		if r.IntN(20) == 0 {
			again = append(append(again, former...), chunk[:len(chunk)/3]...)
		}
		r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		former, chunk = chunk, nil
		return sink.PublishMentions(ctx, again)
	}
	for m := range plan.Mentions() {
		chunk = append(chunk, &event.Mention{
			Id: event.ID("bluesky", m.DID, m.RKey, m.Tag), Platform: "bluesky", Tag: m.Tag, Language: m.Language, AtMs: m.At.UnixMilli(),
		})
		if len(chunk) == 8000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(chunk) == 0 {
		return nil
	}
	return flush()
}

// countAndDie counts, and is ended every few seconds without time to tidy up.
func countAndDie(ctx context.Context, c *kafka.Client, tags []string) error {
	cfg, err := config.Default()
	if err != nil {
		return err
	}
	for life := 1; ctx.Err() == nil; life++ {
		once, end := context.WithTimeout(ctx, time.Duration(life)*5*time.Second)
		p := count.New(c, cfg.Process.Count, config.Watch{Tags: tags}, prometheus.NewRegistry(), quiet())
		err := kafka.NewConsumer(c, kafka.ConsumerConfig{
			Group: "count", Topics: count.Topics(), MaxWait: 250 * time.Millisecond, Grace: time.Nanosecond,
		}, p, nil, quiet()).Run(once)
		end()
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// closeWindows ends the last windows of every partition.
func closeWindows(t *testing.T, c *kafka.Client) {
	t.Helper()
	var out []kafka.Outgoing
	for p, i := 0, 0; p < 4; i++ {
		m := &event.Mention{
			Id: fmt.Sprint("end", i), Platform: "bluesky", Tag: fmt.Sprint("end", i),
			AtMs: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC).UnixMilli(),
		}
		if kafka.PartitionOf(m.Key(), 4) == p {
			out = append(out, kafka.Outgoing{Key: m.Key(), Msg: m})
			p++
		}
	}
	if err := c.PublishAll(t.Context(), event.TopicMentions, out); err != nil {
		t.Fatal(err)
	}
}

// published keeps the counts of tags and minutes that came out.
type published struct {
	mu     sync.Mutex
	counts map[string]float64
	bad    error
}

// Assign implements kafka.Handler.
func (p *published) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return p, nil
}

// Handle implements kafka.PartitionHandler.
func (p *published) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range batch {
		msg, err := event.Unmarshal(m.Type, m.Value)
		if err != nil {
			return kafka.Commit{}, err
		}
		look, ok := msg.(*event.Snapshot)
		if !ok || look.GetSource() != "bluesky_tags" || look.GetTarget().GetKind() != event.KindTag {
			continue
		}
		for _, r := range look.GetReadings() {
			if r.GetMetric() != "mentions_minute" || r.GetValue() == 0 {
				continue
			}
			key := fmt.Sprintf("%s %d", r.GetSubject(), r.GetAtMs())
			if before, again := p.counts[key]; again && before != r.GetValue() {
				p.bad = fmt.Errorf("%s was published as %v and as %v", key, before, r.GetValue())
			}
			p.counts[key] = r.GetValue()
		}
	}
	return kafka.Commit{Offset: -1}, nil
}

func (p *published) compare(want map[string]float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bad != nil {
		return p.bad
	}
	for key, n := range want {
		if got, ok := p.counts[key]; !ok || got != n {
			return fmt.Errorf("%s is %v (published: %v), want %v; %d of %d are there", key, got, ok, n, len(p.counts), len(want))
		}
	}
	if len(p.counts) != len(want) {
		return fmt.Errorf("%d tags and minutes, want %d", len(p.counts), len(want))
	}
	return nil
}

// watchHeap keeps the largest heap that was seen.
func watchHeap(ctx context.Context, group *errgroup.Group) *atomic.Uint64 {
	largest := &atomic.Uint64{}
	group.Go(func() error {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			largest.Store(max(largest.Load(), m.HeapInuse))
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
	return largest
}
