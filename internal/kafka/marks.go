package kafka

import (
	"context"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
)

// MaxMark is how many bytes a mark may have: what a broker takes as metadata of
// a commit, unless its owner has set less.
const MaxMark = 4096

// SaveMark keeps a short text under a name, in the place of an earlier one. It
// is the metadata of a commit of partition 0, by a group that has no member and
// reads nothing: it needs no file and no topic of its own, and it is as safe as
// the broker's commits. A broker forgets it some days after the last one was
// saved (offsets.retention.minutes, seven days unless set).
func (c *Client) SaveMark(ctx context.Context, name, topic, mark string) error {
	if len(mark) > MaxMark {
		return fmt.Errorf("save mark %s: %d bytes, at most %d", name, len(mark), MaxMark)
	}
	return c.call(ctx, "save mark "+name, func(ctx context.Context) error {
		return c.commit(ctx, name, nobody(), topic, kafkago.OffsetCommit{Partition: 0, Metadata: mark})
	})
}

// LoadMark returns the text that was last saved under a name; empty where there
// is none.
func (c *Client) LoadMark(ctx context.Context, name, topic string) (mark string, err error) {
	err = c.call(ctx, "load mark "+name, func(ctx context.Context) error {
		found, err := c.committed(ctx, name, topic, 0)
		mark = found[0].Metadata
		return err
	})
	return mark, err
}
