package kafka

import (
	"context"
	"sync"
	"time"
)

// limits say when a batch is complete.
type limits struct {
	bytes, messages int
	wait            time.Duration
}

// queue stands between fetching and handling of one partition. It holds the
// batch that is being filled while the one before is being handled; when it is
// full, fetching waits.
type queue struct {
	lim limits

	mu    sync.Mutex
	msgs  []Message
	bytes int
	first time.Time // when msgs[0] came
	full  bool
	err   error // the end of the stream, given out after the last message

	changed chan struct{} // something for take to look at
	space   chan struct{} // msgs was taken
}

func newQueue(lim limits) *queue {
	return &queue{lim: lim, changed: make(chan struct{}, 1), space: make(chan struct{}, 1)}
}

// put waits while the batch is full. Only one goroutine may put.
func (q *queue) put(ctx context.Context, m Message) error {
	size := len(m.Key) + len(m.Value)
	for !q.add(m, size) {
		select {
		case <-q.space:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (q *queue) add(m Message, size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.msgs) > 0 && (q.bytes+size > q.lim.bytes || len(q.msgs) >= q.lim.messages) {
		q.full = true
		signal(q.changed)
		return false
	}
	q.msgs = append(q.msgs, m)
	q.bytes += size
	if len(q.msgs) == 1 {
		q.first = time.Now()
		signal(q.changed)
	}
	if q.bytes >= q.lim.bytes || len(q.msgs) >= q.lim.messages {
		q.full = true
		signal(q.changed)
	}
	return true
}

// end says that nothing more will come, and why.
func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
	signal(q.changed)
}

// take returns the next batch when it is full or old enough, or the error of
// end once everything before it is taken. Only one goroutine may take.
func (q *queue) take(ctx context.Context) ([]Message, int, error) {
	for {
		msgs, bytes, wait, err := q.look()
		if msgs != nil || err != nil {
			return msgs, bytes, err
		}
		if err := q.waitFor(ctx, wait); err != nil {
			return nil, 0, err
		}
	}
}

// look returns a batch if there is one, or how long to wait for its age; a
// negative wait is until something changes.
func (q *queue) look() (msgs []Message, bytes int, wait time.Duration, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.msgs) == 0 {
		return nil, 0, -1, q.err
	}
	if wait = q.lim.wait - time.Since(q.first); wait > 0 && !q.full && q.err == nil {
		return nil, 0, wait, nil
	}
	msgs, bytes = q.msgs, q.bytes
	q.msgs = make([]Message, 0, min(len(msgs), q.lim.messages))
	q.bytes, q.full = 0, false
	signal(q.space)
	return msgs, bytes, 0, nil
}

func (q *queue) waitFor(ctx context.Context, wait time.Duration) error {
	var due <-chan time.Time
	if wait >= 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-q.changed:
	case <-due:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
