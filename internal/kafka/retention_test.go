package kafka_test

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// What is configured holds for topics that are there too; what is not stays as
// somebody may have set it.
func TestRetentionIsConfigured(t *testing.T) {
	t.Parallel()
	addr := testkit.Broker(t)
	const day = 24 * time.Hour
	kept := func() map[string]time.Duration {
		t.Helper()
		topics, err := newClient(t, addr).Topics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]time.Duration{}
		for _, topic := range topics {
			got[topic.Name] = topic.Retention
		}
		return got
	}
	for i, step := range []struct {
		retention           config.TopicRetention
		snapshots, episodes time.Duration
	}{
		{config.TopicRetention{}, 7 * day, 30 * day},
		{config.TopicRetention{Snapshots: config.Duration(3 * day)}, 3 * day, 30 * day},
		{config.TopicRetention{Episodes: config.Duration(365 * day)}, 3 * day, 365 * day},
		{config.TopicRetention{}, 3 * day, 365 * day},
	} {
		c := newClientOf(t, config.Kafka{Brokers: []string{addr}, Partitions: 4, ReplicationFactor: 1, Retention: step.retention}, nil)
		if err := c.EnsureTopics(t.Context(), event.Topics()); err != nil {
			t.Fatal(err)
		}
		got := kept()
		if got[event.TopicSnapshots] != step.snapshots || got[event.TopicEpisodes] != step.episodes || got[event.TopicMentions] != 2*day {
			t.Errorf("step %d: kept %v", i, got)
		}
	}
}
