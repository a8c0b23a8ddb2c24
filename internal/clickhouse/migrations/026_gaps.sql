CREATE OR REPLACE VIEW gaps {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was to be looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    from DateTime64(3, 'UTC') COMMENT 'Tick of the last look before the gap that saw something',
    to DateTime64(3, 'UTC') COMMENT 'Tick of the first look after the gap that saw something; now if it is open',
    open UInt8 COMMENT '1: the gap lasts',
    cause LowCardinality(String) COMMENT 'failed, refused, or no look',
    reason String COMMENT 'failed or refused with the last reason, or no look',
    looks_missed UInt32 COMMENT 'How many ticks passed without a look that saw something',
    every_s UInt32 COMMENT 'Seconds between two looks, as was expected'
)
COMMENT 'Spans in which nobody saw the target, between two looks that are ok or empty and more than 1.5 intervals apart. A view and no table: a late or replayed look closes its gap at once, and nothing has to be repaired.'
AS
WITH
    ticks AS (
        SELECT source, target, basis, slot,
            max(outcome IN ('ok', 'empty')) AS good,
            argMax(outcome, seen_at) AS last_outcome,
            argMax(reason, seen_at) AS last_reason,
            argMax(every_s, seen_at) AS interval_s
        FROM v_looks
        GROUP BY source, target, basis, slot
    ),
    numbered AS (
        SELECT *, sum(good) OVER (PARTITION BY source, target, basis ORDER BY slot ASC ROWS UNBOUNDED PRECEDING) AS run
        FROM ticks
    ),
    runs AS (
        SELECT source, target, basis, run,
            min(slot) AS first_slot,
            max(slot) AS last_slot,
            argMin(interval_s, slot) AS every_s,
            countIf(good = 0) AS bad,
            argMaxIf(last_outcome, slot, good = 0) AS bad_outcome,
            argMaxIf(last_reason, slot, good = 0) AS bad_reason
        FROM numbered
        GROUP BY source, target, basis, run
    ),
    following AS (
        SELECT *, leadInFrame(toNullable(first_slot)) OVER (
            PARTITION BY source, target, basis ORDER BY run ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_slot
        FROM runs
        WHERE every_s > 0
    ),
    spans AS (
        SELECT source, target, basis, every_s, bad, bad_outcome, bad_reason,
            if(run = 0, first_slot - toIntervalSecond(every_s), first_slot) AS begins,
            multiIf(
                next_slot IS NOT NULL, assumeNotNull(next_slot),
                basis = 'measured', greatest(now64(3, 'UTC'), last_slot),
                bad > 0, last_slot + toIntervalSecond(every_s),
                begins) AS ends,
            next_slot IS NULL AND basis = 'measured' AS lasts,
            (toUnixTimestamp64Milli(ends) - toUnixTimestamp64Milli(begins)) / 1000 / every_s AS intervals
        FROM following
    )
SELECT source, target, basis, begins AS from, ends AS to, lasts AS open,
    if(bad > 0, bad_outcome, 'no look') AS cause,
    if(bad > 0, concat(bad_outcome, ': ', bad_reason), 'no look') AS reason,
    toUInt32(if(lasts, floor(intervals), round(intervals) - 1)) AS looks_missed,
    every_s
FROM spans
WHERE intervals > 1.5
