package importer

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Webhook answers POST /import: the body is the file, the query says how to read
// it. It answers with what came of it, or with the first bad line. One request is
// handled at a time.
type Webhook struct {
	library *Library
	pub     BatchPublisher
	guard   *guard
	most    int64
	busy    chan struct{}
	log     *slog.Logger
	// imported may be nil.
	imported func(ctx context.Context, id string) (time.Time, error)
}

// WebhookConfig is what a webhook needs to know.
type WebhookConfig struct {
	// Secret is the token, and the key of signatures.
	Secret string
	// MaxBody caps a body, in bytes, and twenty times that what it unpacks to.
	MaxBody int64
	// Imported says when an import was published whole, and the zero time where
	// it was not; nil: there is nobody to ask.
	Imported func(ctx context.Context, id string) (time.Time, error)
}

// Bounds of one request.
const (
	bodyTimeout    = 5 * time.Minute
	publishTimeout = 10 * time.Minute
	maxUnpackTimes = 20
)

// NewWebhook makes the handler; it listens nowhere by itself.
func NewWebhook(cfg WebhookConfig, library *Library, pub BatchPublisher, log *slog.Logger) *Webhook {
	return &Webhook{
		library: library, pub: pub, guard: newGuard(cfg.Secret), most: cfg.MaxBody,
		busy: make(chan struct{}, 1), imported: cfg.Imported, log: log.With("component", "import"),
	}
}

// answer is the body of every answer.
type answer struct {
	ImportID string   `json:"import_id,omitempty"`
	Mapping  string   `json:"mapping,omitempty"`
	Counts   *Counts  `json:"counts,omitempty"`
	Already  string   `json:"already_imported_at,omitempty"` // RFC 3339; nothing was published now
	Error    string   `json:"error,omitempty"`
	BadLine  *BadLine `json:"bad_line,omitempty"`
}

// ServeHTTP implements http.Handler.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.say(w, http.StatusMethodNotAllowed, answer{Error: "want POST"})
		return
	}
	from := remote(r)
	// Who has the secret comes in, whoever else has failed from that address.
	c, err := h.guard.begin(r, time.Now())
	if err != nil {
		h.denied(w, from, err)
		return
	}
	select {
	case h.busy <- struct{}{}:
		defer func() { <-h.busy }()
	default:
		w.Header().Set("Retry-After", "10")
		h.say(w, http.StatusServiceUnavailable, answer{Error: "another import is being read; try again"})
		return
	}
	if !h.guard.once(c, time.Now()) {
		h.say(w, http.StatusConflict, answer{Error: "this signature was used already: sign the request anew"})
		return
	}
	status, a := h.take(w, r, c)
	if status == http.StatusUnauthorized {
		h.denied(w, from, errors.New(a.Error))
		return
	}
	h.say(w, status, a)
}

// denied counts a failed login, and says no more than that it is one.
func (h *Webhook) denied(w http.ResponseWriter, from string, err error) {
	if !h.guard.mayTry(from) {
		w.Header().Set("Retry-After", "60")
		h.say(w, http.StatusTooManyRequests, answer{Error: "too many failed logins from this address; wait a minute"})
		return
	}
	h.guard.failed(from)
	h.log.Warn("webhook login failed", "from", from, "err", err)
	w.Header().Set("WWW-Authenticate", "Bearer")
	h.say(w, http.StatusUnauthorized, answer{Error: "the token or the signature is not right"})
}

func (h *Webhook) say(w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(a); err != nil {
		h.log.Debug("webhook answer not sent", "err", err)
	}
}

// take reads the body into a temporary file, checks it whole and publishes it.
func (h *Webhook) take(w http.ResponseWriter, r *http.Request, c claim) (int, answer) {
	q := r.URL.Query()
	m, found := h.library.Named(q.Get("mapping"))
	if !found {
		return http.StatusBadRequest, answer{Error: "mapping is none of those that have a name: see `tidemark import --list`"}
	}
	if r.ContentLength > h.most {
		return http.StatusRequestEntityTooLarge, answer{Error: "the body is larger than collect.import.webhook.max_body"}
	}
	// Not every writer knows deadlines; the size is bounded in any case.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	name := q.Get("name")
	if name == "" {
		name = "webhook"
	}
	in, err := Spool(r.Context(), r.Body, name, h.most)
	switch {
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge, answer{Error: "the body is larger than collect.import.webhook.max_body"}
	case err != nil:
		return http.StatusBadRequest, answer{Error: "the body could not be read whole"}
	}
	defer in.Close() //nolint:errcheck // it is of no use any more
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	if err := c.body(in.sum); err != nil {
		return http.StatusUnauthorized, answer{Error: err.Error()}
	}
	in.maxUnpacked = maxUnpackTimes * h.most
	by := q.Get("by")
	if by == "" {
		by = "webhook"
	}
	p := Provenance{By: by, SourceURL: q.Get("source_url"), Note: q.Get("note"), Via: "webhook", At: time.Now()}
	return h.bring(r.Context(), in, m, p)
}

func (h *Webhook) bring(ctx context.Context, in *Input, m *Mapping, p Provenance) (int, answer) {
	plan, err := Prepare(ctx, in, m, p, nil)
	if bad, is := AsBadLine(err); is {
		return http.StatusUnprocessableEntity, answer{Mapping: m.Name, Error: err.Error(), BadLine: &bad}
	}
	if err != nil {
		return http.StatusUnprocessableEntity, answer{Mapping: m.Name, Error: err.Error()}
	}
	if at := h.already(ctx, plan.Import.GetId()); !at.IsZero() {
		return http.StatusOK, answer{ImportID: plan.Import.GetId(), Mapping: m.Name, Counts: &plan.Counts, Already: at.UTC().Format(time.RFC3339)}
	}
	// A sender that hangs up ends nothing: what was begun is finished.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	if err := plan.Publish(ctx, h.pub, nil); err != nil {
		h.log.Error("webhook import not published", "import_id", plan.Import.GetId(), "err", err)
		return http.StatusServiceUnavailable, answer{Mapping: m.Name, Error: "the broker did not take all of it: send it again, that changes nothing"}
	}
	h.log.Info("imported", "import_id", plan.Import.GetId(), "name", in.Name(), "mapping", m.Name, "looks", plan.Counts.Looks, "readings", plan.Counts.Readings)
	return http.StatusOK, answer{ImportID: plan.Import.GetId(), Mapping: m.Name, Counts: &plan.Counts}
}

// already is when the import was published whole, and the zero time where it was
// not or nobody knows.
func (h *Webhook) already(ctx context.Context, id string) time.Time {
	if h.imported == nil {
		return time.Time{}
	}
	at, err := h.imported(ctx, id)
	if err != nil {
		h.log.Warn("nobody could say whether it was imported already", "import_id", id, "err", err)
		return time.Time{}
	}
	return at
}

// remote is the address of the other side, without its port.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
