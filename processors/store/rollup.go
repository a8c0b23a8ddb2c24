package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// rollup is a table of readings or looks by bucket.
type rollup struct {
	table   string
	changes string // query that gives _inserted_at of what may change it, since a moment
	insert  string // statement that computes anew what was touched since a moment
}

func rollups() []rollup {
	const readings = "SELECT _inserted_at FROM readings WHERE _inserted_at >= {since} UNION ALL SELECT _inserted_at FROM repairs WHERE _inserted_at >= {since}"
	return []rollup{
		{"readings_hourly", readings, strings.NewReplacer("{table}", "readings_hourly", "{bucket}", "toStartOfHour(at)").Replace(insertReadings)},
		{"readings_daily", readings, strings.NewReplacer("{table}", "readings_daily", "{bucket}", "toStartOfDay(at)").Replace(insertReadings)},
		{"looks_hourly", "SELECT _inserted_at FROM looks WHERE _inserted_at >= {since}", insertLooks},
	}
}

// settle is how long after _inserted_at a row may still appear: the longest
// insert, and clocks of replicas that differ. What was inserted this near to
// the end of a run is looked at again in the next.
const settle = 2 * clickhouse.InsertTimeout

// rollupState is what one process remembers between its runs.
type rollupState struct {
	seen  map[string]progress
	hours hoursState
	whole map[string]wholeState
}

func newRollupState() *rollupState {
	return &rollupState{seen: map[string]progress{}, whole: map[string]wholeState{}}
}

// A past that is loaded comes in batches: while more than manyRows came since
// the last run the next one follows soon, so that nobody waits for it.
const (
	manyRows   = 1000
	hurryFor   = 5  // runs after the last that found so many
	hurryFirst = 20 // runs of a process that has just begun: often it is there to load a past
	hurryPart  = 15
)

// RunRollups brings the rollups up to date now and then, until ctx ends: every
// so often, and sooner while a past is loaded. Several processes may do so at
// once.
func (p *Processor) RunRollups(ctx context.Context, every time.Duration) error {
	state := newRollupState()
	for hurry := hurryFirst; ; hurry-- {
		began := time.Now()
		rows := state.rows()
		p.rollUp(ctx, state)
		if state.rows() > rows+manyRows {
			hurry = hurryFor
		}
		wait := every
		if hurry > 0 {
			wait = min(every, max(every/hurryPart, 2*time.Since(began)))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// rows is how many rows the last run had to look at.
func (s *rollupState) rows() uint64 { return s.hours.news.Rows }

// rollUp is one run over all tables. What fails is made up for by the next run;
// what is made of a table that failed waits for it.
func (p *Processor) rollUp(ctx context.Context, state *rollupState) {
	news, err := p.readNews(ctx)
	complete := err == nil || p.rolledUp(ctx, hoursRun, time.Now(), err)
	for _, r := range rollups() {
		began := time.Now()
		done, err := p.runRollup(ctx, r, state.seen[r.table])
		if p.rolledUp(ctx, r.table, began, err) {
			state.seen[r.table] = done
		} else {
			complete = false
		}
	}
	if !complete {
		return
	}
	began := time.Now()
	changed, err := p.runHours(ctx, news, &state.hours)
	if p.rolledUp(ctx, hoursRun, began, err) {
		p.runWhole(ctx, state, changed)
	}
}

// rolledUp notes what came of a run, and says whether it went well.
func (p *Processor) rolledUp(ctx context.Context, table string, began time.Time, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	p.m.rolledUp(table, time.Since(began), err)
	if err != nil {
		p.log.ErrorContext(ctx, "rollup failed; the next run makes up for it", "rollup", table, "err", err)
	}
	return err == nil
}

// Rollup brings all rollups up to date once.
func (p *Processor) Rollup(ctx context.Context) error {
	state := newRollupState()
	news, err := p.readNews(ctx)
	if err != nil {
		return err
	}
	for _, r := range rollups() {
		if _, err := p.runRollup(ctx, r, progress{}); err != nil {
			return err
		}
	}
	if _, err := p.runHours(ctx, news, &state.hours); err != nil {
		return err
	}
	for _, t := range wholeTables() {
		if err := p.fillWhole(ctx, t, &state.hours); err != nil {
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
		"SELECT count() AS n, max(_inserted_at) AS last, now64(3, 'UTC') AS now FROM ("+since(r.changes, from)+")")
	if err != nil || len(rows) != 1 {
		return progress{}, fmt.Errorf("read what is new for %s: %w", r.table, err)
	}
	now := rows[0]
	now.From = from
	if now.Rows == 0 || now.Rows == before.Rows && now.Last.Equal(before.Last) {
		return now, nil
	}
	if err := p.ch.ExecInsertSelect(ctx, since(r.insert, from)); err != nil {
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

// insertReadings computes every bucket anew which a row inserted since touches, or out of
// which a reparse took readings since. The version is made from the data, never
// from a clock of the run: of two runs over the same rows both write the same,
// and a slow run cannot undo a newer one. The parser of a repair comes first in
// it: what was computed from readings that are gone holds no more. The count
// comes second: without a repair a bucket only ever gains moments, so a bucket
// of which retention has removed a part loses against what was computed while
// it was whole. A bucket that a repair emptied is written with count 0, which
// the views leave out.
const insertReadings = `
INSERT INTO {table} (bucket, source, target, subject, metric, basis, first, last, min, max, avg, count, version)
WITH touched AS (
    SELECT DISTINCT metric, target, subject, source, basis, {bucket} FROM readings WHERE _inserted_at >= {since}
    UNION DISTINCT
    SELECT DISTINCT metric, target, subject, source, basis, {bucket} FROM repairs WHERE _inserted_at >= {since}
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
GROUP BY bucket, source, target, subject, metric, basis`

// insertLooks does the same for looks. Retention may have removed a part of an
// hour's looks: what was computed while there were more of them holds.
const insertLooks = `
INSERT INTO looks_hourly (hour, source, target, basis, ticks, good, depth, first_slot, last_slot, every_s, version)
WITH touched AS (SELECT DISTINCT source, target, basis, toStartOfHour(slot) FROM looks WHERE _inserted_at >= {since})
SELECT toStartOfHour(toDateTime(l.slot, 'UTC')) AS hour, source, target, basis,
    toUInt32(uniqExact(l.slot)), toUInt32(uniqExactIf(l.slot, outcome IN ('ok', 'empty'))),
    argMaxIf(l.depth, (l.slot, l.seen_at), outcome IN ('ok', 'empty')),
    min(l.slot), max(l.slot), argMax(l.every_s, (l.slot, l.seen_at)),
    bitOr(bitShiftLeft(toUInt64(least(count(), 16383)), 42), toUInt64(toUnixTimestamp64Milli(max(_inserted_at))))
FROM (SELECT * FROM looks FINAL WHERE (source, target, basis, toStartOfHour(slot)) GLOBAL IN (touched)) AS l
GROUP BY source, target, basis, hour`

// since fills a moment into a statement.
func since(sql string, t time.Time) string {
	return strings.ReplaceAll(sql, "{since}", "toDateTime64('"+sqlTime(t)+"', 3, 'UTC')")
}

// sqlTime is a moment as ClickHouse reads it into a DateTime64(3, 'UTC').
func sqlTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }
