package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	dialPatience = 30 * time.Second
	// maxMessage is the largest event that is asked for. A post has some
	// kilobytes; the connection takes twice this before it breaks.
	maxMessage = 1 << 20
	// busyPause is for a server that is busy and does not say how long.
	busyPause = time.Minute
	// maxPause bounds what a server may ask for by Retry-After.
	maxPause = 10 * time.Minute
)

// host is one server.
type host struct {
	url        string
	v2         bool
	dictionary *dictionary // nil: events come uncompressed
	// plain says that a server of v2 hands out no dictionary.
	plain bool
	// noSeq says that the server no longer has the sequence number.
	noSeq bool
	// again says that it was asked a second time already, differently.
	again bool
	until time.Time // it wants no visit before
}

func (h *host) name() string {
	u, err := url.Parse(h.url)
	if err != nil {
		return h.url
	}
	return u.Host
}

func (h *host) via() string {
	if h.v2 {
		return "v2 " + h.name()
	}
	return "v1 " + h.name()
}

// hosts takes servers in turn.
type hosts struct {
	list []*host
	next int
}

// pick is the server to connect to: the next in turn that wants a visit.
func (l *hosts) pick(now time.Time) (*host, error) {
	for i := range l.list {
		n := (l.next + i) % len(l.list)
		if h := l.list[n]; !h.until.After(now) {
			l.next = n
			return h, nil
		}
	}
	return nil, errors.New("every server has asked to be left alone for a while")
}

// done says how it went. A server of v2 that brought something new is asked
// again, because it knows its own sequence numbers; one of v1 was a makeshift,
// so the turn begins anew. One that brought nothing new, or ended the connection
// by a fault of its own, makes room for the next: whatever is wrong with one
// server, the others are asked.
func (l *hosts) done(h *host, brought bool, err error) {
	reason := ""
	if end, ok := errors.AsType[*stream.Error](err); ok {
		reason = end.Reason
	}
	if reason == reasonShape && h.v2 {
		h.dictionary = nil // it may be what makes the messages unreadable
	}
	again := (reason == reasonDictionary || reason == reasonTooOld) && !h.again
	h.again = again
	switch {
	case again: // the same question is put differently, once
	case isFault(reason) || !brought:
		l.next = (l.next + 1) % len(l.list)
	case !h.v2:
		l.next = 0
	}
}

// isFault is true where it would end in the same way the next time.
func isFault(reason string) bool {
	switch reason {
	case reasonError, reasonShape, reasonTooSlow, reasonTooBig, reasonDictionary, reasonTooOld:
		return true
	}
	return false
}

// Reasons for which a connection ends.
const (
	reasonDial       = "dial"
	reasonRefused    = "refused"
	reasonBusy       = "busy"
	reasonPaused     = "paused"
	reasonTooOld     = "cursor_too_old"
	reasonDictionary = "dictionary"
	reasonCut        = "cut"
	reasonClosed     = "closed"
	reasonSilent     = "silent"
	reasonTooSlow    = "too_slow"
	reasonError      = "error"
	reasonShape      = "shape"
	reasonTooBig     = "too_big"
	reasonEnded      = "ended"
)

// Reasons are all of them, for the metrics.
func Reasons() []string {
	return []string{
		reasonDial, reasonRefused, reasonBusy, reasonPaused, reasonTooOld, reasonDictionary, reasonCut, reasonClosed,
		reasonSilent, reasonTooSlow, reasonError, reasonShape, reasonTooBig,
	}
}

func ended(reason, format string, args ...any) error {
	return &stream.Error{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// dial connects, by sequence number or by time.
func (s *Firehose) dial(ctx context.Context, h *host, from cursor) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	if h.v2 && h.dictionary == nil && !h.plain {
		if err := s.getDictionary(ctx, h); err != nil {
			return nil, err
		}
	}
	client, header := s.fetch.Socket()
	conn, resp, err := websocket.Dial(ctx, s.question(h, from, time.Now()), &websocket.DialOptions{ //nolint:bodyclose // it has been read
		HTTPClient: client, HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
	})
	if err == nil {
		h.noSeq = false
		conn.SetReadLimit(2 * maxMessage)
		return conn, nil
	}
	if resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		// The library's text repeats the whole address.
		return nil, ended(reasonDial, "connect to %s: %w", h.name(), cause(err))
	}
	body, _ := io.ReadAll(resp.Body) // what there is of it
	return nil, h.refused(resp, body, time.Now())
}

func cause(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}

// question is the address of the stream.
func (s *Firehose) question(h *host, from cursor, now time.Time) string {
	q := url.Values{"maxMessageSizeBytes": {strconv.Itoa(maxMessage)}}
	if !from.isZero() {
		q.Set("cursor", strconv.FormatInt(from.ask(h, s.cfg.Rewind.D(), now), 10))
	}
	if h.v2 {
		q.Set("kinds", "commit")
		q.Set("collections", postCollection)
		if h.dictionary != nil {
			q.Set("zstdDictionary", strconv.FormatUint(uint64(h.dictionary.id), 10))
		}
		return h.url + "/xrpc/" + messageV2 + "?" + q.Encode()
	}
	q.Set("wantedCollections", postCollection)
	if h.dictionary != nil {
		q.Set("compress", "true")
	}
	return h.url + "/subscribe?" + q.Encode()
}

// getDictionary asks a server of v2 for the dictionary that it uses now. One
// that has none sends its events uncompressed.
func (s *Firehose) getDictionary(ctx context.Context, h *host) error {
	resp, err := s.fetch.Get(ctx, h.url+"/xrpc/network.bsky.jetstream.getZstdDictionary")
	status, isStatus := errors.AsType[*fetch.StatusError](err)
	if isStatus && (status.Status == http.StatusNotFound || status.Status == http.StatusNotImplemented) {
		h.plain = true
		return nil
	}
	if err != nil {
		reason := reasonDial
		switch _, paused := errors.AsType[*fetch.PauseError](err); {
		case paused || isBusy(status):
			reason, h.until = reasonBusy, time.Now().Add(busyPause)
		case isStatus:
			reason = reasonRefused
		}
		return ended(reason, "get dictionary: %w", err)
	}
	d, err := readDictionary(resp.Body)
	if err != nil {
		return ended(reasonDictionary, "get dictionary of %s: %w", h.name(), err)
	}
	h.dictionary = d
	return nil
}

func isBusy(e *fetch.StatusError) bool {
	return e != nil && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable)
}

// refused reads an answer that is no upgrade.
func (h *host) refused(resp *http.Response, body []byte, now time.Time) error {
	var said struct {
		Error string `json:"error"`
		Name  string `json:"name"`
	}
	text := ""
	if json.Unmarshal(body, &said) == nil && said.Error+said.Name != "" {
		text = " " + name(said.Error+said.Name)
	}
	switch {
	case strings.Contains(text, "CursorTooOld"):
		h.noSeq = true // the time is clamped where the number is refused
		return ended(reasonTooOld, "connect to %s: the server no longer has the events after the cursor", h.name())
	case strings.Contains(text, "UnknownZstdDictionary"):
		h.dictionary = nil
		return ended(reasonDictionary, "connect to %s: the server has another dictionary now", h.name())
	case isBusy(&fetch.StatusError{Status: resp.StatusCode}):
		wait := busyPause
		if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 {
			wait = time.Duration(n) * time.Second
		}
		h.until = now.Add(min(wait, maxPause))
		return ended(reasonBusy, "connect to %s: status %d", h.name(), resp.StatusCode)
	}
	return ended(reasonRefused, "connect to %s: status %d%s", h.name(), resp.StatusCode, text)
}
