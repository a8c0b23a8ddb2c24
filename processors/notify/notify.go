// Package notify is the processor that tells people: it reads the log of
// episodes, lets the engine decide who is told what, and brings each message to
// its receiver, at least once, with a deterministic id.
//
// What the engine knows is stored together with the messages that it has made,
// before the offset is committed and before anybody is told: after a crash the
// same records make the same messages, and what is logged as delivered is not
// sent again. See docs/alerts.md.
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/processors/notify/engine"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// Stage is the name of this processor.
const Stage = "notify"

// MaxWait is how long an episode waits for others before it is taken: somebody
// is to be told of it, and there are few.
const MaxWait = 10 * time.Millisecond

// Deps are what the processor works with.
type Deps struct {
	DB *clickhouse.Client
	// Group is the consumer group, whose memory is kept under its name.
	Group string
	// Senders by the names of the receivers.
	Senders map[string]message.Sender
	Log     *slog.Logger
}

// Processor is a kafka.Handler for the one partition of the episodes. Wait
// after its consumer has ended.
type Processor struct {
	db        *clickhouse.Client
	group     string
	cfg       config.Notify
	receivers []config.Receiver
	senders   map[string]message.Sender
	m         *metrics
	log       *slog.Logger

	mu       sync.Mutex
	topics   map[string]config.Topic
	entities map[string]string // names, by ids
	couriers *couriers         // of the present assignment; nil: none
}

// New makes a processor. It does not connect.
func New(d Deps, cfg config.Notify, watch *config.Watch, reg prometheus.Registerer) *Processor {
	p := &Processor{
		db: d.DB, group: d.Group, cfg: cfg, senders: d.Senders, receivers: Receivers(cfg),
		m: newMetrics(reg), log: d.Log.With("component", Stage),
	}
	p.Watch(watch)
	return p
}

// Receivers are those of the configuration. Where there is none it is one that
// is named log, which takes everything, also of a past: what would be sent can
// be read in v_deliveries then.
func Receivers(cfg config.Notify) []config.Receiver {
	if len(cfg.Receivers) > 0 {
		return cfg.Receivers
	}
	return []config.Receiver{{Name: config.LogReceiver, Basis: []string{
		event.Basis_BASIS_MEASURED.Word(), event.Basis_BASIS_BACKFILL.Word(),
		event.Basis_BASIS_IMPORTED.Word(), event.Basis_BASIS_MODELLED.Word(),
	}}}
}

// Watch takes the names of topics and entities from another watchlist.
func (p *Processor) Watch(w *config.Watch) {
	topics := map[string]config.Topic{}
	for i := range w.Topics {
		topics[w.Topics[i].ID] = w.Topics[i]
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.topics, p.entities = topics, w.EntityNames()
}

func (p *Processor) topicsNow() map[string]config.Topic {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.topics
}

// style is how the delivery log tells.
func (p *Processor) style() message.Style {
	p.mu.Lock()
	defer p.mu.Unlock()
	return message.Style{Entities: p.entities}
}

// Topics are what the processor reads.
func Topics() []string { return []string{event.TopicEpisodes} }

// Assign goes on where the memory says, and delivers what was not delivered.
func (p *Processor) Assign(ctx context.Context, topic string, id int, c kafka.Committed) (kafka.PartitionHandler, error) {
	p.Wait() // a former assignment has no business any more
	e, err := engine.New(engine.Config{GroupWait: p.cfg.GroupWait.D(), Receivers: p.receivers, Topics: p.topicsNow()})
	if err != nil {
		return nil, err
	}
	memory, err := p.recall(ctx)
	if err != nil {
		return nil, fmt.Errorf("continue alerts: %w", err)
	}
	h := &partition{p: p, e: e, version: memory.Version, saved: time.Now()}
	if memory.Version > 0 {
		if err := e.Unmarshal([]byte(memory.State)); err != nil {
			return nil, fmt.Errorf("continue alerts: %w; remove the row %q of the table notify_state to begin anew", err, p.group)
		}
		if !c.Reset {
			h.next, h.stored = int64(memory.NextOffset), int64(memory.NextOffset)
		}
	}
	e.SetHorizon(time.Now().Add(-p.cfg.MaxAge.D()))
	if err := h.mutes(ctx); err != nil {
		return nil, fmt.Errorf("continue alerts: %w", err)
	}
	pending, err := p.pendingOf(ctx, memory.Pending)
	if err != nil {
		return nil, fmt.Errorf("continue alerts: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.couriers = p.startCouriers(ctx, pending)
	h.couriers = p.couriers
	p.log.Info("alerts go on", "topic", topic, "partition", id, "next", h.next, "pending", len(pending), "receivers", len(p.receivers))
	return h, nil
}

// Wait ends the deliveries of the present assignment, and returns when they
// have ended: what is being sent gets a few seconds for it.
func (p *Processor) Wait() {
	p.mu.Lock()
	c := p.couriers
	p.couriers = nil
	p.mu.Unlock()
	if c != nil {
		c.end()
	}
}
