package kafka

import (
	"context"

	kafkago "github.com/segmentio/kafka-go"
)

// CommitAs commits as a member of a generation, for tests of fencing; with
// generation -1 and no member as static assignment does.
func (c *Client) CommitAs(ctx context.Context, group string, generation int, member, topic string, oc kafkago.OffsetCommit) error {
	return c.commit(ctx, group, owner{generation, member}, topic, oc)
}

// IsFenced says that the broker refused a member.
func IsFenced(err error) bool { return isFenced(err) }
