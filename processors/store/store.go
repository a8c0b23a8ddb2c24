// Package store is the processor that writes snapshots, facts, imports and episodes from Kafka
// into ClickHouse, each exactly once, and keeps the rollups up to date.
//
// The rows are the truth, and Kafka's commits a hint. Every row carries the
// topic, partition and offset of its message. When a partition is assigned,
// and after every insert that went wrong, the store reads back which messages
// each table already has, and skips exactly those. It commits when all tables
// have the batch. A topic that was made anew begins at offset 0 again, so a
// message is known by what it is about, not by its offset alone. See
// docs/life-of-a-snapshot.md.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// Stage is the name of this processor in rejected messages.
const Stage = "store"

// Reject sends a message that could not be understood to where it can be
// looked at, and returns when it is acknowledged there.
type Reject func(ctx context.Context, r *event.Rejected) error

// Processor is a kafka.Handler. Each partition has its own worker; they share
// nothing but the connection.
type Processor struct {
	ch     *clickhouse.Client
	reject Reject
	m      *metrics
	err    error // what New could not return
	log    *slog.Logger
}

// New makes a processor. It does not connect.
func New(ch *clickhouse.Client, reject Reject, reg prometheus.Registerer, log *slog.Logger) *Processor {
	m, err := newMetrics(reg)
	return &Processor{ch: ch, reject: reject, m: m, err: err, log: log.With("component", "store")}
}

// Topics are what the processor reads.
func Topics() []string { return []string{event.TopicSnapshots, event.TopicEpisodes} }

// Check compares the columns that the processor writes with the live tables.
// Call it before anything is consumed: an error needs a person.
func (p *Processor) Check(ctx context.Context) error {
	errs := []error{p.err}
	for _, topic := range Topics() {
		for _, t := range tablesOf(topic) {
			errs = append(errs, p.ch.CheckColumns(ctx, t.name, t.defs()))
		}
	}
	return errors.Join(errs...)
}

// Assign reads back what the tables have of the partition beyond the commit.
func (p *Processor) Assign(ctx context.Context, topic string, id int, c kafka.Committed) (kafka.PartitionHandler, error) {
	if p.err != nil {
		return nil, p.err
	}
	h := &partition{
		p: p, topic: topic, id: id,
		tables: tablesOf(topic),
		log:    p.log.With("topic", topic, "partition", id),
	}
	for _, t := range h.tables {
		t.stored.place = clickhouse.Place{Table: t.name, Topic: topic, Partition: id}
	}
	if err := h.recover(ctx, uint64(max(c.Offset, 0))); err != nil {
		return nil, fmt.Errorf("recover %s/%d: %w", topic, id, err)
	}
	if err := h.again.load(ctx, p.ch); err != nil {
		return nil, fmt.Errorf("recover %s/%d: %w", topic, id, err)
	}
	return h, nil
}
