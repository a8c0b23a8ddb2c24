package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// rollup is a table of readings by bucket.
type rollup struct {
	table  string
	bucket string // SQL that gives the bucket of `at`
}

func rollups() []rollup {
	return []rollup{
		{"readings_hourly", "toStartOfHour(at)"},
		{"readings_daily", "toStartOfDay(at)"},
	}
}

// settle is how long after _inserted_at a row may still appear: the longest
// insert, and clocks of replicas that differ. What was inserted this near to
// the end of a run is looked at again in the next.
const settle = 2 * clickhouse.InsertTimeout

// RunRollups brings the rollups up to date now and then, until ctx ends.
// Several processes may do so at once.
func (p *Processor) RunRollups(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	seen := map[string]progress{}
	for {
		for _, r := range rollups() {
			began := time.Now()
			done, err := p.runRollup(ctx, r, seen[r.table])
			if ctx.Err() != nil {
				return nil
			}
			p.m.rolledUp(r.table, time.Since(began), err)
			if err != nil {
				p.log.ErrorContext(ctx, "rollup failed; the next run makes up for it", "rollup", r.table, "err", err)
				continue
			}
			seen[r.table] = done
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Rollup brings all rollups up to date once.
func (p *Processor) Rollup(ctx context.Context) error {
	for _, r := range rollups() {
		if _, err := p.runRollup(ctx, r, progress{}); err != nil {
			return err
		}
	}
	return nil
}

// progress is what a run saw of the rows that it had to look at. If the next
// sees the same there is nothing to do.
type progress struct {
	From time.Time
	Rows uint64    `ch:"n"`
	Last time.Time `ch:"last"`
	Now  time.Time `ch:"now"`
}

func (p *Processor) runRollup(ctx context.Context, r rollup, before progress) (progress, error) {
	from, err := p.rolledUpTo(ctx, r)
	if err != nil {
		return progress{}, fmt.Errorf("read progress of %s: %w", r.table, err)
	}
	rows, err := clickhouse.Select[progress](ctx, p.ch,
		"SELECT count() AS n, max(_inserted_at) AS last, now64(3, 'UTC') AS now FROM ("+
			"SELECT _inserted_at FROM readings WHERE _inserted_at >= ? UNION ALL SELECT _inserted_at FROM repairs WHERE _inserted_at >= ?)",
		sqlTime(from), sqlTime(from))
	if err != nil || len(rows) != 1 {
		return progress{}, fmt.Errorf("read new readings for %s: %w", r.table, err)
	}
	now := rows[0]
	now.From = from
	if now.Rows == 0 || now.Rows == before.Rows && now.Last.Equal(before.Last) {
		return now, nil
	}
	if err := p.ch.ExecInsertSelect(ctx, r.sql(), sqlTime(from), sqlTime(from)); err != nil {
		return progress{}, fmt.Errorf("roll up into %s: %w", r.table, err)
	}
	if upto := now.Now.Add(-settle); upto.After(from) {
		err := p.ch.ExecInsertSelect(ctx, "INSERT INTO rollup_runs (rollup, upto) SELECT ?, toDateTime64(?, 3, 'UTC')", r.table, sqlTime(upto))
		if err != nil {
			return progress{}, fmt.Errorf("write progress of %s: %w", r.table, err)
		}
	}
	return now, nil
}

// rolledUpTo returns the moment before which every row is rolled up.
func (p *Processor) rolledUpTo(ctx context.Context, r rollup) (time.Time, error) {
	return clickhouse.SelectOne[time.Time](ctx, p.ch, "SELECT max(upto) FROM rollup_runs WHERE rollup = ?", r.table)
}

// sql computes every bucket anew which a row inserted since touches, or out of
// which a reparse took readings since. The version is made from the data, never
// from a clock of the run: of two runs over the same rows both write the same,
// and a slow run cannot undo a newer one. The parser of a repair comes first in
// it: what was computed from readings that are gone holds no more. The count
// comes second: without a repair a bucket only ever gains moments, so a bucket
// of which retention has removed a part loses against what was computed while
// it was whole. A bucket that a repair emptied is written with count 0, which
// the views leave out.
func (r rollup) sql() string {
	return strings.NewReplacer("{table}", r.table, "{bucket}", r.bucket).Replace(`
INSERT INTO {table} (bucket, source, target, subject, metric, basis, first, last, min, max, avg, count, version)
WITH touched AS (
    SELECT DISTINCT metric, target, subject, source, basis, {bucket} FROM readings WHERE _inserted_at >= ?
    UNION DISTINCT
    SELECT DISTINCT metric, target, subject, source, basis, {bucket} FROM repairs WHERE _inserted_at >= ?
)
SELECT {bucket} AS bucket, source, target, subject, metric, basis,
    argMinIf(value, at, seen), argMaxIf(value, at, seen), minIf(value, seen), maxIf(value, seen),
    ifNotFinite(avgIf(value, seen), 0), toUInt32(countIf(seen)) AS moments,
    bitOr(bitShiftLeft(toUInt64(least(max(repair), 255)), 56),
        bitOr(bitShiftLeft(toUInt64(least(moments, 16383)), 42), toUInt64(toUnixTimestamp64Milli(max(inserted)))))
FROM (
    SELECT source, target, subject, metric, basis, at, value, _inserted_at AS inserted, 1 AS seen, toUInt32(0) AS repair
    FROM (SELECT * FROM readings FINAL WHERE (metric, target, subject, source, basis, {bucket}) GLOBAL IN (touched)) AS r
    GLOBAL ANY LEFT JOIN (
        SELECT source, target, basis, slot, seen_at, max(parser_version) AS newest FROM reparses GROUP BY source, target, basis, slot, seen_at
    ) AS p USING (source, target, basis, slot, seen_at)
    WHERE r.parser_version >= p.newest
    UNION ALL
    SELECT source, target, subject, metric, basis, at, 0, _inserted_at, 0, parser_version
    FROM repairs
    WHERE (metric, target, subject, source, basis, {bucket}) GLOBAL IN (touched)
)
GROUP BY bucket, source, target, subject, metric, basis`)
}

// sqlTime is a moment as ClickHouse reads it into a DateTime64(3, 'UTC').
func sqlTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }
