package kafka

import (
	"log/slog"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// The zero values of these settings lose or delay messages, and nothing else
// would show it.
func TestWriterSettings(t *testing.T) {
	t.Parallel()
	w := newWriter(kafkago.TCP("127.0.0.1:1"), nil, slog.New(slog.DiscardHandler))
	if w.RequiredAcks != kafkago.RequireAll {
		t.Errorf("RequiredAcks = %v, want all", w.RequiredAcks)
	}
	if w.Async || w.AllowAutoTopicCreation {
		t.Error("writer is async or creates topics")
	}
	if w.BatchTimeout <= 0 || w.BatchTimeout > 20*time.Millisecond {
		t.Errorf("BatchTimeout = %s, want a few milliseconds", w.BatchTimeout)
	}
	if w.Compression == 0 {
		t.Error("writer does not compress")
	}
	b := w.Balancer
	partitions := []int{0, 1, 2, 3}
	for _, key := range []string{"a", "b", "c"} {
		msg := kafkago.Message{Key: []byte(key)}
		if first := b.Balance(msg, partitions...); first != (&kafkago.Hash{}).Balance(msg, partitions...) || first != b.Balance(msg, partitions...) {
			t.Errorf("key %s does not stick to the partition of its hash", key)
		}
	}
	if p := b.Balance(kafkago.Message{WriterData: pin(3)}, partitions...); p != 3 {
		t.Errorf("a message for partition 3 goes to %d", p)
	}
}

func TestReaderSettings(t *testing.T) {
	t.Parallel()
	c := &Client{log: slog.New(slog.DiscardHandler)}
	c.cfg.Brokers = []string{"127.0.0.1:1"}
	c.dialer = &kafkago.Dialer{}
	r := c.newReader("t", 1)
	defer closeReader(r, c.log)
	if cfg := r.Config(); cfg.GroupID != "" || !cfg.OffsetOutOfRangeError || cfg.MinBytes != 1 {
		t.Errorf("reader has group %q, OffsetOutOfRangeError %v, MinBytes %d", cfg.GroupID, cfg.OffsetOutOfRangeError, cfg.MinBytes)
	}
}
