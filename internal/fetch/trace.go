package fetch

import (
	"context"
	"sync"
)

// Trace is what one look cost, over all requests of it. The Runner reads it,
// so that no source has to count.
type Trace struct {
	mu     sync.Mutex
	status int
	bytes  int64
}

type traceKey struct{}

// WithTrace returns a context whose requests are written into the Trace.
func WithTrace(ctx context.Context) (context.Context, *Trace) {
	t := &Trace{}
	return context.WithValue(ctx, traceKey{}, t), t
}

func traceFrom(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

func (t *Trace) add(status, n int) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status = status
	t.bytes += int64(n)
}

// Status is the status of the last answer; 0 where none came.
func (t *Trace) Status() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// Bytes is the size of all answers, decompressed.
func (t *Trace) Bytes() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}
