package detect

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// relayEvery is how often the progress of a partition is told.
const relayEvery = time.Second

// relay tells the readers of the episodes how far this partition is: everything
// before the tick is judged, and stands before it. It passes on the times as
// they were written, so that a reader sees by the oldest of all partitions how
// far judging is behind. A past that is being sent is told each time it moves.
func (h *partition) relay(t *event.Tick) {
	now := time.Now()
	moved := t.GetPastMs() != 0 && t.GetPastMs() != h.past
	if !moved && now.Sub(h.relayed) < relayEvery {
		return
	}
	h.relayed = now
	if moved {
		h.past = t.GetPastMs()
	}
	h.out = append(h.out, kafka.Outgoing{Msg: &event.Tick{
		AtMs: t.GetAtMs(), PastMs: t.GetPastMs(), Partition: uint32(h.id), Partitions: uint32(h.partitions),
	}})
}

// publish returns when everything that is to be published is acknowledged: only
// then may a memory be stored that knows of it.
func (h *partition) publish(ctx context.Context) error {
	if len(h.refused) > 0 {
		if err := h.p.broker.PublishAll(ctx, event.TopicRejected, h.refused); err != nil {
			return err
		}
		h.refused = nil
	}
	if len(h.out) > 0 {
		if err := h.p.broker.PublishAll(ctx, event.TopicEpisodes, h.out); err != nil {
			return err
		}
		clear(h.out)
		h.out = h.out[:0]
	}
	return nil
}
