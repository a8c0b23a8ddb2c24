package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/event"
)

const (
	segmentBytes      = 8 << 20
	defaultPartitions = 4
	defaultReplicas   = 1
)

// EnsureTopics creates what is missing and checks what is there. Topics that
// exist keep their partitions whatever the configuration says, and their
// retention where it says nothing. A compacted one is refused: kafka-go cannot
// read it dependably.
func (c *Client) EnsureTopics(ctx context.Context, topics []event.Topic) error {
	return c.call(ctx, "create topics", func(ctx context.Context) error {
		missing, err := c.missing(ctx, topics)
		if err != nil {
			return err
		}
		if err := c.createTopics(ctx, missing); err != nil {
			return err
		}
		if err := c.checkTopics(ctx, topics); err != nil {
			return err
		}
		return c.keepFor(ctx, topics)
	})
}

// missing comes first, because a user without the right to create topics may
// well use those that are there.
func (c *Client) missing(ctx context.Context, topics []event.Topic) ([]event.Topic, error) {
	res, err := c.admin.Metadata(ctx, &kafkago.MetadataRequest{Addr: c.addr})
	if err != nil {
		return nil, err
	}
	var missing []event.Topic
	for _, t := range topics {
		if !slices.ContainsFunc(res.Topics, func(k kafkago.Topic) bool { return k.Name == t.Name && k.Error == nil }) {
			missing = append(missing, t)
		}
	}
	return missing, nil
}

func (c *Client) createTopics(ctx context.Context, topics []event.Topic) error {
	if len(topics) == 0 {
		return nil
	}
	configs := make([]kafkago.TopicConfig, len(topics))
	for i, t := range topics {
		configs[i] = c.topicConfig(t)
	}
	res, err := c.admin.CreateTopics(ctx, &kafkago.CreateTopicsRequest{Addr: c.addr, Topics: configs})
	if err != nil {
		return err
	}
	for _, t := range topics {
		switch err := res.Errors[t.Name]; {
		case err == nil:
			c.log.Info("topic created", "topic", t.Name, "retention", t.Retention, "retention_bytes", t.RetentionBytes)
		case !errors.Is(err, kafkago.TopicAlreadyExists):
			return fmt.Errorf("topic %s: %w", t.Name, err)
		}
	}
	return nil
}

// topicConfig leaves nothing to a broker's default: an embedded one ignores
// the retention of topics that do, and a default can be compact.
func (c *Client) topicConfig(t event.Topic) kafkago.TopicConfig {
	partitions, replicas := c.cfg.Partitions, c.cfg.ReplicationFactor
	if partitions <= 0 {
		partitions = defaultPartitions
	}
	if t.Partitions > 0 {
		partitions = t.Partitions
	}
	if replicas <= 0 {
		replicas = defaultReplicas
	}
	return kafkago.TopicConfig{
		Topic: t.Name, NumPartitions: partitions, ReplicationFactor: replicas,
		ConfigEntries: []kafkago.ConfigEntry{
			{ConfigName: "cleanup.policy", ConfigValue: "delete"},
			{ConfigName: "retention.ms", ConfigValue: strconv.FormatInt(cmp.Or(c.configured(t.Name), t.Retention).Milliseconds(), 10)},
			{ConfigName: "retention.bytes", ConfigValue: strconv.FormatInt(t.RetentionBytes, 10)},
			{ConfigName: "segment.bytes", ConfigValue: strconv.Itoa(segmentBytes)},
			{ConfigName: "max.message.bytes", ConfigValue: strconv.Itoa(maxBatchBytes + batchOverhead)},
		},
	}
}

// checkTopics waits until every topic has a leader for every partition, and
// refuses compacted ones.
func (c *Client) checkTopics(ctx context.Context, topics []event.Topic) error {
	resources := make([]kafkago.DescribeConfigRequestResource, len(topics))
	for i, t := range topics {
		parts, err := c.partitions(ctx, t.Name)
		if err != nil {
			// A topic that was just created can take a moment to be seen.
			return fmt.Errorf("topic %s: %w", t.Name, kafkago.LeaderNotAvailable)
		}
		if t.Partitions > 0 && len(parts) != t.Partitions {
			return fmt.Errorf("topic %s has %d partitions, want %d: %w", t.Name, len(parts), t.Partitions, ErrPartitions)
		}
		if want := c.cfg.Partitions; t.Partitions == 0 && want > 0 && len(parts) != want {
			c.log.Info("topic keeps its partitions", "topic", t.Name, "partitions", len(parts), "configured", want)
		}
		resources[i] = kafkago.DescribeConfigRequestResource{
			ResourceType: kafkago.ResourceTypeTopic, ResourceName: t.Name, ConfigNames: []string{"cleanup.policy"},
		}
	}
	res, err := c.admin.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Addr: c.addr, Resources: resources})
	if err != nil {
		return err
	}
	for _, r := range res.Resources {
		for _, e := range r.ConfigEntries {
			if e.ConfigName == "cleanup.policy" && strings.Contains(e.ConfigValue, "compact") {
				return fmt.Errorf("topic %s: cleanup.policy is %s, want delete: %w", r.ResourceName, e.ConfigValue, ErrCompacted)
			}
		}
	}
	return nil
}

// partitions returns the ids of a topic's partitions.
func (c *Client) partitions(ctx context.Context, topic string) ([]int, error) {
	res, err := c.admin.Metadata(ctx, &kafkago.MetadataRequest{Addr: c.addr, Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	for _, t := range res.Topics {
		if t.Name != topic {
			continue
		}
		if t.Error != nil {
			break
		}
		ids := make([]int, len(t.Partitions))
		for i, p := range t.Partitions {
			ids[i] = p.ID
		}
		slices.Sort(ids)
		return ids, nil
	}
	return nil, fmt.Errorf("topic %s: %w", topic, ErrUnknownTopic)
}

// Partitions says how many partitions a topic has.
func (c *Client) Partitions(ctx context.Context, topic string) (n int, err error) {
	err = c.call(ctx, "read topics", func(ctx context.Context) error {
		parts, err := c.partitions(ctx, topic)
		n = len(parts)
		return err
	})
	return n, err
}

// PartitionOf is the partition of a key, as everything that is published here
// is spread.
func PartitionOf(key string, partitions int) int {
	ids := make([]int, partitions)
	for i := range ids {
		ids[i] = i
	}
	return (&kafkago.Hash{}).Balance(kafkago.Message{Key: []byte(key)}, ids...)
}
