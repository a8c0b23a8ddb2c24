CREATE OR REPLACE VIEW gaps_between {{.OnCluster}}
COMMENT 'gaps_between(since = ..., until = ...): the rows of gaps that lie in a span of time or reach into it, whole, without reading the looks of other times'
AS
WITH
    -- Which days of each series the span needs: its own, and before and after it
    -- as many as it takes to find a look that saw something for certain.
    bounds AS (
        SELECT source, target, basis,
            maxIf(day, bitAnd(good, bitNot(bitOr(bad, unscheduled))) != 0 AND day < toDate({since:DateTime64(3, 'UTC')})) AS first_day,
            minIf(toNullable(day), bitAnd(good, bitNot(bitOr(bad, unscheduled))) != 0 AND day > toDate({until:DateTime64(3, 'UTC')})) AS last_day
        FROM look_days
        GROUP BY source, target, basis
    ),
    ticks AS (
        SELECT source, target, basis, slot,
            max(outcome IN ('ok', 'empty')) AS good,
            argMax(outcome, seen_at) AS last_outcome,
            argMax(reason, seen_at) AS last_reason,
            argMax(every_s, seen_at) AS interval_s
        FROM v_looks
        WHERE {since:DateTime64(3, 'UTC')} <= toDateTime64(0, 3, 'UTC') OR (source, target, basis, toDate(slot)) GLOBAL IN (
            SELECT d.source, d.target, d.basis, d.day
            FROM look_days AS d INNER JOIN bounds AS b ON b.source = d.source AND b.target = d.target AND b.basis = d.basis
            WHERE d.day >= b.first_day AND d.day <= ifNull(b.last_day, toDate('2149-06-06')))
        GROUP BY source, target, basis, slot
    ),
    -- Of each series the runs of ticks, each from a good tick to the next one:
    -- (first slot, last slot, seconds to the next look, whether it begins well,
    -- bad ticks, outcome and reason of the last of them).
    series AS (
        SELECT source, target, basis,
            arrayFilter(r -> r.3 > 0, arrayMap(
                r -> (r[1].1, r[-1].1, r[1].5, r[1].2, arrayCount(x -> x.2 = 0, r), arrayLast(x -> x.2 = 0, r).3, arrayLast(x -> x.2 = 0, r).4),
                arraySplit(x -> x.2, arraySort(groupArray((slot, good, toString(last_outcome), last_reason, interval_s)))))) AS runs
        FROM ticks
        GROUP BY source, target, basis
    ),
    -- (begins, ends, lasts, run)
    spans AS (
        SELECT source, target, basis, arrayFilter(s -> s.5 > 1.5, arrayMap(
            (r, next) -> (
                if(r.4, r.1, r.1 - toIntervalSecond(r.3)) AS begins,
                multiIf(
                    next > toDateTime64(0, 3, 'UTC'), next,
                    basis = 'measured', greatest(now64(3, 'UTC'), r.2),
                    r.5 > 0, r.2 + toIntervalSecond(r.3),
                    begins) AS ends,
                next = toDateTime64(0, 3, 'UTC') AND basis = 'measured',
                r,
                (toUnixTimestamp64Milli(ends) - toUnixTimestamp64Milli(begins)) / 1000 / r.3
            ),
            runs, arrayResize(arrayPopFront(runs.1), length(runs)))) AS gaps
        FROM series
    )
SELECT source, target, basis, s.1 AS from, s.2 AS to, s.3 AS open,
    if(s.4.5 > 0, s.4.6, 'no look') AS cause,
    if(s.4.5 > 0, concat(s.4.6, ': ', s.4.7), 'no look') AS reason,
    toUInt32(if(s.3, floor(s.5), round(s.5) - 1)) AS looks_missed,
    s.4.3 AS every_s
FROM spans ARRAY JOIN gaps AS s
WHERE s.2 > {since:DateTime64(3, 'UTC')} AND s.1 < {until:DateTime64(3, 'UTC')}
