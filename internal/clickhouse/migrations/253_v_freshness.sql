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
    -- The newest days of each series: as many as it takes for 200 looks, and for
    -- one that saw something for certain.
    wanted AS (
        SELECT source, target, arrayJoin(arraySlice(days.1, 1, if(enough = 0 OR saw = 0, length(days), greatest(enough, saw)))) AS day
        FROM (
            SELECT source, target, days, arrayFirstIndex(n -> n >= 200, arrayCumSum(days.2)) AS enough, indexOf(days.3, 1) AS saw
            FROM (
                SELECT source, target, arrayReverseSort(groupArray((day, bitCount(bitOr(good, bad)), bitAnd(good, bitNot(bad)) != 0))) AS days
                FROM look_days
                WHERE basis = 'measured'
                GROUP BY source, target
            )
        )
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
        SELECT source, target, last_look, last_slot, last_ok, last_ok_slot, every_s, recent.1 AS ticks, recent[1].4 AS outcome, recent[1].5 AS reason,
            toInt64(indexOf(arrayPushBack(recent.3, 1), 1)) - 1 AS bad_run,
            toInt64(indexOf(arrayPushBack(recent.3, 0), 0)) - 1 AS good_run,
            toUnixTimestamp64Milli(now64(3, 'UTC')) AS now_ms
        FROM (
            SELECT source, target,
                max(seen_at) AS last_look,
                max(slot) AS last_slot,
                maxIf(toNullable(seen_at), outcome IN ('ok', 'empty')) AS last_ok,
                maxIf(slot, outcome IN ('ok', 'empty')) AS last_ok_slot,
                argMax(l.every_s, slot) AS every_s,
                groupArraySorted(200)((-toUnixTimestamp64Milli(slot), -toUnixTimestamp64Milli(seen_at), toUInt8(outcome IN ('ok', 'empty')), toString(outcome), reason)) AS recent
            FROM looks AS l FINAL
            WHERE basis = 'measured' AND (source, target, toDate(slot)) GLOBAL IN (SELECT source, target, day FROM wanted)
            GROUP BY source, target
        )
    )
)
