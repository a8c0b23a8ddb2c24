package detect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// partition is the worker of one Kafka partition.
type partition struct {
	p          *Processor
	topic      string
	id         int
	partitions int // of the topic
	judge      *Judge
	log        *slog.Logger

	squeezer *squeezer
	plain    []byte // a memory that is being read or written
	targets  map[key]*entry
	// epoch counts the logs that the partition has had: offsets of an earlier
	// one mean nothing in this one.
	epoch uint64
	// doubt, where it is set, are the highest offset and the time that a memory
	// knows of a log which may be gone: nothing was committed of this one.
	doubt *mark

	next int64 // the first offset that was not judged; -1: any
	safe int64 // the commit: everything before it is in stored memories
	told told  // what was last said about how far we are

	out     []kafka.Outgoing // states and ticks, in their order
	refused []kafka.Outgoing
	tally   tally

	dirty  []*entry // memories that have changed since they were stored
	round  *round   // the checkpoint that is under way
	saved  time.Time
	looks  int       // judged since the last checkpoint
	retry  time.Time // no checkpoint is tried before
	stored int       // memories that are stored
	size   int64     // of these, bytes

	past    int64 // of the last tick that was relayed
	relayed time.Time
}

// key names a target: looks of different bases are never mixed.
type key struct {
	source, target string
	basis          event.Basis
}

// entry is a target with its memory.
type entry struct {
	key    key
	memory Target
	judge  *Judge    // by whose rules the memory was made
	next   int64     // the first offset that is not in the memory
	at     time.Time // when Kafka took the message before it
	dirty  bool      // it is in dirty, or waits in round
	stored bool
	size   int // of the memory as it is stored, bytes
}

// mark is a place in a log.
type mark struct {
	next int64
	at   time.Time
}

// told is the part of a commit that need not be news each time.
type told struct {
	next int64
	at   time.Time
}

// tellEvery is how often the lag is brought up to date by a commit.
const tellEvery = time.Second

// Handle judges a batch and publishes what is found. If it fails, it is called
// again with the same batch: what is judged is not judged again, and what is to
// be published is kept. A store that is away holds up no episode: only the
// commit waits for it.
func (h *partition) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	if len(batch) == 0 {
		return kafka.Commit{Offset: -1}, nil
	}
	if h.safe < 0 {
		h.safe = batch[0].Offset
	}
	h.settleDoubt(&batch[0])
	if !h.goOver(ctx) {
		return kafka.Commit{}, ctx.Err()
	}
	for i := range batch {
		if m := &batch[i]; m.Offset >= h.next {
			h.take(ctx, m)
			h.next = m.Offset + 1
		}
	}
	if err := h.publish(ctx); err != nil {
		return kafka.Commit{}, err
	}
	h.report()
	h.checkpoint(ctx)
	return h.commit(), nil
}

// commit says how far we are, and where a restart has to begin.
func (h *partition) commit() kafka.Commit {
	if now := time.Now(); h.told.next < h.safe || now.Sub(h.told.at) >= tellEvery {
		h.told = told{h.next, now}
	}
	return kafka.Commit{Offset: h.safe, Next: h.told.next, Metadata: h.metadata()}
}

// take brings one message to its target.
func (h *partition) take(ctx context.Context, m *kafka.Message) {
	msg, err := event.Unmarshal(m.Type, m.Value)
	if err != nil {
		h.pass(ctx, m, reasonOf(err), err)
		return
	}
	switch msg := msg.(type) {
	case *event.Snapshot:
		h.look(ctx, m, msg)
	case *event.Tick:
		h.relay(msg)
	case *event.Fact, *event.Import: // no series
	default:
		h.pass(ctx, m, "unexpected_type", fmt.Errorf("take message: %s does not belong on %s", m.Type, h.topic))
	}
}

// look judges a look, unless its target's memory has it already.
func (h *partition) look(ctx context.Context, m *kafka.Message, s *event.Snapshot) {
	e := h.entry(s)
	if m.Offset < e.next {
		h.tally.known++
		return
	}
	forgotten, refused := crowded(e.memory)
	states, fresh := e.memory.Look(s)
	h.tally.crowd(e.memory, forgotten, refused)
	e.next, e.at = m.Offset+1, m.Time
	h.looks++
	h.tally.look(s, fresh)
	if (fresh || len(states) > 0) && !e.dirty {
		e.dirty = true
		h.dirty = append(h.dirty, e)
	}
	for _, state := range states {
		h.keep(ctx, m, state)
	}
}

// entry is the target of a look, with a memory by the rules that are in force.
func (h *partition) entry(s *event.Snapshot) *entry {
	k := key{s.GetSource(), s.GetTarget().Key(), s.GetBasis()}
	e := h.targets[k]
	if e == nil {
		e = &entry{key: k, judge: h.judge, memory: (*h.judge).NewTarget(k.source, s.GetTarget(), k.basis)}
		h.targets[k] = e
		return e
	}
	if e.judge == h.judge {
		return e
	}
	memory, err := carryOver(e.memory, *h.judge)
	if err != nil {
		h.unreadable(e.key, err)
		memory = (*h.judge).NewTarget(k.source, s.GetTarget(), k.basis)
	}
	e.memory, e.judge = memory, h.judge
	return e
}

func carryOver(from Target, to Judge) (Target, error) {
	b, err := from.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	return to.LoadTarget(b)
}

// goOver takes on another judge once everything that the former has judged is
// stored: whoever begins again from there begins with the new one. False: ctx
// ended meanwhile.
func (h *partition) goOver(ctx context.Context) bool {
	j := h.p.judge.Load()
	if j == h.judge {
		return true
	}
	if h.next < 0 || h.checkpointWhole(ctx) {
		h.judge = j
		h.log.InfoContext(ctx, "judging goes on by the changed watchlist", "from", h.next)
	}
	return ctx.Err() == nil
}

// keep holds a state until it is published. One that would never be taken is
// put aside, loudly: it must not hold up all others.
func (h *partition) keep(ctx context.Context, m *kafka.Message, state *event.Episode) {
	err := state.Validate()
	if err == nil {
		h.out = append(h.out, kafka.Outgoing{Key: state.GetId(), Msg: state})
		h.tally.state(state)
		return
	}
	original, encodeErr := proto.MarshalOptions{Deterministic: true}.Marshal(state)
	h.log.ErrorContext(ctx, "episode cannot be published, it is put aside", "offset", m.Offset, "rule", state.GetRule(), "err", errors.Join(err, encodeErr))
	h.p.m.refuse("invalid_episode")
	h.refused = append(h.refused, kafka.Outgoing{Key: Stage, Msg: &event.Rejected{
		Stage: Stage, Reason: err.Error(), Original: original, Type: event.TypeName(state),
		Topic: m.Topic, Partition: int32(m.Partition), Offset: m.Offset, AtMs: time.Now().UnixMilli(),
	}})
}

// pass goes by a message that cannot be understood. The store keeps it for a
// person to look at; a second copy would help nobody.
func (h *partition) pass(ctx context.Context, m *kafka.Message, reason string, cause error) {
	h.p.m.refuse(reason)
	h.log.DebugContext(ctx, "message is not judged", "offset", m.Offset, "reason", reason, "err", cause)
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, event.ErrUnknownType):
		return "unknown_type"
	case strings.HasPrefix(err.Error(), "decode "):
		return "undecodable"
	default:
		return "invalid"
	}
}
