package kafka

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// TopicInfo is a topic as it is on the broker.
type TopicInfo struct {
	Name       string          `json:"name"`
	Partitions []PartitionInfo `json:"partitions"`
	// Retention 0 and RetentionBytes -1 mean that the broker keeps everything.
	Retention      time.Duration `json:"retention_ns"`
	RetentionBytes int64         `json:"retention_bytes"`
}

// PartitionInfo is the span of offsets that a partition holds.
type PartitionInfo struct {
	ID    int   `json:"id"`
	First int64 `json:"first"`
	// End is the offset that the next message will get.
	End int64 `json:"end"`
}

// Topics describes all topics but the broker's own.
func (c *Client) Topics(ctx context.Context) ([]TopicInfo, error) {
	var topics []TopicInfo
	err := c.call(ctx, "list topics", func(ctx context.Context) error {
		topics = nil
		res, err := c.admin.Metadata(ctx, &kafkago.MetadataRequest{Addr: c.addr})
		if err != nil {
			return err
		}
		for _, t := range res.Topics {
			if t.Internal || t.Error != nil || strings.HasPrefix(t.Name, "__") {
				continue
			}
			info, err := c.describe(ctx, t)
			if err != nil {
				return err
			}
			topics = append(topics, info)
		}
		return c.retention(ctx, topics)
	})
	slices.SortFunc(topics, func(a, b TopicInfo) int { return strings.Compare(a.Name, b.Name) })
	return topics, err
}

func (c *Client) describe(ctx context.Context, t kafkago.Topic) (TopicInfo, error) {
	info := TopicInfo{Name: t.Name, RetentionBytes: -1}
	ids := make([]int, len(t.Partitions))
	for i, p := range t.Partitions {
		ids[i] = p.ID
	}
	slices.Sort(ids)
	limits, err := c.bounds(ctx, t.Name, ids...)
	for _, id := range ids {
		info.Partitions = append(info.Partitions, PartitionInfo{ID: id, First: limits[id].first, End: limits[id].end})
	}
	return info, err
}

// retention fills in how long each topic is kept.
func (c *Client) retention(ctx context.Context, topics []TopicInfo) error {
	if len(topics) == 0 {
		return nil
	}
	resources := make([]kafkago.DescribeConfigRequestResource, len(topics))
	for i, t := range topics {
		resources[i] = kafkago.DescribeConfigRequestResource{
			ResourceType: kafkago.ResourceTypeTopic, ResourceName: t.Name,
			ConfigNames: []string{"retention.ms", "retention.bytes"},
		}
	}
	res, err := c.admin.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Addr: c.addr, Resources: resources})
	if err != nil {
		return err
	}
	for _, r := range res.Resources {
		i := slices.IndexFunc(topics, func(t TopicInfo) bool { return t.Name == r.ResourceName })
		if i < 0 {
			continue
		}
		for _, e := range r.ConfigEntries {
			n, err := strconv.ParseInt(e.ConfigValue, 10, 64)
			switch {
			case err != nil || n < 0: // kept for ever
			case e.ConfigName == "retention.ms":
				topics[i].Retention = time.Duration(n) * time.Millisecond
			case e.ConfigName == "retention.bytes":
				topics[i].RetentionBytes = n
			}
		}
	}
	return nil
}
