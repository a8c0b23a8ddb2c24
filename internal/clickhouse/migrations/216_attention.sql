CREATE TABLE IF NOT EXISTS attention {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    role LowCardinality(String) COMMENT 'origin, destination or attention',
    entity LowCardinality(String) COMMENT 'Entity of the watchlist that the subject is; empty: none',
    entity_name LowCardinality(String) COMMENT 'Its name; the subject where it is none',
    family LowCardinality(String) COMMENT 'Whom the source has its numbers from',
    subject LowCardinality(String) COMMENT 'Tag, word, article, domain or app id that was counted',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    metric LowCardinality(String) COMMENT 'What was counted; rank_area of apps on charts',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    value Float64 COMMENT 'How many were new' CODEC(ZSTD(1)),
    over_h UInt32 COMMENT 'Hours that value is about' CODEC(ZSTD(1)),
    gone UInt8 COMMENT '1: there is no such row any more, as of a subject that was taken out of the topic',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds' CODEC(ZSTD(1))
)
ENGINE = {{.Everywhere "version"}}
PARTITION BY toYYYYMM(hour)
ORDER BY (topic, basis, metric, subject, target, source, hour)
SETTINGS index_granularity = 1024 -- a panel asks for a few series of a month, each of some hundred rows
COMMENT 'Attention to the members of the topics by hour, kept by the rollups. Read through the views v_attention and v_attention_share.'
