package testkit

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// FakeSource is a public place that answers as it is told, well or badly, and
// counts who asked. It can be asked over loopback (URL) or, where time is
// simulated, in memory (it is an http.RoundTripper).
type FakeSource struct {
	// URL of the place on loopback; empty where it is in memory only.
	URL string

	mu       sync.Mutex
	answers  map[string][]FakeAnswer
	requests []FakeRequest
}

// FakeRequest is one request that came.
type FakeRequest struct {
	Method string
	Host   string
	Path   string // escaped, as it came
	Query  url.Values
	Header http.Header
	At     time.Time
	Body   []byte
}

// FakeAnswer is one way to answer.
type FakeAnswer struct {
	Status int // 0 means 200
	Body   string
	Header map[string]string
	// ETag is sent along; who knows it gets 304 and no body.
	ETag string
	// Fill appends that many blanks to the body.
	Fill int
	// Delay comes before the answer.
	Delay time.Duration
	// Truncated breaks the connection in the middle of the body.
	Truncated bool
	// Reset breaks the connection before the answer.
	Reset bool
}

// FakeAnywhere is the path of the answer to all other paths.
const FakeAnywhere = "*"

// NewFakeSource starts a place on loopback that stops with the test. Where
// nothing is told it answers 404.
func NewFakeSource(t testing.TB) *FakeSource {
	t.Helper()
	f := NewFakeSourceInMemory()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

// NewFakeSourceInMemory makes a place without a socket, for simulated time.
func NewFakeSourceInMemory() *FakeSource {
	return &FakeSource{answers: make(map[string][]FakeAnswer)}
}

// Reply tells what is answered at a path (escaped, without query): one answer
// after the other, the last one for ever. It replaces what was told before.
func (f *FakeSource) Reply(path string, answers ...FakeAnswer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = slices.Clone(answers)
}

// Requests returns what was asked at a path, or anywhere.
func (f *FakeSource) Requests(path string) []FakeRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []FakeRequest
	for _, r := range f.requests {
		if path == FakeAnywhere || r.Path == path {
			found = append(found, r)
		}
	}
	return found
}

// FakeOK answers with a body.
func FakeOK(body string) FakeAnswer { return FakeAnswer{Body: body} }

// FakeStatus answers with a status and a line of text.
func FakeStatus(status int) FakeAnswer {
	return FakeAnswer{Status: status, Body: http.StatusText(status) + "\n"}
}

// FakeBusy answers 429 with Retry-After, in seconds or as a date.
func FakeBusy(retryAfter string) FakeAnswer {
	a := FakeStatus(http.StatusTooManyRequests)
	a.Header = map[string]string{"Retry-After": retryAfter}
	return a
}

func (f *FakeSource) next(r *http.Request) FakeAnswer {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := r.URL.EscapedPath()
	host := r.URL.Host
	if host == "" {
		host = r.Host
	}
	body, _ := io.ReadAll(r.Body) // what came is what is kept
	f.requests = append(f.requests, FakeRequest{
		Method: r.Method, Body: body,
		Host: host, Path: path, Query: r.URL.Query(), Header: r.Header.Clone(), At: time.Now(),
	})
	key := path
	if len(f.answers[key]) == 0 {
		key = FakeAnywhere
	}
	list := f.answers[key]
	switch len(list) {
	case 0:
		return FakeStatus(http.StatusNotFound)
	case 1:
		return list[0]
	default:
		f.answers[key] = list[1:]
		return list[0]
	}
}

// prepare turns an answer into status, header and body, for both ways out.
func (a FakeAnswer) prepare(r *http.Request) (status int, header http.Header, body string) {
	header = http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
	for k, v := range a.Header {
		header.Set(k, v)
	}
	if a.ETag != "" {
		header.Set("ETag", a.ETag)
		if r.Header.Get("If-None-Match") == a.ETag {
			return http.StatusNotModified, header, ""
		}
	}
	status = a.Status
	if status == 0 {
		status = http.StatusOK
	}
	return status, header, a.Body + strings.Repeat(" ", a.Fill)
}

// ServeHTTP answers over a socket.
func (f *FakeSource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := f.next(r)
	if !pause(r, a.Delay) {
		return
	}
	if a.Reset {
		reset(w)
		return
	}
	status, header, body := a.prepare(r)
	maps.Copy(w.Header(), header)
	if a.Truncated {
		// Less comes than was said, so the server breaks the connection.
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // the client may have left
}

func reset(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	if tcp := tcpOf(conn); tcp != nil {
		_ = tcp.SetLinger(0) // without it the client sees a polite end
	}
	_ = conn.Close() // nobody listens
}

// RoundTrip answers in memory.
func (f *FakeSource) RoundTrip(r *http.Request) (*http.Response, error) {
	a := f.next(r)
	if !pause(r, a.Delay) {
		return nil, r.Context().Err()
	}
	if a.Reset {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	status, header, body := a.prepare(r)
	var reader io.Reader = strings.NewReader(body)
	if a.Truncated {
		reader = io.MultiReader(bytes.NewReader([]byte(body)[:len(body)/2]), brokenReader{})
	}
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(reader), ContentLength: -1, Request: r,
	}, nil
}

type brokenReader struct{}

// Read breaks off.
func (brokenReader) Read([]byte) (int, error) {
	return 0, io.ErrUnexpectedEOF
}

func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
