package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// settings are fast, so that only what a test is about can slow it down.
func settings() config.Collect {
	return config.Collect{
		Contact: "https://example.org/tidemark",
		Timeout: config.Duration(10 * time.Second),
		MaxBody: 1 << 20,
		Hosts:   map[string]config.Host{"*": {PerMinute: 1e6, Concurrent: 4}},
	}
}

func newClient(t *testing.T, cfg fetch.Config) *fetch.Client {
	t.Helper()
	c, err := fetch.New(cfg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// These run over real sockets.

func TestSaysWhoAsks(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/a", testkit.FakeOK("hello"))
	c := newClient(t, fetch.Config{Collect: settings(), Version: "1.2.3"})
	ctx, trace := fetch.WithTrace(t.Context())
	resp, err := c.Get(ctx, place.URL+"/a")
	if err != nil {
		t.Fatal(err)
	}
	if string(resp.Body) != "hello" || resp.Status != 200 || trace.Status() != 200 || trace.Bytes() != 5 {
		t.Errorf("got %q, status %d, trace %d, %d bytes", resp.Body, resp.Status, trace.Status(), trace.Bytes())
	}
	if got := place.Requests("/a")[0].Header.Get("User-Agent"); got != "tidemark/1.2.3 (+https://example.org/tidemark)" {
		t.Errorf("User-Agent is %q", got)
	}
}

func TestAsksConditionally(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/tag", testkit.FakeAnswer{Body: "counts", ETag: `W/"1"`})
	place.Reply("/file", testkit.FakeAnswer{Body: "text", Header: map[string]string{"Last-Modified": "Mon, 13 Jan 2025 00:00:00 GMT"}})
	place.Reply("/plain", testkit.FakeOK("x"))
	c := newClient(t, fetch.Config{Collect: settings()})
	for _, path := range []string{"/tag", "/file", "/plain", "/tag", "/file", "/plain"} {
		if _, err := c.Get(t.Context(), place.URL+path); err != nil {
			t.Fatal(err)
		}
	}
	ctx, trace := fetch.WithTrace(t.Context())
	resp, err := c.Get(ctx, place.URL+"/tag")
	if err != nil || resp.Status != 304 || string(resp.Body) != "counts" {
		t.Errorf("got %+v, %v; want the body of the last time", resp, err)
	}
	if trace.Status() != 304 || trace.Bytes() != 0 {
		t.Errorf("trace says %d, %d bytes; want 304 and none", trace.Status(), trace.Bytes())
	}
	if got := place.Requests("/tag")[1].Header.Get("If-None-Match"); got != `W/"1"` {
		t.Errorf("If-None-Match is %q", got)
	}
	if got := place.Requests("/file")[1].Header.Get("If-Modified-Since"); got != "Mon, 13 Jan 2025 00:00:00 GMT" {
		t.Errorf("If-Modified-Since is %q", got)
	}
	if h := place.Requests("/plain")[1].Header; h.Get("If-None-Match")+h.Get("If-Modified-Since") != "" {
		t.Error("asked conditionally for what has no mark")
	}
	// A new answer replaces the old one, with its mark.
	place.Reply("/tag", testkit.FakeAnswer{Body: "new counts", ETag: `W/"2"`})
	for range 2 {
		if resp, err = c.Get(t.Context(), place.URL+"/tag"); err != nil || string(resp.Body) != "new counts" {
			t.Errorf("got %q, %v", resp.Body, err)
		}
	}
}

func TestPostsWithHeadersThatStayAtTheirHost(t *testing.T) {
	t.Parallel()
	other := testkit.NewFakeSource(t)
	other.Reply("/there", testkit.FakeOK("moved"))
	place := testkit.NewFakeSource(t)
	place.Reply("/rpc", testkit.FakeAnswer{Body: "done", ETag: `"1"`})
	place.Reply("/away", testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": other.URL + "/there"}})
	c := newClient(t, fetch.Config{Collect: settings()})
	key := http.Header{"X-Goog-Api-Key": {"secret"}, "User-Agent": {"a browser"}}
	for range 2 {
		resp, err := c.Do(t.Context(), fetch.Request{URL: place.URL + "/rpc", Header: key, Body: []byte("f.req=1")})
		if err != nil || string(resp.Body) != "done" {
			t.Fatalf("got %+v, %v", resp, err)
		}
	}
	r := place.Requests("/rpc")[1]
	if r.Method != http.MethodPost || r.Header.Get("X-Goog-Api-Key") != "secret" || r.Header.Get("User-Agent") != "a browser" {
		t.Errorf("asked by %s with %v", r.Method, r.Header)
	}
	if r.Header.Get("If-None-Match") != "" {
		t.Error("a POST was asked conditionally")
	}
	if _, err := c.Do(t.Context(), fetch.Request{URL: place.URL + "/away", Header: key}); err != nil {
		t.Fatal(err)
	}
	if h := other.Requests("/there")[0].Header; h.Get("X-Goog-Api-Key") != "" {
		t.Error("a key was handed on to another host")
	}
}

func TestNotModifiedWithoutAnythingKeptIsAnError(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/a", testkit.FakeStatus(http.StatusNotModified))
	c := newClient(t, fetch.Config{Collect: settings()})
	if _, err := c.Get(t.Context(), place.URL+"/a"); fetch.Status(err) != 304 {
		t.Errorf("got %v", err)
	}
}

func TestEnormousAnswerIsRefusedNotRead(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/big", testkit.FakeAnswer{Fill: 8 << 20})
	place.Reply("/edge", testkit.FakeAnswer{Fill: 1 << 20})
	c := newClient(t, fetch.Config{Collect: settings()})
	_, err := c.Get(t.Context(), place.URL+"/big")
	refusal, ok := errors.AsType[*fetch.Refusal](err)
	if !ok || !strings.Contains(err.Error(), "larger than 1048576 bytes") || len(refusal.Body) != 1<<20 {
		t.Errorf("got %v", err)
	}
	if n := len(place.Requests("/big")); n != 1 {
		t.Errorf("asked %d times for what is too large, want once", n)
	}
	if resp, err := c.Get(t.Context(), place.URL+"/edge"); err != nil || len(resp.Body) != 1<<20 {
		t.Errorf("an answer of exactly the cap: %v", err)
	}
}

func TestCompressedBombIsCapped(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(make([]byte, 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	place := testkit.NewFakeSource(t)
	place.Reply("/bomb", testkit.FakeAnswer{Body: packed.String(), Header: map[string]string{"Content-Encoding": "gzip"}})
	c := newClient(t, fetch.Config{Collect: settings()})
	_, err := c.Get(t.Context(), place.URL+"/bomb")
	if _, ok := errors.AsType[*fetch.Refusal](err); !ok {
		t.Errorf("got %v", err)
	}
}

func TestBrokenAnswersAreTriedAgain(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]testkit.FakeAnswer{
		"reset":     {Reset: true},
		"truncated": {Body: `{"a": [1, 2, 3]}`, Truncated: true},
		"500":       testkit.FakeStatus(500),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := testkit.NewFakeSource(t)
			place.Reply("/a", broken, testkit.FakeOK("whole"))
			reg := prometheus.NewRegistry()
			c, err := fetch.New(fetch.Config{Collect: settings()}, reg, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := c.Get(t.Context(), place.URL+"/a")
			if err != nil || string(resp.Body) != "whole" {
				t.Fatalf("got %v", err)
			}
			if n, err := testutil.GatherAndCount(reg, "tidemark_collect_fetch_retries_total"); n != 1 || err != nil {
				t.Errorf("retries are not counted: %d, %v", n, err)
			}
		})
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/reset", testkit.FakeAnswer{Reset: true})
	place.Reply("/denied", testkit.FakeStatus(403))
	place.Reply("/loop", testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": "/loop?key=hunter2"}})
	place.Reply("/away", testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": "ftp://user:hunter2@example.org/?key=hunter2"}})
	c := newClient(t, fetch.Config{Collect: settings()})
	host := strings.TrimPrefix(place.URL, "http://")
	for _, address := range []string{
		place.URL + "/reset?key=hunter2", place.URL + "/denied?key=hunter2", place.URL + "/loop?key=hunter2",
		place.URL + "/away?key=hunter2", "http://user:hunter2@" + host + "/denied", "ftp://hunter2", "http://hunter2\x7f", "/hunter2",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := c.Get(ctx, address)
		cancel()
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Get(%q) = %v", address, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	to := func(location string) testkit.FakeAnswer {
		return testkit.FakeAnswer{Status: http.StatusFound, Header: map[string]string{"Location": location}}
	}
	place, other := testkit.NewFakeSource(t), testkit.NewFakeSource(t)
	other.Reply("/end", testkit.FakeOK("there"))
	place.Reply("/near", to("/middle"))
	place.Reply("/middle", to(other.URL+"/end"))
	place.Reply("/loop", to("/loop"))
	place.Reply("/file", to("file:///etc/passwd"))
	place.Reply("/nowhere", testkit.FakeStatus(http.StatusFound))
	c := newClient(t, fetch.Config{Collect: settings()})
	if resp, err := c.Get(t.Context(), place.URL+"/near"); err != nil || string(resp.Body) != "there" {
		t.Errorf("got %v", err)
	}
	for path, want := range map[string]string{
		"/loop": "more than 5 redirects", "/file": `scheme "file" is not http or https`, "/nowhere": "answered 302",
	} {
		if _, err := c.Get(t.Context(), place.URL+path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if n := len(place.Requests("/loop")); n != 6 {
		t.Errorf("%d requests in a loop of redirects, want 6", n)
	}
}

func TestContact(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{"https://example.org", "http://example.org/about?x=1", "ops@example.org", "mailto:ops@example.org"} {
		if err := fetch.CheckContact(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "me", "https://", "a b@example.org", "https://example.org/(x)", "https://example.org/\r\nX: y", "ftp://example.org", "Ops <ops@example.org>"} {
		cfg := settings()
		cfg.Contact = bad
		if _, err := fetch.New(fetch.Config{Collect: cfg}, nil, nil); err == nil || !strings.Contains(err.Error(), "collect.contact") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	if err := fetch.CheckContact(""); !errors.Is(err, fetch.ErrNoContact) {
		t.Errorf("got %v", err)
	}
}

func TestMetricsAreNamedWell(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	c, err := fetch.New(fetch.Config{Collect: settings()}, reg, nil)
	if err != nil {
		t.Fatal(err)
	}
	place := testkit.NewFakeSource(t)
	place.Reply("/a", testkit.FakeStatus(500), testkit.FakeOK("x"))
	if _, err := c.Get(t.Context(), place.URL+"/a"); err != nil {
		t.Fatal(err)
	}
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	if n, err := testutil.GatherAndCount(reg); n < 5 || err != nil {
		t.Errorf("%d series, %v", n, err)
	}
}

// Allow sees every request that goes out, tries again included, and its error
// ends the asking before the next one does.
func TestAllowIsAskedBeforeEachRequest(t *testing.T) {
	t.Parallel()
	place := testkit.NewFakeSource(t)
	place.Reply("/a", testkit.FakeStatus(503))
	c := newClient(t, fetch.Config{Collect: settings()})
	asked := 0
	_, err := c.Do(t.Context(), fetch.Request{URL: place.URL + "/a?key=hunter2", Allow: func() error {
		if asked++; asked > 2 {
			return errors.New("enough for today")
		}
		return nil
	}})
	if err == nil || !strings.HasSuffix(err.Error(), ": enough for today") || asked != 3 || len(place.Requests("/a")) != 2 {
		t.Errorf("asked %d times, %d requests, %v", asked, len(place.Requests("/a")), err)
	}
}
