package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

const robotsPath = "/robots.txt"

func page(path string) fetch.Request {
	return fetch.Request{URL: "https://a.example" + path, Page: true}
}

// Pages are read where robots.txt lets us, which is asked once a day, by our
// own name, whatever the pages are asked with.
func TestRobotsAreReadOnceADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply(testkit.FakeAnywhere, testkit.FakeOK("x"))
		place.Reply(robotsPath, testkit.FakeOK("User-agent: *\nDisallow: /no\nAllow: /no/but\nDisallow: /*?secret=\n\nUser-agent: other\nDisallow: /\n"))
		ask := func(path string) error {
			r := page(path)
			r.Header = http.Header{"User-Agent": {"Mozilla/5.0"}}
			_, err := c.Do(t.Context(), r)
			return err
		}
		for range 48 {
			var group sync.WaitGroup
			for path, want := range map[string]bool{"/yes": true, "/no": false, "/no/but/yes?a=b": true, "/yes?secret=1": false} {
				group.Go(func() {
					err := ask(path)
					if refused, ok := errors.AsType[*fetch.RobotsError](err); (err == nil) != want || ok == want {
						t.Errorf("%s: %v, %v", path, err, refused)
					}
				})
			}
			group.Wait()
			time.Sleep(time.Hour)
		}
		asked := place.Requests(robotsPath)
		if len(asked) != 2 || asked[1].At.Sub(asked[0].At) < 24*time.Hour {
			t.Errorf("robots.txt was asked for %d times in two days, want 2: %v", len(asked), asked)
		}
		if got := asked[0].Header.Get("User-Agent"); !strings.HasPrefix(got, "tidemark/") {
			t.Errorf("robots.txt was asked for by %q", got)
		}
		if n := len(place.Requests("/no")); n > 0 {
			t.Errorf("a page that is not allowed was read %d times", n)
		}
		want := "get https://a.example/no: robots.txt of a.example does not let tidemark read /no; collect.hosts.a.example.ignore_robots: true would read it all the same"
		if err := ask("/no?key=s3cret"); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// What there is instead of rules decides: RFC 9309.
func TestRobotsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer testkit.FakeAnswer
		want   string // "": may be read
		asks   int    // for robots.txt in six hours of a look each half an hour
	}{
		"no file":        {testkit.FakeStatus(404), "", 1},
		"forbidden":      {testkit.FakeStatus(403), "", 1},
		"empty":          {testkit.FakeOK(""), "", 1},
		"a page":         {testkit.FakeOK("<html><body>hello</body></html>"), "", 1},
		"down":           {testkit.FakeStatus(503), "could not be read, so its pages are left alone until 2000-01-01T01:0", 18},
		"no connection":  {testkit.FakeAnswer{Reset: true}, "connection reset by peer", 18},
		"enormous":       {testkit.FakeAnswer{Fill: 2 << 20}, "answer is larger than", 6},
		"lead elsewhere": {testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": "https://b.example/r"}}, "", 1},
		"named":          {testkit.FakeOK("User-agent: *\nAllow: /\n\nUser-agent: Tidemark\nDisallow: /\n"), "does not let tidemark read /a", 1},
		"others named":   {testkit.FakeOK("User-agent: GPTBot\nDisallow: /\n"), "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := settings()
				cfg.MaxBody = 1 << 20
				client, place := inMemory(t, cfg)
				place.Reply("/a", testkit.FakeOK("x"))
				place.Reply(robotsPath, c.answer)
				for range 12 {
					_, err := client.Do(t.Context(), page("/a"))
					if c.want == "" && err != nil {
						t.Fatal(err)
					}
					if c.want != "" && time.Now().Before(time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC)) && (err == nil || !strings.Contains(err.Error(), c.want)) {
						t.Errorf("got %v, want %s", err, c.want)
					}
					if _, refused := errors.AsType[*fetch.Refusal](err); refused {
						t.Error("robots.txt is no answer to a look")
					}
					time.Sleep(30 * time.Minute)
				}
				if n := len(place.Requests(robotsPath)); n != c.asks {
					t.Errorf("robots.txt was asked for %d times, want %d", n, c.asks)
				}
				if n := len(place.Requests("/a")); (n > 0) != (c.want == "") {
					t.Errorf("the page was read %d times", n)
				}
			})
		})
	}
}

// A look that has no time says nothing about robots.txt.
func TestRobotsAreNotJudgedByALookWithoutTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/a", testkit.FakeOK("x"))
		place.Reply(robotsPath, testkit.FakeAnswer{Delay: 10 * time.Second, Body: "User-agent: *\nAllow: /\n"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Do(ctx, page("/a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if _, err := c.Do(t.Context(), page("/a")); err != nil {
			t.Error(err)
		}
	})
}

func TestAnOperatorMayIgnoreRobots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		cfg.Hosts = map[string]config.Host{"a.example": {PerMinute: 600, Concurrent: 1, IgnoreRobots: true}, "*": {PerMinute: 600, Concurrent: 1}}
		c, place := inMemory(t, cfg)
		place.Reply("/a", testkit.FakeOK("x"))
		place.Reply(robotsPath, testkit.FakeOK("User-agent: *\nDisallow: /\n"))
		if _, err := c.Do(t.Context(), page("/a")); err != nil {
			t.Error(err)
		}
		if n := len(place.Requests(robotsPath)); n > 0 {
			t.Errorf("robots.txt was asked for %d times although nobody keeps to it", n)
		}
		if _, err := c.Do(t.Context(), fetch.Request{URL: "https://b.example/a", Page: true}); err == nil {
			t.Error("what was decided for one host holds for another")
		}
		// An address that was made for programs asks nobody.
		if _, err := c.Get(t.Context(), "https://b.example/a"); err != nil {
			t.Error(err)
		}
	})
}

// A page does not lead us to another host, and to no other page that we may
// not read.
func TestPagesDoNotLeadElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply(robotsPath, testkit.FakeOK("User-agent: *\nDisallow: /no\n"))
		for path, to := range map[string]string{"/out": "https://consent.example/a", "/in": "/no"} {
			place.Reply(path, testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": to}})
		}
		if _, err := c.Do(t.Context(), page("/out")); err == nil || !strings.Contains(err.Error(), "to another host, consent.example") {
			t.Errorf("got %v", err)
		}
		if _, err := c.Do(t.Context(), page("/in")); err == nil || !strings.Contains(err.Error(), "does not let tidemark read /no") {
			t.Errorf("got %v", err)
		}
		for _, r := range place.Requests(testkit.FakeAnywhere) {
			if r.Host != "a.example" || r.Path == "/no" {
				t.Errorf("asked %s%s", r.Host, r.Path)
			}
		}
	})
}

// A host that shuts its door is left alone by everyone, at once and for hours,
// longer each time; other hosts are not.
func TestABlockedHostIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		// One at once: with more, two looks may both be on the way to the door.
		cfg.Hosts = map[string]config.Host{"*": {PerMinute: 1e6, Concurrent: 1}}
		c, place := inMemory(t, cfg)
		place.Reply(testkit.FakeAnywhere, testkit.FakeOK("x"))
		captcha := testkit.FakeAnswer{Status: 503, Body: "<title>captcha</title>"}
		place.Reply("/a", captcha)
		isBlock := func(r *fetch.Response) string {
			if strings.Contains(string(r.Body), "captcha") {
				return "a captcha"
			}
			return ""
		}
		ask := func() error {
			_, err := c.Do(t.Context(), fetch.Request{URL: "https://a.example/a?key=s3cret", IsBlock: isBlock})
			return err
		}
		start := time.Now()
		for range 4 * 24 * 2 { // four days, half-hourly, two looks at once
			var group sync.WaitGroup
			for range 2 {
				group.Go(func() {
					blocked, ok := errors.AsType[*fetch.Blocked](ask())
					if !ok || !blocked.Until.After(time.Now()) {
						t.Errorf("after %v: %v", time.Since(start), blocked)
					}
				})
			}
			group.Wait()
			time.Sleep(30 * time.Minute)
		}
		var at []time.Duration
		for _, r := range place.Requests("/a") {
			at = append(at, r.At.Sub(start).Round(30*time.Minute)/time.Hour)
		}
		// 6 h, 12 h, 24 h and no longer. No second try, and the second look at
		// once stood behind the first.
		want := []time.Duration{0, 6, 18, 42, 66, 90}
		if len(at) != len(want) {
			t.Fatalf("asked after %d hours, want %d", at, want)
		}
		for i := range want {
			if at[i] != want[i] {
				t.Errorf("asked after %d hours, want %d", at, want)
			}
		}
		err := ask()
		if err == nil || err.Error() != "get https://a.example/a: a.example blocks us (a captcha): it is left alone until 2000-01-05T18:00:00Z" {
			t.Errorf("got %v", err)
		}
		if _, refused := errors.AsType[*fetch.Refusal](err); refused {
			t.Error("who was not even let through has an answer to show")
		}
		if _, err := c.Get(t.Context(), "https://b.example/a"); err == nil || strings.Contains(err.Error(), "blocks us") {
			t.Errorf("the door of one host is another's: %v", err)
		}
		// The first to come afterwards sees what it was; a day of peace later
		// the next block is a short one again.
		time.Sleep(18*time.Hour + time.Minute)
		if refusal, ok := errors.AsType[*fetch.Refusal](ask()); !ok || string(refusal.Body) != captcha.Body {
			t.Errorf("got %v", refusal)
		}
		place.Reply("/a", testkit.FakeOK("x"), captcha)
		time.Sleep(24*time.Hour + time.Minute)
		if err := ask(); err != nil {
			t.Error(err)
		}
		time.Sleep(25 * time.Hour)
		if blocked, ok := errors.AsType[*fetch.Blocked](ask()); !ok || time.Until(blocked.Until) != 6*time.Hour {
			t.Errorf("got %v", blocked)
		}
	})
}
