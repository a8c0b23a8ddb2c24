package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxTape is how many bytes of answers one look may bring and still be kept.
const MaxTape = 8 << 20

// Exchange is one question and what came of it, without secrets: keys travel
// in headers, which are not kept, and a value of the query whose name says that
// it is a secret is masked.
type Exchange struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	// Sent is the SHA-256 of the request's body, hex; empty where there is none.
	Sent string `json:"sent,omitempty"`
	// Status is that of the answer; 0: none came.
	Status int    `json:"status,omitempty"`
	Type   string `json:"type,omitempty"` // content type
	Body   []byte `json:"body,omitempty"`
	// Err is what Do said; Kind is which error it was: status, refusal, pause,
	// shut and blocked (the answer that shut a host's door, and who came after
	// it), robots or other. Both are empty where it said none.
	Err  string `json:"err,omitempty"`
	Kind string `json:"kind,omitempty"`
	// Host and UntilMs belong to an error that names them.
	Host    string `json:"host,omitempty"`
	UntilMs int64  `json:"until_ms,omitempty"`
}

// The kinds of errors that a source may tell apart.
const (
	kindStatus  = "status"
	kindRefusal = "refusal"
	kindPause   = "pause"
	kindShut    = "shut"
	kindBlocked = "blocked"
	kindRobots  = "robots"
	kindOther   = "other"
)

// Recorder keeps the exchanges of one look.
type Recorder struct {
	mu    sync.Mutex
	all   []Exchange
	bytes int
}

type recorderKey struct{}

// WithRecorder returns a context whose requests are kept by the Recorder.
func WithRecorder(ctx context.Context) (context.Context, *Recorder) {
	r := &Recorder{}
	return context.WithValue(ctx, recorderKey{}, r), r
}

// Exchanges are what was kept; false if it was more than MaxTape.
func (r *Recorder) Exchanges() ([]Exchange, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all), r.bytes <= MaxTape
}

func (r *Recorder) add(e Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes += len(e.Body)
	if r.bytes > MaxTape {
		r.all = nil // it would be of no use without the rest
		return
	}
	r.all = append(r.all, e)
}

// spoil says that the look read more than a tape holds.
func (r *Recorder) spoil() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes, r.all = MaxTape+1, nil
}

// record keeps what came of a request, where somebody listens.
func record(ctx context.Context, r Request, u *url.URL, resp *Response, err error) {
	recorder, ok := ctx.Value(recorderKey{}).(*Recorder)
	if !ok || recorder == nil {
		return
	}
	e := r.exchange(u)
	secrets := r.secrets()
	if resp != nil {
		e.Status, e.Type, e.Body = resp.Status, resp.Header.Get("Content-Type"), mask(resp.Body, secrets)
	}
	if err != nil {
		e.fail(err, secrets)
	}
	recorder.add(e)
}

func (e *Exchange) fail(err error, secrets [][]byte) {
	e.Kind, e.Err = kindOther, string(mask([]byte(err.Error()), secrets))
	if status, ok := errors.AsType[*StatusError](err); ok {
		e.Kind, e.Status, e.Host, e.Body = kindStatus, status.Status, status.Host, mask(status.Body, secrets)
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		e.Kind, e.Err, e.Body = kindRefusal, string(mask([]byte(refusal.Reason), secrets)), mask(refusal.Body, secrets)
	}
	if pause, ok := errors.AsType[*PauseError](err); ok {
		e.Kind, e.Host, e.UntilMs = kindPause, pause.Host, pause.Until.UnixMilli()
	}
	if b, ok := errors.AsType[*Blocked](err); ok {
		e.Kind, e.Err, e.Host, e.UntilMs = kindBlocked, b.Reason, b.Host, b.Until.UnixMilli()
		if b.refusal != nil {
			e.Kind = kindShut
		}
	}
	if b, ok := errors.AsType[*RobotsError](err); ok {
		e.Kind, e.Err, e.Host, e.UntilMs = kindRobots, "", b.Host, b.Until.UnixMilli()
		if b.Cause != nil {
			e.Err = b.Cause.Error()
		}
	}
}

// door is the error of a host that lets nobody in, or no pages out; nil for
// any other.
func (e *Exchange) door(u *url.URL) error {
	until := time.UnixMilli(e.UntilMs)
	switch e.Kind {
	case kindShut:
		return &Blocked{Host: e.Host, Reason: e.Err, Until: until, refusal: &Refusal{Reason: e.Err, Body: e.Body}}
	case kindBlocked:
		return &Blocked{Host: e.Host, Reason: e.Err, Until: until}
	case kindRobots:
		b := &RobotsError{Host: e.Host, Path: u.EscapedPath(), Until: until}
		if e.Err != "" {
			b.Cause = errors.New(e.Err)
		}
		return b
	default:
		return nil
	}
}

// exchange is the question, as a tape knows it.
func (r Request) exchange(u *url.URL) Exchange {
	e := Exchange{Method: r.method(), URL: maskURL(u)}
	if r.Body != nil {
		sum := sha256.Sum256(r.Body)
		e.Sent = hex.EncodeToString(sum[:])
	}
	return e
}

const masked = "***"

// maskURL is the address without what may be a secret.
func maskURL(u *url.URL) string {
	secret := regexp.MustCompile(`(?i)(key|token|secret|passw|sig$|signature|auth|credential|session|cookie)`)
	bare := *u
	bare.User, bare.Fragment = nil, ""
	pairs := strings.Split(bare.RawQuery, "&")
	for i, pair := range pairs {
		name, _, found := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err != nil || found && secret.MatchString(plain) {
			pairs[i] = name + "=" + masked
		}
	}
	bare.RawQuery = strings.Join(pairs, "&")
	return bare.String()
}

// secrets are the values of headers that may be keys. A place may repeat them
// in its answer.
func (r Request) secrets() [][]byte {
	const shortest = 6 // a shorter value is no key, and would be found in any text
	var all [][]byte
	for name, values := range r.Header {
		switch http.CanonicalHeaderKey(name) {
		case "User-Agent", "Accept", "Accept-Language", "Content-Type", "Referer", "Origin":
			continue
		}
		for _, v := range values {
			for _, word := range append(strings.Fields(v), v) {
				if len(word) >= shortest && !strings.EqualFold(word, "bearer") {
					all = append(all, []byte(word))
				}
			}
		}
	}
	return all
}

func mask(b []byte, secrets [][]byte) []byte {
	for _, s := range secrets {
		b = bytes.ReplaceAll(b, s, []byte(masked))
	}
	return b
}

// Tape answers requests with what was kept: nobody is asked, nothing waits.
type Tape struct {
	mu      sync.Mutex
	left    []Exchange
	missing []string
}

// NewTape makes a tape of what a Recorder kept.
func NewTape(exchanges []Exchange) *Tape { return &Tape{left: slices.Clone(exchanges)} }

type tapeKey struct{}

// WithTape returns a context whose requests are answered from the tape.
func WithTape(ctx context.Context, t *Tape) context.Context {
	return context.WithValue(ctx, tapeKey{}, t)
}

// Missing are the requests that the tape had no answer for.
func (t *Tape) Missing() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.missing)
}

// ErrNotOnTape marks a request that was not made when the tape was recorded.
var ErrNotOnTape = errors.New("the request is not on the tape: it was not made then")

// answer is what came of the same question then, each once.
func (t *Tape) answer(r Request, u *url.URL) (*Response, error) {
	want := r.exchange(u)
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.left, func(e Exchange) bool {
		return e.Method == want.Method && e.URL == want.URL && e.Sent == want.Sent
	})
	if i < 0 || r.to != nil { // large files are on no tape
		t.missing = append(t.missing, want.Method+" "+want.URL)
		return nil, fmt.Errorf("%s %s: %w", r.verb(), redact(u), ErrNotOnTape)
	}
	e := t.left[i]
	t.left = slices.Delete(t.left, i, i+1)
	if err := e.door(u); err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.verb(), redact(u), err)
	}
	switch e.Kind {
	case "":
		return &Response{Status: e.Status, Header: http.Header{"Content-Type": {e.Type}}, Body: e.Body}, nil
	case kindStatus:
		return nil, fmt.Errorf("%s %s: %w", r.verb(), redact(u), &StatusError{Status: e.Status, Host: e.Host, Body: e.Body})
	case kindRefusal:
		return nil, fmt.Errorf("%s %s: %w", r.verb(), redact(u), &Refusal{Reason: e.Err, Body: e.Body})
	case kindPause:
		return nil, fmt.Errorf("%s %s: %w", r.verb(), redact(u), &PauseError{Host: e.Host, Until: time.UnixMilli(e.UntilMs)})
	default:
		return nil, errors.New(e.Err)
	}
}
