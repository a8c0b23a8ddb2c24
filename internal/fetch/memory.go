package fetch

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// Memory keeps what hosts have told us beyond the end of the process, so that
// a restart is no way past a shut door; and where several processes share it,
// none asks a host that has sent another one away. It must be safe for many
// goroutines.
type Memory interface {
	// Recall reads what was remembered under the key into v, and says whether
	// there was something.
	Recall(key string, v any) bool
	// Remember keeps v, which is encoded as JSON. It never fails: what cannot
	// be written is known until the process ends.
	Remember(key string, v any)
	// Update keeps what change makes of what is remembered, nil where nothing
	// is. Nobody else writes in between.
	Update(key string, change func(before json.RawMessage) any)
}

// Memory is where the client keeps what hosts have told it; never nil.
func (c *Client) Memory() Memory { return c.hosts.memory }

// brief is a memory that lasts as long as the process.
type brief struct {
	mu   sync.Mutex
	kept map[string]json.RawMessage
}

func newBrief() *brief { return &brief{kept: make(map[string]json.RawMessage)} }

// Recall reads what was remembered.
func (b *brief) Recall(key string, v any) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, ok := b.kept[key]
	return ok && json.Unmarshal(text, v) == nil
}

// Remember keeps v.
func (b *brief) Remember(key string, v any) {
	b.Update(key, func(json.RawMessage) any { return v })
}

// Update keeps what change makes of what is remembered.
func (b *brief) Update(key string, change func(before json.RawMessage) any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text, err := json.Marshal(change(b.kept[key])); err == nil {
		b.kept[key] = text
	}
}

// told is what a host has told us, as it is remembered.
type told struct {
	// Until is the end of a pause that it asked for; Strikes are its 429 in a
	// row that did not say for how long.
	Until   time.Time `json:"until,omitzero"`
	Strikes int       `json:"strikes,omitempty"`
	// Shut is the end of a block, Length how long it was, Reason its sign.
	Shut   time.Time     `json:"shut,omitzero"`
	Length time.Duration `json:"length_ns,omitempty"`
	Reason string        `json:"reason,omitempty"`
}

func memoryKey(host string) string { return "host " + host }

// remember is called with h.mu held.
func (h *host) remember() {
	h.memory.Update(memoryKey(h.name), func(before json.RawMessage) any {
		h.take(before) // another process may know of a longer rest
		t := told{Until: h.until, Strikes: h.strikes, Shut: h.door.until, Length: h.door.length, Reason: h.door.reason}
		if text, err := json.Marshal(t); err == nil {
			h.heard = string(text)
		}
		return t
	})
}

// recall takes over what an earlier life was told, or another process is told
// now. It is called with h.mu held, or before anybody else has h.
func (h *host) recall() {
	var text json.RawMessage
	if h.memory.Recall(memoryKey(h.name), &text) {
		h.take(text)
	}
}

// take takes over what is news. Nothing is longer than it could have been: a
// clock that was wrong then must not silence a host for ever.
func (h *host) take(text json.RawMessage) {
	var compact bytes.Buffer
	var t told
	if json.Compact(&compact, text) != nil || compact.String() == h.heard {
		return
	}
	first := h.heard == ""
	h.heard = compact.String()
	if json.Unmarshal(text, &t) != nil {
		return
	}
	now := time.Now()
	h.until = later(h.until, earlier(t.Until, now.Add(maxPause)))
	if shut := earlier(t.Shut, now.Add(maxBlock)); shut.After(h.door.until) {
		h.door = door{reason: t.Reason, length: min(max(t.Length, firstBlock), maxBlock), until: shut}
	}
	if first {
		h.strikes = max(h.strikes, min(max(t.Strikes, 0), maxStrikes))
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
