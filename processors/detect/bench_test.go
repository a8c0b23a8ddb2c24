package detect

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

func value(t testing.TB, c prometheus.Collector) float64 {
	t.Helper()
	return testutil.ToFloat64(c)
}

// chartLook is the i-th look at a chart whose apps change places.
func chartLook(i, depth int) *event.Snapshot {
	countries := []string{"us", "gb", "de", "fr", "jp", "kr", "br", "mx", "in", "au"}
	slot := noon.Add(time.Duration(i/len(countries)) * 30 * time.Minute)
	s := &event.Snapshot{
		Source: "appstore", Target: event.ChartTarget("apple", countries[i%len(countries)], "top-free/overall"),
		SlotMs: slot.UnixMilli(), SeenAtMs: slot.UnixMilli(), Outcome: event.Outcome_OUTCOME_OK, Depth: uint32(depth),
		Basis: event.Basis_BASIS_MEASURED, EveryS: 1800,
	}
	for j := range depth {
		s.Readings = append(s.Readings, &event.Reading{
			Subject: strconv.Itoa(1_000_000_000 + (i/20*7+j)%(2*depth)), Metric: event.MetricRank, Value: float64(j + 1),
		})
	}
	return s
}

// tagLook is a look at one of many tags, whose count doubles now and then.
func tagLook(tag, i int) *event.Snapshot {
	v := 100 + float64((tag*31+i*17)%40)
	if (tag+i)%500 < 3 {
		v *= 20
	}
	slot := noon.Add(time.Duration(i) * time.Minute)
	return &event.Snapshot{
		Source: "mastodon", Target: event.TagTarget("mastodon.social", fmt.Sprint("tag", tag)), SlotMs: slot.UnixMilli(),
		SeenAtMs: slot.UnixMilli(), Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_MEASURED, EveryS: 60,
		Readings: []*event.Reading{{Subject: fmt.Sprint("tag", tag), Metric: "uses_hour", Value: v}},
	}
}

func benchRules(b *testing.B) Judge {
	b.Helper()
	cfg, err := config.Default()
	if err != nil {
		b.Fatal(err)
	}
	j, err := Rules(cfg.Process.Detect, cfg.Watch)
	if err != nil {
		b.Fatal(err)
	}
	return j
}

// cpu is what this process has used, all its threads together.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDetectReadings measures readings judged per second of one core's
// time, through the worker: decoding, judging, and checkpoints that are encoded
// and squeezed. Charts have 200 readings a look, tags one.
func BenchmarkDetectReadings(b *testing.B) {
	for name, n := range map[string]int{"charts": 4000, "tags": 400_000} {
		b.Run(name, func(b *testing.B) {
			log := make([]kafka.Message, n)
			readings := 0
			for i := range log {
				s := tagLook(i%2000, i/2000)
				if name == "charts" {
					s = chartLook(i, 200)
				}
				readings += len(s.GetReadings())
				v, err := event.Marshal(s)
				if err != nil {
					b.Fatal(err)
				}
				log[i] = kafka.Message{Offset: int64(i), Type: event.TypeName(s), Value: v}
			}
			rules := benchRules(b)
			for b.Loop() {
				p := New(Deps{Broker: crowd{}, Judge: rules, Log: slog.New(slog.DiscardHandler)}, config.Checkpoint{Every: config.Duration(time.Hour), Looks: 50_000}, nil)
				p.keep = forgetful{}
				h, err := p.Assign(b.Context(), event.TopicSnapshots, 0, never())
				if err != nil {
					b.Fatal(err)
				}
				began := cpu(b)
				for batch := range slices.Chunk(log, 500) {
					if _, err := h.Handle(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(readings)/(cpu(b)-began).Seconds(), "readings/cpu-s")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// BenchmarkDetectLoad measures how long memories take to load, and what they
// hold: one in four of a million series, as with four partitions, unless
// TIDEMARK_BENCH_SERIES says otherwise.
func BenchmarkDetectLoad(b *testing.B) {
	n := 250_000
	if v, err := strconv.Atoi(os.Getenv("TIDEMARK_BENCH_SERIES")); err == nil {
		n = v
	}
	k := newKit(b)
	k.judge, k.chunk, k.cfg.Looks = benchRules(b), defaultChunk, 1<<30
	h := k.life(crowd{}, never())
	for i := range 3 {
		for first := 0; first < n; first += 10_000 {
			var events []event.Validator
			for tag := first; tag < min(n, first+10_000); tag++ {
				events = append(events, tagLook(tag, i))
			}
			batch := messages(b, events)
			for j := range batch {
				batch[j].Offset = max(h.next, 0) + int64(j)
			}
			handle(b, h, batch)
		}
	}
	began := time.Now()
	if !h.checkpointWhole(b.Context()) {
		b.Fatal("memories are not stored")
	}
	stored, size := time.Since(began), h.size
	c := h.commit()
	clear(h.targets)
	for b.Loop() {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		h := k.life(crowd{}, kafka.Committed{Offset: c.Offset, Metadata: c.Metadata})
		took := time.Since(began)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if len(h.targets) != n {
			b.Fatalf("%d targets are loaded, want %d", len(h.targets), n)
		}
		b.ReportMetric(float64(n)/took.Seconds(), "loaded/s")
		b.ReportMetric(float64(n)/stored.Seconds(), "stored/s")
		b.ReportMetric(float64(size)/float64(n), "B/series-stored")
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/series-in-memory")
		b.ReportMetric(0, "ns/op")
	}
}

// eager is a judge that finds something in one of a hundred looks, so that there
// is something to measure all the time.
type eager struct{ Judge }

type eagerTarget struct {
	Target
	source string
	target *event.Target
	looks  int
}

func (e eager) NewTarget(source string, target *event.Target, basis event.Basis) Target {
	h := fnv.New32a()
	fmt.Fprint(h, target.Key())
	return &eagerTarget{Target: e.Judge.NewTarget(source, target, basis), source: source, target: target, looks: int(h.Sum32() % 100)}
}

func (t *eagerTarget) Look(s *event.Snapshot) ([]*event.Episode, bool) {
	found, fresh := t.Target.Look(s)
	if t.looks++; t.looks%100 == 0 {
		found = append(found, &event.Episode{
			Id: fmt.Sprint("bench ", t.target.Key(), s.GetSlotMs()), Rule: "bench", Source: t.source, Target: t.target,
			Subject: "s", Metric: "m", Sequence: 1, OnsetMs: s.GetSlotMs(), State: event.EpisodeState_EPISODE_STATE_OPEN,
			Value: float64(s.GetSeenAtMs()),
		})
	}
	return found, fresh
}

// BenchmarkDetectLatency publishes 20,000 readings a second, for 15 seconds
// unless TIDEMARK_BENCH_SECONDS says otherwise, and measures from the publishing
// of a reading to the arrival of what was found in it on the topic of episodes.
// Broker, ClickHouse, judging and reading share this machine.
func BenchmarkDetectLatency(b *testing.B) {
	const rate, tags, every = 20_000, 4000, 20 * time.Millisecond
	seconds := 15
	if v, err := strconv.Atoi(os.Getenv("TIDEMARK_BENCH_SECONDS")); err == nil {
		seconds = v
	}
	for b.Loop() {
		k := newKit(b)
		k.cfg = config.Checkpoint{Every: config.Duration(3 * time.Second), Looks: 50_000}
		k.judge, k.chunk = eager{benchRules(b)}, defaultChunk
		_, c := fresh(b, 4)
		ctx, cancel := context.WithCancel(b.Context())
		p := k.processor(c)
		p.budget = defaultBudget
		consumer := kafka.NewConsumer(c, kafka.ConsumerConfig{Group: "bench", Topics: Topics()}, p, nil, k.log)
		ended := make(chan error, 1)
		go func() { ended <- consumer.Run(ctx) }()
		took := make(chan time.Duration, 1<<20)
		tailed := make(chan error, 1)
		go func() { tailed <- arrivals(ctx, c, took) }()
		sent := load(b, c, rate, tags, seconds, every)
		time.Sleep(2 * time.Second) // what is late counts too
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		if err := <-tailed; err != nil && ctx.Err() == nil {
			b.Fatal(err)
		}
		close(took)
		var all []time.Duration
		for d := range took {
			all = append(all, d)
		}
		slices.Sort(all)
		if len(all) < int(sent)/100*9/10 {
			b.Fatalf("%d findings arrived of %d", len(all), sent/100)
		}
		b.ReportMetric(float64(sent)/float64(seconds), "readings/s")
		b.ReportMetric(float64(all[len(all)/2].Milliseconds()), "p50-ms")
		b.ReportMetric(float64(all[len(all)*99/100].Milliseconds()), "p99-ms")
		b.ReportMetric(float64(all[len(all)-1].Milliseconds()), "worst-ms")
		b.ReportMetric(0, "ns/op")
	}
}

// arrivals measures until ctx ends. The value of a finding is when its look was
// handed to Kafka.
func arrivals(ctx context.Context, c *kafka.Client, took chan<- time.Duration) error {
	return c.Tail(ctx, event.TopicEpisodes, kafka.TailOptions{From: kafka.FromFirst, Follow: true}, func(m kafka.Message) error {
		now := time.Now()
		msg, err := event.Unmarshal(m.Type, m.Value)
		if e, ok := msg.(*event.Episode); ok && e.GetRule() == "bench" {
			took <- now.Sub(time.UnixMilli(int64(e.GetValue())))
		}
		return err
	})
}

// load publishes at a steady rate, one publish each interval, without waiting
// for the one before, and says how many readings it has sent.
func load(b *testing.B, c *kafka.Client, rate, tags, seconds int, every time.Duration) int64 {
	b.Helper()
	var sent atomic.Int64
	var g errgroup.Group
	g.SetLimit(32)
	perTick := rate * int(every) / int(time.Second)
	tick := time.NewTicker(every)
	defer tick.Stop()
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	n := 0
	for now := range tick.C {
		if now.After(end) {
			break
		}
		out := make([]kafka.Outgoing, perTick)
		for i := range out {
			s := tagLook(n%tags, n/tags)
			s.SeenAtMs = time.Now().UnixMilli()
			out[i] = kafka.Outgoing{Key: s.GetTarget().Key(), Msg: s}
			n++
		}
		g.Go(func() error {
			sent.Add(int64(perTick))
			return c.PublishAll(b.Context(), event.TopicSnapshots, out)
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return sent.Load()
}
