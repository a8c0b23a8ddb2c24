package kafka

import (
	"context"
	"fmt"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/event"
)

// configured is how long the configuration wants a topic to keep its messages;
// 0: it says nothing.
func (c *Client) configured(topic string) time.Duration {
	r := c.cfg.Retention
	switch topic {
	case event.TopicSnapshots:
		return r.Snapshots.D()
	case event.TopicMentions:
		return r.Mentions.D()
	case event.TopicEpisodes:
		return r.Episodes.D()
	case event.TopicRejected:
		return r.Rejected.D()
	default:
		return 0
	}
}

// keepFor changes the retention of topics that have another one than is
// configured. What is not configured stays: somebody may have set it by hand.
func (c *Client) keepFor(ctx context.Context, topics []event.Topic) error {
	var asked []kafkago.DescribeConfigRequestResource
	for _, t := range topics {
		if c.configured(t.Name) > 0 {
			asked = append(asked, kafkago.DescribeConfigRequestResource{
				ResourceType: kafkago.ResourceTypeTopic, ResourceName: t.Name, ConfigNames: []string{"retention.ms"},
			})
		}
	}
	if len(asked) == 0 {
		return nil
	}
	res, err := c.admin.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Addr: c.addr, Resources: asked})
	if err != nil {
		return err
	}
	for _, r := range res.Resources {
		want := strconv.FormatInt(c.configured(r.ResourceName).Milliseconds(), 10)
		for _, e := range r.ConfigEntries {
			if e.ConfigName != "retention.ms" || e.ConfigValue == want {
				continue
			}
			if err := c.setRetention(ctx, r.ResourceName, want); err != nil {
				return err
			}
			c.log.Info("topic keeps its messages for another time", "topic", r.ResourceName, "retention_ms", want, "was_ms", e.ConfigValue)
		}
	}
	return nil
}

func (c *Client) setRetention(ctx context.Context, topic, ms string) error {
	res, err := c.admin.IncrementalAlterConfigs(ctx, &kafkago.IncrementalAlterConfigsRequest{
		Addr: c.addr,
		Resources: []kafkago.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafkago.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafkago.IncrementalAlterConfigsRequestConfig{{Name: "retention.ms", Value: ms, ConfigOperation: kafkago.ConfigOperationSet}},
		}},
	})
	if err != nil {
		return err
	}
	for _, r := range res.Resources {
		if r.Error != nil {
			return fmt.Errorf("change retention of topic %s: %w", topic, r.Error)
		}
	}
	return nil
}
