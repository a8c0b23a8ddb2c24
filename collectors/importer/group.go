package importer

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
)

// parserVersion of the looks made here. Raise it when the same file would give
// other readings.
const parserVersion = 1

const (
	// maxHeld is how many readings are held in memory at once: those of one
	// moment, or of a whole file that is not in the order of its times.
	maxHeld = 1_000_000
	// maxLookBytes keeps a look well within one message.
	maxLookBytes = 3 << 20
)

// errOrder says that the rows are not in the order of their times.
var errOrder = errors.New("rows are not in the order of their times")

// grouper puts the rows of one moment and target together to one look.
type grouper struct {
	m        *Mapping
	importID string
	// ordered: a moment is complete when the next begins. Otherwise everything
	// is held until the end.
	ordered bool

	at    time.Time
	held  int
	looks []*look
	byKey map[string]*look
}

// look is one snapshot in the making.
type look struct {
	at       time.Time
	snapshot *event.Snapshot
	size     int
	ranks    map[int]bool
	seen     map[string]bool
}

func newGrouper(m *Mapping, importID string, ordered bool) *grouper {
	return &grouper{m: m, importID: importID, ordered: ordered, byKey: map[string]*look{}}
}

// add takes a row. It gives back the looks that are complete now.
func (g *grouper) add(r row) (done []*event.Snapshot, err error) {
	if g.ordered && !r.at.Equal(g.at) {
		if r.at.Before(g.at) {
			return nil, fmt.Errorf("time goes back from %s to %s: %w", g.at.Format(time.RFC3339), r.at.Format(time.RFC3339), errOrder)
		}
		done, g.at = g.flush(), r.at
	}
	if g.held += len(r.readings); g.held > maxHeld {
		if g.ordered {
			return nil, fmt.Errorf("check time: more than %d readings are about %s", maxHeld, r.at.Format(time.RFC3339))
		}
		return nil, fmt.Errorf("order rows: the file is not in the order of its times, and has more than the %d readings that are put in order here: sort it by time first", maxHeld)
	}
	return done, g.join(r)
}

func (g *grouper) join(r row) error {
	alone := g.snapshot(r)
	alone.Readings = r.readings
	// The row alone must be valid, so that the line that is wrong is named.
	if err := alone.Validate(); err != nil {
		return err
	}
	k := g.look(r)
	if err := k.once(r, g.m.Look.List == whole); err != nil {
		return err
	}
	k.size += proto.Size(alone)
	if len(k.snapshot.GetReadings())+len(r.readings) > event.MaxReadings || k.size > maxLookBytes {
		return fmt.Errorf("check readings: more than one look can hold (%d, or %d MiB) in %s at %s",
			event.MaxReadings, maxLookBytes>>20, r.target.Key(), r.at.Format(time.RFC3339))
	}
	k.snapshot.Readings = append(k.snapshot.Readings, r.readings...)
	if g.m.Look.List == whole {
		// A list that was kept whole is as deep as it has rows; of one that was
		// kept in parts, the last place shows how deep somebody looked.
		k.snapshot.Depth = max(k.snapshot.GetDepth(), uint32(r.rank)) //nolint:gosec // parseNumber bounds it
	}
	return nil
}

// once refuses what is there twice: one of the two would be lost.
func (k *look) once(r row, wholeList bool) error {
	at := r.at.Format(time.RFC3339)
	if wholeList {
		switch {
		case k.ranks[r.rank]:
			return fmt.Errorf("check rank: %d is there twice in %s at %s", r.rank, r.target.Key(), at)
		case k.seen[r.subject]:
			return fmt.Errorf("check subject: %q is there twice in %s at %s", r.subject, r.target.Key(), at)
		}
		k.ranks[r.rank], k.seen[r.subject] = true, true
		return nil
	}
	for _, reading := range r.readings {
		name := reading.GetMetric() + "\x1f" + r.subject
		if k.seen[name] {
			return fmt.Errorf("check %s: %q is there twice in %s at %s", reading.GetMetric(), r.subject, r.target.Key(), at)
		}
		k.seen[name] = true
	}
	return nil
}

func (g *grouper) look(r row) *look {
	key := r.source + "\x1f" + r.target.Key()
	if !g.ordered {
		key += "\x1f" + r.at.Format(time.RFC3339Nano)
	}
	k := g.byKey[key]
	if k == nil {
		k = &look{at: r.at, snapshot: g.snapshot(r), ranks: map[int]bool{}, seen: map[string]bool{}}
		g.byKey[key] = k
		g.looks = append(g.looks, k)
	}
	return k
}

// snapshot has the tick as its slot, so that a tick without a look shows as a
// gap, and the recorded moment as the time of what was seen, so that no two
// looks ever fall together.
func (g *grouper) snapshot(r row) *event.Snapshot {
	slot := r.at
	if d := g.m.Look.Slot.D(); d > 0 {
		slot = slot.Truncate(d)
	}
	return &event.Snapshot{
		Source: r.source, Target: r.target,
		SlotMs: slot.UnixMilli(), SeenAtMs: r.at.UnixMilli(),
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_IMPORTED,
		Via: g.m.Name, EveryS: uint32(g.m.Look.Every.D() / time.Second), ParserVersion: parserVersion, ImportId: g.importID,
	}
}

// flush gives what is held, in the order of its times, and makes room.
func (g *grouper) flush() []*event.Snapshot {
	looks := g.looks
	if !g.ordered {
		slices.SortStableFunc(looks, func(a, b *look) int { return a.at.Compare(b.at) })
	}
	out := make([]*event.Snapshot, len(looks))
	for i, k := range looks {
		out[i] = k.snapshot
	}
	g.looks, g.held = nil, 0
	clear(g.byKey)
	return out
}
