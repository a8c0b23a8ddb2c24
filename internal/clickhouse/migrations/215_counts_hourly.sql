CREATE TABLE IF NOT EXISTS counts_hourly {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    kind LowCardinality(String) COMMENT 'Kind of the target: tag, article, keyword or list',
    platform LowCardinality(String) COMMENT 'Platform, server or project',
    country LowCardinality(String) COMMENT 'Country of the target; empty where there is none',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'Tag, word, article or topic that was counted',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    metric LowCardinality(String) COMMENT 'What was counted',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    unit LowCardinality(String) COMMENT 'What level and growth count',
    level Nullable(Float64) COMMENT 'Last value of the hour, of what stands at a level' CODEC(ZSTD(1)),
    growth Nullable(Float64) COMMENT 'How many were new; NULL: not known' CODEC(ZSTD(1)),
    over_h UInt32 COMMENT 'Hours that growth is about; 0: growth is NULL' CODEC(ZSTD(1)),
    gone UInt8 COMMENT '1: there is no such row any more, as of readings that a newer parser did not find',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds' CODEC(ZSTD(1))
)
ENGINE = {{.Everywhere "version"}}
PARTITION BY toYYYYMM(hour)
ORDER BY (kind, metric, subject, target, basis, source, hour)
SETTINGS index_granularity = 1024 -- a panel asks for a few series of a month, each of some hundred rows
COMMENT 'What was counted of tags, articles, words and listed topics by hour, kept by the rollups. Read through the views v_tags_hourly and v_counts_hourly.'
