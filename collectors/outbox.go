package collectors

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
)

const (
	// outboxBytes is what a source may have seen and not yet sent. Beyond it
	// looks wait, and ticks that come meanwhile are published as skipped.
	outboxBytes = 16 << 20
	outboxLooks = 1024
	// flushTime is how long looks that were made are still sent after the end.
	flushTime   = 5 * time.Second
	publishBase = 100 * time.Millisecond
	publishCap  = 10 * time.Second
)

// outbox sends the looks of one source in their order, and keeps trying while
// the broker is away: looking goes on meanwhile.
type outbox struct {
	pub     Publisher
	name    string
	metrics *metrics
	log     *slog.Logger
	queue   chan parcel
	room    *semaphore.Weighted
}

type parcel struct {
	result *result
	size   int64
}

func newOutbox(pub Publisher, name string, m *metrics, log *slog.Logger) *outbox {
	return &outbox{
		pub: pub, name: name, metrics: m, log: log,
		queue: make(chan parcel, outboxLooks),
		room:  semaphore.NewWeighted(outboxBytes),
	}
}

// put hands a look over, and waits where there is no room. A look that was
// made is not lost when ctx ends, unless there is no room then.
func (o *outbox) put(ctx context.Context, r *result) {
	p := parcel{result: r, size: int64(proto.Size(r.snapshot))}
	for _, rejected := range r.rejected {
		p.size += int64(proto.Size(rejected))
	}
	p.size = min(p.size, outboxBytes)
	if !o.room.TryAcquire(p.size) {
		if err := o.room.Acquire(ctx, p.size); err != nil {
			o.lose(ctx, r, "ended with a full outbox", err)
			return
		}
	}
	select {
	case o.queue <- p:
		o.metrics.waiting(o.name, 1)
	default:
		select {
		case o.queue <- p:
			o.metrics.waiting(o.name, 1)
		case <-ctx.Done():
			o.room.Release(p.size)
			o.lose(ctx, r, "ended with a full outbox", ctx.Err())
		}
	}
}

// close says that no more looks come.
func (o *outbox) close() { close(o.queue) }

// run sends until the outbox is closed and empty. After ctx ended it has
// flushTime left.
func (o *outbox) run(ctx context.Context) {
	sendCtx, cancel := flushContext(ctx)
	defer cancel()
	for p := range o.queue {
		o.send(sendCtx, p.result)
		o.metrics.waiting(o.name, -1)
		o.room.Release(p.size)
	}
}

// send publishes the refused answers first: where the look is, they are.
func (o *outbox) send(ctx context.Context, r *result) {
	key := r.snapshot.GetTarget().Key()
	for _, rejected := range r.rejected {
		o.publish(ctx, event.TopicRejected, key, rejected)
	}
	if o.publish(ctx, event.TopicSnapshots, key, r.snapshot) {
		o.metrics.published(o.name)
	}
}

// publish tries until the broker has the message. Only what no broker will
// ever take is given up: it would stop everything behind it.
func (o *outbox) publish(ctx context.Context, topic, key string, m event.Validator) bool {
	wait := publishBase
	for {
		err := o.pub.Publish(ctx, topic, key, m)
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil || permanent(err):
			o.metrics.lost(o.name)
			o.log.ErrorContext(ctx, "message is lost", "topic", topic, "key", key, "err", err)
			return false
		}
		o.metrics.publishRetry(o.name)
		o.log.WarnContext(ctx, "message waits for the broker", "topic", topic, "key", key, "err", err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		wait = min(2*wait, publishCap)
	}
}

// permanent is true for messages that are invalid, and for what the Kafka
// client says no time will cure (a message that is too large).
func permanent(err error) bool {
	if _, ok := errors.AsType[*event.FieldError](err); ok {
		return true
	}
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && !temporary.Temporary()
}

func (o *outbox) lose(ctx context.Context, r *result, why string, err error) {
	o.metrics.lost(o.name)
	o.log.ErrorContext(ctx, "look is lost", "why", why, "target", r.snapshot.GetTarget().Key(), "err", err)
}
