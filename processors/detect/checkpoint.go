package detect

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/kafka"
)

// round is a checkpoint under way. The memories need not be of one moment: each
// says itself up to where it goes. So a round is written in pieces between
// batches, and what changes meanwhile is for the next one.
type round struct {
	from  int64    // what the commit may say when all is stored
	left  []*entry // what had changed when the round began
	began time.Time
	took  time.Duration
	rows  int
	bytes int
}

// retryAfter is how long a store that did not take a checkpoint is left alone.
const retryAfter = 5 * time.Second

// checkpoint begins a round when it is due, and goes on with one for a moment.
func (h *partition) checkpoint(ctx context.Context) {
	now := time.Now()
	if h.round == nil {
		if now.Sub(h.saved) < h.p.cfg.Every.D() && h.looks < h.p.cfg.Looks {
			return
		}
		h.begin(now)
	}
	h.goOn(ctx, h.p.budget)
}

func (h *partition) begin(now time.Time) {
	h.round = &round{from: h.next, left: h.dirty, began: now}
	h.dirty, h.looks = nil, 0
}

// checkpointWhole stores everything that has been judged so far; false: it
// could not.
func (h *partition) checkpointWhole(ctx context.Context) bool {
	if h.publish(ctx) != nil {
		return false // a memory must not know of what nobody was told
	}
	for range 2 { // the round under way, and one of what has changed since it began
		if h.round == nil {
			h.begin(time.Now())
		}
		if !h.goOn(ctx, time.Hour) {
			return false
		}
	}
	return true
}

// goOn stores pieces of the round until it is over, which it says, the budget
// is used up, or the store does not take one.
func (h *partition) goOn(ctx context.Context, budget time.Duration) (over bool) {
	began := time.Now()
	if began.Before(h.retry) {
		return false
	}
	r := h.round
	for len(r.left) > 0 {
		n, rows, size, err := h.pack(r.left)
		if err == nil {
			err = h.p.keep.save(ctx, h.place(), rows)
		}
		if err != nil {
			h.retry = time.Now().Add(retryAfter)
			h.p.m.checkpointFailed()
			h.log.ErrorContext(ctx, "memories are not stored; judging goes on, and it is tried again", "left", len(r.left), "err", err)
			return false
		}
		h.packed(r.left[:n], rows)
		r.left, r.rows, r.bytes = r.left[n:], r.rows+len(rows), r.bytes+size
		if time.Since(began) >= budget {
			break
		}
	}
	r.took += time.Since(began)
	if len(r.left) > 0 {
		return false
	}
	h.safe, h.saved, h.round = r.from, time.Now(), nil
	h.p.m.checkpointed(h.id, r)
	return true
}

// pack encodes as many memories as make a piece.
func (h *partition) pack(left []*entry) (n int, rows []row, size int, err error) {
	for n < len(left) && size < h.p.chunk {
		e := left[n]
		plain, err := e.memory.AppendBinary(h.plain[:0])
		if err != nil {
			return 0, nil, 0, err
		}
		h.plain = plain
		rows = append(rows, row{
			key: e.key, epoch: h.epoch, next: e.next, at: e.at, size: len(plain), state: h.squeezer.squeeze(plain),
		})
		size += len(plain)
		n++
	}
	return n, rows, size, nil
}

// packed notes what is stored as it is.
func (h *partition) packed(stored []*entry, rows []row) {
	for i, e := range stored {
		e.dirty = false
		h.size += int64(rows[i].size - e.size)
		e.size = rows[i].size
		if !e.stored {
			e.stored = true
			h.stored++
		}
	}
}

func (h *partition) place() place { return place{h.topic, h.id} }

// settleDoubt decides, by the first message after an assignment without a
// commit, whether the log is the one that the memories know: where it begins
// anew after them, their offsets mean nothing any more.
func (h *partition) settleDoubt(first *kafka.Message) {
	known := h.doubt
	if known == nil {
		return
	}
	h.doubt = nil
	if first.Offset == 0 && known.next > 0 && !known.at.IsZero() && first.Time.After(known.at) {
		h.log.Error("the log was made anew: memories are kept, and all of it is judged", "known", known.next)
		h.anew()
	}
}

// anew keeps the memories and forgets the offsets.
func (h *partition) anew() {
	h.epoch++
	for _, e := range h.targets {
		e.next = 0
	}
}
