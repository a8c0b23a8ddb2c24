package fetch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tidemark/tidemark/internal/config"
)

const (
	// maxPause bounds what a host can ask for: a mistaken header must not
	// silence a source until the next restart.
	maxPause = 24 * time.Hour
	// maxReset bounds X-RateLimit-Reset, whose windows are minutes.
	maxReset = time.Hour
	// maxStrikes bounds the pause after 429 without a Retry-After: 320 s.
	maxStrikes  = 6
	backoffBase = time.Second
	backoffCap  = 30 * time.Second
)

// hosts keeps the manners per host.
type hosts struct {
	cfg     map[string]config.Host
	metrics *metrics
	memory  Memory

	mu     sync.Mutex
	byName map[string]*host
}

// host is one place that is asked.
type host struct {
	name    string
	manners config.Host
	limiter *rate.Limiter
	slots   chan struct{}
	metrics *metrics
	memory  Memory

	mu      sync.Mutex
	until   time.Time // not to be asked before
	strikes int       // 429 in a row that did not say for how long
	door    door
	heard   string // what was remembered when we last looked
}

func newHosts(cfg map[string]config.Host, memory Memory, m *metrics) *hosts {
	if memory == nil {
		memory = newBrief()
	}
	return &hosts{cfg: cfg, metrics: m, memory: memory, byName: make(map[string]*host)}
}

// get finds the host by its name with port (host:8080), then by its name, then
// falls back to "*".
func (hs *hosts) get(name string) *host {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if h := hs.byName[name]; h != nil {
		return h
	}
	manners, ok := hs.cfg[name]
	if !ok {
		manners, ok = hs.cfg[(&url.URL{Host: name}).Hostname()]
	}
	if !ok {
		manners = hs.cfg["*"]
	}
	if manners.PerMinute <= 0 {
		manners.PerMinute = 30
	}
	manners.Concurrent = max(manners.Concurrent, 1)
	h := &host{
		name: name, manners: manners, metrics: hs.metrics, memory: hs.memory,
		limiter: rate.NewLimiter(rate.Limit(manners.PerMinute/60), manners.Concurrent),
		slots:   make(chan struct{}, manners.Concurrent),
	}
	h.recall()
	hs.byName[name] = h
	return h
}

// acquire waits for a turn and returns what gives it back. It fails at once
// where ctx ends before the turn could come.
func (h *host) acquire(ctx context.Context) (func(), error) {
	start := time.Now()
	defer func() { h.metrics.waited(h.name, time.Since(start)) }()
	if err := h.sitOut(ctx); err != nil {
		return nil, err
	}
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, h.noTurn(ctx.Err())
	}
	release := func() { <-h.slots }
	// The pause may have come while we stood in the queue.
	if err := h.sitOut(ctx); err != nil {
		release()
		return nil, err
	}
	if err := h.limiter.Wait(ctx); err != nil {
		release()
		return nil, h.noTurn(err)
	}
	if err := h.isShut(); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func (h *host) noTurn(err error) error {
	return &turnError{fmt.Errorf("wait for a turn at %s (%g a minute, %d at once): %w",
		h.name, h.manners.PerMinute, h.manners.Concurrent, err)}
}

// sitOut waits until the host may be asked again; for a host that shut its
// door nobody waits.
func (h *host) sitOut(ctx context.Context) error {
	for {
		h.listen()
		if err := h.isShut(); err != nil {
			return err
		}
		left := h.pauseLeft()
		if left <= 0 {
			return nil
		}
		if !sleep(ctx, left) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &PauseError{Host: h.name, Until: time.Now().Add(left)}
		}
	}
}

// listen hears what another process was told meanwhile.
func (h *host) listen() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recall()
}

func (h *host) pauseLeft() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until)
}

// observe reads from an answer how long the host wants to be left alone.
func (h *host) observe(res *http.Response) {
	now := time.Now()
	pause := rateLimitPause(res.Header, now)
	h.mu.Lock()
	defer h.mu.Unlock()
	if res.StatusCode >= 400 {
		pause = max(pause, retryAfter(res.Header, now))
	}
	before := h.strikes
	switch {
	case res.StatusCode != http.StatusTooManyRequests:
		h.strikes = 0
	case pause == 0:
		h.strikes = min(h.strikes+1, maxStrikes)
		pause = 5 * time.Second << h.strikes
	}
	until := now.Add(pause)
	longer := pause > 0 && until.After(h.until)
	if longer {
		h.until = until
	}
	if longer || h.strikes != before {
		h.remember()
	}
}

// retryAfter reads Retry-After, which is a number of seconds or a date. A date
// is taken against the answer's own Date: our clock may be wrong.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if s, err := strconv.ParseInt(value, 10, 64); err == nil {
		return clamp(seconds(s), maxPause)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return clamp(at.Sub(now), maxPause)
}

// rateLimitPause reads X-RateLimit-Remaining and -Reset. Reset is an ISO time
// (Mastodon), Unix seconds, or seconds from now.
func rateLimitPause(header http.Header, now time.Time) time.Duration {
	remaining, err := strconv.ParseFloat(strings.TrimSpace(header.Get("X-Ratelimit-Remaining")), 64)
	if err != nil || remaining >= 1 {
		return 0
	}
	value := strings.TrimSpace(header.Get("X-Ratelimit-Reset"))
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return clamp(at.Sub(now), maxReset)
	}
	s, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		return 0
	case s > 100_000_000: // three years is no window
		return clamp(time.Unix(min(s, 1<<40), 0).Sub(now), maxReset)
	default:
		return clamp(seconds(s), maxReset)
	}
}

func seconds(s int64) time.Duration {
	return time.Duration(min(max(s, 0), int64(maxPause/time.Second))) * time.Second
}

func clamp(d, most time.Duration) time.Duration { return min(max(d, 0), most) }

// backoff is exponential with full jitter: many clients that failed together
// do not come back together.
func backoff(try int) time.Duration {
	return rand.N(min(backoffCap, backoffBase<<try)) + time.Millisecond
}

// sleep waits, and reports false at once where ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
