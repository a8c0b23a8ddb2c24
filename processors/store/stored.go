package store

import (
	"context"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// windowSize is how many offsets are read back at once. After a crash one
// window is enough; after a reset of offsets to 0 memory stays small.
const windowSize = 1 << 16

// stored knows which messages of a partition a table has: those which were
// there when the partition was assigned, or when an insert went wrong. What
// the worker inserts afterwards never comes again, so it need not be known.
type stored struct {
	place clickhouse.Place
	any   bool   // something is stored from the recovered offset on
	last  uint64 // the highest such offset

	from, to uint64 // the window that was read; empty if to < from
	window   map[clickhouse.Stored]struct{}
	offsets  map[uint64]struct{}

	conflicts int // offsets that are stored with another message
}

// recover finds out how far the table is, and forgets the window.
func (s *stored) recover(ctx context.Context, ch *clickhouse.Client, from uint64) error {
	last, found, err := ch.LastStored(ctx, s.place, from)
	if err != nil {
		return err
	}
	s.any, s.last = found, last
	s.from, s.to, s.window, s.offsets = 1, 0, nil, nil
	return nil
}

// load reads back what the table has between two offsets, if it can have
// anything there.
func (s *stored) load(ctx context.Context, ch *clickhouse.Client, identity string, first, last uint64) error {
	if !s.any || first > s.last {
		s.window, s.offsets = nil, nil
		return nil
	}
	if s.from <= first && last <= s.to {
		return nil
	}
	from, to := first, max(last, first+windowSize-1)
	rows, err := ch.StoredOffsets(ctx, s.place, from, to, identity)
	if err != nil {
		return err
	}
	s.from, s.to = from, to
	s.window = make(map[clickhouse.Stored]struct{}, len(rows))
	s.offsets = make(map[uint64]struct{}, len(rows))
	for _, row := range rows {
		s.window[row] = struct{}{}
		s.offsets[row.Offset] = struct{}{}
	}
	return nil
}

// has says whether the table has this very message. The offset alone is not
// enough: a topic that was deleted and made anew begins at 0 again.
func (s *stored) has(offset, identity uint64) bool {
	if len(s.window) == 0 {
		return false
	}
	if _, found := s.window[clickhouse.Stored{Offset: offset, Identity: identity}]; found {
		return true
	}
	if _, found := s.offsets[offset]; found {
		s.conflicts++
	}
	return false
}
