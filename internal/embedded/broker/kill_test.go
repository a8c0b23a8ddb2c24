package broker

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/kafka"
)

// TestMain can be the broker itself, for tests that kill it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TIDEMARK_TEST_BROKER"); dir != "" {
		os.Exit(beBroker(dir, os.Getenv("TIDEMARK_TEST_LISTEN")))
	}
	os.Exit(m.Run())
}

func beBroker(dir, listen string) int {
	b, err := Open(Config{DataDir: dir, Listen: listen, Partitions: 4, Topics: testTopics()}, quietLog())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(b.Addr())
	go func() { _ = b.Run(context.Background()) }()
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent ends
	return 0
}

// child is a broker in a process that can be killed.
type child struct {
	cmd  *exec.Cmd
	addr string
}

func spawn(t *testing.T, dir, listen string) *child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "TIDEMARK_TEST_BROKER="+dir, "TIDEMARK_TEST_LISTEN="+listen)
	cmd.Stderr = t.Output()
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &child{cmd, strings.TrimSpace(addr)}
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// Whatever was acknowledged is there after kill -9, in order, and committed
// offsets are kept; publishing goes on by itself when the broker is back.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broker := spawn(t, dir, "")
	addr := broker.addr
	c := client(t, addr)

	ctx, cancel := context.WithCancel(t.Context())
	var acked atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if c.Publish(ctx, topic, "k", note(fmt.Sprintf("%06d", acked.Load()))) == nil {
				acked.Add(1)
			}
		}
	}()
	for range 5 {
		before := acked.Load()
		await(t, "messages", func() bool { return acked.Load() > before+20 })
		broker.kill()
		start := time.Now()
		broker = spawn(t, dir, addr)
		before = acked.Load()
		await(t, "the first message after a kill", func() bool { return acked.Load() > before })
		t.Logf("back after %s", time.Since(start))
	}
	cancel()
	<-done
	n := int(acked.Load())
	broker.kill()
	broker = spawn(t, dir, addr)
	defer broker.kill()

	seen := map[string]bool{}
	last := ""
	for _, s := range reasons(t, client(t, addr)) {
		if s < last {
			t.Fatalf("%s comes after %s", s, last)
		}
		seen[s], last = true, s
	}
	for i := range n {
		if !seen[fmt.Sprintf("%06d", i)] {
			t.Errorf("message %d of %d was acknowledged and is gone", i, n)
		}
	}
	t.Logf("%d messages over 6 kills", n)
}

func TestDirectoryInUseByOtherProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broker := spawn(t, dir, "")
	_, err := Open(Config{DataDir: dir}, quietLog())
	wantError(t, err, fmt.Sprintf("in use by process %d", broker.cmd.Process.Pid))
	broker.kill()
	open(t, Config{DataDir: dir}) // the lock died with its process
}

func TestCommitsSurviveKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broker := spawn(t, dir, "")
	c := client(t, broker.addr)
	send(t, c, 0, 10)
	consumeAll(t, c)
	broker.kill()
	broker = spawn(t, dir, broker.addr)
	defer broker.kill()
	lags, err := client(t, broker.addr).Lag(t.Context(), "group", []string{topic})
	if err != nil {
		t.Fatal(err)
	}
	var committed, lag int64
	for _, l := range lags {
		committed += max(0, l.Committed)
		lag += l.Lag
	}
	if committed != 10 || lag != 0 {
		t.Errorf("group is at %d with lag %d after a kill, want 10 and 0", committed, lag)
	}
}

type sink struct{ done chan struct{} }

func (s sink) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return s, nil
}

func (s sink) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	last := batch[len(batch)-1].Offset + 1
	if last == 10 {
		defer close(s.done)
	}
	return kafka.Commit{Offset: last}, nil
}

func consumeAll(t *testing.T, c *kafka.Client) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := sink{make(chan struct{})}
	done := make(chan error, 1)
	go func() {
		done <- kafka.NewConsumer(c, kafka.ConsumerConfig{Group: "group", Topics: []string{topic}}, s, nil, quietLog()).Run(ctx)
	}()
	<-s.done
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
