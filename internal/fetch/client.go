// Package fetch is the polite HTTP client of the collectors: it says who asks,
// keeps to each host's rate, asks conditionally, waits when it is told to,
// tries again where that can help, and never reads more than it was allowed.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/config"
)

const (
	maxTries     = 3
	maxRedirects = 5
	// maxErrorBody is what is kept of an answer that is an error: enough to
	// tell the place's own "not found" from a proxy's.
	maxErrorBody = 16 << 10
	cacheBytes   = 16 << 20
)

// ErrNoContact is the answer to a configuration without collect.contact.
var ErrNoContact = errors.New("collect.contact is empty: set a URL or mail address, so that the places which are asked can reach you")

// Config is what a Client needs.
type Config struct {
	Collect config.Collect
	// Version of the program, for the User-Agent.
	Version string
	// Memory outlives the process; nil: what hosts say is known until it ends.
	Memory Memory
	// Transport is for tests; nil means the network.
	Transport http.RoundTripper
}

// Client asks public places. It may be used by many goroutines at once, and
// should be: the manners are kept per Client.
type Client struct {
	agent   string
	timeout time.Duration
	maxBody int64
	http    *http.Client
	hosts   *hosts
	cache   *cache
	robots  *robots
	metrics *metrics
	log     *slog.Logger
}

// Response is an answer that came whole.
type Response struct {
	// Status is 200, or 304 where Body is the one that came last time.
	Status int
	Header http.Header
	Body   []byte
	// URL is where it came from, after redirects.
	URL string
}

// New makes a Client. It touches no network.
func New(cfg Config, reg prometheus.Registerer, log *slog.Logger) (*Client, error) {
	if err := CheckContact(cfg.Collect.Contact); err != nil {
		return nil, err
	}
	timeout := time.Duration(cfg.Collect.Timeout)
	if timeout <= 0 {
		return nil, fmt.Errorf("collect.timeout is %v, want more than 0s", timeout)
	}
	if cfg.Collect.MaxBody <= 0 {
		return nil, fmt.Errorf("collect.max_body is %d, want more than 0", cfg.Collect.MaxBody)
	}
	if cfg.Transport == nil {
		cfg.Transport = newTransport(timeout)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	m := newMetrics(reg)
	return &Client{
		agent:   UserAgent(cfg.Version, cfg.Collect.Contact),
		timeout: timeout,
		maxBody: int64(cfg.Collect.MaxBody),
		http: &http.Client{
			Transport: cfg.Transport,
			// Each hop has its own host with its own manners: see follow.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		hosts:   newHosts(cfg.Collect.Hosts, cfg.Memory, m),
		cache:   newCache(cacheBytes),
		robots:  newRobots(),
		metrics: m,
		log:     log.With("component", "fetch"),
	}, nil
}

func newTransport(timeout time.Duration) http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    timeout,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// CheckContact says what is wrong with collect.contact. Wikimedia and others
// answer 403 to clients that do not say who they are.
func CheckContact(contact string) error {
	if contact == "" {
		return ErrNoContact
	}
	if strings.ContainsFunc(contact, func(r rune) bool { return r <= ' ' || r > '~' || r == '(' || r == ')' }) {
		return fmt.Errorf("collect.contact %q has a blank, a bracket or a character that is not ASCII", contact)
	}
	if u, err := url.Parse(contact); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return nil
	}
	if a, err := mail.ParseAddress(strings.TrimPrefix(contact, "mailto:")); err == nil && a.Name == "" {
		return nil
	}
	return fmt.Errorf("collect.contact %q is neither a URL (https://…) nor a mail address", contact)
}

// UserAgent is how the client calls itself.
func UserAgent(version, contact string) string {
	if version == "" {
		version = "dev"
	}
	return "tidemark/" + version + " (+" + contact + ")"
}

// Get is Do for a plain URL.
func (c *Client) Get(ctx context.Context, rawURL string) (*Response, error) {
	return c.Do(ctx, Request{URL: rawURL})
}

// Do asks until it has a whole answer with status 200, has tried often enough,
// or ctx has no time left for another try. Its errors are a *StatusError, a
// *Refusal (an answer beyond the size cap), a *PauseError, a *Blocked, a
// *RobotsError, or plain ones; none
// of them contains the query of the URL, a header or the body of the request.
// WithRecorder keeps what comes of it, WithTape answers with what was kept.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	u, err := url.Parse(r.URL)
	if err != nil || !isWeb(u) {
		return nil, fmt.Errorf("%s: want a whole http or https URL", r.verb())
	}
	if tape, ok := ctx.Value(tapeKey{}).(*Tape); ok {
		return tape.answer(r, u)
	}
	resp, err := c.ask(ctx, r, u)
	if recorder, ok := ctx.Value(recorderKey{}).(*Recorder); ok && r.to != nil {
		recorder.spoil()
	}
	record(ctx, r, u, resp, err)
	return resp, err
}

// ask is Do over the network.
func (c *Client) ask(ctx context.Context, r Request, u *url.URL) (*Response, error) {
	for try := 1; ; try++ {
		resp, err := c.follow(ctx, r, u)
		if err == nil {
			return resp, nil
		}
		wait := max(backoff(try), c.hosts.get(u.Host).pauseLeft())
		if try == maxTries || !retryable(err) || !sleep(ctx, wait) {
			return nil, fmt.Errorf("%s %s: %w", r.verb(), redact(u), err)
		}
		c.metrics.retries.WithLabelValues(u.Host).Inc()
		c.log.DebugContext(ctx, "trying again", "host", u.Host, "try", try+1, "waited", wait, "err", err)
	}
}

// follow asks once, over at most maxRedirects redirects.
func (c *Client) follow(ctx context.Context, r Request, u *url.URL) (*Response, error) {
	from := u.Host
	for range maxRedirects + 1 {
		if u.Host != from { // keys are for the host that was meant
			r.Header = nil
			if r.Page {
				return nil, fmt.Errorf("follow redirect: the page sends its readers to another host, %s", u.Host)
			}
		}
		if r.Page {
			if err := c.mayRead(ctx, u); err != nil {
				return nil, err
			}
		}
		resp, err := c.once(ctx, r, u)
		if err != nil {
			return nil, err
		}
		if !isRedirect(resp.Status) {
			return resp, nil
		}
		if r.Body != nil {
			return nil, &StatusError{Status: resp.Status, Host: u.Host}
		}
		if u, err = redirectTarget(u, resp); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("more than %d redirects", maxRedirects)
}

// once sends one request to one host and reads the answer.
func (c *Client) once(ctx context.Context, r Request, u *url.URL) (*Response, error) {
	h := c.hosts.get(u.Host)
	release, err := h.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()

	tryCtx, patience, cancel := withPatience(ctx, c.timeout)
	defer cancel()
	req, err := r.make(tryCtx, u, c.agent)
	if err != nil {
		return nil, err
	}
	var kept *entry
	if r.Body == nil && r.to == nil {
		kept = c.cache.get(u.String())
		kept.ask(req.Header)
	}

	if r.Allow != nil {
		if err := r.Allow(); err != nil {
			return nil, err
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.netError(ctx, tryCtx, err)
	}
	defer res.Body.Close()
	res.Request = req // not every transport says it
	h.observe(res)
	if r.to != nil && res.StatusCode == http.StatusOK {
		return c.save(ctx, tryCtx, res, r.to, patience)
	}
	return c.read(ctx, tryCtx, r, res, kept)
}

func (c *Client) read(ctx, tryCtx context.Context, r Request, res *http.Response, kept *entry) (*Response, error) {
	u := res.Request.URL
	limit := c.maxBody
	if res.StatusCode != http.StatusOK {
		limit = min(limit, maxErrorBody)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	c.metrics.answer(u.Host, res.StatusCode, len(body))
	traceFrom(ctx).add(res.StatusCode, len(body))
	cut := int64(len(body)) > limit
	body = body[:min(int64(len(body)), limit)]
	switch {
	case res.StatusCode == http.StatusNotModified && kept != nil:
		return &Response{Status: res.StatusCode, Header: res.Header, Body: kept.body, URL: u.String()}, nil
	case res.StatusCode == http.StatusOK && err != nil:
		return nil, c.netError(ctx, tryCtx, fmt.Errorf("read answer: %w", err))
	case res.StatusCode == http.StatusOK && cut:
		return nil, &Refusal{Reason: fmt.Sprintf("answer is larger than %d bytes", limit), Body: body}
	}
	resp := &Response{Status: res.StatusCode, Header: res.Header, Body: body, URL: u.String()}
	if sign := r.sign(resp); sign != "" {
		return nil, c.hosts.get(u.Host).shut(sign, body)
	}
	return c.accept(res, resp)
}

// accept keeps a good answer for the next time, and makes an error of a bad one.
func (c *Client) accept(res *http.Response, resp *Response) (*Response, error) {
	u := res.Request.URL
	switch {
	case resp.Status == http.StatusOK:
		if res.Request.Method == http.MethodGet {
			c.cache.put(u.String(), resp.Header, resp.Body)
		}
		return resp, nil
	case isRedirect(resp.Status):
		return &Response{Status: resp.Status, Header: resp.Header}, nil
	default:
		return nil, &StatusError{Status: resp.Status, Host: u.Host, Body: resp.Body}
	}
}

// netError turns what the standard library says into an error that is worth
// another try or not, and that does not repeat the URL with its query.
func (c *Client) netError(ctx, tryCtx context.Context, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case tryCtx.Err() != nil:
		return &transientError{fmt.Errorf("no whole answer within %v", c.timeout)}
	default:
		return &transientError{err}
	}
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// redact is the URL without what may be a secret: user and query.
func redact(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }
