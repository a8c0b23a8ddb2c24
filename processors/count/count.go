// Package count is the processor that turns mentions into readings per minute
// and per hour, by event time, and publishes them as snapshots like any other
// source.
//
// Everything is decided by the log alone: by the mentions, by the times at
// which Kafka took them, and by the ticks among them. The same log gives the
// same snapshots to the byte, however often it is read, wherever it is cut into
// batches, and whoever was killed meanwhile. A commit names the first message
// of the oldest window that is open and where event time stood before it; what
// is read again from there is counted again, and what was published is not
// published with other content. See docs/counting.md.
package count

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// Stage is the name of this processor in rejected messages, and the way (via)
// of its snapshots.
const Stage = "count"

// Broker is what the processor publishes to. PublishAll returns when everything
// is acknowledged; Partitions says how many partitions a topic has.
type Broker interface {
	PublishAll(ctx context.Context, topic string, msgs []kafka.Outgoing) error
	Partitions(ctx context.Context, topic string) (int, error)
}

// Processor is a kafka.Handler. Each partition has its own worker; they share
// nothing.
type Processor struct {
	broker Broker
	rules  atomic.Pointer[rules]
	m      *metrics
	err    error // what New could not return
	log    *slog.Logger
}

// New makes a processor that counts the watched tags one by one, and all tags
// as far as memory allows.
func New(b Broker, cfg config.Count, watch config.Watch, reg prometheus.Registerer, log *slog.Logger) *Processor {
	m, err := newMetrics(reg)
	p := &Processor{broker: b, m: m, err: err, log: log.With("component", Stage)}
	p.rules.Store(newRules(cfg, watch.Tags))
	return p
}

// Watch is another list of tags to count one by one. It is in force for what is
// assigned from then on: let the consumer run anew.
func (p *Processor) Watch(tags []string) { p.rules.Store(p.rules.Load().watching(tags)) }

// Topics are what the processor reads.
func Topics() []string { return []string{event.TopicMentions} }

// Assign goes back to where the oldest open window began.
func (p *Processor) Assign(ctx context.Context, topic string, id int, c kafka.Committed) (kafka.PartitionHandler, error) {
	if p.err != nil {
		return nil, p.err
	}
	n, err := p.broker.Partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	h := &partition{
		p: p, r: p.rules.Load(), topic: topic, id: id, partitions: n, streams: map[string]*stream{},
		next: -1, log: p.log.With("topic", topic, "partition", id),
	}
	if c.Offset < 0 {
		return h, nil
	}
	if err := h.restore(c); err != nil {
		return nil, fmt.Errorf("continue %s/%d at %d: %w", topic, id, c.Offset, err)
	}
	return h, nil
}

// rules are the configuration in the units of the log: milliseconds.
type rules struct {
	disorder, grace, idle, ahead int64
	topK, counters, maxIDs       int
	watched                      []string
	index                        map[string]int // of watched
}

func newRules(cfg config.Count, tags []string) *rules {
	r := rules{
		disorder: cfg.OutOfOrderness.D().Milliseconds(), grace: cfg.Grace.D().Milliseconds(),
		idle: cfg.IdleAfter.D().Milliseconds(), ahead: cfg.MaxAhead.D().Milliseconds(),
		topK: cfg.TopK, counters: cmp.Or(cfg.TopCounters, cfg.TopK), maxIDs: cfg.MaxIDs,
	}
	return r.watching(tags)
}

// watching are the same rules with other tags, each as mentions bear it. What no
// mention ever bears, because it may be a person, is not counted: a 0 would be
// no fact.
func (r rules) watching(tags []string) *rules {
	r.watched, r.index = nil, map[string]int{}
	n := event.NewTagNormaliser()
	for _, written := range tags {
		if tag, none := n.Tag(written); none == "" {
			r.watched = append(r.watched, tag)
		}
	}
	slices.Sort(r.watched)
	r.watched = slices.Compact(r.watched)
	for i, tag := range r.watched {
		r.index[tag] = i
	}
	return &r
}

// Lengths of the windows, and of the quarters of a minute, in milliseconds.
const (
	minuteMS  = int64(time.Minute / time.Millisecond)
	hourMS    = int64(time.Hour / time.Millisecond)
	quarterMS = minuteMS / 4
)

// floor is the start of the window of a moment.
func floor(at, length int64) int64 { return at - at%length }
