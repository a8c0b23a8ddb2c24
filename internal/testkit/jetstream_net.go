package testkit

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// connKey is where a request finds the connection that it came by.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// bundlingListener has connections that can bundle what is written.
type bundlingListener struct{ net.Listener }

// Accept implements net.Listener.
func (l *bundlingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &bundlingConn{Conn: c}, nil
}

// bundleBytes is what leaves at once.
const bundleBytes = 32 << 10

// bundlingConn keeps what is written until it is a bundle or is flushed, once
// bundling is on: a packet per post would be most of the work.
type bundlingConn struct {
	net.Conn

	mu       sync.Mutex
	bundling bool
	kept     []byte
}

// Write implements net.Conn.
func (c *bundlingConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.bundling {
		return c.Conn.Write(b)
	}
	c.kept = append(c.kept, b...)
	if len(c.kept) < bundleBytes {
		return len(b), nil
	}
	return len(b), c.flush()
}

func (c *bundlingConn) flush() error {
	if len(c.kept) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.kept)
	c.kept = c.kept[:0]
	return err
}

// bundle switches bundling, and sends what was kept.
func bundle(c net.Conn, on bool) {
	b, ok := c.(*bundlingConn)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bundling = on
	_ = b.flush() // the next write tells
}

// tcpOf is the connection beneath, to break it rudely.
func tcpOf(c net.Conn) *net.TCPConn {
	if b, ok := c.(*bundlingConn); ok {
		c = b.Conn
	}
	tcp, _ := c.(*net.TCPConn)
	return tcp
}

// JetstreamNet is a transport that reaches each host by its name, and no other.
func JetstreamNet(hosts map[string]*FakeJetstream) (rt *http.Transport, end func()) {
	listeners := make(map[string]*pipeListener)
	var servers []*http.Server
	for name, f := range hosts {
		f.URL = "http://" + name
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: f, ConnContext: withConn, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(l) }() // ends with its listener
		listeners[name], servers = l, append(servers, server)
	}
	rt = &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		name, _, _ := strings.Cut(address, ":")
		l := listeners[name]
		if l == nil {
			return nil, fmt.Errorf("no such host: %s", name)
		}
		return l.dial(ctx)
	}}
	return rt, func() {
		for _, server := range servers {
			_ = server.Close() // nothing is lost
		}
		rt.CloseIdleConnections()
	}
}

// pipeListener is a network in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next dial.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is a name only.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
