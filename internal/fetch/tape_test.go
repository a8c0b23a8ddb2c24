package fetch_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestATapeAnswersAsThePlaceDid: bodies, a 304, a POST, and every error that a
// source may tell apart; without a request and without waiting.
func TestATapeAnswersAsThePlaceDid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		c, place := inMemory(t, cfg)
		place.Reply("/list", testkit.FakeAnswer{Body: "one", ETag: `"1"`})
		place.Reply("/twice", testkit.FakeOK("first"), testkit.FakeOK("second"))
		place.Reply("/rpc", testkit.FakeOK("done"))
		place.Reply("/gone", testkit.FakeAnswer{Status: 404, Body: "no such tag"})
		place.Reply("/huge", testkit.FakeAnswer{Body: "x", Fill: 2 << 20})
		place.Reply("/cut", testkit.FakeAnswer{Reset: true})
		place.Reply("/busy", testkit.FakeBusy("86400"))
		place.Reply("/captcha", testkit.FakeAnswer{Status: 503, Body: "<form>"})
		place.Reply("/robots.txt", testkit.FakeOK("User-agent: *\nDisallow: /secret\n"), testkit.FakeStatus(501))
		if _, err := c.Get(t.Context(), "https://a.example/list"); err != nil {
			t.Fatal(err)
		}
		asks := []fetch.Request{
			{URL: "https://a.example/list"},
			{URL: "https://a.example/twice"},
			{URL: "https://a.example/twice"},
			{URL: "https://a.example/rpc", Body: []byte("a")},
			{URL: "https://a.example/rpc", Body: []byte("b")},
			{URL: "https://a.example/gone"},
			{URL: "https://a.example/huge"},
			{URL: "https://b.example/cut"},
			{URL: "https://c.example/busy"},
			{URL: "https://c.example/busy?again"},
			{URL: "https://d.example/captcha", IsBlock: func(*fetch.Response) string { return "a captcha" }},
			{URL: "https://d.example/after"},
			{URL: "https://e.example/secret/page", Page: true},
			{URL: "https://f.example/page", Page: true},
		}
		type said struct {
			status, errStatus int
			body, err         string
			refused, paused   bool
			blocked, robots   bool
		}
		ask := func(ctx context.Context, r fetch.Request) said {
			resp, err := c.Do(ctx, r)
			var s said
			if err == nil {
				return said{status: resp.Status, body: string(resp.Body)}
			}
			s.err, s.errStatus = err.Error(), fetch.Status(err)
			if e, ok := errors.AsType[*fetch.StatusError](err); ok {
				s.body = string(e.Body)
			}
			refusal, refused := errors.AsType[*fetch.Refusal](err)
			if s.refused = refused; refused {
				s.body = string(refusal.Body)
			}
			_, s.paused = errors.AsType[*fetch.PauseError](err)
			_, s.blocked = errors.AsType[*fetch.Blocked](err)
			_, s.robots = errors.AsType[*fetch.RobotsError](err)
			return s
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		recording, recorder := fetch.WithRecorder(ctx)
		var then, now []said
		for _, r := range asks {
			then = append(then, ask(recording, r))
		}
		exchanges, whole := recorder.Exchanges()
		if !whole || len(exchanges) != len(asks) {
			t.Fatalf("%d exchanges, whole: %v", len(exchanges), whole)
		}
		encoded, err := json.Marshal(exchanges)
		if err != nil {
			t.Fatal(err)
		}
		var read []fetch.Exchange
		if err := json.Unmarshal(encoded, &read); err != nil {
			t.Fatal(err)
		}
		before, start := len(place.Requests(testkit.FakeAnywhere)), time.Now()
		tape := fetch.NewTape(read)
		for _, r := range asks {
			now = append(now, ask(fetch.WithTape(t.Context(), tape), r))
		}
		if diff := cmp.Diff(then, now, cmp.AllowUnexported(said{})); diff != "" {
			t.Errorf("(-then +now):\n%s", diff)
		}
		if then[0].status != 304 || then[0].body != "one" || !then[6].refused || !then[9].paused ||
			!then[10].blocked || !then[10].refused || !then[11].blocked || then[11].refused || !then[12].robots || !then[13].robots {
			t.Errorf("the trial is not what it should be: %+v", then)
		}
		if n := len(place.Requests(testkit.FakeAnywhere)); n != before || time.Since(start) != 0 {
			t.Errorf("%d requests, %v", n-before, time.Since(start))
		}
		// Each answer is there once, and what was not asked has none.
		for _, r := range []fetch.Request{asks[0], {URL: "https://a.example/rpc", Body: []byte("c")}} {
			if _, err := c.Do(fetch.WithTape(t.Context(), tape), r); !errors.Is(err, fetch.ErrNotOnTape) {
				t.Errorf("got %v", err)
			}
		}
		if want := []string{"GET https://a.example/list", "POST https://a.example/rpc"}; !cmp.Equal(want, tape.Missing()) {
			t.Errorf("missing are %v", tape.Missing())
		}
	})
}

// TestNoSecretOnATape: keys in headers, in the address, and repeated in an
// answer; and the masked address still finds its answer.
func TestNoSecretOnATape(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/a", testkit.FakeOK(`{"you sent":"s3cr3t-header and s3cr3t-bearer","n":5}`))
		place.Reply("/b", testkit.FakeAnswer{Status: 403, Body: "bad key s3cr3t-header"})
		recording, recorder := fetch.WithRecorder(t.Context())
		header := http.Header{"X-Goog-Api-Key": {"s3cr3t-header"}, "Authorization": {"Bearer s3cr3t-bearer"}}
		asks := []fetch.Request{
			{URL: "https://user:s3cr3t-user@a.example/a?q=x&key=s3cr3t-1&access_token=s3cr3t-2&API%5FKEY=s3cr3t-3&%zz=s3cr3t-4", Header: header, Body: []byte("s3cr3t-body")},
			{URL: "https://a.example/b", Header: header},
		}
		for _, r := range asks {
			_, _ = c.Do(recording, r)
		}
		exchanges, _ := recorder.Exchanges()
		encoded, err := json.Marshal(exchanges)
		if err != nil || len(exchanges) != 2 {
			t.Fatal(err, exchanges)
		}
		text := string(encoded)
		for _, e := range exchanges {
			text += string(e.Body)
		}
		if strings.Contains(text, "s3cr3t") {
			t.Errorf("a secret is on the tape: %s", text)
		}
		tape := fetch.NewTape(exchanges)
		resp, err := c.Do(fetch.WithTape(t.Context(), tape), asks[0])
		if err != nil || !strings.Contains(string(resp.Body), `"n":5`) {
			t.Errorf("got %v, %v", resp, err)
		}
	})
}

// TestTooMuchIsNotTaped: half a look is of no use.
func TestTooMuchIsNotTaped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		cfg.MaxBody = 2 * fetch.MaxTape
		c, place := inMemory(t, cfg)
		place.Reply("/small", testkit.FakeOK("x"))
		place.Reply("/big", testkit.FakeAnswer{Fill: fetch.MaxTape})
		recording, recorder := fetch.WithRecorder(t.Context())
		for _, path := range []string{"/small", "/big", "/small"} {
			if _, err := c.Get(recording, "https://a.example"+path); err != nil {
				t.Fatal(err)
			}
		}
		if all, whole := recorder.Exchanges(); whole || len(all) != 0 {
			t.Errorf("%d exchanges, whole: %v", len(all), whole)
		}
	})
}
