package broker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

const topic = "test"

func testTopics() []event.Topic {
	return []event.Topic{{Name: topic, Retention: time.Hour, RetentionBytes: 1 << 20}}
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t *testing.T, cfg Config) *Broker {
	t.Helper()
	b, err := Open(cfg, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func client(t *testing.T, addr string) *kafka.Client {
	t.Helper()
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}}, "test", nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// send writes n messages with one key, which are one partition's.
func send(t *testing.T, c *kafka.Client, first, n int) {
	t.Helper()
	msgs := make([]kafka.Outgoing, n)
	for i := range msgs {
		msgs[i] = kafka.Outgoing{Key: "k", Msg: note(fmt.Sprintf("%06d", first+i))}
	}
	if err := c.PublishAll(t.Context(), topic, msgs); err != nil {
		t.Fatal(err)
	}
}

func note(reason string) *event.Rejected {
	return &event.Rejected{Stage: "test", Reason: reason, AtMs: 1_736_800_000_000}
}

// reasons reads the whole topic.
func reasons(t *testing.T, c *kafka.Client) []string {
	t.Helper()
	var got []string
	err := c.Tail(t.Context(), topic, kafka.TailOptions{}, func(m kafka.Message) error {
		v, err := event.Unmarshal(m.Type, m.Value)
		if r, ok := v.(*event.Rejected); ok {
			got = append(got, r.GetReason())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// ends is the sum of the ends of all partitions.
func ends(t *testing.T, c *kafka.Client) (first, end int64) {
	t.Helper()
	topics, err := c.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range topics[0].Partitions {
		first += p.First
		end += p.End
	}
	return first, end
}

func TestBrokerKeepsLogAndPort(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: filepath.Join(t.TempDir(), "new", "dir"), Topics: testTopics(), SyncWrites: true}
	b := open(t, cfg)
	send(t, client(t, b.Addr()), 0, 100)
	// The clients are still connected; that must not hold up the end.
	start := time.Now()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("closed within %s", time.Since(start))
	cfg.Listen = b.Addr()
	again := open(t, cfg)
	if again.Addr() != b.Addr() {
		t.Errorf("Addr() = %s, want %s as before", again.Addr(), b.Addr())
	}
	c := client(t, again.Addr())
	send(t, c, 100, 100)
	got := reasons(t, c)
	if len(got) != 200 || got[0] != "000000" || got[199] != "000199" {
		t.Errorf("read %d messages after a restart, want 200 in order", len(got))
	}
}

func TestRunClosesBroker(t *testing.T) {
	t.Parallel()
	b := open(t, Config{DataDir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", b.Addr()); err == nil {
		_ = c.Close()
		t.Error("broker still listens after Run")
	}
}

func TestOpenRefusesDirectoryInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, Config{DataDir: dir})
	_, err := Open(Config{DataDir: dir}, quietLog())
	wantError(t, err, dir, fmt.Sprintf("in use by process %d", os.Getpid()))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Config{DataDir: dir}) // free again
}

func TestOpenRefusesPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	_, err = Open(Config{DataDir: dir, Listen: l.Addr().String()}, quietLog())
	wantError(t, err, l.Addr().String(), "port is in use")
	open(t, Config{DataDir: dir}) // the directory was given free
}

func TestOpenListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":9092", "[::]:9092", "192.0.2.1:9092", "example.org:9092"} {
		_, err := Open(Config{Listen: listen}, quietLog())
		wantError(t, err, listen, "127.0.0.1 only")
	}
	for _, listen := range []string{"9092", "127.0.0.1:kafka", "127.0.0.1:70000"} {
		_, err := Open(Config{Listen: listen}, quietLog())
		wantError(t, err, listen, "want")
	}
}

func TestOpenRefusesUnwritableDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(Config{DataDir: file}, quietLog())
	wantError(t, err, file)
	if os.Geteuid() == 0 {
		return // root may write everywhere
	}
	readOnly := t.TempDir()
	if err := os.Chmod(readOnly, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Config{DataDir: readOnly}, quietLog())
	wantError(t, err, readOnly, "not writable")
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error is %v, want %q in it", err, part)
		}
	}
}

func TestBrokerSaysWhatItIs(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	b, err := Open(Config{Topics: testTopics()}, slog.New(slog.NewTextHandler(io.MultiWriter(&out, t.Output()), nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "no replication") {
		t.Errorf("log does not say what the broker is: %s", out.String())
	}
}
