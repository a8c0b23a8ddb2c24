package notify_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/notify"
	"github.com/tidemark/tidemark/processors/notify/message"
)

const group = "tidemark-notify"

// begin is a Monday. No news is too old for the tests' configuration.
var begin = time.Date(2025, 1, 13, 10, 0, 0, 0, time.UTC)

// kit is a broker and a database, and processors that come and go.
type kit struct {
	t         testing.TB
	addr, dsn string
	kafka     *kafka.Client
	db        *clickhouse.Client
	cfg       config.Notify
}

func newKit(t testing.TB, receivers ...config.Receiver) *kit {
	t.Helper()
	k := &kit{t: t, addr: testkit.Broker(t), dsn: testkit.ClickHouse(t)}
	var err error
	if k.kafka, k.db, err = connect(k.addr, k.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.kafka.Close()
		_ = k.db.Close() // the engine ends with the test
	})
	if err := k.kafka.EnsureTopics(t.Context(), event.Topics()); err != nil {
		t.Fatal(err)
	}
	if err := k.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.cfg = settings(receivers...)
	return k
}

func connect(addr, dsn string) (*kafka.Client, *clickhouse.Client, error) {
	log := slog.New(slog.DiscardHandler)
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}}, "test", nil, log)
	if err != nil {
		return nil, nil, err
	}
	db, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(dsn)}, log)
	return c, db, err
}

func settings(receivers ...config.Receiver) config.Notify {
	return config.Notify{
		Enabled: true, MaxAge: config.Duration(100 * 365 * 24 * time.Hour), RetryFor: config.Duration(time.Hour), Receivers: receivers,
	}
}

// run consumes until ctx ends.
func (k *kit) run(ctx context.Context, senders map[string]message.Sender) error {
	return consume(ctx, k.kafka, k.db, k.cfg, senders)
}

func consume(ctx context.Context, c *kafka.Client, db *clickhouse.Client, cfg config.Notify, senders map[string]message.Sender) error {
	log := slog.New(slog.DiscardHandler)
	p := notify.New(notify.Deps{DB: db, Group: group, Senders: senders, Log: log}, cfg, &config.Watch{}, prometheus.NewRegistry())
	defer p.Wait()
	return kafka.NewConsumer(c, kafka.ConsumerConfig{Group: group, Topics: notify.Topics(), MaxWait: notify.MaxWait}, p, nil, log).Run(ctx)
}

// start runs a processor; stop ends it.
func (k *kit) start(senders map[string]message.Sender) (stop func()) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.run(ctx, senders) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			k.t.Errorf("run: %v", err)
		}
	})
	k.t.Cleanup(stop)
	return stop
}

func (k *kit) publish(all ...event.Validator) {
	k.t.Helper()
	var out []kafka.Outgoing
	for _, m := range all {
		out = append(out, kafka.Outgoing{Msg: m})
	}
	if err := k.kafka.PublishAll(k.t.Context(), event.TopicEpisodes, out); err != nil {
		k.t.Fatal(err)
	}
}

// eventually waits for what other goroutines do.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within five minutes", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// fake is a Sender that remembers.
type fake struct {
	mu   sync.Mutex
	got  []*message.Message
	fail func(m *message.Message, attempt int) error
	n    map[string]int
}

func (f *fake) Send(_ context.Context, m *message.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == nil {
		f.n = map[string]int{}
	}
	f.n[m.ID]++
	if f.fail != nil {
		if err := f.fail(m, f.n[m.ID]); err != nil {
			return err
		}
	}
	f.got = append(f.got, m)
	return nil
}

func (f *fake) messages() []*message.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *fake) count() int { return len(f.messages()) }

func episode(id string, at time.Time, state event.EpisodeState, sequence uint32, severity float64) *event.Episode {
	ep := &event.Episode{
		Id: id, Rule: "rank-surge", Source: "appstore", Target: event.ChartTarget("apple", "us", "top-free/overall"),
		Subject: id, Metric: "rank", State: state, Sequence: sequence, Severity: severity, OnsetMs: at.UnixMilli(), AtMs: at.UnixMilli(),
		Basis: event.Basis_BASIS_MEASURED, Value: 1, Baseline: 100, Peak: 1,
	}
	for i := range int64(48) {
		v := float64(i)
		ep.History = append(ep.History, &event.Moment{AtMs: at.UnixMilli() - i*3_600_000, Value: &v})
	}
	return ep
}

func opened(id string, at time.Time) *event.Episode {
	return episode(id, at, event.EpisodeState_EPISODE_STATE_OPEN, 1, 0.6)
}

func closed(id string, at time.Time) *event.Episode {
	return episode(id, at, event.EpisodeState_EPISODE_STATE_CLOSED, 2, 0.1)
}

type logged struct {
	ID       string   `ch:"id"`
	Receiver string   `ch:"receiver"`
	Kind     string   `ch:"kind"`
	Episodes []string `ch:"episodes"`
	Attempts uint32   `ch:"attempts"`
	Outcome  string   `ch:"outcome"`
	Error    string   `ch:"error"`
}

func (k *kit) deliveries() []logged {
	k.t.Helper()
	rows, err := clickhouse.Select[logged](k.t.Context(), k.db,
		"SELECT id, receiver, kind, episodes, attempts, outcome, error FROM v_deliveries ORDER BY at, receiver, kind")
	if err != nil {
		k.t.Fatal(err)
	}
	return rows
}
