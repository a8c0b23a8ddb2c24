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
        SELECT source, target, d.1 AS day
        FROM (
            SELECT source, target,
                arrayReverseSort(groupArray((day, bitCount(bitOr(good, bad)), bitAnd(good, bitNot(bad)) != 0))) AS all_days,
                arrayFirstIndex(n -> n >= 200, arrayCumSum(all_days.2)) AS enough,
                indexOf(all_days.3, 1) AS saw
            FROM look_days
            WHERE basis = 'measured'
            GROUP BY source, target
        )
        ARRAY JOIN arraySlice(all_days, 1, if(enough = 0 OR saw = 0, length(all_days), greatest(enough, saw))) AS d
    ),
    series AS (
        SELECT source, target,
            max(seen_at) AS last_look,
            max(slot) AS last_slot,
            maxIf(toNullable(seen_at), outcome IN ('ok', 'empty')) AS last_ok,
            maxIf(slot, outcome IN ('ok', 'empty')) AS last_ok_slot,
            argMax(l.every_s, slot) AS every_s,
            groupArraySorted(200)((-toUnixTimestamp64Milli(slot), -toUnixTimestamp64Milli(seen_at), outcome, reason)) AS recent,
            arrayMap(l -> l.3 IN ('ok', 'empty'), recent) AS good,
            arrayMap(l -> -l.1, recent) AS slots,
            toInt64(if(has(good, 1), indexOf(good, 1), length(good) + 1)) - 1 AS bad_run,
            toInt64(if(has(good, 0), indexOf(good, 0), length(good) + 1)) - 1 AS good_run,
            toInt64(arrayFirstIndex((a, b) -> a - b > 1500 * every_s AND every_s > 0, arrayPopBack(slots), arrayPopFront(slots))) AS pause,
            toUnixTimestamp64Milli(now64(3, 'UTC')) AS now_ms,
            now_ms - toUnixTimestamp64Milli(last_slot) AS since_look,
            now_ms - toUnixTimestamp64Milli(last_ok_slot) AS since_ok
        FROM v_looks AS l
        WHERE basis = 'measured' AND (source, target, toDate(slot)) GLOBAL IN (SELECT source, target, day FROM wanted)
        GROUP BY source, target
    ),
    judged AS (
        SELECT *,
            multiIf(
                every_s > 0 AND since_look > 3000 * every_s, 'stale',
                last_ok IS NULL OR recent[1].3 = 'refused' OR bad_run >= 3, 'broken',
                every_s > 0 AND since_ok > 1500 * every_s, 'late',
                'fresh') AS state
        FROM series
    )
SELECT source, target, state,
    multiIf(
        state = 'stale', last_slot + toIntervalSecond(every_s),
        state = 'broken', fromUnixTimestamp64Milli(slots[bad_run], 'UTC'),
        state = 'late', last_ok_slot + toIntervalSecond(every_s),
        bad_run > 0, fromUnixTimestamp64Milli(slots[bad_run + 1], 'UTC'),
        fromUnixTimestamp64Milli(slots[if(pause > 0, least(pause, good_run), good_run)], 'UTC')) AS since,
    multiIf(
        state = 'fresh', '',
        state = 'stale', concat('no look since ', formatDateTime(last_slot, '%Y-%m-%d %H:%i UTC')),
        bad_run > 0, concat(recent[1].3, ': ', recent[1].4),
        concat('no look since ', formatDateTime(last_slot, '%Y-%m-%d %H:%i UTC'))) AS why,
    last_look, last_ok, every_s, toUInt32(bad_run) AS failures
FROM judged
