package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

func TestCacheStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	c := newCache(1000)
	mark := http.Header{"Etag": {"1"}}
	for i := range 100 {
		c.put("u"+strconv.Itoa(i), mark, make([]byte, 100))
		c.get("u0")
		if c.size > 1000 || c.size < 0 || len(c.byURL) != c.order.Len() {
			t.Fatalf("cache holds %d bytes, %d of %d entries", c.size, len(c.byURL), c.order.Len())
		}
	}
	if c.get("u0") == nil || c.get("u99") == nil || c.get("u50") != nil {
		t.Error("cache does not keep what was used last")
	}
	c.put("u0", mark, make([]byte, 900))
	if c.get("u0") != nil {
		t.Error("cache holds on to an old answer")
	}
}

func TestPausesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "30": 30 * time.Second, " 30 ": 30 * time.Second, "soon": 0,
		"99999999999999": maxPause, "9223372036854775807": maxPause,
		"Mon, 13 Jan 2025 00:00:30 GMT": 30 * time.Second,
		"Sun, 12 Jan 2025 00:00:00 GMT": 0,
		"Mon, 13 Jan 2125 00:00:00 GMT": maxPause,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q is %v, want %v", value, got, want)
		}
	}
	for reset, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-1": 0, "60": time.Minute, "1736726460": time.Minute, "2025-01-13T00:01:00.5Z": time.Minute + time.Second/2,
		"2025-01-12T00:00:00Z": 0, "2125-01-12T00:00:00Z": maxReset, "9223372036854775807": maxReset,
	} {
		h := http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {reset}}
		if got := rateLimitPause(h, now); got != want {
			t.Errorf("reset %q is %v, want %v", reset, got, want)
		}
	}
	if got := rateLimitPause(http.Header{"X-Ratelimit-Remaining": {"299"}, "X-Ratelimit-Reset": {"60"}}, now); got != 0 {
		t.Errorf("pause of %v with 299 requests left", got)
	}
}

func TestAnotherWayOnlyWhereNobodySentUsAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&StatusError{Status: http.StatusServiceUnavailable}, true},
		{&StatusError{Status: http.StatusForbidden}, true},
		{Refuse(nil, errors.New("no entries")), true},
		{&StatusError{Status: http.StatusTooManyRequests}, false},
		{&PauseError{Host: "a.example"}, false},
		{&Blocked{Host: "a.example"}, false},
	} {
		if got := AnotherWay(t.Context(), fmt.Errorf("look: %w", c.err)); got != c.want {
			t.Errorf("after %v: %t", c.err, got)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if AnotherWay(over, &StatusError{Status: http.StatusServiceUnavailable}) {
		t.Error("the look is over, and asks again")
	}
}

func TestRedirectsStayOutOfThePrivateNetwork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"https://example.org/a", "https://www.example.org/b", true},
		{"http://example.org/a", "https://example.org/a", true},
		{"https://example.org/a", "//cdn.example.org/b", true},
		{"https://example.org/a", "http://example.org/a", false},
		{"https://example.org/a", "https://127.0.0.1:8123/?query=x", false},
		{"https://example.org/a", "https://[::1]/", false},
		{"https://example.org/a", "https://[::ffff:10.0.0.1]/", false},
		{"https://example.org/a", "https://169.254.169.254/latest", false},
		{"https://example.org/a", "https://LOCALHOST./", false},
		{"https://example.org/a", "https://0.0.0.0/", false},
		{"http://127.0.0.1:1/a", "http://127.0.0.1:2/b", true},
		{"https://example.org/a", "gopher://example.org/", false},
		{"https://example.org/a", "https:///nohost", false},
		{"https://example.org/a", "https://exa mple.org/", false},
	} {
		from, err := url.Parse(c.from)
		if err != nil {
			t.Fatal(err)
		}
		_, err = redirectTarget(from, &Response{Status: 302, Header: http.Header{"Location": {c.to}}})
		if (err == nil) != c.ok {
			t.Errorf("from %s to %s: %v", c.from, c.to, err)
		}
	}
}

func TestBackoffGrowsAndStaysBounded(t *testing.T) {
	t.Parallel()
	for try, most := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 10: backoffCap, 30: backoffCap} {
		for range 200 {
			if d := backoff(try); d <= 0 || d > most+time.Millisecond {
				t.Fatalf("try %d waits %v, at most %v", try, d, most)
			}
		}
	}
}
