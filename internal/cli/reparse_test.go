package cli

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/internal/tapes"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store"
)

// counted is a source that reads "word=number" pairs, as some version of its
// parser does.
type counted struct {
	client  *fetch.Client
	url     string
	version uint32
	read    func(name, number string) (*event.Reading, error)
}

func (c *counted) Targets() []*event.Target {
	return []*event.Target{event.TagTarget("a.example", "x")}
}

func (c *counted) Fetch(ctx context.Context, _ *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: c.version}
	resp, err := c.client.Get(ctx, c.url)
	if err != nil {
		return snap, err
	}
	for pair := range strings.FieldsSeq(string(resp.Body)) {
		name, number, _ := strings.Cut(pair, "=")
		r, err := c.read(name, number)
		if err != nil {
			snap.Readings = nil
			return snap, fetch.Refuse(resp.Body, err)
		}
		if r != nil {
			snap.Readings = append(snap.Readings, r)
		}
	}
	return snap, nil
}

// TestReparseRepairsHistory goes the whole way: a collector with an old parser
// keeps what it saw, is killed in the middle of a tape, and a better parser
// repairs rows and rollups through broker and store; twice changes nothing.
func TestReparseRepairsHistory(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	place := testkit.NewFakeSource(t)
	place.Reply("/counts", testkit.FakeOK("b=10 junk=7"), testkit.FakeOK("c=x20"), testkit.FakeOK("oops=1"))
	client, err := fetch.New(fetch.Config{Collect: config.Collect{
		Contact: "ops@example.org", Timeout: config.Duration(10 * time.Second), MaxBody: 1 << 20,
		Hosts: map[string]config.Host{"*": {PerMinute: 6000, Concurrent: 1}},
	}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	entry := func(version uint32, read func(name, number string) (*event.Reading, error)) collectors.Entry {
		return collectors.Entry{Name: "counted", Every: "@every 1h", Enabled: true, Source: &counted{client, place.URL + "/counts", version, read}}
	}
	plain := func(name, number string) (*event.Reading, error) {
		v, err := strconv.ParseFloat(number, 64)
		return &event.Reading{Subject: name, Metric: "n", Value: v}, err
	}
	old := entry(1, plain)
	better := entry(2, func(name, number string) (*event.Reading, error) {
		switch name {
		case "junk":
			return nil, nil
		case "oops":
			return nil, errors.New("the place says oops")
		}
		return plain(name, strings.TrimPrefix(number, "x"))
	})

	broker, ch := newBroker(t), newStore(t)
	dir := t.TempDir()
	for range 3 { // three processes, a look each
		lookOnce(t, old, broker, dir, log)
	}
	files, err := filepath.Glob(filepath.Join(dir, "counted", "*.tape"))
	if err != nil || len(files) == 0 {
		t.Fatal("nothing was kept", err)
	}
	f, err := os.OpenFile(files[len(files)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\x00TIDETP1\x00\x00\x00\x40\x00\x00"); err != nil {
		t.Fatal(err)
	}
	f.Close()

	check := func(what string, want ...string) {
		t.Helper()
		settle(t, broker, ch, log)
		if diff := cmp.Diff(want, told(t, ch)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("as it was read", "look ok", "look ok", "look refused", "row b 10", "row junk 7", "row oops 1", "day b 10 1", "day junk 7 1", "day oops 1 1")

	reread := func(e collectors.Entry, o reparseOptions) (string, error) {
		t.Helper()
		refs, torn, err := tapes.Find(dir, tapes.Select{Source: "counted", From: time.UnixMilli(0), To: time.Now().Add(time.Hour)})
		if err != nil || torn != 1 || len(refs) != 3 {
			t.Fatalf("%d tapes, %d torn, %v", len(refs), torn, err)
		}
		var out bytes.Buffer
		r := rereading{app: &app{stdout: &out, stderr: &out, build: obs.Build{}}, entry: e, o: o, log: log, kafka: broker}
		if err := r.each(t.Context(), refs); err != nil {
			t.Fatal(err)
		}
		err = r.end()
		return out.String(), err
	}
	if said, err := reread(old, reparseOptions{}); err != nil || !strings.Contains(said, "published 0 looks") || !strings.Contains(said, "nothing is to be done") {
		t.Errorf("what the same version reads was published, or is a failure: %v: %s", err, said)
	}
	check("read by the same version", "look ok", "look ok", "look refused", "row b 10", "row junk 7", "row oops 1", "day b 10 1", "day junk 7 1", "day oops 1 1")
	shown, err := reread(better, reparseOptions{dryRun: true})
	for _, line := range []string{"  - n of junk 7", "  + n of c 20", "  - n of oops 1", "  ~ look: ok depth 0 → refused depth 0 refuse answer: the place says oops"} {
		if !strings.Contains(shown, line+"\n") || err != nil {
			t.Errorf("%q is not in what a dry run shows: %v\n%s", line, err, shown)
		}
	}
	check("a dry run changes nothing", "look ok", "look ok", "look refused", "row b 10", "row junk 7", "row oops 1", "day b 10 1", "day junk 7 1", "day oops 1 1")

	for _, what := range []string{"once", "twice"} {
		if _, err := reread(better, reparseOptions{}); err != nil {
			t.Fatal(err)
		}
		check(what, "look ok", "look ok", "look refused", "row b 10", "row c 20", "day b 10 1", "day c 20 1")
	}
	if _, err := reread(old, reparseOptions{force: true}); err != nil {
		t.Fatal(err)
	}
	check("a lower version never holds", "look ok", "look ok", "look refused", "row b 10", "row c 20", "day b 10 1", "day c 20 1")
}

func newBroker(t *testing.T) *kafka.Client {
	t.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{testkit.Broker(t)}, Partitions: 4, ReplicationFactor: 1}, "test", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newStore(t *testing.T) *clickhouse.Client {
	t.Helper()
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ch.Close() })
	if err := ch.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ch
}

// once publishes one look, and then says that it has.
type once struct {
	*kafka.Client
	done func()
}

func (o once) Publish(ctx context.Context, topic, key string, m event.Validator) error {
	err := o.Client.Publish(ctx, topic, key, m)
	if _, ok := m.(*event.Snapshot); ok {
		o.done()
	}
	return err
}

// lookOnce runs a collector until it has published a look.
func lookOnce(t *testing.T, e collectors.Entry, broker *kafka.Client, dir string, log *slog.Logger) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	runner := collectors.NewRunner([]collectors.Entry{e}, once{broker, stop}, config.Collect{}, nil, log)
	keeper := tapes.NewKeeper(tapes.Config{Dir: dir, Keep: 24 * time.Hour, MaxBytes: 1 << 30}, nil, log)
	runner.KeepTapes(keeper)
	if err := keepWhile(ctx, keeper, runner.Run); err != nil {
		t.Fatal(err)
	}
}

// settle lets a store take everything that is in the topic, and roll it up.
func settle(t *testing.T, broker *kafka.Client, ch *clickhouse.Client, log *slog.Logger) {
	t.Helper()
	p := store.New(ch, func(context.Context, *event.Rejected) error { return nil }, nil, log)
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	consumer := kafka.NewConsumer(broker, kafka.ConsumerConfig{
		Group: "test-store", Topics: store.Topics(), Assignment: kafka.AssignStatic, MaxBytes: 1 << 20, MaxWait: 10 * time.Millisecond,
		LagEvery: time.Second, Truncated: kafka.TruncatedReset,
	}, p, nil, log)
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	for behind := true; behind; {
		lags, err := broker.Lag(ctx, "test-store", store.Topics())
		if err != nil {
			t.Fatal(err)
		}
		behind = false
		for _, l := range lags {
			behind = behind || l.Lag > 0
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := p.Rollup(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func told(t *testing.T, ch *clickhouse.Client) []string {
	t.Helper()
	lines := []string{}
	for _, sql := range []string{
		"SELECT concat('look ', outcome) AS line FROM v_looks ORDER BY line",
		"SELECT concat('row ', subject, ' ', toString(value)) AS line FROM v_readings ORDER BY line",
		"SELECT concat('day ', subject, ' ', toString(avg), ' ', toString(sum(count))) AS line FROM v_daily GROUP BY subject, avg ORDER BY line",
	} {
		rows, err := clickhouse.Select[struct {
			Line string `ch:"line"`
		}](t.Context(), ch, sql)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			lines = append(lines, r.Line)
		}
	}
	return lines
}
