package store

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// fault is what the proxy does with an insert.
type fault int

const (
	pass     fault = iota
	cutReply       // the insert lands, and nobody says so
	cutBody        // half of the insert arrives
	refuse         // a server that is going down
	leave          // the client goes while the insert still runs
)

// proxy stands between the store and ClickHouse, and does to each insert what
// the test says.
type proxy struct {
	target string

	mu     sync.Mutex
	decide func(table string, n int) fault // n counts the inserts of the table
	count  map[string]int
}

// newProxy gives the DSN of a proxy in front of dsn.
func newProxy(t testing.TB, dsn string) (*proxy, string) {
	t.Helper()
	host, database, _ := strings.Cut(strings.TrimPrefix(dsn, "http://"), "/")
	p := &proxy{target: "http://" + host, count: map[string]int{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return p, server.URL + "/" + database
}

func (p *proxy) set(decide func(table string, n int) fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decide, p.count = decide, map[string]int{}
}

func (p *proxy) fault(query string) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest, found := strings.CutPrefix(query, "INSERT INTO ")
	if !found || p.decide == nil {
		return pass
	}
	table, _, _ := strings.Cut(rest, " ")
	p.count[table]++
	return p.decide(table, p.count[table])
}

// forget lets a request end without anybody waiting for it. It returns when the
// server has begun with it.
func (p *proxy) forget(req *http.Request) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}()
	running := "SELECT count() FROM system.processes WHERE Settings['log_comment'] = '" + req.URL.Query().Get("query_id") + "'"
	for {
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
		res, err := http.Post(p.target, "text/plain", strings.NewReader(running))
		if err != nil {
			return
		}
		said, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(said) != "0\n" {
			return
		}
	}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.fault(r.URL.Query().Get("query"))
	if f == refuse {
		http.Error(w, "Code: 210. DB::NetException: Connection refused (NETWORK_ERROR)", http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if f == cutBody {
		body = body[:len(body)/2]
	}
	ctx := r.Context()
	if f == leave {
		ctx = context.WithoutCancel(ctx)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, p.target+r.URL.String(), strings.NewReader(string(body)))
	if err != nil {
		panic(err) // a test's own mistake
	}
	req.Header = r.Header.Clone()
	if f == leave {
		p.forget(req)
		panic(http.ErrAbortHandler)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	if f == cutReply {
		_, _ = io.Copy(io.Discard, res.Body)
		panic(http.ErrAbortHandler) // closes the connection without a word
	}
	maps.Copy(w.Header(), res.Header)
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}
