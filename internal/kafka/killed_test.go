package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// TestMain can be a consumer that kills itself, for TestKafkaKilledBeforeCommit.
func TestMain(m *testing.M) {
	if addr := os.Getenv("TIDEMARK_TEST_VICTIM"); addr != "" {
		os.Exit(beVictim(addr, os.Getenv("TIDEMARK_TEST_TOPIC"), os.Getenv("TIDEMARK_TEST_MODE"), os.Getenv("TIDEMARK_TEST_FILE")))
	}
	// What a client or a consumer leaves behind adds up over a year.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/tidemark/tidemark/internal/testkit.(*Kafka).Start.func1"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).Start.func2"))
}

func beVictim(addr, topic, mode, file string) int {
	log := slog.New(slog.DiscardHandler)
	c, err := kafka.New(config.Kafka{Brokers: []string{addr}}, "victim", nil, log)
	if err != nil {
		return 1
	}
	cfg := kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, Assignment: mode, SessionTimeout: 6 * time.Second}
	if err := kafka.NewConsumer(c, cfg, victim{file}, nil, log).Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

// victim writes down what it has handled, and dies at the end of the second
// batch of a partition, before it can be committed.
type victim struct{ file string }

func (v victim) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return &victimPartition{file: v.file}, nil
}

type victimPartition struct {
	file    string
	batches int
}

func (v *victimPartition) Handle(_ context.Context, batch []kafka.Message) (kafka.Commit, error) {
	f, err := os.OpenFile(v.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return kafka.Commit{}, err
	}
	for _, m := range batch {
		msg, err := event.Unmarshal(m.Type, m.Value)
		if err != nil {
			return kafka.Commit{}, err
		}
		if r, ok := msg.(*event.Rejected); ok {
			fmt.Fprintln(f, r.GetReason())
		}
	}
	if err := f.Close(); err != nil {
		return kafka.Commit{}, err
	}
	if v.batches++; v.batches == 2 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return kafka.Commit{Offset: batch[len(batch)-1].Offset + 1}, nil
}

// A consumer that dies between the effect and the commit leaves the effect
// behind, and the next one gets the same messages again: at least once here,
// exactly once by what the handler stores.
func TestKafkaKilledBeforeCommit(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			eachBroker(t, func(t *testing.T, addr string) {
				c := newClient(t, addr)
				topic := newTopic(t, c)
				publishOneKey(t, c, topic, numbered("first", 20))
				file := filepath.Join(t.TempDir(), "handled")
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), "TIDEMARK_TEST_VICTIM="+addr, "TIDEMARK_TEST_TOPIC="+topic,
					"TIDEMARK_TEST_MODE="+mode, "TIDEMARK_TEST_FILE="+file)
				cmd.Stderr = t.Output()
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				eventually(t, "the first commit", func() bool { committed, _ := lagOf(t, c, topic, topic); return committed == 20 })
				publishOneKey(t, c, topic, numbered("second", 1))
				_ = cmd.Wait()

				handled, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				want := append(numbered("first", 20), "second-00000")
				if diff := cmp.Diff(want, strings.Fields(string(handled))); diff != "" {
					t.Fatalf("victim handled something else: %s", diff)
				}
				r := newRecorder(t)
				consume(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, Assignment: mode, SessionTimeout: 6 * time.Second}, r)
				r.await([]string{"second-00000"})
				if diff := cmp.Diff([]string{"second-00000"}, r.texts()); diff != "" {
					t.Errorf("the next consumer gets something else: %s", diff)
				}
			})
		})
	}
}

func publishOneKey(t *testing.T, c *kafka.Client, topic string, texts []string) {
	t.Helper()
	msgs := make([]kafka.Outgoing, len(texts))
	for i, s := range texts {
		msgs[i] = kafka.Outgoing{Key: "one", Msg: note(s)}
	}
	if err := c.PublishAll(t.Context(), topic, msgs); err != nil {
		t.Fatal(err)
	}
}
