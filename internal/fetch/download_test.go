package fetch_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// A large answer goes to disk whole, also where a try before broke off in the
// middle and where the place sends us elsewhere.
func TestDownloadIsWhole(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	body := strings.Repeat("0123456789", 300_000)
	place.Reply("/a", testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": "/b"}})
	place.Reply("/b", testkit.FakeAnswer{Body: "x" + body, Truncated: true}, testkit.FakeOK(body))
	cfg := settings()
	cfg.MaxBody = 1000 // is for what is held in memory
	c := newClient(t, fetch.Config{Collect: cfg})
	ctx, trace := fetch.WithTrace(t.Context())
	f, err := c.Download(ctx, place.URL+"/a", 1<<22)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || string(got) != body || f.Size != int64(len(body)) {
		t.Errorf("%d bytes of %d, %v", len(got), len(body), err)
	}
	sum := md5.Sum([]byte(body))
	if f.MD5 != hex.EncodeToString(sum[:]) {
		t.Errorf("md5 is %s", f.MD5)
	}
	if trace.Status() != 200 || trace.Bytes() < int64(len(body)) {
		t.Errorf("trace has %d, %d bytes", trace.Status(), trace.Bytes())
	}
	if ua := place.Requests("/b")[0].Header.Get("User-Agent"); !strings.HasPrefix(ua, "tidemark/") {
		t.Errorf("asked by %q", ua)
	}
}

func TestDownloadIsCapped(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/a", testkit.FakeAnswer{Body: "PK", Fill: 4 << 20})
	_, err := newClient(t, fetch.Config{Collect: settings()}).Download(t.Context(), place.URL+"/a", 1<<20)
	refusal, ok := errors.AsType[*fetch.Refusal](err)
	if !ok || refusal.Reason != "answer is larger than 1048576 bytes" || !bytes.HasPrefix(refusal.Body, []byte("PK ")) || len(refusal.Body) != 64<<10 {
		t.Errorf("got %.200v", err)
	}
	if n := len(place.Requests("/a")); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func TestDownloadHasAllManners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/busy", testkit.FakeBusy("120"), testkit.FakeOK("x"))
		place.Reply("/gone", testkit.FakeStatus(404))
		place.Reply("/down", testkit.FakeStatus(503))
		place.Reply("/slow", testkit.FakeAnswer{Delay: time.Hour, Body: "x"})
		start := time.Now()
		f, err := c.Download(t.Context(), "https://example.org/busy", 10)
		if err != nil || time.Since(start) < 2*time.Minute {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
		f.Close()
		for path, tries := range map[string]int{"/gone": 1, "/down": 3, "/slow": 3} {
			_, err := c.Download(t.Context(), "https://example.org"+path+"?key=s3cret", 10)
			if n := len(place.Requests(path)); err == nil || strings.Contains(err.Error(), "s3cret") || n != tries {
				t.Errorf("%s: %d tries, %v", path, n, err)
			}
		}
		if _, err := c.Download(t.Context(), "file:///etc/passwd", 10); err == nil {
			t.Error("a file was downloaded")
		}
	})
}

// dribble sends a byte now and then, and at last nothing more.
type dribble struct {
	every time.Duration
	left  int
	hang  bool
	ctx   interface{ Done() <-chan struct{} }
}

func (d *dribble) Read(b []byte) (int, error) {
	wait := time.NewTimer(d.every)
	defer wait.Stop()
	if d.left == 0 {
		if !d.hang {
			return 0, io.EOF
		}
		<-d.ctx.Done()
		return 0, errors.New("gone")
	}
	select {
	case <-wait.C:
		d.left--
		b[0] = 'x'
		return 1, nil
	case <-d.ctx.Done():
		return 0, errors.New("gone")
	}
}

type dribbling struct{ hang bool }

func (p dribbling) RoundTrip(r *http.Request) (*http.Response, error) {
	body := &dribble{every: 8 * time.Second, left: 20, hang: p.hang, ctx: r.Context()}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body), Request: r}, nil
}

// A large answer may take long (here 160 s, of a time-out of 10 s), as long as
// something comes.
func TestDownloadMayTakeLongButNotStall(t *testing.T) {
	t.Parallel()
	for _, hang := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, fetch.Config{Collect: settings(), Transport: dribbling{hang}})
			f, err := c.Download(t.Context(), "https://example.org/a", 100)
			switch {
			case !hang && (err != nil || f.Size != 20):
				t.Errorf("a slow download: %v", err)
			case hang && (err == nil || !strings.Contains(err.Error(), "no whole answer within 10s")):
				t.Errorf("a stalled download: %v", err)
			}
			if f != nil {
				f.Close()
			}
		})
	}
}

// A large file is on no tape: a look that had one is not kept, and is not read
// again as if the file had been empty.
func TestDownloadIsOnNoTape(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/a", testkit.FakeOK("x"))
	c := newClient(t, fetch.Config{Collect: settings()})
	ctx, recorder := fetch.WithRecorder(t.Context())
	f, err := c.Download(ctx, place.URL+"/a", 10)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if exchanges, whole := recorder.Exchanges(); whole || len(exchanges) > 0 {
		t.Errorf("%d exchanges were kept, whole: %v", len(exchanges), whole)
	}
	tape := fetch.NewTape([]fetch.Exchange{{Method: "GET", URL: place.URL + "/a", Status: 200}})
	if _, err := c.Download(fetch.WithTape(t.Context(), tape), place.URL+"/a", 10); !errors.Is(err, fetch.ErrNotOnTape) || len(tape.Missing()) != 1 {
		t.Errorf("got %v, missing %v", err, tape.Missing())
	}
}
