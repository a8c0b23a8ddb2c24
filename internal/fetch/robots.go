package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// robotsAgent is our name in robots.txt, whatever the User-Agent of a
	// request says.
	robotsAgent = "tidemark"
	// robotsFresh is how long rules hold; RFC 9309 allows a day.
	robotsFresh = 24 * time.Hour
	// robotsAgain is when rules that could not be read are asked for again.
	robotsAgain = time.Hour
)

// RobotsError says that a host's robots.txt keeps us from reading a page.
type RobotsError struct {
	Host string
	Path string
	// Cause is why there are no rules to go by; nil where they say no.
	Cause error
	// Until is when the rules are asked for again.
	Until time.Time
}

// Error says what the rules say, and how an operator can decide otherwise.
func (e *RobotsError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("robots.txt of %s could not be read, so its pages are left alone until %s: %v",
			e.Host, e.Until.UTC().Format(time.RFC3339), e.Cause)
	}
	return fmt.Sprintf("robots.txt of %s does not let %s read %s; collect.hosts.%s.ignore_robots: true would read it all the same",
		e.Host, robotsAgent, e.Path, e.Host)
}

// robots keeps the rules of each place.
type robots struct {
	mu       sync.Mutex
	byOrigin map[string]*rules
}

// rules are those of one scheme and host.
type rules struct {
	turn  chan struct{} // one reads them, the others wait
	list  robotsRules
	cause error // why there is no list
	until time.Time
}

func newRobots() *robots { return &robots{byOrigin: make(map[string]*rules)} }

func (r *robots) get(origin string) *rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byOrigin[origin] == nil {
		r.byOrigin[origin] = &rules{turn: make(chan struct{}, 1)}
	}
	return r.byOrigin[origin]
}

// mayRead is nil where the host's robots.txt lets us read u, which RFC 9309
// decides: no such file (4xx) forbids nothing, one that cannot be had (5xx, no
// connection) forbids everything for now. 429 is no answer about the file.
func (c *Client) mayRead(ctx context.Context, u *url.URL) error {
	if c.hosts.get(u.Host).manners.IgnoreRobots {
		return nil
	}
	origin := u.Scheme + "://" + u.Host
	known := c.robots.get(origin)
	select {
	case known.turn <- struct{}{}:
		defer func() { <-known.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if !time.Now().Before(known.until) {
		if err := c.readRobots(ctx, origin, known); err != nil {
			return err
		}
	}
	switch {
	case known.cause != nil:
		return &RobotsError{Host: u.Host, Path: u.EscapedPath(), Cause: known.cause, Until: known.until}
	case !known.list.allow(u.RequestURI()):
		return &RobotsError{Host: u.Host, Path: u.EscapedPath(), Until: known.until}
	}
	return nil
}

// readRobots asks for the rules. An error is about us (no time, a host that is
// left alone), not about them, and nothing is remembered.
func (c *Client) readRobots(ctx context.Context, origin string, known *rules) error {
	// What the look cost, and what is kept of it, is about its pages.
	ctx = context.WithValue(ctx, traceKey{}, (*Trace)(nil))
	resp, err := c.Get(context.WithValue(ctx, recorderKey{}, (*Recorder)(nil)), origin+"/robots.txt")
	status := Status(err)
	switch {
	case err == nil:
		known.list, known.cause, known.until = parseRobots(resp.Body, robotsAgent), nil, time.Now().Add(robotsFresh)
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		known.list, known.cause, known.until = robotsRules{}, nil, time.Now().Add(robotsFresh)
	case isOurs(ctx, err):
		return err
	default:
		// Its text only: an answer that is too large is no refused look.
		known.list, known.cause, known.until = robotsRules{}, errors.New(err.Error()), time.Now().Add(robotsAgain)
	}
	return nil
}

func isOurs(ctx context.Context, err error) bool {
	_, paused := errors.AsType[*PauseError](err)
	_, blocked := errors.AsType[*Blocked](err)
	// A look whose time is nearly over does not get its turn at the host.
	_, turn := errors.AsType[*turnError](err)
	return ctx.Err() != nil || paused || blocked || turn
}
