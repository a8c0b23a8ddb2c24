package collectors

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/event"
)

const (
	// intakeBatches is how many batches may wait for the broker. Beyond it the
	// stream waits too, and with it, by way of its connection, the place.
	intakeBatches = 4
	// mostRemarks is how many remarks one look has room for.
	mostRemarks = 3
	gaugesEvery = 5 * time.Second
)

// intake takes the batches of one stream, sends their mentions in their order,
// and keeps the cursor of what the broker has: never of more. A process that is
// killed in between sends some mentions twice, and loses none.
type intake struct {
	name    string
	sink    Sink
	every   time.Duration
	metrics *streamMetrics
	log     *slog.Logger
	queue   chan stream.Batch

	mu       sync.Mutex
	accepted string // cursor of the last batch that was taken over
	loaded   bool
	now      minute
	last     time.Time // event time of the last event
	offered  time.Time // since when the broker is offered what it has not taken
}

func newIntake(name string, sink Sink, every time.Duration, m *streamMetrics, log *slog.Logger) *intake {
	return &intake{name: name, sink: sink, every: every, metrics: m, log: log, queue: make(chan stream.Batch, intakeBatches)}
}

// Resume implements stream.Out. It waits while Kafka does not answer: to begin
// without the cursor would be a hole.
func (i *intake) Resume(ctx context.Context) (string, error) {
	i.mu.Lock()
	accepted, loaded := i.accepted, i.loaded
	i.mu.Unlock()
	if loaded {
		return accepted, nil
	}
	cursor, err := i.sink.LoadCursor(ctx, i.name)
	if err != nil {
		return "", err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.accepted, i.loaded = cursor, true
	return cursor, nil
}

// Publish implements stream.Out.
func (i *intake) Publish(ctx context.Context, b stream.Batch) error {
	select {
	case i.queue <- b:
	case <-ctx.Done():
		return ctx.Err()
	}
	i.metrics.took(i.name, b)
	i.mu.Lock()
	defer i.mu.Unlock()
	if b.Cursor != "" {
		i.accepted = b.Cursor
	}
	i.loaded = true
	i.now.events += b.Events
	i.now.posts += b.Posts
	i.now.mentions += len(b.Mentions)
	i.now.bytes += b.Bytes
	for _, n := range b.Dropped {
		i.now.dropped += n
	}
	i.now.notUnderstood += b.Dropped[stream.DroppedMessage]
	if b.NotUnderstood != "" {
		i.now.whyNot = b.NotUnderstood
	}
	if !b.At.IsZero() {
		i.last = b.At
	}
	return nil
}

// Say implements stream.Out.
func (i *intake) Say(s stream.State) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case !s.HoleFrom.IsZero():
		i.log.Warn("place no longer had what came after the cursor", "from", s.HoleFrom, "to", s.HoleTo)
		if i.now.holeFrom.IsZero() || s.HoleFrom.Before(i.now.holeFrom) {
			i.now.holeFrom = s.HoleFrom
		}
		i.now.holeTo = s.HoleTo
	case s.Via != "":
		i.log.Info("stream is connected", "via", s.Via)
		i.now.connections++
		i.metrics.connected(i.name, true)
	}
	if s.Via != "" {
		i.now.state.Via = s.Via
	}
	if s.Remark != "" && len(i.now.remarks) < mostRemarks {
		i.now.remarks = append(i.now.remarks, s.Remark)
	}
}

// ended notes the end of a connection, or of an attempt.
func (i *intake) ended(err error) {
	i.metrics.connected(i.name, false)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now.state, i.now.lastErr = stream.State{}, err
	i.now.connectionsEnded++
}

// reached is the event time of the last event.
func (i *intake) reached() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.last
}

// minute gives out what came since it was asked the last time.
func (i *intake) minute() minute {
	i.mu.Lock()
	defer i.mu.Unlock()
	m := i.now
	m.lag = time.Since(i.last)
	if !i.offered.IsZero() {
		m.waiting = time.Since(i.offered)
	}
	i.now = minute{state: m.state}
	if m.events == 0 && m.state.Via == "" {
		i.now.lastErr = m.lastErr // it is still why nothing comes
		i.now.connectionsEnded = m.connectionsEnded
	}
	return m
}

// close says that no more batches come.
func (i *intake) close() { close(i.queue) }

// run sends until it is closed and empty. After ctx ended it has flushTime left.
func (i *intake) run(ctx context.Context) {
	sendCtx, cancel := flushContext(ctx)
	defer cancel()
	s := &saver{intake: i, saved: time.Now()}
	tick := time.NewTicker(min(i.every, gaugesEvery))
	defer tick.Stop()
	for {
		select {
		case b, more := <-i.queue:
			if !more {
				s.save(sendCtx)
				return
			}
			if !i.send(sendCtx, b) {
				return // the cursor stays before what was not sent
			}
			if b.Cursor != "" {
				s.cursor = b.Cursor
			}
		case <-tick.C:
			i.gauges(s)
		}
		if time.Since(s.saved) >= i.every {
			s.save(sendCtx)
		}
	}
}

// send tries until the broker has all mentions of a batch; false means that ctx
// ended first. What no broker will ever take is left out before: it would stop
// everything behind it.
func (i *intake) send(ctx context.Context, b stream.Batch) bool {
	mentions := i.valid(ctx, b.Mentions)
	if len(mentions) == 0 {
		return true
	}
	i.offer(time.Now())
	defer i.offer(time.Time{})
	wait := publishBase
	for {
		err := i.sink.PublishMentions(ctx, mentions)
		if err == nil {
			i.metrics.sent(i.name, len(mentions))
			return true
		}
		if ctx.Err() != nil {
			i.log.WarnContext(ctx, "mentions were read and not sent, they are read again at the next start", "mentions", len(mentions), "err", err)
			return false
		}
		i.metrics.retried(i.name)
		i.log.WarnContext(ctx, "mentions wait for the broker", "mentions", len(mentions), "err", err)
		sleepUntil(ctx, time.Now().Add(wait))
		wait = min(2*wait, publishCap)
	}
}

func (i *intake) valid(ctx context.Context, all []*event.Mention) []*event.Mention {
	good := all[:0:len(all)]
	for _, m := range all {
		if err := m.Validate(); err != nil {
			i.metrics.invalid(i.name)
			i.log.ErrorContext(ctx, "stream made an invalid mention", "err", err)
			continue
		}
		good = append(good, m)
	}
	return good
}

func (i *intake) offer(since time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.offered = since
}

func (i *intake) gauges(s *saver) {
	if last := i.reached(); !last.IsZero() {
		i.metrics.lag.WithLabelValues(i.name).Set(max(0, time.Since(last).Seconds()))
	}
	i.metrics.cursorAge.WithLabelValues(i.name).Set(time.Since(s.saved).Seconds())
}

// saver keeps the cursor in Kafka, not too often.
type saver struct {
	intake *intake
	cursor string // of what the broker has
	kept   string // what is kept already
	saved  time.Time
}

func (s *saver) save(ctx context.Context) {
	if s.cursor == "" || s.cursor == s.kept {
		return
	}
	if err := s.intake.sink.SaveCursor(ctx, s.intake.name, s.cursor); err != nil {
		s.intake.metrics.savedCursor(s.intake.name, false)
		s.intake.log.WarnContext(ctx, "keep cursor, trying again", "err", err)
		return
	}
	s.intake.metrics.savedCursor(s.intake.name, true)
	s.kept, s.saved = s.cursor, time.Now()
}

// flushContext goes on for flushTime after ctx ended.
func flushContext(ctx context.Context) (context.Context, context.CancelFunc) {
	sendCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(flushTime)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-sendCtx.Done():
		}
	})
	return sendCtx, func() { stop(); cancel() }
}
