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
SELECT hour, kind, platform, country, target, subject, source, metric, basis, unit, level, growth, over_h
FROM counts_hourly FINAL
WHERE gone = 0
