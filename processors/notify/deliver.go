package notify

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/processors/notify/message"
)

const (
	// sendTimeout bounds one attempt; endGrace is what an attempt gets when the
	// processor ends.
	sendTimeout = time.Minute
	endGrace    = 4 * time.Second

	retryFirst   = time.Second
	retryLongest = 5 * time.Minute
)

var errNoReceiver = errors.New("the receiver is configured no more")

// parcel is a message on its way.
type parcel struct {
	m     *message.Message
	text  string
	since time.Time // when it was stored for the first time
	taken time.Time // when Kafka took what made it; zero after a restart
}

// couriers deliver, one per receiver: who is away delays nobody else.
type couriers struct {
	p     *Processor
	stop  context.CancelFunc
	group sync.WaitGroup

	mu     sync.Mutex
	queues map[string]*courier
	on     map[string]bool // ids that are stored as pending
	order  []string
	failed []string // receivers, for the digest
}

// courier is the queue of one receiver.
type courier struct {
	queue []parcel
	more  chan struct{}
}

func (p *Processor) startCouriers(ctx context.Context, pending []parcel) *couriers {
	ctx, stop := context.WithCancel(ctx)
	c := &couriers{p: p, stop: stop, queues: map[string]*courier{}, on: map[string]bool{}}
	names := map[string]bool{}
	for i := range p.receivers {
		names[p.receivers[i].Name] = true
	}
	for i := range pending {
		names[pending[i].m.Receiver] = true
	}
	for name := range maps.Keys(names) {
		q := &courier{more: make(chan struct{}, 1)}
		c.queues[name] = q
		c.group.Go(func() { c.run(ctx, name, q) })
	}
	c.take(pending)
	return c
}

func (c *couriers) end() {
	c.stop()
	c.group.Wait()
}

// take hands messages over.
func (c *couriers) take(parcels []parcel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, pa := range parcels {
		if c.on[pa.m.ID] {
			continue
		}
		c.on[pa.m.ID] = true
		c.order = append(c.order, pa.m.ID)
		q := c.queues[pa.m.Receiver]
		q.queue = append(q.queue, pa)
		c.p.m.pending.WithLabelValues(pa.m.Receiver).Set(float64(len(q.queue)))
		select {
		case q.more <- struct{}{}:
		default:
		}
	}
}

// pending are the ids of what is not delivered, in their order.
func (c *couriers) pending() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := []string{}
	for _, id := range c.order {
		if c.on[id] {
			ids = append(ids, id)
		}
	}
	c.order = append([]string(nil), ids...)
	return ids
}

// failures are the receivers of messages that have failed since it was last
// asked.
func (c *couriers) failures() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	failed := c.failed
	c.failed = nil
	return failed
}

// run delivers to one receiver, one message after the other.
func (c *couriers) run(ctx context.Context, name string, q *courier) {
	for {
		pa, ok := c.first(q)
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-q.more:
			}
			continue
		}
		if ctx.Err() != nil || !c.deliver(ctx, name, pa) {
			return
		}
		c.done(name, q, pa)
	}
}

func (c *couriers) first(q *courier) (parcel, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(q.queue) == 0 {
		return parcel{}, false
	}
	return q.queue[0], true
}

func (c *couriers) done(name string, q *courier, pa parcel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.on, pa.m.ID)
	q.queue = q.queue[1:]
	c.p.m.pending.WithLabelValues(name).Set(float64(len(q.queue)))
}

// deliver tries until the message is delivered or has failed, and that is
// logged; false: the processor ends before.
func (c *couriers) deliver(ctx context.Context, name string, pa parcel) bool {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = retryFirst, retryLongest
	log := c.p.log.With("receiver", name, "id", pa.m.ID, "kind", string(pa.m.Kind))
	said := ""
	for attempts := uint32(1); ; attempts++ {
		err := c.send(ctx, name, pa.m)
		switch {
		case err == nil:
			c.p.m.delivered(name, outcomeDelivered, pa)
			return c.log(ctx, pa.m, outcome{outcomeDelivered, "", attempts})
		case ctx.Err() != nil:
			return false
		case errors.Is(err, message.ErrPermanent), time.Since(pa.since) >= c.p.cfg.RetryFor.D():
			log.Error("message was not delivered, and is not tried again", "attempts", attempts, "err", err)
			c.p.m.delivered(name, outcomeFailed, pa)
			if !c.log(ctx, pa.m, outcome{outcomeFailed, err.Error(), attempts}) {
				return false
			}
			c.mu.Lock()
			c.failed = append(c.failed, name)
			c.mu.Unlock()
			return true
		}
		c.p.m.attempts.WithLabelValues(name).Inc()
		if text := err.Error(); text != said {
			said = text
			log.Warn("message was not delivered, it is tried again", "attempts", attempts, "err", err)
			if !c.log(ctx, pa.m, outcome{outcomeRetrying, text, attempts}) {
				return false
			}
		}
		if !sleep(ctx, pause(pauses.NextBackOff(), err)) {
			return false
		}
	}
}

// pause is how long a receiver is left alone: as long as it asked for, if it
// did.
func pause(own time.Duration, err error) time.Duration {
	var asked interface{ RetryAfter() time.Duration }
	if errors.As(err, &asked) {
		return min(max(own, asked.RetryAfter()), time.Hour)
	}
	return own
}

// send makes one attempt. It may end although the processor ends, so that what
// the receiver took is known.
func (c *couriers) send(ctx context.Context, name string, m *message.Message) error {
	sender := c.p.senders[name]
	if sender == nil {
		return errors.Join(message.ErrPermanent, errNoReceiver)
	}
	ctx, cancel := withGrace(ctx, sendTimeout)
	defer cancel()
	return sender.Send(ctx, m)
}

// log returns when the outcome is stored; false: the processor ended before.
func (c *couriers) log(ctx context.Context, m *message.Message, o outcome) bool {
	own, cancel := withGrace(ctx, 0)
	defer cancel()
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 100*time.Millisecond, 10*time.Second
	for {
		err := c.p.record(own, m, o)
		if err == nil {
			return true
		}
		if own.Err() != nil {
			return false
		}
		c.p.log.Warn("write delivery log, trying again", "id", m.ID, "outcome", o.word, "err", err)
		if !sleep(own, pauses.NextBackOff()) {
			return false
		}
	}
}

// withGrace ends some time after ctx, and after a time of its own where that is
// not 0.
func withGrace(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if limit > 0 {
		own, cancel = context.WithTimeout(context.WithoutCancel(ctx), limit)
	}
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(endGrace, cancel) })
	return own, func() {
		stop()
		cancel()
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// LogSender stands in for a receiver where there is none: it writes into the
// program's log.
type LogSender struct {
	Log   *slog.Logger
	Style message.Style
}

// Send always succeeds.
func (s LogSender) Send(_ context.Context, m *message.Message) error {
	s.Log.Info("alert", "kind", string(m.Kind), "severity", m.Level, "topic", m.Topic, "at", m.At, "about", s.Style.About(m), "id", m.ID)
	return nil
}

// Test sends a sample to one receiver at once and logs the outcome. The error
// is the channel's.
func Test(ctx context.Context, s message.Sender, r *config.Receiver) (*message.Message, error) {
	m := Sample(r.Name, time.Now())
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return m, s.Send(ctx, m)
}
