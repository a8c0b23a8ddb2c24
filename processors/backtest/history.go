package backtest

import (
	"context"
	"errors"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// target is what a source looked at.
type target struct {
	Source string    `ch:"source"`
	Target string    `ch:"target"`
	Looks  uint64    `ch:"looks"`
	Last   time.Time `ch:"last"`
}

func targets(ctx context.Context, db *clickhouse.Client, q *Query) ([]target, error) {
	return clickhouse.Select[target](ctx, db, `
SELECT source, target, count() AS looks, max(slot) AS last
FROM looks FINAL
WHERE basis = ? AND slot >= fromUnixTimestamp64Milli(toInt64(?), 'UTC') AND slot < fromUnixTimestamp64Milli(toInt64(?), 'UTC')
GROUP BY source, target
ORDER BY source, target`, q.Basis, q.From.Add(-q.WarmUp).UnixMilli(), q.To.UnixMilli())
}

type lookRow struct {
	Slot    int64  `ch:"slot_ms"`
	Seen    int64  `ch:"seen_ms"`
	Outcome string `ch:"outcome"`
	Depth   uint32 `ch:"depth"`
	Reason  string `ch:"reason"`
	Via     string `ch:"via"`
	EveryS  uint32 `ch:"every_s"`
	Parser  uint32 `ch:"parser_version"`
}

type readingRow struct {
	Slot    int64   `ch:"slot_ms"`
	Seen    int64   `ch:"seen_ms"`
	At      int64   `ch:"at_ms"`
	Subject string  `ch:"subject"`
	Metric  string  `ch:"metric"`
	Value   float64 `ch:"value"`
}

const looksSQL = `
SELECT toUnixTimestamp64Milli(slot) AS slot_ms, toUnixTimestamp64Milli(seen_at) AS seen_ms, outcome, depth, reason, via, every_s, parser_version
FROM looks FINAL
WHERE source = ? AND target = ? AND basis = ?
    AND slot >= fromUnixTimestamp64Milli(toInt64(?), 'UTC') AND slot < fromUnixTimestamp64Milli(toInt64(?), 'UTC')
ORDER BY slot, seen_at`

const readingsSQL = `
SELECT toUnixTimestamp64Milli(slot) AS slot_ms, toUnixTimestamp64Milli(seen_at) AS seen_ms, toUnixTimestamp64Milli(at) AS at_ms,
    toString(subject) AS subject, toString(metric) AS metric, value
FROM readings FINAL
WHERE source = ? AND target = ? AND basis = ?
    AND slot >= fromUnixTimestamp64Milli(toInt64(?), 'UTC') AND slot < fromUnixTimestamp64Milli(toInt64(?), 'UTC')
ORDER BY slot, seen_at, metric, value, subject, at`

// stream makes the looks at a target anew, one after the other. What a newer
// parser has read again is there as that read it, once. A reading of a past day
// is there with the last look that brought it: earlier words about that day are
// not kept.
func stream(ctx context.Context, db *clickhouse.Client, q *Query, t *target, about *event.Target, each func(*event.Snapshot)) (err error) {
	args := []any{t.Source, t.Target, q.Basis, q.From.Add(-q.WarmUp).UnixMilli(), q.To.UnixMilli()}
	looks, err := db.Query(ctx, looksSQL, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, looks.Close()) }()
	readings, err := db.Query(ctx, readingsSQL, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, readings.Close()) }()
	next := &peeked{rows: readings}
	for looks.Next() {
		var l lookRow
		if err := looks.ScanStruct(&l); err != nil {
			return err
		}
		s := &event.Snapshot{
			Source: t.Source, Target: about, SlotMs: l.Slot, SeenAtMs: l.Seen, Outcome: outcomeOf(l.Outcome), Depth: l.Depth,
			Reason: l.Reason, Basis: basisOf(q.Basis), Via: l.Via, EveryS: l.EveryS, ParserVersion: l.Parser,
		}
		if s.Readings, err = next.of(l.Slot, l.Seen); err != nil {
			return err
		}
		each(s)
	}
	return looks.Err()
}

// peeked reads readings in step with their looks.
type peeked struct {
	rows *clickhouse.Rows
	row  readingRow
	held bool // row is one that has not been given
	done bool
}

// of returns the readings of a look. Those of looks that are not there are
// passed over.
func (p *peeked) of(slot, seen int64) ([]*event.Reading, error) {
	var out []*event.Reading
	for {
		if !p.held {
			if p.done || !p.rows.Next() {
				p.done = true
				return out, p.rows.Err()
			}
			if err := p.rows.ScanStruct(&p.row); err != nil {
				return nil, err
			}
			p.held = true
		}
		r := &p.row
		switch {
		case r.Slot > slot || r.Slot == slot && r.Seen > seen:
			return out, nil
		case r.Slot == slot && r.Seen == seen:
			one := &event.Reading{Subject: r.Subject, Metric: r.Metric, Value: r.Value}
			if r.At != r.Slot {
				one.AtMs = r.At
			}
			out = append(out, one)
		}
		p.held = false
	}
}

func outcomeOf(word string) event.Outcome {
	for _, o := range []event.Outcome{event.Outcome_OUTCOME_OK, event.Outcome_OUTCOME_EMPTY, event.Outcome_OUTCOME_REFUSED} {
		if o.Word() == word {
			return o
		}
	}
	return event.Outcome_OUTCOME_FAILED
}
