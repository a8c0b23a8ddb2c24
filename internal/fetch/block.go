package fetch

import (
	"fmt"
	"time"
)

const (
	// A host that shut its door is left alone for firstBlock; for twice as
	// long each time it does so again within maxBlock of the last time.
	firstBlock = 6 * time.Hour
	maxBlock   = 24 * time.Hour
	// maxBlockBody is what is kept of the answer that said so: enough to see
	// what it was, too little to hold what a page says of people.
	maxBlockBody = 4 << 10
)

// Blocked says that a host shut its door (a captcha, a page that asks for
// consent, an empty answer), and until when nobody asks it anything. The first
// one unwraps to a *Refusal, which has the answer.
type Blocked struct {
	Host   string
	Reason string
	Until  time.Time

	refusal *Refusal
}

// Error names the host, its sign and when it may be asked again.
func (e *Blocked) Error() string {
	return fmt.Sprintf("%s blocks us (%s): it is left alone until %s", e.Host, e.Reason, e.Until.UTC().Format(time.RFC3339))
}

// Unwrap is the answer that was the sign, for who got it.
func (e *Blocked) Unwrap() error {
	if e.refusal == nil {
		return nil
	}
	return e.refusal
}

// door is whether a host lets us in.
type door struct {
	reason string
	length time.Duration // of the last block
	until  time.Time     // its end
}

// shut notes that the host shut its door.
func (h *host) shut(reason string, body []byte) error {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	d := &h.door
	if !now.Before(d.until) { // who was on the way already sees the same door
		length := firstBlock
		if !d.until.IsZero() && now.Sub(d.until) < maxBlock {
			length = min(2*d.length, maxBlock)
		}
		*d = door{reason: reason, length: length, until: now.Add(length)}
		h.remember()
		h.metrics.blocks.WithLabelValues(h.name).Inc()
	}
	body = body[:min(len(body), maxBlockBody)]
	return &Blocked{Host: h.name, Reason: reason, Until: d.until, refusal: &Refusal{Reason: reason, Body: body}}
}

// isShut is a *Blocked while the door is shut.
func (h *host) isShut() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !time.Now().Before(h.door.until) {
		return nil
	}
	return &Blocked{Host: h.name, Reason: h.door.reason, Until: h.door.until}
}
