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

// These run in simulated time, against a place in memory. The bubble's clock
// starts at 2000-01-01 00:00:00 UTC.

func inMemory(t *testing.T, cfg config.Collect) (*fetch.Client, *testkit.FakeSource) {
	t.Helper()
	place := testkit.NewFakeSourceInMemory()
	return newClient(t, fetch.Config{Collect: cfg, Transport: place}), place
}

func TestKeepsToTheRateOfAHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		cfg.Hosts = map[string]config.Host{"slow.example": {PerMinute: 6, Concurrent: 1}, "*": {PerMinute: 60, Concurrent: 2}}
		c, place := inMemory(t, cfg)
		place.Reply(testkit.FakeAnywhere, testkit.FakeOK("x"))
		var group sync.WaitGroup
		for range 10 {
			for _, host := range []string{"slow.example", "slow.example:8443", "other.example"} {
				group.Go(func() {
					if _, err := c.Get(t.Context(), "https://"+host+"/a"); err != nil {
						t.Error(err)
					}
				})
			}
		}
		start := time.Now()
		group.Wait()
		last := map[string]time.Duration{}
		for _, r := range place.Requests("/a") {
			last[r.Host] = r.At.Sub(start)
		}
		// Ten requests: one at once, nine every 10 s; two at once, eight every second.
		for host, want := range map[string]time.Duration{
			"slow.example": 90 * time.Second, "slow.example:8443": 90 * time.Second, "other.example": 8 * time.Second,
		} {
			if got := last[host].Round(time.Second); got != want {
				t.Errorf("tenth request to %s after %v, want %v", host, got, want)
			}
		}
	})
}

func TestKeepsToTheConcurrencyOfAHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		cfg.Hosts = map[string]config.Host{"*": {PerMinute: 1e6, Concurrent: 2}}
		c, place := inMemory(t, cfg)
		place.Reply(testkit.FakeAnywhere, testkit.FakeAnswer{Delay: time.Second})
		start := time.Now()
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if _, err := c.Get(t.Context(), "https://a.example/"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if took := time.Since(start).Round(time.Second); took != 3*time.Second {
			t.Errorf("six answers of one second, two at once, took %v", took)
		}
	})
}

func TestNoTurnBeforeTheEndFailsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		cfg.Hosts = map[string]config.Host{"*": {PerMinute: 1, Concurrent: 1}}
		c, place := inMemory(t, cfg)
		place.Reply(testkit.FakeAnywhere, testkit.FakeOK("x"))
		if _, err := c.Get(t.Context(), "https://a.example/"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Get(ctx, "https://a.example/")
		if err == nil || !strings.Contains(err.Error(), "wait for a turn at a.example (1 a minute, 1 at once)") {
			t.Errorf("got %v", err)
		}
		if time.Since(start) > 0 {
			t.Errorf("it took %v to see that there is no turn", time.Since(start))
		}
	})
}

func TestRetryAfterPausesTheHost(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]map[string]string{
		"seconds":          {"Retry-After": "120"},
		"date":             {"Retry-After": "Sat, 01 Jan 2000 00:02:00 GMT"},
		"date, odd clock":  {"Retry-After": "Fri, 31 Dec 1999 23:02:00 GMT", "Date": "Fri, 31 Dec 1999 23:00:00 GMT"},
		"reset, iso":       {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2000-01-01T00:02:00.000Z"},
		"reset, delta":     {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "120"},
		"both: the longer": {"Retry-After": "120", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, place := inMemory(t, settings())
				place.Reply("/a", testkit.FakeAnswer{Status: 429, Header: header}, testkit.FakeOK("x"))
				place.Reply("/b", testkit.FakeOK("x"))
				start := time.Now()
				var group sync.WaitGroup
				group.Go(func() {
					if _, err := c.Get(t.Context(), "https://a.example/a"); err != nil {
						t.Error(err)
					}
				})
				group.Go(func() { // another request to the same host waits too
					time.Sleep(time.Second)
					if _, err := c.Get(t.Context(), "https://a.example/b"); err != nil {
						t.Error(err)
					}
				})
				group.Go(func() { // another host does not
					time.Sleep(time.Second)
					if _, err := c.Get(t.Context(), "https://b.example/b"); err != nil {
						t.Error(err)
					}
				})
				group.Wait()
				for _, r := range place.Requests(testkit.FakeAnywhere)[1:] {
					after := r.At.Sub(start).Round(time.Second)
					if want := 120 * time.Second; r.Host == "a.example" && after != want {
						t.Errorf("asked %s%s after %v, want %v", r.Host, r.Path, after, want)
					}
					if r.Host == "b.example" && after != time.Second {
						t.Errorf("another host had to wait %v", after)
					}
				}
			})
		})
	}
}

func TestRemainingZeroOnAGoodAnswerPausesToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/a", testkit.FakeAnswer{Body: "x", Header: map[string]string{
			"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "946684860", // a minute after the start
		}})
		for range 2 {
			if _, err := c.Get(t.Context(), "https://a.example/a"); err != nil {
				t.Fatal(err)
			}
		}
		r := place.Requests("/a")
		if got := r[1].At.Sub(r[0].At); got != time.Minute {
			t.Errorf("second request after %v, want 1m", got)
		}
	})
}

func TestPauseLongerThanTheLookFailsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/a", testkit.FakeBusy("3600"))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := c.Get(ctx, "https://a.example/a"); fetch.Status(err) != 429 {
			t.Errorf("got %v, want the 429", err)
		}
		_, err := c.Get(ctx, "https://a.example/a")
		if p, ok := errors.AsType[*fetch.PauseError](err); !ok || p.Until.Sub(start) != time.Hour {
			t.Errorf("got %v, want a pause of an hour", err)
		}
		if n := len(place.Requests("/a")); n != 1 || time.Since(start) > 0 {
			t.Errorf("%d requests, %v", n, time.Since(start))
		}
	})
}

func TestBusyWithoutAWordGetsEverMoreRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/a", testkit.FakeStatus(429))
		if _, err := c.Get(t.Context(), "https://a.example/a"); fetch.Status(err) != 429 {
			t.Errorf("got %v", err)
		}
		r := place.Requests("/a")
		if len(r) != 3 {
			t.Fatalf("%d requests, want 3", len(r))
		}
		if a, b := r[1].At.Sub(r[0].At), r[2].At.Sub(r[1].At); a < 10*time.Second || b < 20*time.Second {
			t.Errorf("rests of %v and %v, want at least 10s and 20s", a, b)
		}
	})
}

func TestRestIsForgottenAfterAGoodAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		for range 4 {
			place.Reply("/a", testkit.FakeStatus(429), testkit.FakeOK("x"))
			start := time.Now()
			if _, err := c.Get(t.Context(), "https://a.example/a"); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < 10*time.Second || took > 11*time.Second {
				t.Errorf("one 429 made us rest for %v, want 10s", took)
			}
		}
	})
}

func TestTriesAgainOnlyWhatMayHelp(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{
		http.StatusBadRequest: 1, http.StatusUnauthorized: 1, http.StatusForbidden: 1, http.StatusNotFound: 1, http.StatusGone: 1,
		http.StatusNotImplemented: 1, http.StatusNoContent: 1, http.StatusPartialContent: 1,
		http.StatusRequestTimeout: 3, http.StatusTooEarly: 3, http.StatusTooManyRequests: 3,
		http.StatusInternalServerError: 3, http.StatusBadGateway: 3, http.StatusServiceUnavailable: 3, 520: 3,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, place := inMemory(t, settings())
				place.Reply("/a", testkit.FakeStatus(status))
				if _, err := c.Get(t.Context(), "https://a.example/a"); fetch.Status(err) != status {
					t.Errorf("got %v", err)
				}
				if got := len(place.Requests("/a")); got != want {
					t.Errorf("%d requests, want %d", got, want)
				}
			})
		})
	}
}

func TestSlowAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/a", testkit.FakeAnswer{Delay: time.Hour})
		start := time.Now()
		_, err := c.Get(t.Context(), "https://a.example/a")
		if err == nil || !strings.Contains(err.Error(), "no whole answer within 10s") {
			t.Errorf("got %v", err)
		}
		if n := len(place.Requests("/a")); n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
		if took := time.Since(start); took < 30*time.Second || took > 40*time.Second {
			t.Errorf("three tries of 10s took %v", took)
		}
	})
}

func TestBudgetOfTheLookEndsTheTries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, place := inMemory(t, settings())
		place.Reply("/a", testkit.FakeAnswer{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		_, err := c.Get(ctx, "https://a.example/a")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if n := len(place.Requests("/a")); n != 2 {
			t.Errorf("%d requests in 15s with 10s each, want 2", n)
		}
	})
}
