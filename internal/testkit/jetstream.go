package testkit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// FakeJetstream is one host of Bluesky's Jetstream: a real websocket server
// with the wires v1 (/subscribe) and v2 (subscribeEvents), dictionaries,
// cursors as the places keep them, and faults.
type FakeJetstream struct {
	// URL is http://host:port; the websocket is at ws:// of the same.
	URL string
	// Plan with its defaults.
	Plan FirehosePlan

	mu         sync.Mutex
	faults     JetstreamFaults
	dictionary []byte // of v2
	dictID     uint32
	asked      []string
	sent       atomic.Int64
}

// JetstreamFaults are what can be wrong with a host. The zero value is none.
type JetstreamFaults struct {
	// Down hangs up before any answer.
	Down bool
	// Status is answered instead of the upgrade.
	Status int
	// Only is v1 or v2 where the host knows one wire; empty: both.
	Only string
	// Silent takes the connection and says nothing.
	Silent bool
	// Deaf is Silent, and answers no ping either.
	Deaf bool
	// CutAfter breaks each connection in the middle of a frame, after so many.
	CutAfter int
	// TooSlow ends each connection with ConsumerTooSlow after so many frames (v2).
	TooSlow int
	// Duplicate sends every so-manieth event twice.
	Duplicate int
	// Reorder shuffles the events within groups of so many.
	Reorder int
	// Garbage puts a frame that is no event before every so-manieth event.
	Garbage int
	// NoDictionary answers a page where a dictionary was asked for.
	NoDictionary bool
	// TooOld refuses every cursor, a time too (v2).
	TooOld bool
	// FailAfter ends each connection with InternalError after so many frames (v2).
	FailAfter int
	// GarbageAfter sends nothing but garbage after so many frames.
	GarbageAfter int
	// Huge puts a frame of so many bytes after the hundredth, unless the client
	// said that it takes no such frames.
	Huge int
	// Delay comes before every frame.
	Delay time.Duration
}

// NewFakeJetstream starts a host on loopback that stops with the test.
func NewFakeJetstream(t testing.TB, plan FirehosePlan) *FakeJetstream {
	t.Helper()
	f := NewFakeJetstreamInMemory(plan)
	server := httptest.NewUnstartedServer(f)
	server.Config.ConnContext = withConn
	server.Listener = &bundlingListener{server.Listener}
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	f.URL = server.URL
	return f
}

// NewFakeJetstreamInMemory makes a host without a socket, for simulated time:
// give it to JetstreamNet.
func NewFakeJetstreamInMemory(plan FirehosePlan) *FakeJetstream {
	f := &FakeJetstream{Plan: plan.filled(), dictID: firstDictionary}
	f.dictionary = makeDictionary(f.Plan, f.dictID)
	return f
}

// Set makes the host behave so from now on; open connections are not touched.
func (f *FakeJetstream) Set(faults JetstreamFaults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = faults
}

// RetireDictionary gives the host a new dictionary; it no longer knows the old.
func (f *FakeJetstream) RetireDictionary() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dictID++
	f.dictionary = makeDictionary(f.Plan, f.dictID)
}

// LegacyDictionary is the dictionary of the v1 wire, as a file would hold it.
func (f *FakeJetstream) LegacyDictionary() []byte { return makeDictionary(f.Plan, legacyDictionary) }

// Asked are the paths and queries of all requests, in their order.
func (f *FakeJetstream) Asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// Sent is how many frames have left, all connections together.
func (f *FakeJetstream) Sent() int64 { return f.sent.Load() }

// Counts tells how often each tag was mentioned in each minute of event time.
func (f *FakeJetstream) Counts() map[FirehoseMinute]int { return f.Plan.Counts() }

func (f *FakeJetstream) state() (JetstreamFaults, []byte, uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults, f.dictionary, f.dictID
}

// ServeHTTP answers as the place does before the upgrade.
func (f *FakeJetstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.URL.RequestURI())
	f.mu.Unlock()
	faults, dictionary, id := f.state()
	switch {
	case faults.Down:
		reset(w)
	case faults.Status != 0:
		http.Error(w, http.StatusText(faults.Status), faults.Status)
	case faults.TooOld && r.URL.Query().Has("cursor"):
		refuse(w, "CursorTooOld", "it is too old, whatever it is")
	case r.URL.Path == "/subscribe" && faults.Only != "v2":
		f.serveV1(w, r, faults)
	case r.URL.Path == "/xrpc/network.bsky.jetstream.subscribeEvents" && faults.Only != "v1":
		f.serveV2(w, r, faults, dictionary, id)
	case r.URL.Path == "/xrpc/network.bsky.jetstream.getZstdDictionary" && faults.Only != "v1":
		if asked := r.URL.Query().Get("id"); asked != "" && asked != strconv.Itoa(int(id)) {
			refuse(w, "UnknownZstdDictionary", fmt.Sprintf("unknown dictionary, current is %d", id))
			return
		}
		if faults.NoDictionary {
			_, _ = w.Write([]byte("<html>welcome</html>")) // the client may have left
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(dictionary) // the client may have left
	default:
		http.NotFound(w, r)
	}
}

// refuse answers as XRPC does.
func refuse(w http.ResponseWriter, name, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprintf(w, `{"error":%q,"message":%q}`, name, message) // the client may have left
}

// serveV2 reads the parameters of v2: names of v1 are refused.
func (f *FakeJetstream) serveV2(w http.ResponseWriter, r *http.Request, faults JetstreamFaults, dictionary []byte, id uint32) {
	s := &jetstreamSession{fake: f, faults: faults, from: f.Plan.tip(time.Now())}
	for name, values := range r.URL.Query() {
		n, err := strconv.ParseInt(values[0], 10, 64)
		switch name {
		case "kinds":
		case "maxMessageSizeBytes":
			s.most = int(n)
		case "collections":
			if values[0] != "app.bsky.feed.post" {
				refuse(w, "InvalidRequest", "this host has posts only")
				return
			}
		case "zstdDictionary":
			if err != nil || n != int64(id) {
				refuse(w, "UnknownZstdDictionary", fmt.Sprintf("unknown dictionary, current is %d", id))
				return
			}
			s.encoder = newEncoder(dictionary)
		case "cursor":
			if err != nil || n < 0 {
				refuse(w, "InvalidRequest", "cursor is no number")
				return
			}
			if !s.seekV2(n) {
				refuse(w, "CursorTooOld", fmt.Sprintf("floor is %d", f.Plan.FirstSeq+int64(f.Plan.Floor)))
				return
			}
		default:
			refuse(w, "InvalidRequest", "unknown parameter "+name)
			return
		}
	}
	s.v2 = true
	s.serve(w, r)
}

// serveV1 reads the parameters of v1. A cursor below the floor is clamped
// silently, one in the future is the live tail.
func (f *FakeJetstream) serveV1(w http.ResponseWriter, r *http.Request, faults JetstreamFaults) {
	q := r.URL.Query()
	s := &jetstreamSession{fake: f, faults: faults, from: f.Plan.tip(time.Now())}
	if q.Get("compress") == "true" {
		if strings.Contains(r.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
			refuse(w, "InvalidRequest", "zstd or deflate, not both")
			return
		}
		s.encoder = newEncoder(f.LegacyDictionary())
	}
	s.most, _ = strconv.Atoi(q.Get("maxMessageSizeBytes")) // 0: any
	if q.Has("cursor") {
		us, err := strconv.ParseInt(q.Get("cursor"), 10, 64)
		if err != nil {
			http.Error(w, "invalid cursor", http.StatusBadRequest)
			return
		}
		s.from = min(max(f.Plan.indexAt(time.UnixMicro(us)), f.Plan.Floor), s.from)
	}
	s.serve(w, r)
}
