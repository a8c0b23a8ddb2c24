package kafka

import (
	"context"
	"net"
	"sync"

	kafkago "github.com/segmentio/kafka-go"
)

// gate stands between the writer and the transport. While it is open, the
// writer takes every error that can pass for a passing one, so that it keeps a
// batch and its place in the order until the broker has it. When it is closed,
// the writer gives up at once instead of holding up the end of the process.
type gate struct {
	next   kafkago.RoundTripper
	once   sync.Once
	closed chan struct{}
}

func newGate(next kafkago.RoundTripper) *gate {
	return &gate{next: next, closed: make(chan struct{})}
}

func (g *gate) close() { g.once.Do(func() { close(g.closed) }) }

// RoundTrip implements kafkago.RoundTripper.
func (g *gate) RoundTrip(ctx context.Context, addr net.Addr, req kafkago.Request) (kafkago.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-g.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	res, err := g.next.RoundTrip(ctx, addr, req)
	if err == nil {
		return res, nil
	}
	select {
	case <-g.closed:
		return nil, ErrClosed
	default:
	}
	if isPermanent(err) {
		return nil, err
	}
	return nil, passing{err}
}

// passing is an error that the writer tries again after.
type passing struct{ error }

// Temporary is what kafka-go asks for.
func (passing) Temporary() bool { return true }

// Unwrap gives the cause.
func (p passing) Unwrap() error { return p.error }
