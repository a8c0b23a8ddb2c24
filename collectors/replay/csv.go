package replay

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// maxTargets is how many targets may be looked at in one moment.
const maxTargets = 1000

// row is one line of a CSV recording, understood.
type row struct {
	at       time.Time
	target   *event.Target
	subject  string
	rank     int
	readings []*event.Reading
}

// rows is a CSV recording: what a line means, and what its looks have in common.
type rows struct {
	columns int
	parse   func(fields []string) (row, error)
	via     string
	every   time.Duration
}

// csvParserVersion of the looks made here. Raise it when the same file would
// give other readings.
const csvParserVersion = 1

// run groups the rows of one moment into one snapshot per target. A moment is
// complete when the next begins, so memory holds one moment only.
func (c *rows) run(l *lines, yield func(Message) bool) error {
	if _, err := l.next(); err != nil { // the header
		return ignoreEOF(err)
	}
	m := moment{rows: c}
	for {
		record, err := l.record()
		if errors.Is(err, io.EOF) {
			m.flush(yield)
			return nil
		}
		if err != nil {
			return err
		}
		if len(record) == 0 {
			continue
		}
		r, err := c.parseRecord(record)
		if err != nil {
			return l.wrong(err)
		}
		if !r.at.Equal(m.at) {
			if r.at.Before(m.at) {
				return l.wrongf("time goes back from %s to %s", m.at.Format(time.RFC3339), r.at.Format(time.RFC3339))
			}
			if !m.flush(yield) {
				return nil
			}
			m.at = r.at
		}
		if err := m.add(r); err != nil {
			return l.wrong(err)
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// parseRecord reads one record on its own, so that the reader holds no more of
// the file than that.
func (c *rows) parseRecord(record []byte) (row, error) {
	r := csv.NewReader(bytes.NewReader(record))
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	if err != nil {
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			err = bad.Err // without its line, which is one of the record
		}
		return row{}, fmt.Errorf("decode line: %w", err)
	}
	if len(fields) != c.columns {
		return row{}, fmt.Errorf("decode line: has %d columns, want %d", len(fields), c.columns)
	}
	return c.parse(fields)
}

// moment is what was seen at one time, in the order of the file.
type moment struct {
	*rows
	at    time.Time
	looks []*look
}

// look is one snapshot in the making.
type look struct {
	snapshot *event.Snapshot
	ranks    map[int]bool
	subjects map[string]bool
}

func (m *moment) add(r row) error {
	k, err := m.look(r.target)
	if err != nil {
		return err
	}
	switch {
	case k.ranks[r.rank]:
		return fmt.Errorf("check rank: %d is there twice in %s at %s", r.rank, r.target.Key(), m.at.Format(time.RFC3339))
	case k.subjects[r.subject]:
		return fmt.Errorf("check subject: %q is there twice in %s at %s", r.subject, r.target.Key(), m.at.Format(time.RFC3339))
	case len(k.snapshot.GetReadings())+len(r.readings) > event.MaxReadings:
		return fmt.Errorf("check readings: more than %d in %s at %s", event.MaxReadings, r.target.Key(), m.at.Format(time.RFC3339))
	}
	// The row alone must be valid, so that the line that is wrong is named.
	alone := m.snapshot(r.target)
	alone.Readings = r.readings
	if err := alone.Validate(); err != nil {
		return err
	}
	k.ranks[r.rank], k.subjects[r.subject] = true, true
	k.snapshot.Readings = append(k.snapshot.Readings, r.readings...)
	// A list that was kept whole is as deep as it has rows; of one that was
	// kept in parts, the last place shows how deep somebody looked.
	k.snapshot.Depth = max(k.snapshot.GetDepth(), uint32(r.rank)) //nolint:gosec // parseRank bounds it
	return nil
}

func (m *moment) look(t *event.Target) (*look, error) {
	key := t.Key()
	for _, k := range m.looks {
		if k.snapshot.GetTarget().Key() == key {
			return k, nil
		}
	}
	if len(m.looks) == maxTargets {
		return nil, fmt.Errorf("check target: more than %d at %s", maxTargets, m.at.Format(time.RFC3339))
	}
	k := &look{snapshot: m.snapshot(t), ranks: map[int]bool{}, subjects: map[string]bool{}}
	m.looks = append(m.looks, k)
	return k, nil
}

// snapshot has the hour as its slot, so that an hour without a look shows as a
// gap, and the recorded second as the time of what was seen, so that no two
// looks ever fall together.
func (m *moment) snapshot(t *event.Target) *event.Snapshot {
	return &event.Snapshot{
		Source: SourceName, Target: t,
		SlotMs: m.at.Truncate(time.Hour).UnixMilli(), SeenAtMs: m.at.UnixMilli(),
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_IMPORTED,
		Via: m.via, EveryS: uint32(m.every / time.Second), ParserVersion: csvParserVersion,
	}
}

// flush yields the moment's snapshots and makes room for the next. It is false
// when nobody wants more.
func (m *moment) flush(yield func(Message) bool) bool {
	looks := m.looks
	m.looks = nil
	for _, k := range looks {
		msg := Outgoing{Key: keyOf(k.snapshot), Msg: k.snapshot}
		if !yield(Message{At: m.at, Outgoing: msg}) {
			return false
		}
	}
	return true
}

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("check ts_utc: is %q, want a time such as 2025-01-13T08:00:00Z", shorten(s))
	}
	return t.UTC(), nil
}

func parseRank(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > event.MaxReadings {
		return 0, fmt.Errorf("check rank: is %q, want a number from 1 to %d", shorten(s), event.MaxReadings)
	}
	return n, nil
}
