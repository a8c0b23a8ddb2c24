package detect

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidemark/tidemark/internal/kafka"
)

// saved is the metadata of a commit: by what the memories are checked when they
// are loaded.
type saved struct {
	Version int `json:"v"`
	// Epoch counts the logs that the partition has had, Memories those that
	// were stored at the commit.
	Epoch    uint64 `json:"e"`
	Memories int    `json:"n"`
}

const savedVersion = 1

// metadata of a commit; what is stored since the last checkpoint is not in it.
func (h *partition) metadata() string {
	text, err := json.Marshal(saved{savedVersion, h.epoch, h.stored})
	if err != nil {
		return ""
	}
	return string(text)
}

func readSaved(c kafka.Committed) (saved, error) {
	var s saved
	if c.Metadata == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(c.Metadata), &s); err != nil {
		return s, fmt.Errorf("read commit's metadata: %w", err)
	}
	if s.Version != savedVersion {
		return saved{}, fmt.Errorf("read commit's metadata: version %d, want %d", s.Version, savedVersion)
	}
	return s, nil
}

// restore loads the memories and decides what their offsets mean. What is
// missing or cannot be read begins anew, and is said.
func (h *partition) restore(ctx context.Context, c kafka.Committed) error {
	known, err := readSaved(c)
	if err != nil {
		h.log.ErrorContext(ctx, "commit is not understood; memories are taken as they are", "err", err)
	}
	broken, epochs := 0, map[*entry]uint64{}
	h.epoch = known.Epoch
	err = h.p.keep.load(ctx, h.place(), func(r row) error {
		h.epoch = max(h.epoch, r.epoch)
		if e := h.load(&r); e != nil {
			h.targets[r.key], epochs[e] = e, r.epoch
		} else {
			broken++
		}
		return nil
	})
	if err != nil {
		return err
	}
	h.stored = len(h.targets)
	for _, e := range h.targets {
		h.size += int64(e.size)
	}
	h.settle(c, epochs)
	if lost := known.Memories - h.stored - broken; lost > 0 {
		h.p.m.loseMemories(lost)
		h.log.ErrorContext(ctx, "memories are gone from ClickHouse; what they were of is learnt anew",
			"stored", known.Memories, "found", h.stored+broken, "committed", c.Offset)
	}
	if len(h.targets) > 0 {
		h.log.InfoContext(ctx, "memories loaded", "targets", len(h.targets), "bytes", h.size, "committed", c.Offset)
	}
	h.report()
	return nil
}

// load reads a memory; nil, and loud, where nobody can.
func (h *partition) load(r *row) *entry {
	plain, err := h.squeezer.unsqueeze(h.plain[:0], r.state)
	if err != nil {
		h.unreadable(r.key, err)
		return nil
	}
	h.plain = plain
	memory, err := (*h.judge).LoadTarget(plain)
	if err != nil {
		h.unreadable(r.key, err)
		return nil
	}
	return &entry{key: r.key, memory: memory, judge: h.judge, next: r.next, at: r.at, stored: true, size: r.size}
}

// settle decides which offsets of the memories are those of this log.
func (h *partition) settle(c kafka.Committed, epochs map[*entry]uint64) {
	if c.Reset {
		h.anew()
		return
	}
	for e, epoch := range epochs {
		if epoch != h.epoch {
			e.next = 0
			continue
		}
		if c.Offset < 0 && (h.doubt == nil || e.next > h.doubt.next) {
			h.doubt = &mark{e.next, e.at}
		}
	}
}

// unreadable says that a memory begins anew.
func (h *partition) unreadable(k key, err error) {
	h.p.m.loseMemories(1)
	h.log.Error("memory cannot be read; the target is learnt anew", "source", k.source, "target", k.target, "basis", k.basis.Word(), "err", err)
}
