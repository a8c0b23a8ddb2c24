package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// noCommit is the offset of a partition that the group has never committed.
const noCommit int64 = -1

// PartitionLag is how far a group is behind the end of a partition.
type PartitionLag struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	// Committed is the next offset that the group will read; -1: none yet.
	Committed int64 `json:"committed"`
	// End is the offset that the next message will get.
	End int64 `json:"end"`
	// Lag is End less the first offset that was never handled, or less the start
	// of the log where nothing is committed. It counts ticks too.
	Lag int64 `json:"lag"`
}

// handled is the first offset that was never handled.
func (l PartitionLag) handled() int64 { return l.End - l.Lag }

// Committed is where a group is in a partition.
type Committed struct {
	// Offset is the next to be read; -1 if the group has never committed.
	Offset int64
	// Next and Metadata as they were committed; Next is Offset where it was not
	// given.
	Next     int64
	Metadata string
	// Reset says that the log begins anew: offsets that were seen before now
	// name other messages. Only with ConsumerConfig.Truncated set to reset.
	Reset bool
}

type bounds struct{ first, end int64 }

// owner is who commits: a member of a generation, or nobody in particular.
type owner struct {
	generation int
	member     string
}

// nobody commits for a group without members, as static assignment does.
func nobody() owner { return owner{generation: -1} }

// bounds asks for the start and the end of partitions.
func (c *Client) bounds(ctx context.Context, topic string, partitions ...int) (map[int]bounds, error) {
	var asked []kafkago.OffsetRequest
	for _, p := range partitions {
		asked = append(asked, kafkago.FirstOffsetOf(p), kafkago.LastOffsetOf(p))
	}
	res, err := c.admin.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
		Addr: c.addr, Topics: map[string][]kafkago.OffsetRequest{topic: asked},
	})
	if err != nil {
		return nil, err
	}
	found := make(map[int]bounds, len(partitions))
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("topic %s partition %d: %w", topic, p.Partition, p.Error)
		}
		found[p.Partition] = bounds{first: p.FirstOffset, end: p.LastOffset}
	}
	for _, p := range partitions {
		if _, ok := found[p]; !ok {
			return nil, fmt.Errorf("topic %s partition %d: %w", topic, p, kafkago.UnknownTopicOrPartition)
		}
	}
	return found, nil
}

// committed asks where the group is. A group that does not exist has committed
// nothing: Kafka answers -1, the embedded broker with an error of its own.
func (c *Client) committed(ctx context.Context, group, topic string, partitions ...int) (map[int]Committed, error) {
	found := make(map[int]Committed, len(partitions))
	for _, p := range partitions {
		found[p] = Committed{Offset: noCommit}
	}
	res, err := c.admin.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{
		Addr: c.addr, GroupID: group, Topics: map[string][]int{topic: partitions},
	})
	if err == nil {
		err = res.Error
	}
	if errors.Is(err, kafkago.GroupIdNotFound) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, p := range res.Topics[topic] {
		if errors.Is(p.Error, kafkago.GroupIdNotFound) {
			continue
		}
		if p.Error != nil {
			return nil, fmt.Errorf("topic %s partition %d: %w", topic, p.Partition, p.Error)
		}
		if p.CommittedOffset >= 0 {
			next, metadata := readNext(p.CommittedOffset, p.Metadata)
			found[p.Partition] = Committed{Offset: p.CommittedOffset, Next: next, Metadata: metadata}
		}
	}
	return found, nil
}

// commit writes one partition's offset. With a member it is fenced: after the
// partition went to another, the broker refuses.
func (c *Client) commit(ctx context.Context, group string, o owner, topic string, oc kafkago.OffsetCommit) error {
	res, err := c.admin.OffsetCommit(ctx, &kafkago.OffsetCommitRequest{
		Addr: c.addr, GroupID: group, GenerationID: o.generation, MemberID: o.member,
		Topics: map[string][]kafkago.OffsetCommit{topic: {oc}},
	})
	if err != nil {
		return err
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return p.Error
		}
	}
	return nil
}

// nextMark begins metadata that has the first offset which was never handled in
// front: "@1234 ".
const nextMark = "@"

func writeNext(c Commit) string {
	if c.Next <= c.Offset {
		return c.Metadata
	}
	return nextMark + strconv.FormatInt(c.Next, 10) + " " + c.Metadata
}

func readNext(offset int64, metadata string) (next int64, rest string) {
	text, found := strings.CutPrefix(metadata, nextMark)
	if !found {
		return offset, metadata
	}
	number, rest, _ := strings.Cut(text, " ")
	next, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return offset, metadata
	}
	return max(next, offset), rest
}

// Lag says for every partition of the topics how far the group is behind.
func (c *Client) Lag(ctx context.Context, group string, topics []string) ([]PartitionLag, error) {
	var lags []PartitionLag
	for _, topic := range topics {
		err := c.call(ctx, "read lag", func(ctx context.Context) error {
			found, err := c.topicLag(ctx, group, topic)
			if err == nil {
				lags = append(lags, found...)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(lags, func(a, b PartitionLag) int {
		if n := strings.Compare(a.Topic, b.Topic); n != 0 {
			return n
		}
		return a.Partition - b.Partition
	})
	return lags, nil
}

func (c *Client) topicLag(ctx context.Context, group, topic string) ([]PartitionLag, error) {
	parts, err := c.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	// Committed first: the end asked for later can only be further.
	done, err := c.committed(ctx, group, topic, parts...)
	if err != nil {
		return nil, err
	}
	ends, err := c.bounds(ctx, topic, parts...)
	if err != nil {
		return nil, err
	}
	lags := make([]PartitionLag, len(parts))
	for i, p := range parts {
		from := max(done[p].Offset, done[p].Next, ends[p].first)
		lags[i] = PartitionLag{
			Topic: topic, Partition: p, Committed: done[p].Offset,
			End: ends[p].end, Lag: max(0, ends[p].end-from),
		}
	}
	return lags, nil
}

// RunLag keeps the lag metric of a group up to date until ctx ends. A Consumer
// does it for its own group.
func (c *Client) RunLag(ctx context.Context, group string, topics []string, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		lags, err := c.Lag(ctx, group, topics)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("read lag", "group", group, "err", err)
		}
		for _, l := range lags {
			c.m.setLag(group, l)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
