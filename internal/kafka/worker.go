package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// commitAgain is how long a commit that failed waits for a batch to go with.
const commitAgain = 5 * time.Second

// errRestart ends the reading of a partition so that it is assigned anew.
var errRestart = errors.New("assign partition anew")

// worker owns one partition for as long as it is assigned.
type worker struct {
	c     *Consumer
	tp    topicPartition
	owner owner
	grace time.Duration
	log   *slog.Logger

	last    Commit // as it was committed
	pending Commit // what could not be committed yet; Offset -1: nothing
	reset   bool   // the log begins anew
}

func (c *Consumer) worker(tp topicPartition, o owner, grace time.Duration) *worker {
	return &worker{
		c: c, tp: tp, owner: o, grace: grace,
		last: Commit{Offset: noCommit}, pending: Commit{Offset: noCommit},
		log: c.log.With("topic", tp.topic, "partition", tp.partition),
	}
}

// run returns nil when ctx ends.
func (w *worker) run(ctx context.Context) error {
	for {
		err := w.session(ctx)
		switch {
		case errors.Is(err, errRestart):
			pause(ctx, w.c.cfg.RetryMin) // whatever it is, it must not spin
		case err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return nil
		default:
			return fmt.Errorf("consume %s/%d as %s: %w", w.tp.topic, w.tp.partition, w.c.cfg.Group, err)
		}
	}
}

// session is one assignment: find the place, fetch ahead, handle, commit.
func (w *worker) session(ctx context.Context) error {
	at, err := w.locate(ctx)
	if err != nil {
		return err
	}
	ph, err := w.assign(ctx, at.committed)
	if err != nil {
		return err
	}
	start := at.start
	if s, ok := ph.(Starter); ok && s.Start() >= 0 {
		start = min(max(s.Start(), at.limits.first), at.limits.end)
	}
	w.log.Debug("partition assigned", "committed", at.committed.Offset, "start", start, "end", at.limits.end)

	cfg := w.c.cfg
	q := newQueue(limits{bytes: cfg.MaxBytes, messages: cfg.MaxMessages, wait: cfg.MaxWait})
	fctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.end(w.fetcher(q, start).run(fctx))
	}()
	defer func() {
		stop()
		<-done
	}()
	return w.handleAll(ctx, q, ph)
}

// place is where a session begins.
type place struct {
	committed Committed
	limits    bounds
	start     int64
}

func (w *worker) locate(ctx context.Context) (place, error) {
	var at place
	topic, p := w.tp.topic, w.tp.partition
	err := w.c.client.persist(ctx, "read offsets", func(ctx context.Context) error {
		committed, err := w.c.client.committed(ctx, w.c.cfg.Group, topic, p)
		if err != nil {
			return err
		}
		limits, err := w.c.client.bounds(ctx, topic, p)
		at.committed, at.limits = committed[p], limits[p]
		return err
	})
	if err != nil {
		return at, err
	}
	w.last = Commit{Offset: at.committed.Offset, Next: at.committed.Next, Metadata: at.committed.Metadata}
	w.pending = Commit{Offset: noCommit} // it may be of a log that is gone
	switch off := at.committed.Offset; {
	case off == noCommit:
		at.start = at.limits.first
	case off > at.limits.end:
		if !w.reset { // else the fetcher has said so
			if err := w.truncated(off, at.limits); err != nil {
				return at, err
			}
		}
		at.committed = Committed{Offset: noCommit}
		at.start = at.limits.first
	case off < at.limits.first:
		w.lost(off, at.limits.first)
		at.start = at.limits.first
	default:
		at.start = off
	}
	at.committed.Reset, w.reset = w.reset, false
	return at, nil
}

// truncated decides what becomes of a group that is ahead of its log.
func (w *worker) truncated(next int64, b bounds) error {
	w.c.m.truncated(w.c.cfg.Group, w.tp.topic)
	w.log.Error("log was lost or made anew: the group is beyond its end",
		"committed", next, "first", b.first, "end", b.end, "policy", w.c.cfg.Truncated)
	if w.c.cfg.Truncated == TruncatedReset {
		w.reset = true
		return nil
	}
	return fmt.Errorf("offset %d, the log has %d to %d: %w", next, b.first, b.end, ErrTruncated)
}

// lost says that retention was faster than the group.
func (w *worker) lost(next, first int64) {
	w.c.m.lost(w.c.cfg.Group, w.tp.topic, first-next)
	w.log.Error("messages were removed by retention before they were read",
		"next", next, "first", first, "lost", first-next)
}

func (w *worker) assign(ctx context.Context, at Committed) (PartitionHandler, error) {
	b := newBackoff(w.c.cfg.RetryMin, w.c.cfg.RetryMax)
	for {
		ph, err := w.c.handler.Assign(ctx, w.tp.topic, w.tp.partition, at)
		if err == nil {
			return ph, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		w.log.Error("assign partition, trying again", "err", err)
		if !b.sleep(ctx) {
			return nil, ctx.Err()
		}
	}
}

func (w *worker) handleAll(ctx context.Context, q *queue, ph PartitionHandler) error {
	for {
		batch, bytes, err := w.take(ctx, q)
		if err != nil {
			return err
		}
		if batch == nil {
			if err := w.commit(ctx, ctx, w.pending); err != nil {
				return err
			}
			continue
		}
		// A batch that is being handled may finish after the partition is
		// taken away, so that it is committed and nobody does it again.
		hctx, cancel := afterGrace(ctx, w.grace)
		commit, err := w.handle(ctx, hctx, ph, batch)
		if err == nil {
			w.c.m.consumed(w.c.cfg.Group, w.tp.topic, len(batch), bytes)
			err = w.commit(ctx, hctx, commit)
		}
		cancel()
		if err != nil {
			return err
		}
	}
}

// take returns no batch where a commit is overdue and nothing else is to do.
func (w *worker) take(ctx context.Context, q *queue) ([]Message, int, error) {
	if w.pending.Offset < 0 {
		return q.take(ctx)
	}
	wait, cancel := context.WithTimeout(ctx, commitAgain)
	defer cancel()
	batch, bytes, err := q.take(wait)
	if err != nil && errors.Is(err, wait.Err()) && ctx.Err() == nil {
		return nil, 0, nil
	}
	return batch, bytes, err
}

// handle gives the batch again and again until it is accepted or ctx ends.
func (w *worker) handle(ctx, hctx context.Context, ph PartitionHandler, batch []Message) (Commit, error) {
	b := newBackoff(w.c.cfg.RetryMin, w.c.cfg.RetryMax)
	for attempt := 1; ; attempt++ {
		start := time.Now()
		commit, err := ph.Handle(hctx, batch)
		w.c.m.handleTook(w.c.cfg.Group, w.tp.topic, time.Since(start))
		if err == nil {
			if attempt > 1 {
				w.log.Info("batch accepted after all", "first", batch[0].Offset, "attempts", attempt)
			}
			return commit, nil
		}
		if ctx.Err() != nil {
			return Commit{}, ctx.Err()
		}
		w.c.m.handleRetried(w.c.cfg.Group, w.tp.topic)
		w.log.Error("handle batch, trying again", "first", batch[0].Offset,
			"last", batch[len(batch)-1].Offset, "messages", len(batch), "attempt", attempt, "err", err)
		if !b.sleep(ctx) {
			return Commit{}, ctx.Err()
		}
	}
}

// commit writes what the handler has said, if it is news. A broker that is away
// does not stop the handling: rows carry their offsets, a commit is a hint. But
// a member that was fenced must stop at once.
func (w *worker) commit(ctx, hctx context.Context, commit Commit) error {
	commit.Next = max(commit.Next, commit.Offset)
	if commit.Offset < 0 || commit == w.last {
		return nil
	}
	cctx, cancel := context.WithTimeoutCause(hctx, callPatience, errImpatient)
	defer cancel()
	err := w.c.client.persist(cctx, "commit offset", func(ctx context.Context) error {
		return w.c.client.commit(ctx, w.c.cfg.Group, w.owner, w.tp.topic,
			kafkago.OffsetCommit{Partition: w.tp.partition, Offset: commit.Offset, Metadata: writeNext(commit)})
	})
	group, topic := w.c.cfg.Group, w.tp.topic
	switch {
	case err == nil:
		w.c.m.committed(group, topic, "ok")
		w.last, w.pending = commit, Commit{Offset: noCommit}
		return nil
	case isFenced(err):
		w.c.m.committed(group, topic, "fenced")
		return w.fenced(err)
	case isPermanent(err):
		w.c.m.committed(group, topic, "failed")
		return err
	default:
		w.c.m.committed(group, topic, "failed")
		w.pending = commit
		if ctx.Err() == nil {
			w.log.Warn("commit offset, it is repeated later", "offset", commit.Offset, "err", err)
		}
		return nil
	}
}

func (w *worker) fenced(err error) error {
	if w.owner.member == "" {
		return fmt.Errorf("group has members of its own, static assignment needs it alone: %w", err)
	}
	return err
}

// afterGrace ends d later than ctx.
func afterGrace(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	hctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		pause(hctx, d)
		cancel()
	})
	return hctx, func() {
		stop()
		cancel()
	}
}
