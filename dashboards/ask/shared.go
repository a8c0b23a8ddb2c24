package ask

import (
	"context"
	"sync"
	"time"
)

// mostKept is how many cells of answers are kept at once.
const mostKept = 4_000_000

// shared asks each question once for all who ask it at the same time, and for
// those who ask a moment later.
type shared struct {
	fresh time.Duration

	mu      sync.Mutex
	flights map[string]*flight
	cells   int
}

// flight is a question on its way, or answered.
type flight struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{} // closed when there is an answer
	frame   *Frame
	err     error
}

func newShared(fresh time.Duration) *shared {
	return &shared{fresh: fresh, flights: map[string]*flight{}}
}

func (s *shared) do(ctx context.Context, key string, ask func(context.Context) (*Frame, error)) (*Frame, error) {
	s.mu.Lock()
	f, ok := s.flights[key]
	if !ok {
		f = s.start(ctx, key, ask)
	}
	f.waiting++
	s.mu.Unlock()
	select {
	case <-f.done:
		s.leave(key, f)
		return f.frame, f.err
	case <-ctx.Done():
		s.leave(key, f)
		return nil, ctx.Err()
	}
}

// start asks for all who will wait; its context is not that of the first.
func (s *shared) start(ctx context.Context, key string, ask func(context.Context) (*Frame, error)) *flight {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{cancel: cancel, done: make(chan struct{})}
	s.flights[key] = f
	go func() {
		defer cancel()
		f.frame, f.err = ask(own)
		s.landed(key, f)
		close(f.done)
	}()
	return f
}

// landed keeps a good answer for a moment.
func (s *shared) landed(key string, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flights[key] != f {
		return // nobody waited any more, and others have asked anew
	}
	if f.err != nil || s.fresh <= 0 || s.cells+f.frame.cells() > mostKept {
		delete(s.flights, key)
		return
	}
	s.cells += f.frame.cells()
	time.AfterFunc(s.fresh, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cells -= f.frame.cells()
		if s.flights[key] == f {
			delete(s.flights, key)
		}
	})
}

// leave ends the question that nobody waits for.
func (s *shared) leave(key string, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	select {
	case <-f.done:
	default:
		f.cancel()
		if s.flights[key] == f {
			delete(s.flights, key)
		}
	}
}
