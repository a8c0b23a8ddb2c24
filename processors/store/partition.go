package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// partition is the worker of one Kafka partition.
type partition struct {
	p      *Processor
	topic  string
	id     int
	tables []*table // of the topic: readings, looks, facts, imports, reparses; or episodes
	log    *slog.Logger

	unsure   bool  // the last insert may have landed or not
	rejected int64 // messages before this offset need no further rejection
	scratch  []byte
	fast     fast
	again    again
}

// typeSnapshot is the type of nearly every message.
const typeSnapshot = "tidemark.v1.Snapshot"

// Handle brings a batch into all tables. If it fails, it is called again with
// the same batch, and begins by finding out what is there.
func (h *partition) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	if len(batch) == 0 {
		return kafka.Commit{Offset: -1}, nil
	}
	first, last := uint64(batch[0].Offset), uint64(batch[len(batch)-1].Offset)
	if h.unsure {
		if err := h.recover(ctx, first); err != nil {
			return kafka.Commit{}, err
		}
		h.unsure = false
	}
	for _, t := range h.tables {
		t.reset()
		if err := t.stored.load(ctx, h.p.ch, t.identity, first, last); err != nil {
			return kafka.Commit{}, err
		}
	}
	h.again.reset()
	for i := range batch {
		if err := h.take(ctx, &batch[i]); err != nil {
			return kafka.Commit{}, err
		}
	}
	if err := h.flush(ctx); err != nil {
		return kafka.Commit{}, err
	}
	h.p.m.block(h.topic, h.id, false)
	return kafka.Commit{Offset: batch[len(batch)-1].Offset + 1}, nil
}

// flush brings what was collected into the tables. What is read again takes
// the place of what was there, before it is inserted: an old reading that still
// lies in the table would hide, or be merged with, a new one of another look.
func (h *partition) flush(ctx context.Context) error {
	if len(h.tables) > reparsesAt {
		if err := h.insert(ctx, h.tables[reparsesAt]); err != nil {
			return err
		}
		if err := h.removeOutdated(ctx); err != nil {
			h.unsure = true
			return err
		}
	}
	for i, t := range h.tables {
		if i == reparsesAt {
			continue
		}
		if err := h.insert(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// recover waits for inserts which somebody left behind, and then asks each
// table how far it is.
func (h *partition) recover(ctx context.Context, from uint64) error {
	for _, t := range h.tables {
		if err := h.p.ch.AwaitQueries(ctx, h.queryPrefix(t)); err != nil {
			return err
		}
		if err := t.stored.recover(ctx, h.p.ch, from); err != nil {
			return err
		}
		if t.stored.any {
			h.log.InfoContext(ctx, "rows beyond the commit are there already",
				"table", t.name, "from", from, "last", t.stored.last)
		}
	}
	return nil
}

// queryPrefix is how the ids of this partition's inserts begin. The database is
// part of it: one server may serve two of us.
func (h *partition) queryPrefix(t *table) string {
	return "sink:" + h.p.ch.Database() + "." + t.name + ":" + h.topic + ":" + strconv.Itoa(h.id) + ":"
}

// take decodes one message and gives it to the tables.
func (h *partition) take(ctx context.Context, m *kafka.Message) error {
	where := at{topic: h.topic, partition: uint16(h.id), offset: uint64(m.Offset)}
	if m.Type == typeSnapshot && h.topic != event.TopicEpisodes && h.fast.take(h, where, m.Value) {
		return nil
	}
	msg, err := event.Unmarshal(m.Type, m.Value)
	if err != nil {
		reason := "invalid"
		switch {
		case errors.Is(err, event.ErrUnknownType):
			reason = "unknown_type"
		case strings.HasPrefix(err.Error(), "decode "):
			reason = "undecodable"
		}
		return h.rejectOnce(ctx, m, reason, err)
	}
	if s, ok := msg.(*event.Snapshot); ok && h.again.mustFlush(h, s) {
		if err := h.flush(ctx); err != nil {
			return err
		}
		for _, t := range h.tables {
			t.reset()
		}
		h.again.reset()
	}
	if !h.give(where, msg) {
		return h.rejectOnce(ctx, m, "unexpected_type", fmt.Errorf("take message: %s does not belong on %s", m.Type, h.topic))
	}
	return nil
}

// give adds a message to the tables; false: it does not belong on this topic.
func (h *partition) give(where at, msg event.Validator) bool {
	episodes := h.topic == event.TopicEpisodes
	switch msg := msg.(type) {
	case *event.Tick:
		return true
	case *event.Episode:
		if episodes {
			h.addEpisode(where, msg)
		}
		return episodes
	case *event.Snapshot:
		if !episodes {
			h.addSnapshot(where, msg)
		}
	case *event.Fact:
		if !episodes {
			h.addFact(where, msg)
		}
	case *event.Import:
		if !episodes {
			h.addImport(where, msg)
		}
	default:
		return false
	}
	return !episodes
}

// maxOriginal bounds the bytes of a rejected message, so that the message
// about it fits into Kafka's own limit of 1 MiB.
const maxOriginal = 768 << 10

// rejectOnce hands a bad message over, and waits until that is acknowledged:
// it must be safe before the offset is committed. When the batch comes again
// because an insert failed, it is not handed over again.
func (h *partition) rejectOnce(ctx context.Context, m *kafka.Message, reason string, cause error) error {
	if m.Offset < h.rejected {
		return nil
	}
	r := &event.Rejected{
		Stage: Stage, Reason: cause.Error(), Original: m.Value,
		Topic: m.Topic, Partition: int32(m.Partition), Offset: m.Offset, Type: m.Type,
		AtMs: time.Now().UnixMilli(),
	}
	if len(r.Original) > maxOriginal {
		r.Original, r.Truncated = r.Original[:maxOriginal], true
	}
	if err := h.p.reject(ctx, r); err != nil {
		return fmt.Errorf("reject message %s/%d/%d: %w", m.Topic, m.Partition, m.Offset, err)
	}
	h.rejected = m.Offset + 1
	h.p.m.reject(reason)
	h.log.WarnContext(ctx, "message rejected", "offset", m.Offset, "reason", reason, "err", cause)
	return nil
}

// insert sends what a table has collected. An error that only a person can
// cure is said at once and loudly; the batch is tried again all the same, and
// nothing is dropped.
func (h *partition) insert(ctx context.Context, t *table) error {
	h.tellSkipped(ctx, t)
	if t.rows() == 0 {
		return nil
	}
	first, last := t.span()
	began := time.Now()
	err := h.p.ch.Insert(ctx, clickhouse.Block{
		Table: t.name, ID: h.queryPrefix(t) + fmt.Sprintf("%d-%d", first, last),
		Defs: t.defs(), Columns: t.columns(),
	})
	h.p.m.insert(t.name, t.rows(), time.Since(began), err)
	if err == nil {
		return nil
	}
	h.unsure = true
	h.p.m.block(h.topic, h.id, true)
	if clickhouse.IsPermanent(err) {
		h.log.ErrorContext(ctx, "insert refused; it is tried again until somebody repairs the table or the rights",
			"table", t.name, "rows", t.rows(), "code", clickhouse.Code(err), "err", err)
	}
	return err
}

func (h *partition) tellSkipped(ctx context.Context, t *table) {
	if t.skipped > 0 {
		h.p.m.skip(t.name, t.skipped)
		h.log.InfoContext(ctx, "rows skipped that were there already", "table", t.name, "rows", t.skipped)
	}
	if t.stored.conflicts > 0 {
		h.p.m.conflict(t.name, t.stored.conflicts)
		h.log.ErrorContext(ctx, "offsets are stored with other messages: the topic was made anew; everything is stored",
			"table", t.name, "messages", t.stored.conflicts)
		t.stored.conflicts = 0
	}
}
