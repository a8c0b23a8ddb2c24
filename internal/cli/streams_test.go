package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

// mentions reads the topic of mentions as it is written.
type mentions struct {
	t  *testing.T
	mu sync.Mutex
	// ids by what they are about, and the partitions of each tag.
	ids        map[string]string
	partitions map[string]map[int]bool
	total      int
}

func (m *mentions) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return m, nil
}

func (m *mentions) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, msg := range batch {
		v, err := event.Unmarshal(msg.Type, msg.Value)
		if err != nil {
			m.t.Error(err)
		}
		if one, ok := v.(*event.Mention); ok {
			m.total++
			m.ids[one.GetId()] = fmt.Sprint(one.GetTag(), one.GetLanguage(), one.GetAtMs())
			if m.partitions[one.GetTag()] == nil {
				m.partitions[one.GetTag()] = map[int]bool{}
			}
			m.partitions[one.GetTag()][msg.Partition] = true
		}
	}
	return kafka.Commit{Offset: batch[len(batch)-1].Offset + 1}, nil
}

// await waits until so many different mentions are in the topic.
func (m *mentions) await(n int) {
	m.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		m.mu.Lock()
		have := len(m.ids)
		m.mu.Unlock()
		if have >= n {
			return
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("waited five minutes for %d mentions, have %d", n, have)
		}
	}
}

// forgetful is a process that is killed before it kept its position.
type forgetful struct{ mentionSink }

func (forgetful) SaveCursor(context.Context, string, string) error { return errors.New("killed") }

func firehoseClient(t *testing.T, addr string) *kafka.Client {
	t.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}, Partitions: 4, ReplicationFactor: 1}, "test", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func firehoseConfig(t *testing.T, v1 string, v2 ...string) config.Collect {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Collect
	c.Contact = "https://example.org"
	c.Hosts = map[string]config.Host{"*": {PerMinute: 60_000, Concurrent: 10}}
	b := &c.Sources.Bluesky
	b.HostsV2, b.HostsV1 = v2, []string{v1}
	b.RetryAfter, b.RetryMost, b.SaveEvery = config.Duration(10*time.Millisecond), config.Duration(100*time.Millisecond), config.Duration(100*time.Millisecond)
	return c
}

// firehoseRun is one life of a collector: until ready returns.
func firehoseRun(t *testing.T, cfg config.Collect, pub collectors.Publisher, sink collectors.Sink, ready func()) {
	t.Helper()
	client, err := fetch.New(fetch.Config{Collect: cfg, Transport: &http.Transport{}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	streams, err := collectors.NewStreams(cfg, client)
	if err != nil {
		t.Fatal(err)
	}
	runner := collectors.NewRunner(nil, pub, cfg, nil, slog.New(slog.NewTextHandler(t.Output(), nil)))
	runner.AddStreams(streams, sink)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	ready()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// From servers that cut, repeat and reorder, through kills and over to other
// servers, into a broker: the topic has exactly the mentions that there were,
// some of them twice, and each tag in one partition.
func TestFirehoseReachesKafka(t *testing.T) {
	t.Parallel()
	plan := testkit.FirehosePlan{Seed: 3, Events: 30_000, PerSecond: 400, Disorder: time.Second}
	faults := testkit.JetstreamFaults{CutAfter: 5000, Duplicate: 11, Reorder: 100, Garbage: 97}
	first := testkit.NewFakeJetstream(t, plan)
	plan.FirstSeq = 5_000_000
	second, third := testkit.NewFakeJetstream(t, plan), testkit.NewFakeJetstream(t, plan)
	first.Set(faults)
	second.Set(faults)
	third.Set(testkit.JetstreamFaults{Only: "v1", CutAfter: 9000})
	want := map[string]string{}
	for m := range first.Plan.Mentions() {
		want[event.ID("bluesky", m.DID, m.RKey, m.Tag)] = fmt.Sprint(m.Tag, m.Language, m.At.UnixMilli())
	}

	k := firehoseClient(t, testkit.Broker(t))
	sink := mentionSink{k, "test"}
	// Without a position it would begin at the end.
	if err := sink.SaveCursor(t.Context(), "bluesky", fmt.Sprintf(`{"us":%d}`, first.Plan.Start.UnixMicro())); err != nil {
		t.Fatal(err)
	}
	seen := &mentions{t: t, ids: map[string]string{}, partitions: map[string]map[int]bool{}}
	consumer := kafka.NewConsumer(k, kafka.ConsumerConfig{
		Group: "reader", Topics: []string{event.TopicMentions}, Assignment: kafka.AssignStatic, MaxWait: 5 * time.Millisecond,
	}, seen, nil, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	reading := make(chan error, 1)
	go func() { reading <- consumer.Run(ctx) }()

	cfg := firehoseConfig(t, third.URL, first.URL, second.URL)
	firehoseRun(t, cfg, k, sink, func() { seen.await(len(want) / 4) })
	firehoseRun(t, cfg, k, forgetful{sink}, func() { seen.await(len(want) / 2) })
	first.Set(testkit.JetstreamFaults{Down: true})
	firehoseRun(t, cfg, k, sink, func() { seen.await(len(want) * 5 / 8) })
	second.Set(testkit.JetstreamFaults{Status: http.StatusBadGateway})
	firehoseRun(t, cfg, k, sink, func() { seen.await(len(want) * 3 / 4) })
	first.Set(faults)
	firehoseRun(t, cfg, k, sink, func() { seen.await(len(want)) })

	cancel()
	if err := <-reading; err != nil {
		t.Error(err)
	}
	if !maps.Equal(want, seen.ids) {
		t.Errorf("mentions differ from the plan: %.2000s", cmp.Diff(want, seen.ids))
	}
	if seen.total <= len(want) {
		t.Errorf("%d messages of %d mentions: nothing came twice, so nothing was tried", seen.total, len(want))
	}
	for tag, partitions := range seen.partitions {
		if len(partitions) != 1 {
			t.Errorf("%s is in %d partitions", tag, len(partitions))
		}
	}
	if len(second.Asked()) == 0 || len(third.Asked()) == 0 {
		t.Error("not every server was asked")
	}
}
