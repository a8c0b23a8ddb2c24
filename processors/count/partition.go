package count

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// partition is the worker of one Kafka partition.
type partition struct {
	p          *Processor
	r          *rules
	topic      string
	id         int
	partitions int // of the topic
	log        *slog.Logger

	streams map[string]*stream
	last    *stream // of the last mention: mostly the next is of the same
	// next is the first offset that is not in the windows, -1: any; fresh is
	// the first one that no earlier life has handled.
	next, fresh int64

	looks   []kafka.Outgoing // of windows that are closed
	refused []kafka.Outgoing
	tallies map[string]*tallied
	fast    mention
}

const (
	typeMention = "tidemark.v1.Mention"
	typeTick    = "tidemark.v1.Tick"
)

// Handle counts a batch and publishes what is closed by it. If it fails, it is
// called again with the same batch: what is counted is not counted again, and
// what is to be published is kept.
func (h *partition) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	if len(batch) == 0 {
		return kafka.Commit{Offset: -1}, nil
	}
	for i := range batch {
		if m := &batch[i]; m.Offset >= h.next {
			h.missing(m.Offset)
			h.take(ctx, m)
			h.next = m.Offset + 1
		}
	}
	h.fresh = max(h.fresh, h.next)
	if err := h.publish(ctx); err != nil {
		return kafka.Commit{}, err
	}
	h.report()
	return h.commit()
}

// missing looks for a jump in the offsets: retention has removed messages
// before they were counted, or, after a restart, before they were counted anew.
func (h *partition) missing(offset int64) {
	if h.next < 0 || offset == h.next {
		return
	}
	h.log.Error("mentions are gone before they were counted; the windows that they belong to are not published",
		"next", h.next, "first", offset, "messages", offset-h.next)
	for _, s := range h.streams {
		if s.from < offset {
			s.tear()
			h.p.m.tear(s.platform)
		}
	}
}

// take brings one message into the windows.
func (h *partition) take(ctx context.Context, m *kafka.Message) {
	if m.Type == typeMention && h.fast.decode(m.Value) {
		h.count(ctx, m, &h.fast)
		return
	}
	msg, err := event.Unmarshal(m.Type, m.Value)
	if err != nil {
		h.refuse(ctx, m, reasonOf(err), err)
		return
	}
	switch msg := msg.(type) {
	case *event.Mention:
		h.count(ctx, m, &mention{
			id: []byte(msg.GetId()), platform: []byte(msg.GetPlatform()), tag: []byte(msg.GetTag()),
			language: []byte(msg.GetLanguage()), at: msg.GetAtMs(),
		})
	case *event.Tick:
		for _, s := range h.ordered() {
			s.passTime(msg.GetAtMs(), m.Offset, recorded(m))
		}
	default:
		h.refuse(ctx, m, "unexpected_type", fmt.Errorf("take message: %s does not belong on %s", m.Type, h.topic))
	}
}

// recorded is when Kafka took the message.
func recorded(m *kafka.Message) int64 {
	if m.Time.IsZero() {
		return 0
	}
	return m.Time.UnixMilli()
}

// lastMoment bounds event times, so that what is made of them is valid too.
const lastMoment = 4_102_358_400_000 // 2099-12-31

func (h *partition) count(ctx context.Context, m *kafka.Message, mention *mention) {
	took := recorded(m)
	if ahead := mention.at - took; ahead > h.r.ahead || mention.at > lastMoment {
		h.refuse(ctx, m, "future", fmt.Errorf("take mention: at_ms is %s after Kafka took it, at most %s: a clock is wrong",
			time.Duration(ahead)*time.Millisecond, time.Duration(h.r.ahead)*time.Millisecond))
		return
	}
	s := h.last
	if s == nil || s.platform != string(mention.platform) {
		var err error
		if s, err = h.stream(string(mention.platform), m.Offset); err != nil {
			h.refuse(ctx, m, "platform", err)
			return
		}
		h.last = s
	}
	fate := s.add(mention, m.Offset, took)
	if m.Offset >= h.fresh {
		h.tally(s.platform).add(fate)
	}
}

// maxPlatforms bounds what a commit has to carry, and so the metadata of it.
const maxPlatforms = 16

func (h *partition) stream(platform string, offset int64) (*stream, error) {
	if s := h.streams[platform]; s != nil {
		return s, nil
	}
	// It becomes the name of a source and a part of targets.
	if ok, err := regexp.MatchString(`^[a-z0-9._-]{1,58}$`, platform); err != nil || !ok {
		return nil, fmt.Errorf("take mention: platform is %q, want up to 58 of a-z, 0-9, dot, dash and underscore", platform)
	}
	if len(h.streams) >= maxPlatforms {
		return nil, fmt.Errorf("take mention: platform %q is one too many, at most %d", platform, maxPlatforms)
	}
	return h.addStream(platform, offset), nil
}

func (h *partition) addStream(platform string, from int64) *stream {
	s := &stream{r: h.r, platform: platform, id: h.id, from: from, out: h.keep}
	for _, tag := range h.r.watched {
		s.owned = append(s.owned, kafka.PartitionOf(event.MentionKey(platform, tag), h.partitions) == h.id)
	}
	h.streams[platform] = s
	return s
}

// ordered are the streams in an order that is the same each time.
func (h *partition) ordered() []*stream {
	return slices.SortedFunc(maps.Values(h.streams), func(a, b *stream) int { return cmp.Compare(a.platform, b.platform) })
}

func (h *partition) keep(s *event.Snapshot) {
	h.looks = append(h.looks, kafka.Outgoing{Key: s.GetTarget().Key(), Msg: s})
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, event.ErrUnknownType):
		return "unknown_type"
	case strings.HasPrefix(err.Error(), "decode "):
		return "undecodable"
	default:
		return "invalid"
	}
}

// maxOriginal bounds the bytes of a refused message, so that the message about
// it fits into Kafka's own limit.
const maxOriginal = 768 << 10

// refuse keeps a message for the topic of rejected ones, once: what an earlier
// life has handled is there already.
func (h *partition) refuse(ctx context.Context, m *kafka.Message, reason string, cause error) {
	if m.Offset < h.fresh {
		return
	}
	r := &event.Rejected{
		Stage: Stage, Reason: cause.Error(), Original: m.Value,
		Topic: m.Topic, Partition: int32(m.Partition), Offset: m.Offset, Type: m.Type, AtMs: time.Now().UnixMilli(),
	}
	if len(r.Original) > maxOriginal {
		r.Original, r.Truncated = r.Original[:maxOriginal], true
	}
	h.refused = append(h.refused, kafka.Outgoing{Key: Stage, Msg: r})
	h.p.m.refuse(reason)
	h.log.DebugContext(ctx, "message refused", "offset", m.Offset, "reason", reason, "err", cause)
}

// publish returns when everything that is to be published is acknowledged: only
// then may the commit move on.
func (h *partition) publish(ctx context.Context) error {
	if n := len(h.refused); n > 0 {
		if err := h.p.broker.PublishAll(ctx, event.TopicRejected, h.refused); err != nil {
			return err
		}
		h.log.WarnContext(ctx, "messages refused", "messages", n, "until", h.next)
		h.refused = nil
	}
	if len(h.looks) > 0 {
		if err := h.p.broker.PublishAll(ctx, event.TopicSnapshots, h.looks); err != nil {
			return err
		}
		h.p.m.publish(len(h.looks))
		h.looks = nil
	}
	return nil
}
