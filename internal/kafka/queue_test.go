package kafka

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func sized(offset int64, size int) Message {
	return Message{Offset: offset, Value: make([]byte, size)}
}

func wantBatch(t *testing.T, q *queue, first int64, n int) {
	t.Helper()
	batch, bytes, err := q.take(t.Context())
	if err != nil || len(batch) != n || batch[0].Offset != first {
		t.Fatalf("take() = %d messages, %v; want %d from %d", len(batch), err, n, first)
	}
	total := 0
	for _, m := range batch {
		total += len(m.Value)
	}
	if bytes != total {
		t.Errorf("take() says %d bytes, want %d", bytes, total)
	}
}

func TestQueueCutsBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(limits{bytes: 100, messages: 5, wait: time.Minute})
		go func() {
			for i := range int64(7) {
				_ = q.put(t.Context(), sized(i, 1))
			}
			_ = q.put(t.Context(), sized(7, 90))
			_ = q.put(t.Context(), sized(8, 20))
			_ = q.put(t.Context(), sized(9, 500)) // larger than a batch may be
			_ = q.put(t.Context(), sized(10, 1))
		}()
		start := time.Now()
		wantBatch(t, q, 0, 5) // by count
		wantBatch(t, q, 5, 3) // 5, 6, 7: by bytes
		wantBatch(t, q, 8, 1)
		wantBatch(t, q, 9, 1)
		if d := time.Since(start); d != 0 {
			t.Errorf("full batches waited %s", d)
		}
		wantBatch(t, q, 10, 1) // by age
		if d := time.Since(start); d != time.Minute {
			t.Errorf("a batch that is not full came after %s, want a minute", d)
		}
	})
}

func TestQueueHoldsFetchingBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(limits{bytes: 10, messages: 2, wait: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		put := 0
		done := make(chan error)
		go func() {
			for {
				if err := q.put(ctx, sized(int64(put), 1)); err != nil {
					done <- err
					return
				}
				put++
			}
		}()
		synctest.Wait()
		if put != 2 {
			t.Errorf("%d messages were taken in before anything was taken out, want 2", put)
		}
		wantBatch(t, q, 0, 2)
		synctest.Wait()
		if put != 4 {
			t.Errorf("%d messages were taken in after one batch, want 4", put)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("put() = %v", err)
		}
	})
}

func TestQueueGivesRestBeforeItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(limits{bytes: 100, messages: 10, wait: time.Hour})
		if err := q.put(t.Context(), sized(0, 1)); err != nil {
			t.Fatal(err)
		}
		q.end(ErrTruncated)
		wantBatch(t, q, 0, 1)
		if _, _, err := q.take(t.Context()); !errors.Is(err, ErrTruncated) {
			t.Errorf("take() = %v, want %v", err, ErrTruncated)
		}
	})
}

func TestQueueEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(limits{bytes: 100, messages: 10, wait: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := q.take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("take() = %v", err)
		}
	})
}

func TestBackoffGrowsToItsBound(t *testing.T) {
	t.Parallel()
	b := newBackoff(100*time.Millisecond, time.Second)
	for _, ms := range []int{100, 200, 400, 800, 1000, 1000} {
		limit := time.Duration(ms) * time.Millisecond
		if d := b.delay(); d < limit/2 || d > limit {
			t.Errorf("delay() = %s, want %s to %s", d, limit/2, limit)
		}
	}
}

func TestGraceOutlivesContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		hctx, end := afterGrace(ctx, 5*time.Second)
		defer end()
		cancel()
		start := time.Now()
		<-hctx.Done()
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("grace was %s, want 5s", d)
		}
	})
}
