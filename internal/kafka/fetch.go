package kafka

import (
	"context"
	"errors"

	kafkago "github.com/segmentio/kafka-go"
)

// errStalled means that messages lie there and none comes.
var errStalled = errors.New("reader stalled")

// fetcher fills the queue of one partition.
type fetcher struct {
	w     *worker
	q     *queue
	next  int64 // the offset that is expected
	known types
	quiet *quiet
}

// run returns when ctx ends, or with the reason why the partition cannot go on
// as it is.
func (f *fetcher) run(ctx context.Context) error {
	for {
		if err := f.useReader(ctx); !errors.Is(err, errStalled) {
			return err
		}
		f.w.c.m.stalled(f.w.c.cfg.Group, "reader")
		f.w.log.Warn("reader stalled, replacing it", "next", f.next)
	}
}

// useReader reads with one reader for as long as it brings messages.
func (f *fetcher) useReader(ctx context.Context) error {
	r := f.w.c.client.newReader(f.w.tp.topic, f.w.tp.partition)
	defer closeReader(r, f.w.log)
	if err := r.SetOffset(f.next); err != nil {
		return err
	}
	for {
		// One timer for many messages: a timer for each would cost as much as
		// the message.
		wait, cancel := context.WithTimeout(ctx, f.w.c.cfg.StallAfter)
		n, err := f.readUntil(ctx, wait, r)
		late := wait.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if late && n == 0 {
			err = f.checkStall(ctx)
		}
		if stop := f.judge(ctx, err); stop != nil {
			return stop
		}
	}
}

// readUntil reads until there is an error, or wait ends.
func (f *fetcher) readUntil(ctx, wait context.Context, r *kafkago.Reader) (n int, err error) {
	for {
		m, err := r.FetchMessage(wait)
		if err != nil {
			return n, err
		}
		if m.Offset > f.next {
			// kafka-go moves on without a word when the start of the log has
			// overtaken it.
			f.gap(ctx, m.Offset)
		}
		f.next = m.Offset + 1
		if err := f.q.put(ctx, f.known.message(&m)); err != nil {
			return n, err
		}
		n++
	}
}

// judge returns nil where the same reader may go on.
func (f *fetcher) judge(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.Is(err, errStalled), errors.Is(err, ErrTruncated), errors.Is(err, errRestart):
		return err
	case errors.Is(err, kafkago.OffsetOutOfRange):
		return f.outOfRange(ctx)
	case isPermanent(err) && !isAuth(err) && !isTLS(err):
		return err
	}
	if f.quiet.speak() {
		f.w.log.Warn("fetch messages, trying again", "next", f.next, "err", err)
	}
	return nil
}

// checkStall looks whether there is truly nothing to read.
func (f *fetcher) checkStall(ctx context.Context) error {
	found, err := f.w.c.client.bounds(ctx, f.w.tp.topic, f.w.tp.partition)
	if err != nil {
		return nil //nolint:nilerr // the broker is away: that is no stall of the reader
	}
	switch end := found[f.w.tp.partition].end; {
	case end > f.next:
		return errStalled
	case end < f.next:
		return f.outOfRange(ctx)
	default:
		return nil
	}
}

// outOfRange finds out on which side of the log the reader is.
func (f *fetcher) outOfRange(ctx context.Context) error {
	var b bounds
	err := f.w.c.client.persist(ctx, "read offsets", func(ctx context.Context) error {
		found, err := f.w.c.client.bounds(ctx, f.w.tp.topic, f.w.tp.partition)
		b = found[f.w.tp.partition]
		return err
	})
	if err != nil {
		return err
	}
	if f.next > b.end {
		if err := f.w.truncated(f.next, b); err != nil {
			return err
		}
	}
	return errRestart
}

// gap is a jump in the offsets. What lies before the start of the log is lost;
// other jumps are offsets that never held a message.
func (f *fetcher) gap(ctx context.Context, got int64) {
	found, err := f.w.c.client.bounds(ctx, f.w.tp.topic, f.w.tp.partition)
	if err != nil {
		f.w.log.Warn("offsets jump", "next", f.next, "got", got, "err", err)
		return
	}
	if first := found[f.w.tp.partition].first; first > f.next {
		f.w.lost(f.next, min(first, got))
	}
}

func (w *worker) fetcher(q *queue, start int64) *fetcher {
	return &fetcher{w: w, q: q, next: start, known: types{}, quiet: newQuiet()}
}
