package cli

import (
	"context"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// mentionSink gives streams their way to Kafka: mentions to their topic, and
// the position of each stream to a mark beside it.
type mentionSink struct {
	kafka *kafka.Client
	group string
}

// PublishMentions implements collectors.Sink.
func (m mentionSink) PublishMentions(ctx context.Context, all []*event.Mention) error {
	out := make([]kafka.Outgoing, len(all))
	for i, one := range all {
		out[i] = kafka.Outgoing{Key: one.Key(), Msg: one}
	}
	return m.kafka.PublishAll(ctx, event.TopicMentions, out)
}

// SaveCursor implements collectors.Sink.
func (m mentionSink) SaveCursor(ctx context.Context, stream, cursor string) error {
	return m.kafka.SaveMark(ctx, m.mark(stream), event.TopicMentions, cursor)
}

// LoadCursor implements collectors.Sink.
func (m mentionSink) LoadCursor(ctx context.Context, stream string) (string, error) {
	return m.kafka.LoadMark(ctx, m.mark(stream), event.TopicMentions)
}

// mark is the group under whose name Kafka keeps the position.
func (m mentionSink) mark(stream string) string { return m.group + "-stream-" + stream }
