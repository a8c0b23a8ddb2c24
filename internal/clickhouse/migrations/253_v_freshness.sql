CREATE OR REPLACE VIEW v_freshness {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What is looked at: kind/place/country/name',
    state LowCardinality(String) COMMENT 'fresh; late: more than 1.5 intervals without a good look; stale: nobody looks any more, for 3 intervals; broken: we look and cannot see: refused once, or failed 3 times in a row, or never once ok',
    since DateTime64(3, 'UTC') COMMENT 'When the state began, as far as the last 200 looks tell',
    why String COMMENT 'For a person to read; empty if fresh',
    last_look DateTime64(3, 'UTC') COMMENT 'Last look, whatever came of it',
    last_ok Nullable(DateTime64(3, 'UTC')) COMMENT 'Last look that saw something (ok or empty); NULL: never',
    every_s UInt32 COMMENT 'Seconds between two looks; 0: no schedule, so never late or stale',
    failures UInt32 COMMENT 'Looks in a row, up to the last, that saw nothing; counted up to 200'
)
COMMENT 'How each source and target is: fresh, late, stale or broken, since when and why. A target that was taken out of the configuration stays, and goes stale; look at last_look.'
AS
WITH
    -- Of each series how far back to read: as many days as it takes for 200 looks,
    -- and to one that saw something for certain. Numbers are sorted many times
    -- faster than tuples, so a day (from bit 6 on) has its hours with looks below it.
    series AS (
        SELECT source, target, min(day) AS first, max(day) AS last, maxIf(day, bitAnd(good, bitNot(bad)) != 0) AS saw,
            arrayMap(n -> -n, groupArraySorted(200)(-(toInt64(toUInt16(day)) * 64 + bitCount(bitOr(good, bad))))) AS newest,
            arrayFirstIndex(n -> n >= 200, arrayCumSum(arrayMap(n -> bitAnd(n, 63), newest))) AS enough
        FROM look_days
        WHERE basis = 'measured'
        GROUP BY source, target
    ),
    wanted AS (
        SELECT source, target, last - arrayJoin(range(toUInt32(last - if(saw = toDate(0) OR enough = 0, first, least(saw, toDate(toUInt16(intDiv(newest[enough], 64)))))) + 1)) AS day
        FROM series
    )
-- Step by step, each with the columns that the next one needs: to plan it all at
-- once takes twice as long as to answer it.
SELECT source, target, state,
    multiIf(
        state = 'stale', last_slot + toIntervalSecond(every_s),
        state = 'late', last_ok_slot + toIntervalSecond(every_s),
        fromUnixTimestamp64Milli(-ticks[multiIf(state = 'broken', bad_run, bad_run > 0, bad_run + 1, pause > 0, least(pause, good_run), good_run)], 'UTC')) AS since,
    multiIf(
        state = 'fresh', '',
        state != 'stale' AND bad_run > 0, concat(outcome, ': ', reason),
        concat('no look since ', formatDateTime(last_slot, '%Y-%m-%d %H:%i UTC'))) AS why,
    last_look, last_ok, every_s, toUInt32(bad_run) AS failures
FROM (
    SELECT source, target, last_look, last_slot, last_ok, last_ok_slot, every_s, outcome, reason, ticks, bad_run, good_run,
        multiIf(
            every_s > 0 AND now_ms - toUnixTimestamp64Milli(last_slot) > 3000 * every_s, 'stale',
            last_ok IS NULL OR outcome = 'refused' OR bad_run >= 3, 'broken',
            every_s > 0 AND now_ms - toUnixTimestamp64Milli(last_ok_slot) > 1500 * every_s, 'late',
            'fresh') AS state,
        toInt64(arrayFirstIndex(d -> d > 1500 * every_s AND every_s > 0, arrayPopFront(arrayDifference(ticks)))) AS pause
    FROM (
        SELECT source, target, last_look, last_slot, last_ok, last_ok_slot, every_s, outcome, reason,
            arrayMap(n -> -intDiv(-n, 2097152), recent) AS ticks,
            arrayMap(n -> toUInt8(bitAnd(-n, 1)), recent) AS saw,
            toInt64(indexOf(arrayPushBack(saw, 1), 1)) - 1 AS bad_run,
            toInt64(indexOf(arrayPushBack(saw, 0), 0)) - 1 AS good_run,
            toUnixTimestamp64Milli(now64(3, 'UTC')) AS now_ms
        FROM (
            -- A look as a number, in the order of time: milliseconds of the slot,
            -- below them 20 bits of seconds until it was seen, then whether it saw
            -- something.
            SELECT source, target,
                max(seen_at) AS last_look,
                max(slot) AS last_slot,
                maxIf(toNullable(l.seen_at), look % 2 = 1) AS last_ok,
                maxIf(l.slot, look % 2 = 1) AS last_ok_slot,
                argMax(l.every_s, slot) AS every_s,
                argMax(toString(l.outcome), look) AS outcome,
                argMax(l.reason, look) AS reason,
                groupArraySorted(200)(-look) AS recent
            FROM (
                SELECT source, target, slot, seen_at, every_s, outcome, reason,
                    toUnixTimestamp64Milli(slot) * 2097152 + least(greatest(dateDiff('second', slot, seen_at), 0), 1048575) * 2 + (outcome IN ('ok', 'empty')) AS look
                FROM looks FINAL
                WHERE basis = 'measured' AND (source, target, toDate(slot)) GLOBAL IN (SELECT source, target, day FROM wanted)
            ) AS l
            GROUP BY source, target
        )
    )
)
