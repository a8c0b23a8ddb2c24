package event

import "time"

// The topics. A breaking change of a message is a new topic, *.v2.
const (
	TopicSnapshots = "tidemark.snapshots.v1"
	TopicMentions  = "tidemark.mentions.v1"
	TopicEpisodes  = "tidemark.episodes.v1"
	TopicRejected  = "tidemark.rejected.v1"
)

// Topic says how a topic is to be created. Retention is always explicit: an
// embedded broker ignores topics that leave it to a default.
type Topic struct {
	Name           string
	Retention      time.Duration
	RetentionBytes int64 // per partition
	// Partitions is fixed where the messages have one order; 0: as configured.
	Partitions int
}

// Topics returns every topic of the project.
func Topics() []Topic {
	const day = 24 * time.Hour
	return []Topic{
		{Name: TopicSnapshots, Retention: 7 * day, RetentionBytes: 96 << 20},
		{Name: TopicMentions, Retention: 2 * day, RetentionBytes: 64 << 20},
		{Name: TopicEpisodes, Retention: 30 * day, RetentionBytes: 64 << 20, Partitions: 1},
		{Name: TopicRejected, Retention: 14 * day, RetentionBytes: 32 << 20},
	}
}
