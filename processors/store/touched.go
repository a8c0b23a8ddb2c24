package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// touchedHours are the hours that are to be computed anew, as Unix seconds, by
// what they are touched in.
type touchedHours map[string][]int64

// hoursOf are the hours that matter to a table, sorted, each once.
func hoursOf(h touchedHours, t byHour) []int64 {
	var all []int64
	for _, what := range t.of {
		all = append(all, h[what]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// touched reads which hours have news, and which others these change: hours
// without a look lie between two looks; an app that was taken out of a store is
// out until somebody sees it there again; and what is new in an hour is told by
// what was there in the up to 48 hours before. idle: hours in which nobody
// looked since the last look count too, as they are more with every hour.
func (p *Processor) touched(ctx context.Context, n *news, idle bool) (touchedHours, error) {
	sql := changedHours
	if n.all() {
		sql = allHours
	}
	sql = strings.ReplaceAll(sql, "{idle}", map[bool]string{true: "1", false: "0"}[idle])
	rows, err := clickhouse.Select[struct {
		What string `ch:"what"`
		Hour int64  `ch:"h"`
	}](ctx, p.ch, since(sql, n.From))
	if err != nil {
		return nil, fmt.Errorf("read which hours have news: %w", err)
	}
	t := touchedHours{}
	for _, r := range rows {
		t[r.What] = append(t[r.What], r.Hour)
	}
	return t, nil
}

// allHours are the hours of which anything is known.
const allHours = `
WITH
    charts AS (
        SELECT basis, hour, leadInFrame(toNullable(hour)) OVER w AS after
        FROM looks_hourly FINAL
        WHERE startsWith(target, 'chart/')
        WINDOW w AS (PARTITION BY source, target, basis ORDER BY hour ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
SELECT DISTINCT what, h
FROM (
    SELECT 'ranks' AS what, arrayJoin(range(
        toUInt64(toUnixTimestamp(hour)),
        toUInt64(toUnixTimestamp(multiIf(
            after IS NULL, if(basis = 'measured' AND hour > now('UTC') - INTERVAL 31 DAY, greatest(hour, toStartOfHour(now('UTC'))), hour),
            after - hour > 31 * 86400, hour,
            assumeNotNull(after)))) + 1, 3600))::Int64 AS h
    FROM charts
    UNION ALL
    SELECT 'counts' AS what, toInt64(toUnixTimestamp(bucket)) AS h
    FROM (SELECT DISTINCT bucket FROM readings_hourly WHERE match(toString(target), '^(tag|article|keyword|list)/'))
    UNION ALL
    SELECT 'looks' AS what, toInt64(toUnixTimestamp(hour)) AS h
    FROM (SELECT DISTINCT hour FROM looks_hourly)
)`

const changedHours = `
WITH
    new_readings AS (
        SELECT DISTINCT metric, target, subject, basis, toStartOfHour(toDateTime(at, 'UTC')) AS hour FROM readings WHERE _inserted_at >= {since}
        UNION DISTINCT
        SELECT DISTINCT metric, target, subject, basis, toStartOfHour(toDateTime(at, 'UTC')) AS hour FROM repairs WHERE _inserted_at >= {since}
    ),
    new_looks AS (
        SELECT DISTINCT source, target, basis, toStartOfHour(toDateTime(slot, 'UTC')) AS hour
        FROM looks WHERE _inserted_at >= {since}
    ),
    -- A look changes the gap that ends with it, or with the next that saw something.
    seen AS (
        SELECT source, target, basis, hour,
            min(if(good > 0, toNullable(hour), NULL)) OVER (
                PARTITION BY source, target, basis ORDER BY hour ASC ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS after
        FROM looks_hourly FINAL
        WHERE (source, target, basis) IN (SELECT source, target, basis FROM new_looks) AND hour >= (SELECT min(hour) FROM new_looks)
    ),
    charts AS (
        SELECT source, target, basis, hour,
            lagInFrame(toNullable(hour)) OVER w AS before, leadInFrame(toNullable(hour)) OVER w AS after
        FROM looks_hourly FINAL
        WHERE startsWith(target, 'chart/')
        WINDOW w AS (PARTITION BY source, target, basis ORDER BY hour ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    listings AS (
        SELECT target, subject, basis, bucket AS hour, leadInFrame(toNullable(bucket)) OVER w AS after
        FROM readings_hourly FINAL
        WHERE metric = 'listed' AND startsWith(target, 'listing/')
        WINDOW w AS (PARTITION BY target, subject, basis ORDER BY bucket ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
SELECT DISTINCT what, h
FROM (
    -- Hours of charts with news, and those without a look on both sides; a pause
    -- of more than 31 days is none.
    SELECT 'ranks' AS what, arrayJoin(range(
        toUInt64(toUnixTimestamp(if(before IS NULL OR hour - before > 31 * 86400, hour, assumeNotNull(before)))),
        toUInt64(toUnixTimestamp(if(after IS NULL OR after - hour > 31 * 86400, hour, assumeNotNull(after)))) + 1, 3600))::Int64 AS h
    FROM charts
    WHERE (source, target, basis, hour) IN (SELECT source, target, basis, hour FROM new_looks)
    UNION ALL
    SELECT 'looks' AS what, toInt64(toUnixTimestamp(arrayJoin(if(after IS NULL, [hour], [hour, assumeNotNull(after)])))) AS h
    FROM seen
    WHERE (source, target, basis, hour) IN (SELECT source, target, basis, hour FROM new_looks)
    UNION ALL
    -- Hours that passed without a look since the last one.
    SELECT 'ranks' AS what, arrayJoin(range(
        toUInt64(toUnixTimestamp(if({idle}, hour, greatest(hour, toStartOfHour(now('UTC')))))),
        toUInt64(toUnixTimestamp(toStartOfHour(now('UTC')))) + 1, 3600))::Int64 AS h
    FROM charts
    WHERE after IS NULL AND basis = 'measured' AND hour > now('UTC') - INTERVAL 31 DAY
    UNION ALL
    SELECT 'ranks' AS what, toInt64(toUnixTimestamp(hour)) AS h
    FROM new_readings
    WHERE metric = 'rank' AND startsWith(target, 'chart/')
    UNION ALL
    SELECT 'ranks' AS what, arrayJoin(range(
        toUInt64(toUnixTimestamp(hour)),
        toUInt64(toUnixTimestamp(if(after IS NULL, greatest(hour, (SELECT max(hour) FROM looks_hourly WHERE startsWith(target, 'chart/'))), assumeNotNull(after)))) + 1, 3600))::Int64 AS h
    FROM listings
    WHERE (target, subject, basis, hour) IN (SELECT target, subject, basis, hour FROM new_readings WHERE metric = 'listed')
    UNION ALL
    SELECT 'counts' AS what, h
    FROM (
        SELECT DISTINCT hour, endsWith(toString(metric), '_total') OR endsWith(toString(metric), '_today') OR metric IN ('reads', 'discussions', 'posts', 'rating_count') AS grows
        FROM new_readings
        WHERE match(toString(target), '^(tag|article|keyword|list)/')
    )
    ARRAY JOIN arrayMap(i -> toInt64(toUnixTimestamp(hour)) + 3600 * i, range(if(grows, 49, 1))) AS h
    WHERE h = toInt64(toUnixTimestamp(hour)) OR h <= toInt64(toUnixTimestamp(now('UTC')))
)`
