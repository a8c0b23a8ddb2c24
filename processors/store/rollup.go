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
		"SELECT count() AS n, max(_inserted_at) AS last, now64(3, 'UTC') AS now FROM readings WHERE _inserted_at >= ?", sqlTime(from))
	if err != nil || len(rows) != 1 {
		return progress{}, fmt.Errorf("read new readings for %s: %w", r.table, err)
	}
	now := rows[0]
	now.From = from
	if now.Rows == 0 || now.Rows == before.Rows && now.Last.Equal(before.Last) {
		return now, nil
	}
	if err := p.ch.ExecInsertSelect(ctx, r.sql(), sqlTime(from)); err != nil {
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

// sql computes every bucket anew which a row inserted since touches. The
// version is made from the data, never from a clock of the run: of two runs
// over the same rows both write the same, and a slow run cannot undo a newer
// one. The count comes first in it: without deletes a bucket only ever gains
// moments, so a bucket of which retention has removed a part loses against
// what was computed while it was whole.
func (r rollup) sql() string {
	return strings.NewReplacer("{table}", r.table, "{bucket}", r.bucket).Replace(`
INSERT INTO {table} (bucket, source, target, subject, metric, basis, first, last, min, max, avg, count, version)
SELECT {bucket} AS bucket, source, target, subject, metric, basis,
    argMin(value, at), argMax(value, at), min(value), max(value), avg(value), toUInt32(count()) AS moments,
    bitOr(bitShiftLeft(toUInt64(moments), 42), toUInt64(toUnixTimestamp64Milli(max(_inserted_at))))
FROM readings FINAL
WHERE (metric, target, subject, source, basis, {bucket}) GLOBAL IN (
    SELECT DISTINCT metric, target, subject, source, basis, {bucket} FROM readings WHERE _inserted_at >= ?
)
GROUP BY bucket, source, target, subject, metric, basis`)
}

// sqlTime is a moment as ClickHouse reads it into a DateTime64(3, 'UTC').
func sqlTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }
