package kafka_test

import (
	"cmp"
	"log/slog"
	"slices"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestTopicsAreDescribed(t *testing.T) {
	t.Parallel()
	c, err := kafka.New(config.Kafka{Brokers: []string{testkit.Broker(t)}, Partitions: 4, ReplicationFactor: 1}, "test", nil, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.EnsureTopics(t.Context(), event.Topics()); err != nil {
		t.Fatal(err)
	}
	if err := c.Publish(t.Context(), event.TopicMentions, "k", &event.Tick{AtMs: 1_736_812_800_000}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range event.Topics() {
		i := slices.IndexFunc(got, func(g kafka.TopicInfo) bool { return g.Name == want.Name })
		partitions := cmp.Or(want.Partitions, 4)
		if i < 0 || got[i].Retention != want.Retention || got[i].RetentionBytes != want.RetentionBytes || len(got[i].Partitions) != partitions {
			t.Errorf("%s: got %+v", want.Name, got)
			continue
		}
		var messages int64
		for _, p := range got[i].Partitions {
			messages += p.End - p.First
		}
		if (messages == 1) != (want.Name == event.TopicMentions) {
			t.Errorf("%s has %d messages", want.Name, messages)
		}
	}
}
