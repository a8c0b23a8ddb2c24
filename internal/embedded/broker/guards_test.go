package broker

import (
	"context"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// kfake's own retention does not run after a restart; ours does.
func TestRetentionRunsAfterRestart(t *testing.T) {
	t.Parallel()
	small := []event.Topic{{Name: topic, Retention: time.Hour, RetentionBytes: 20_000}}
	cfg := Config{DataDir: t.TempDir(), Partitions: 1, Topics: small}
	b := open(t, cfg)
	fill(t, client(t, b.Addr()))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, cfg)
	c := client(t, b.Addr())
	if first, _ := ends(t, c); first != 0 {
		t.Fatalf("log starts at %d before retention ran, want 0", first)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.run(ctx, 10*time.Millisecond) }()
	await(t, "retention", func() bool { first, _ := ends(t, c); return first > 0 })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// fill writes more than retention keeps, in many batches.
func fill(t *testing.T, c *kafka.Client) {
	t.Helper()
	for i := range 30 {
		send(t, c, 1000*i, 1000)
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited three minutes for %s", what)
		}
	}
}

// A partition that retention has emptied begins at 0 after a restart: a group
// that was at its end would never see another message. A tick keeps it from
// being emptied.
func TestTicksKeepOffsetsOverRestart(t *testing.T) {
	t.Parallel()
	// A tick has some 120 bytes. By age it would be a race: how old are the ticks
	// when retention runs?
	small := []event.Topic{{Name: topic, Retention: time.Hour, RetentionBytes: 200}}
	cfg := Config{DataDir: t.TempDir(), Partitions: 4, Topics: small}

	b := open(t, cfg)
	c := client(t, b.Addr())
	send(t, c, 0, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ticked := make(chan error, 1)
	go func() { ticked <- c.RunTicks(ctx, []string{topic}, time.Hour) }()
	await(t, "ticks", func() bool { _, end := ends(t, c); return end == 104 })
	cancel()
	if err := <-ticked; err != nil {
		t.Fatal(err)
	}
	b.cluster.ApplyRetention()
	if first, end := ends(t, c); first != 100 || end != 104 {
		t.Fatalf("log is %d to %d after retention, want 100 to 104: the ticks alone", first, end)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	c = client(t, open(t, cfg).Addr())
	if first, end := ends(t, c); first != 100 || end != 104 {
		t.Errorf("log is %d to %d after a restart, want 100 to 104", first, end)
	}
}

// The bug itself. When this test fails, kfake has become better and the ticks
// are needed for event time only.
func TestEmptiedPartitionForgetsOffsets(t *testing.T) {
	t.Parallel()
	brief := []event.Topic{{Name: topic, Retention: 50 * time.Millisecond, RetentionBytes: 1 << 20}}
	cfg := Config{DataDir: t.TempDir(), Partitions: 1, Topics: brief}
	b := open(t, cfg)
	send(t, client(t, b.Addr()), 0, 100)
	time.Sleep(60 * time.Millisecond)
	b.cluster.ApplyRetention()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, end := ends(t, client(t, open(t, cfg).Addr())); end != 0 {
		t.Errorf("an emptied partition ends at %d after a restart: kfake remembers now", end)
	}
}
