CREATE OR REPLACE VIEW v_counts_hourly {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    kind LowCardinality(String) COMMENT 'Kind of the target: tag, article, keyword or list',
    platform LowCardinality(String) COMMENT 'Platform, server or project: the place of the target',
    country LowCardinality(String) COMMENT 'Country of the target; empty where there is none',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'Tag, word, article or topic that was counted',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    metric LowCardinality(String) COMMENT 'What was counted: uses_today, views_total, mentions_minute, articles_15m, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    unit LowCardinality(String) COMMENT 'What level and growth count: views, posts, uses, ...',
    level Nullable(Float64) COMMENT 'Last value of the hour, of what stands at a level: totals, today''s count, a day''s count at its first hour, shares. NULL of what counts a minute, a quarter or an hour',
    growth Nullable(Float64) COMMENT 'How many were new: the sum of the counts of the hour''s minutes, or by how much a total has grown since the hour before that has a value. NULL: not known, as of the first value, after more than 48 hours without one, where a total has become smaller (it began anew or was corrected), and of a day''s count',
    over_h UInt32 COMMENT 'Hours that growth is about, this one the last: 1, or more where hours without a value lie before. 0: growth is NULL'
)
COMMENT 'What was counted of each tag, article, word and listed topic, by hour, with what was new. Of two servers never add up the same tag. Metrics about our own counting are left out.'
AS
WITH
    base AS (
        SELECT bucket, source, target, subject, metric, basis, first, last, avg * count AS total,
            match(toString(metric), '(_minute|_15m|_hour)$') AS counted,
            metric IN ('uses_today', 'accounts_today') AS daily,
            daily OR endsWith(toString(metric), '_total') OR metric IN ('reads', 'discussions', 'posts', 'rating_count') AS grows
        FROM readings_hourly FINAL
        WHERE count > 0 AND match(toString(target), '^(tag|article|keyword|list)/')
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
