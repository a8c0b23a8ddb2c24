CREATE OR REPLACE VIEW v_coverage_between {{.OnCluster}}
COMMENT 'v_coverage_between(since = DAY, until = DAY): the rows of v_coverage of a span of days, both included, without reading the looks of other times'
AS
WITH
    -- Which days of each series the span needs: its own, and before and after it
    -- as many as it takes to find a look of a schedule for certain.
    bounds AS (
        SELECT source, target, basis,
            maxIf(day, bitAnd(bitOr(good, bad), bitNot(unscheduled)) != 0 AND day < {since:Date}) AS first_day,
            minIf(toNullable(day), bitAnd(bitOr(good, bad), bitNot(unscheduled)) != 0 AND day > {until:Date}) AS last_day
        FROM look_days
        GROUP BY source, target, basis
    ),
    ticks AS (
        SELECT source, target, basis, slot,
            max(outcome IN ('ok', 'empty')) AS good,
            argMax(l.every_s, seen_at) AS interval_s
        FROM v_looks AS l
        WHERE {since:Date} <= toDate(0) OR (source, target, basis, toDate(slot)) GLOBAL IN (
            SELECT d.source, d.target, d.basis, d.day
            FROM look_days AS d INNER JOIN bounds AS b ON b.source = d.source AND b.target = d.target AND b.basis = d.basis
            WHERE d.day >= b.first_day AND d.day <= ifNull(b.last_day, toDate('2149-06-06')))
        GROUP BY source, target, basis, slot
        HAVING interval_s > 0
    ),
    -- (slot, good, interval in seconds), and until when it holds
    series AS (
        SELECT source, target, basis,
            arraySort(groupArray((slot, good, interval_s))) AS ticks,
            arrayResize(arrayPopFront(ticks.1), length(ticks), if(basis = 'measured', greatest(now64(3, 'UTC'), ticks[-1].1), ticks[-1].1)) AS ends
        FROM ticks
        GROUP BY source, target, basis
    ),
    spans AS (
        SELECT source, target, basis, t.1 AS slot, t.2 AS good, t.3 AS interval_s,
            toUnixTimestamp64Milli(until) - toUnixTimestamp64Milli(slot) AS lasts_ms,
            toUInt32(greatest(1, round(lasts_ms / 1000 / interval_s))) AS wanted
        FROM series ARRAY JOIN ticks AS t, ends AS until
    )
SELECT source, target, basis, toDate(slot + toIntervalSecond(interval_s * i)) AS day,
    toUInt32(count()) AS expected,
    toUInt32(sum(if(i = 0, good, 0))) AS ok,
    ok / expected AS ratio
FROM spans ARRAY JOIN range(wanted) AS i
WHERE day >= {since:Date} AND day <= {until:Date}
GROUP BY source, target, basis, day
