CREATE OR REPLACE VIEW v_tags_hourly {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    platform LowCardinality(String) COMMENT 'Platform or server',
    country LowCardinality(String) COMMENT 'Country of the target; empty where there is none',
    tag LowCardinality(String) COMMENT 'Tag without #',
    target LowCardinality(String) COMMENT 'What was looked at: tag/place//tag, or a list of most used tags',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    metric LowCardinality(String) COMMENT 'What was counted: uses_today, views_total, mentions_minute, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    unit LowCardinality(String) COMMENT 'What level and growth count: views, posts, uses, ...',
    level Nullable(Float64) COMMENT 'Last value of the hour, of what stands at a level: totals, today''s count. NULL of what counts a minute or an hour',
    growth Nullable(Float64) COMMENT 'How many were new: the sum of the counts of the hour''s minutes, or by how much a total has grown since the hour before that has a value. NULL: not known, as after a total became smaller',
    over_h UInt32 COMMENT 'Hours that growth is about, this one the last: 1, or more where hours without a value lie before. 0: growth is NULL'
)
COMMENT 'Tags by hour: where they stand and what was new. Of two servers never add up the same tag: each counts what it knows of.'
AS
SELECT hour, platform, country, subject AS tag, target, source, metric, basis, unit, level, growth, over_h
FROM v_counts_hourly
WHERE kind = 'tag' OR (kind = 'list' AND target LIKE '%/top-tags%') OR (kind = 'list' AND target LIKE '%/trending-tags%')
