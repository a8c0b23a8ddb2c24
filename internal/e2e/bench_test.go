package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/detect"
	"github.com/tidemark/tidemark/processors/notify"
	"github.com/tidemark/tidemark/processors/notify/message"
	"github.com/tidemark/tidemark/processors/store"
)

const (
	// benchRate is how many readings are published in a second, and one in
	// benchFinds of them is found to be remarkable.
	benchRate, benchFinds = 20_000, 2000
	// benchTags is how many series there are.
	benchTags  = 4000
	benchEvery = 20 * time.Millisecond
)

// keen is a judge that judges as ever, and finds something in one of some looks
// besides, so that there is something to tell all the time.
type keen struct {
	detect.Judge
	looks *atomic.Int64
}

type keenTarget struct {
	detect.Target
	keen   keen
	source string
	target *event.Target
}

func (k keen) NewTarget(source string, target *event.Target, basis event.Basis) detect.Target {
	return &keenTarget{k.Judge.NewTarget(source, target, basis), k, source, target}
}

func (t *keenTarget) Look(s *event.Snapshot) ([]*event.Episode, bool) {
	found, fresh := t.Target.Look(s)
	if n := t.keen.looks.Add(1); n%benchFinds == 0 {
		found = append(found, &event.Episode{
			Id: fmt.Sprint("bench ", n), Rule: "bench", Source: t.source, Target: t.target, Subject: t.target.GetName(), Metric: "uses_hour",
			Kind: event.EpisodeSurge, State: event.EpisodeState_EPISODE_STATE_OPEN, Sequence: 1, Severity: 0.6,
			OnsetMs: s.GetSlotMs(), AtMs: s.GetSlotMs(), Basis: event.Basis_BASIS_MEASURED,
			Value: float64(s.GetSeenAtMs()), // when its look was handed to Kafka
		})
	}
	return found, fresh
}

// stopwatch is a receiver that measures.
type stopwatch struct{ took chan time.Duration }

func (s stopwatch) Send(_ context.Context, m *message.Message) error {
	now := time.Now()
	for _, it := range m.Items {
		if it.Episode.GetRule() == "bench" {
			s.took <- now.Sub(time.UnixMilli(int64(it.Episode.GetValue())))
		}
	}
	return nil
}

// BenchmarkPublishToCall publishes 20,000 readings a second, for 30 seconds
// unless TIDEMARK_BENCH_SECONDS says otherwise, and measures from the publishing
// of a reading to the call of the receiver that is told of it, without waiting
// for others of its topic: through judging, the topic of episodes, and telling,
// which stores the message first. The store writes everything into the same
// ClickHouse meanwhile. Broker, ClickHouse and all parts share this machine.
func BenchmarkPublishToCall(b *testing.B) {
	seconds := 30
	if v, err := strconv.Atoi(os.Getenv("TIDEMARK_BENCH_SECONDS")); err == nil {
		seconds = v
	}
	for b.Loop() {
		r := newBenchRun(b)
		ctx, cancel := context.WithCancel(b.Context())
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return r.store(ctx) })
		g.Go(func() error { return r.detect(ctx) })
		g.Go(func() error { return r.notify(ctx) })
		r.publish(b, 3*benchEvery*benchTags/(benchRate/50)) // each series is known, the parts are at work
		r.discard()
		sent := r.publish(b, time.Duration(seconds)*time.Second)
		time.Sleep(3 * time.Second) // what is late counts too
		cancel()
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		r.report(b, sent, seconds)
	}
}

type benchRun struct {
	client *kafka.Client
	db     *clickhouse.Client
	cfg    *config.Config
	log    *slog.Logger
	took   chan time.Duration
	n      int
}

func newBenchRun(b *testing.B) *benchRun {
	b.Helper()
	r := &benchRun{log: slog.New(slog.DiscardHandler), took: make(chan time.Duration, 1<<20)}
	var err error
	if r.cfg, err = config.Default(); err != nil {
		b.Fatal(err)
	}
	r.client, err = kafka.New(config.Kafka{Brokers: []string{testkit.Broker(b)}, Partitions: 4, ReplicationFactor: 1}, "bench", nil, r.log)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.client.Close)
	if r.db, err = clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(b))}, r.log); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.db.Close() }) // the engine ends with the benchmark
	if err := r.db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := r.client.EnsureTopics(b.Context(), event.Topics()); err != nil {
		b.Fatal(err)
	}
	return r
}

func (r *benchRun) store(ctx context.Context) error {
	p := store.New(r.db, func(context.Context, *event.Rejected) error { return nil }, prometheus.NewRegistry(), r.log)
	s := r.cfg.Process.Store
	return kafka.NewConsumer(r.client, kafka.ConsumerConfig{
		Group: "bench-store", Topics: store.Topics(), MaxBytes: int(s.BatchBytes), MaxWait: s.BatchWait.D(),
	}, p, nil, r.log).Run(ctx)
}

func (r *benchRun) detect(ctx context.Context) error {
	rules, err := detect.Rules(r.cfg.Process.Detect, r.cfg.Watch)
	if err != nil {
		return err
	}
	checkpoint := config.Checkpoint{Every: config.Duration(5 * time.Second), Looks: 50_000} // often, so that some are among what is measured
	p := detect.New(detect.Deps{Broker: r.client, DB: r.db, Judge: keen{rules, &atomic.Int64{}}, Log: r.log}, checkpoint, prometheus.NewRegistry())
	return kafka.NewConsumer(r.client, kafka.ConsumerConfig{Group: "bench-detect", Topics: detect.Topics()}, p, nil, r.log).Run(ctx)
}

func (r *benchRun) notify(ctx context.Context) error {
	cfg := r.cfg.Notify
	cfg.GroupWait = 0
	cfg.Receivers = []config.Receiver{{Name: "desk"}}
	p := notify.New(notify.Deps{
		DB: r.db, Group: "bench-notify", Senders: map[string]message.Sender{"desk": stopwatch{r.took}}, Log: r.log,
	}, cfg, &r.cfg.Watch, prometheus.NewRegistry())
	defer p.Wait()
	return kafka.NewConsumer(r.client, kafka.ConsumerConfig{Group: "bench-notify", Topics: notify.Topics(), MaxWait: notify.MaxWait}, p, nil, r.log).Run(ctx)
}

// publish sends at a steady rate, without waiting for what was sent before, and
// says how many readings it has sent.
func (r *benchRun) publish(b *testing.B, d time.Duration) int64 {
	b.Helper()
	var sent atomic.Int64
	var g errgroup.Group
	g.SetLimit(32)
	perTick := benchRate * int(benchEvery) / int(time.Second)
	tick := time.NewTicker(benchEvery)
	defer tick.Stop()
	end := time.Now().Add(d)
	for now := range tick.C {
		if now.After(end) {
			break
		}
		out := make([]kafka.Outgoing, perTick)
		for i := range out {
			s := r.look()
			out[i] = kafka.Outgoing{Key: s.GetTarget().Key(), Msg: s}
		}
		g.Go(func() error {
			sent.Add(int64(perTick))
			return r.client.PublishAll(b.Context(), event.TopicSnapshots, out)
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return sent.Load()
}

// look is the next look at one of the tags, now.
func (r *benchRun) look() *event.Snapshot {
	tag := fmt.Sprint("tag", r.n%benchTags)
	v := 100 + float64(r.n*17%41)
	r.n++
	now := time.Now().UnixMilli()
	return &event.Snapshot{
		Source: "mastodon", Target: event.TagTarget("mastodon.social", tag), SlotMs: now, SeenAtMs: now,
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_MEASURED, EveryS: 1,
		Readings: []*event.Reading{{Subject: tag, Metric: "uses_hour", Value: v}},
	}
}

// discard forgets what was measured while everything began.
func (r *benchRun) discard() {
	for len(r.took) > 0 {
		<-r.took
	}
}

func (r *benchRun) report(b *testing.B, sent int64, seconds int) {
	b.Helper()
	close(r.took)
	var all []time.Duration
	for d := range r.took {
		all = append(all, d)
	}
	if len(all) < int(sent)/benchFinds*9/10 {
		b.Fatalf("%d were told of %d", len(all), sent/benchFinds)
	}
	slices.Sort(all)
	b.ReportMetric(float64(sent)/float64(seconds), "readings/s")
	b.ReportMetric(float64(len(all)), "told")
	b.ReportMetric(float64(all[len(all)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Milliseconds()), "p99-ms")
	b.ReportMetric(float64(all[len(all)-1].Milliseconds()), "worst-ms")
	b.ReportMetric(0, "ns/op")
}
