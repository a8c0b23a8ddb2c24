package kafka

import (
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

const (
	// fetchWait is how long the broker may hold a fetch when there is nothing;
	// messages that come are answered at once. It bounds how long closing takes.
	fetchWait = 250 * time.Millisecond
	// readerQueue is how many messages kafka-go holds ahead, per partition.
	readerQueue = 500
)

// newReader reads one partition. It never has a group: see the package comment.
func (c *Client) newReader(topic string, partition int) *kafkago.Reader {
	return kafkago.NewReader(kafkago.ReaderConfig{
		Brokers:        c.cfg.Brokers,
		Dialer:         c.dialer,
		Topic:          topic,
		Partition:      partition,
		MinBytes:       1,
		MaxBytes:       maxBatchBytes + batchOverhead,
		MaxWait:        fetchWait,
		QueueCapacity:  readerQueue,
		ReadBackoffMin: 5 * time.Millisecond,
		ReadBackoffMax: time.Second,
		MaxAttempts:    3,
		ErrorLogger:    newLibraryLog(c.log),
		// Without it, a reader beyond the end of its partition waits in
		// silence for ever.
		OffsetOutOfRangeError: true,
	})
}

func closeReader(r *kafkago.Reader, log *slog.Logger) {
	if err := r.Close(); err != nil {
		log.Warn("close reader", "err", err)
	}
}
