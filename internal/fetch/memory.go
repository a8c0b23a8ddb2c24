package fetch

import (
	"encoding/json"
	"sync"
	"time"
)

// Memory keeps what hosts have told us beyond the end of the process, so that
// a restart is no way past a shut door. It must be safe for many goroutines.
type Memory interface {
	// Recall reads what was remembered under the key into v, and says whether
	// there was something.
	Recall(key string, v any) bool
	// Remember keeps v, which is encoded as JSON. It never fails: what cannot
	// be written is known until the process ends.
	Remember(key string, v any)
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
	text, err := json.Marshal(v)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[key] = text
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
	h.memory.Remember(memoryKey(h.name), told{
		Until: h.until, Strikes: h.strikes, Shut: h.door.until, Length: h.door.length, Reason: h.door.reason,
	})
}

// recall takes over what an earlier life was told. Nothing is longer than it
// could have been: a clock that was wrong then must not silence a host for ever.
func (h *host) recall() {
	var t told
	if !h.memory.Recall(memoryKey(h.name), &t) {
		return
	}
	now := time.Now()
	h.until = earlier(t.Until, now.Add(maxPause))
	h.strikes = min(max(t.Strikes, 0), maxStrikes)
	h.door = door{reason: t.Reason, length: min(max(t.Length, firstBlock), maxBlock), until: earlier(t.Shut, now.Add(maxBlock))}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
