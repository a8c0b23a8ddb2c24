package testkit_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/klauspost/compress/zstd"

	"github.com/tidemark/tidemark/internal/testkit"
)

const (
	pathV1 = "/subscribe?wantedCollections=app.bsky.feed.post"
	pathV2 = "/xrpc/network.bsky.jetstream.subscribeEvents?kinds=commit&collections=app.bsky.feed.post"
)

// subscribe reads n frames, each as it is after decompression.
func subscribe(t *testing.T, client *http.Client, url string, dict []byte, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client}) //nolint:bodyclose // the connection has it
	if err != nil {
		if resp == nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		return []string{resp.Status + " " + string(body)}
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if dict != nil {
		dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderDicts(dict))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	var frames []string
	for range n {
		kind, b, err := conn.Read(ctx)
		if err != nil {
			return append(frames, "broken")
		}
		if kind == websocket.MessageBinary {
			if b, err = dec.DecodeAll(b, nil); err != nil {
				t.Fatal(err)
			}
		}
		frames = append(frames, string(b))
	}
	return frames
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type frameV2 struct {
	Payload struct {
		Seq  int64     `json:"seq"`
		Time time.Time `json:"time"`
		RKey string    `json:"rkey"`
	} `json:"payload"`
	Error string `json:"error"`
}

func decodeV2(t *testing.T, text string) frameV2 {
	t.Helper()
	var f frameV2
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return f
}

// The fake keeps cursors as the places do, and all ways tell the same posts.
func TestFakeJetstreamKeepsCursors(t *testing.T) {
	t.Parallel()
	plan := testkit.FirehosePlan{Events: 5000, PerSecond: 100, Floor: 1000}
	f := testkit.NewFakeJetstream(t, plan)
	dict := get(t, f.URL+"/xrpc/network.bsky.jetstream.getZstdDictionary")
	id := "&zstdDictionary=20000001"
	from := func(cursor string) frameV2 {
		return decodeV2(t, subscribe(t, nil, f.URL+pathV2+id+"&cursor="+cursor, dict, 1)[0])
	}
	if got := from("2500").Payload.Seq; got != 2500 {
		t.Errorf("cursor 2500 begins with %d", got)
	}
	if got := from("1788264020000000"); got.Payload.Seq != 1000+2000 {
		t.Errorf("twenty seconds after the start come %d, %v", got.Payload.Seq, got.Payload.Time)
	}
	if got := subscribe(t, nil, f.URL+pathV2+"&cursor=1999", nil, 1)[0]; !strings.Contains(got, "400 Bad Request") || !strings.Contains(got, "CursorTooOld") {
		t.Errorf("a sequence number below the floor gets %s", got)
	}
	if got := subscribe(t, nil, f.URL+pathV2+"&cursor=1788264000000000", nil, 2); !strings.Contains(got[0], "OutdatedCursor") || decodeV2(t, got[1]).Payload.Seq != 2000 {
		t.Errorf("a time below the floor gets %s", got)
	}
	if got := subscribe(t, nil, f.URL+pathV2+"&zstdDictionary=7", nil, 1)[0]; !strings.Contains(got, "current is 20000001") {
		t.Errorf("an unknown dictionary gets %s", got)
	}
	if got := subscribe(t, nil, f.URL+pathV2+"&wantedCollections=x", nil, 1)[0]; !strings.Contains(got, "400") {
		t.Errorf("a name of v1 gets %s", got)
	}
	v1 := subscribe(t, nil, f.URL+pathV1+"&compress=true&cursor=1788264020000000", f.LegacyDictionary(), 1)[0]
	if want := from("3000").Payload; !strings.Contains(v1, want.RKey) {
		t.Errorf("v1 says %s, v2 %+v", v1, want)
	}
}

func TestFakeJetstreamTellsThePlan(t *testing.T) {
	t.Parallel()
	plan := testkit.FirehosePlan{Events: 3000, PerSecond: 20, Disorder: 2 * time.Second}
	f := testkit.NewFakeJetstream(t, plan)
	frames := strings.Join(subscribe(t, nil, f.URL+pathV2+"&cursor=1000", nil, plan.Events), "\n")
	total, posts := 0, map[string]bool{}
	for m := range plan.Mentions() {
		total++
		posts[m.DID+m.RKey] = true
		if !strings.Contains(frames, m.RKey) {
			t.Fatalf("%+v was not sent", m)
		}
	}
	sum := 0
	for _, n := range f.Counts() {
		sum += n
	}
	if sum != total || total < 1500 || len(posts) >= total {
		t.Errorf("%d mentions, %d by minute, of %d posts", total, sum, len(posts))
	}
	if f.Sent() < int64(plan.Events)-1 {
		t.Errorf("%d frames sent", f.Sent())
	}
}

// In memory the fake obeys simulated time.
func TestFakeJetstreamIsLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := testkit.NewFakeJetstreamInMemory(testkit.FirehosePlan{Start: time.Now(), Events: 1000, PerSecond: 10, Live: true})
		rt, end := testkit.JetstreamNet(map[string]*testkit.FakeJetstream{"one.example": f})
		defer end()
		start := time.Now()
		frames := subscribe(t, &http.Client{Transport: rt}, f.URL+pathV2, nil, 100)
		if took := time.Since(start).Round(time.Second); len(frames) != 100 || took != 10*time.Second {
			t.Errorf("%d frames in %s", len(frames), took)
		}
		f.Set(testkit.JetstreamFaults{CutAfter: 3})
		if got := subscribe(t, &http.Client{Transport: rt}, f.URL+pathV2, nil, 100); len(got) != 4 || got[3] != "broken" {
			t.Errorf("got %q", got)
		}
		f.Set(testkit.JetstreamFaults{TooSlow: 3})
		if got := subscribe(t, &http.Client{Transport: rt}, f.URL+pathV2, nil, 4); decodeV2(t, got[3]).Error != "ConsumerTooSlow" {
			t.Errorf("got %q", got)
		}
		if len(f.Asked()) != 3 {
			t.Errorf("asked %q", f.Asked())
		}
	})
}

// It is fast enough for a firehose of 20,000 posts a second: what it does for
// one post, compressed, is timed here.
func BenchmarkFakeJetstream(b *testing.B) {
	f := testkit.NewFakeJetstreamInMemory(testkit.FirehosePlan{Events: b.N + 1})
	server := httptest.NewServer(f)
	defer server.Close()
	conn, _, err := websocket.Dial(b.Context(), server.URL+pathV2+"&cursor=1000&zstdDictionary=20000001", nil) //nolint:bodyclose // the connection has it
	if err != nil {
		b.Fatal(err)
	}
	defer conn.CloseNow()
	b.ResetTimer()
	for range b.N {
		_, r, err := conn.Reader(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
