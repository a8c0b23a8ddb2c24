CREATE TABLE IF NOT EXISTS gap_open {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was to be looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    from DateTime64(3, 'UTC') COMMENT 'Tick of the last look that saw something',
    cause LowCardinality(String) COMMENT 'failed, refused, or no look',
    reason String COMMENT 'failed or refused with the last reason, or no look',
    every_s UInt32 COMMENT 'Seconds between two looks, as was expected',
    gone UInt8 COMMENT '1: it lasts no more',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY (source, target, basis)
COMMENT 'Gaps that last, kept by the rollups, a minute behind. Read through kept_gaps_between(since = , until = ).'
