CREATE OR REPLACE VIEW counts_hourly_between {{.OnCluster}}
COMMENT 'counts_hourly_between(since = ..., until = ...): what the rollups write into counts_hourly of the hours from since to before until. Ask v_counts_hourly, which is quick'
AS
WITH
    base AS (
        SELECT bucket, source, target, subject, metric, basis, first, last, avg * count AS total,
            match(toString(metric), '(_minute|_15m|_hour)$') AS counted,
            metric IN ('uses_today', 'accounts_today') AS daily,
            daily OR endsWith(toString(metric), '_total') OR metric IN ('reads', 'discussions', 'posts', 'rating_count') AS grows
        FROM readings_hourly FINAL
        WHERE count > 0 AND bucket >= {since:DateTime64(3, 'UTC')} - INTERVAL 48 HOUR AND bucket < {until:DateTime64(3, 'UTC')} AND match(toString(target), '^(tag|article|keyword|list)/')
            AND metric NOT IN ('overcount_hour', 'late_hour', 'duplicates_hour', 'unchecked_hour', 'unlisted_hour', 'mentions_hour_by_language',
                'events_minute', 'posts_minute', 'bytes_minute', 'dropped_minute', 'connections_minute', 'lag_s', 'hole_s', 'alive_minutes', 'norm', 'norm_15m', 'rank', 'app_id')
    ),
    beside AS (
        SELECT *,
            lagInFrame(toNullable(last)) OVER w AS before,
            toUInt32(if(before IS NULL, 0, dateDiff('hour', lagInFrame(bucket) OVER w, bucket))) AS gap,
            before IS NOT NULL AND toDate(lagInFrame(bucket) OVER w) != toDate(bucket) AS next_day
        FROM base
        WINDOW w AS (PARTITION BY metric, target, subject, source, basis ORDER BY bucket ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
SELECT bucket AS hour,
    splitByChar('/', toString(target))[1] AS kind, splitByChar('/', toString(target))[2] AS platform, splitByChar('/', toString(target))[3] AS country,
    target, subject, source, metric, basis,
    replaceRegexpOne(toString(metric), '_(total|today|minute|15m|hour|day)(_at_least)?$', '') AS unit,
    if(counted, NULL, toNullable(last)) AS level,
    multiIf(
        counted, toNullable(total),
        NOT grows OR gap = 0 OR gap > 48, NULL,
        daily AND next_day, toNullable(last),
        last < before, NULL,
        last - before) AS growth,
    toUInt32(multiIf(growth IS NULL, 0, counted, 1, daily AND next_day, toHour(bucket) + 1, gap)) AS over_h
FROM beside
WHERE bucket >= {since:DateTime64(3, 'UTC')}
