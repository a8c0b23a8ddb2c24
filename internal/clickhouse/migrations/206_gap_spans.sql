CREATE TABLE IF NOT EXISTS gap_spans {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Hour in which the gap ended, UTC' CODEC(DoubleDelta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was to be looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    from DateTime64(3, 'UTC') COMMENT 'Tick of the last look before the gap that saw something' CODEC(DoubleDelta, ZSTD(1)),
    to DateTime64(3, 'UTC') COMMENT 'Tick of the first look after the gap that saw something' CODEC(DoubleDelta, ZSTD(1)),
    cause LowCardinality(String) COMMENT 'failed, refused, or no look',
    reason String COMMENT 'failed or refused with the last reason, or no look' CODEC(ZSTD(1)),
    looks_missed UInt32 COMMENT 'How many ticks passed without a look that saw something' CODEC(ZSTD(1)),
    every_s UInt32 COMMENT 'Seconds between two looks, as was expected' CODEC(ZSTD(1)),
    gone UInt8 COMMENT '1: there is no such gap any more, as of one that a late look closed',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds' CODEC(ZSTD(1))
)
ENGINE = {{.Everywhere "version"}}
PARTITION BY toYYYYMM(hour)
ORDER BY (source, target, basis, to)
COMMENT 'Gaps that have ended, kept by the rollups. Read through kept_gaps_between(since = , until = ).'
