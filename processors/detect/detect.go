// Package detect is the processor that judges every look at a target as it
// comes, and publishes what it finds as states of episodes, in one order for
// everybody.
//
// What is found follows from the log and the rules alone. The memory of each
// target lies in ClickHouse together with the offset that it goes up to; what
// is read again after a kill is judged again from there and gives the same
// states, with the same ids and sequences. A commit moves on only when the
// memory of everything before it is stored, and a memory is stored only when
// everything that it has found is published. See docs/life-of-a-snapshot.md.
package detect

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// Stage is the name of this processor in rejected messages.
const Stage = "detect"

// Broker is what the processor publishes to. PublishAll returns when everything
// is acknowledged; Partitions says how many partitions a topic has.
type Broker interface {
	PublishAll(ctx context.Context, topic string, msgs []kafka.Outgoing) error
	Partitions(ctx context.Context, topic string) (int, error)
}

// Judge makes the memories of targets. It may be used by several partitions at
// once, and what it makes depends on nothing but its rules and the looks.
type Judge interface {
	NewTarget(source string, target *event.Target, basis event.Basis) Target
	// LoadTarget takes what AppendBinary wrote, also under other rules. An
	// error says that nobody can read it any more.
	LoadTarget(b []byte) (Target, error)
}

// Target is the memory of one target. Look says what a look has changed, and
// whether it was news at all; later looks leave alone what it has returned.
type Target interface {
	Look(s *event.Snapshot) (states []*event.Episode, fresh bool)
	AppendBinary(b []byte) ([]byte, error)
}

// Deps is what the processor needs from others.
type Deps struct {
	Broker Broker
	DB     *clickhouse.Client
	Judge  Judge
	Log    *slog.Logger
}

// Processor is a kafka.Handler. Each partition has its own worker; they share
// nothing but the rules.
type Processor struct {
	broker Broker
	judge  atomic.Pointer[Judge]
	keep   keeper
	cfg    config.Checkpoint
	m      *metrics
	err    error // what New could not return
	log    *slog.Logger

	// budget is how long a batch may be held up by a checkpoint, chunk how many
	// bytes of memories are stored at once.
	budget time.Duration
	chunk  int
}

const (
	defaultBudget = 200 * time.Millisecond
	defaultChunk  = 4 << 20
)

// New makes a processor. It does not connect. reg may be nil.
func New(deps Deps, cfg config.Checkpoint, reg prometheus.Registerer) *Processor {
	m, err := newMetrics(reg)
	p := &Processor{
		broker: deps.Broker, cfg: cfg, m: m, err: err, log: deps.Log.With("component", Stage),
		keep: &table{ch: deps.DB}, budget: defaultBudget, chunk: defaultChunk,
	}
	p.judge.Store(&deps.Judge)
	return p
}

// Rejudge is another judge, such as of another watchlist. Each partition stores
// everything that the former has found, and then goes over to it.
func (p *Processor) Rejudge(j Judge) { p.judge.Store(&j) }

// Topics are what the processor reads.
func Topics() []string { return []string{event.TopicSnapshots} }

// Check compares the columns that the processor writes with the live table.
// Call it before anything is consumed: an error needs a person.
func (p *Processor) Check(ctx context.Context) error {
	if p.err != nil {
		return p.err
	}
	return p.keep.check(ctx)
}

// Assign takes up the memories of the partition's targets.
func (p *Processor) Assign(ctx context.Context, topic string, id int, c kafka.Committed) (kafka.PartitionHandler, error) {
	if p.err != nil {
		return nil, p.err
	}
	n, err := p.broker.Partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	s, err := newSqueezer()
	if err != nil {
		return nil, err
	}
	h := &partition{
		squeezer: s, p: p, topic: topic, id: id, partitions: n, judge: p.judge.Load(),
		targets: map[key]*entry{}, next: -1, safe: c.Offset, saved: time.Now(),
		log: p.log.With("topic", topic, "partition", id),
	}
	if err := h.restore(ctx, c); err != nil {
		return nil, fmt.Errorf("load memories of %s/%d: %w", topic, id, err)
	}
	return h, nil
}
