CREATE OR REPLACE VIEW v_attention {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist; a subject of two topics is there twice',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    role LowCardinality(String) COMMENT 'What the subject is in the topic: origin, destination or attention',
    entity LowCardinality(String) COMMENT 'Entity of the watchlist that the subject is; empty: none, as of the tag tiktokrefugee',
    entity_name LowCardinality(String) COMMENT 'Its name; the subject where it is none',
    family LowCardinality(String) COMMENT 'Whom the source has its numbers from, as in v_corroboration',
    subject LowCardinality(String) COMMENT 'Tag, word, article, domain or app id that was counted',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    metric LowCardinality(String) COMMENT 'What was counted; rank_area of apps on charts',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    value Float64 COMMENT 'How many were new, as growth in v_counts_hourly; of a day''s count the whole day, at its first hour; of rank_area ln((depth + 1) / rank): about how the installs per hour go, on a log scale',
    over_h UInt32 COMMENT 'Hours that value is about, this one the last; 24 of a day''s count, this one the first'
)
COMMENT 'What people said, read, searched and installed of the members of a topic, by hour: tag uses, views, posts, articles, and places on charts. An hour without a row was not seen, or the app was not on the chart: never 0. Values of different metrics are never to be added, nor those of two targets.'
AS
SELECT hour, topic, basis, role, entity, entity_name, family, subject, target, metric, source, value, over_h
FROM attention FINAL
WHERE gone = 0
