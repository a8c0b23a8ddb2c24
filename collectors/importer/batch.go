package importer

import (
	"context"
	"fmt"

	"github.com/tidemark/tidemark/internal/event"
)

// Outgoing is one message on its way to the topic of snapshots. It has the
// fields of internal/kafka's type of the same name, which a collector does not
// know.
type Outgoing struct {
	Key string
	Msg event.Validator
}

// BatchPublisher sends messages in their order and returns when the broker has
// all of them.
type BatchPublisher interface {
	PublishAll(ctx context.Context, topic string, msgs []Outgoing) error
}

// A batch is sent when it has one of these sizes.
const (
	BatchMessages = 500
	batchReadings = 20_000
)

// Batch gathers messages until it is worth sending them.
type Batch struct {
	pub      BatchPublisher
	msgs     []Outgoing
	readings int
	done     int
	total    int
	progress func(done, total int)
}

// NewBatch sends to pub. progress is told after every batch how many messages
// the broker has, and how many there are (0: not known); it may be nil.
func NewBatch(pub BatchPublisher, total int, progress func(done, total int)) *Batch {
	return &Batch{pub: pub, total: total, progress: progress}
}

// Add takes a message, and sends what has gathered if it is enough.
func (b *Batch) Add(ctx context.Context, m Outgoing) error {
	b.msgs = append(b.msgs, m)
	if s, ok := m.Msg.(*event.Snapshot); ok {
		b.readings += len(s.GetReadings())
	}
	if len(b.msgs) < BatchMessages && b.readings < batchReadings {
		return nil
	}
	return b.Flush(ctx)
}

// Flush sends what has gathered.
func (b *Batch) Flush(ctx context.Context) error {
	if len(b.msgs) == 0 {
		return nil
	}
	if err := b.pub.PublishAll(ctx, event.TopicSnapshots, b.msgs); err != nil {
		return fmt.Errorf("publish recording: %w", err)
	}
	b.done += len(b.msgs)
	b.msgs, b.readings = nil, 0
	if b.progress != nil {
		b.progress(b.done, b.total)
	}
	return nil
}
