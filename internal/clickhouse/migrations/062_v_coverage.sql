CREATE OR REPLACE VIEW v_coverage {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    day Date COMMENT 'Day, UTC',
    expected UInt32 COMMENT 'How many looks the schedule wanted, from the first look on and up to now: the ticks that had a look, and those that passed without one by the interval that was in force then',
    ok UInt32 COMMENT 'How many of them saw something (ok or empty)',
    ratio Nullable(Float64) COMMENT 'ok / expected'
)
COMMENT 'How much of the schedule was looked at, by day. A day without any look is there, with ok 0: also of a source that was switched off meanwhile, as nobody saw what happened. A source that was added later begins with its first look.'
AS
WITH
    ticks AS (
        SELECT source, target, basis, slot,
            max(outcome IN ('ok', 'empty')) AS good,
            argMax(l.every_s, seen_at) AS interval_s
        FROM v_looks AS l
        GROUP BY source, target, basis, slot
        HAVING interval_s > 0
    ),
    steps AS (
        SELECT *, leadInFrame(toNullable(slot)) OVER (
            PARTITION BY source, target, basis ORDER BY slot ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_slot
        FROM ticks
    ),
    spans AS (
        SELECT source, target, basis, slot, good, interval_s,
            toUnixTimestamp64Milli(multiIf(
                next_slot IS NOT NULL, assumeNotNull(next_slot),
                basis = 'measured', greatest(now64(3, 'UTC'), slot),
                slot)) - toUnixTimestamp64Milli(slot) AS lasts_ms,
            toUInt32(greatest(1, round(lasts_ms / 1000 / interval_s))) AS wanted
        FROM steps
    )
SELECT source, target, basis, toDate(slot + toIntervalSecond(interval_s * i)) AS day,
    toUInt32(count()) AS expected,
    toUInt32(sum(if(i = 0, good, 0))) AS ok,
    ok / expected AS ratio
FROM spans ARRAY JOIN range(wanted) AS i
GROUP BY source, target, basis, day
