CREATE OR REPLACE VIEW v_coverage {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    day Date COMMENT 'Day, UTC',
    expected UInt32 COMMENT 'How many looks the schedule wanted, from the first look on and up to now',
    ok UInt32 COMMENT 'How many of them saw something (ok or empty)',
    ratio Nullable(Float64) COMMENT 'ok / expected, at most 1; NULL where no look was expected'
)
COMMENT 'How much of the schedule was looked at, by day. A day without any look is there, with ok 0.'
AS
WITH
    days AS (
        SELECT source, target, basis, toDate(slot) AS day,
            uniqExactIf(slot, outcome IN ('ok', 'empty')) AS ok,
            argMax(l.every_s, slot) AS every_s,
            min(slot) AS first_slot,
            max(slot) AS last_slot
        FROM v_looks AS l
        GROUP BY source, target, basis, day
    ),
    series AS (
        SELECT source, target, basis,
            min(d.first_slot) AS first_slot,
            argMax(d.every_s, day) AS every_s,
            if(basis = 'measured',
                greatest(max(d.last_slot), now64(3, 'UTC') - toIntervalMillisecond(500 * every_s)),
                max(d.last_slot) + toIntervalMillisecond(500 * every_s)) AS ends,
            arrayMap(i -> toDate(first_slot) + i, range(toUInt32(dateDiff('day', toDate(first_slot), toDate(ends)) + 1))) AS all_days
        FROM days AS d
        GROUP BY source, target, basis
        HAVING every_s > 0
    ),
    wanted AS (
        SELECT source, target, basis, day, every_s,
            greatest(first_slot, toDateTime64(day, 3, 'UTC')) AS day_from,
            least(ends, toDateTime64(day + 1, 3, 'UTC')) AS day_to
        FROM series ARRAY JOIN all_days AS day
    )
SELECT w.source AS source, w.target AS target, w.basis AS basis, w.day AS day,
    toUInt32(ceil(greatest(0, toUnixTimestamp64Milli(w.day_to) - toUnixTimestamp64Milli(w.day_from)) / 1000 / if(d.every_s > 0, d.every_s, w.every_s))) AS expected,
    toUInt32(d.ok) AS ok,
    if(expected = 0, NULL, least(1, ok / expected)) AS ratio
FROM wanted AS w
LEFT JOIN days AS d ON d.source = w.source AND d.target = w.target AND d.basis = w.basis AND d.day = w.day
