CREATE TABLE IF NOT EXISTS {{.Local "looks_hourly"}} {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    ticks UInt32 COMMENT 'How many ticks of the hour had a look' CODEC(ZSTD(1)),
    good UInt32 COMMENT 'How many of them saw something (ok or empty)' CODEC(ZSTD(1)),
    depth UInt32 COMMENT 'How many places deep the last list of the hour was; 0: not seen, or no list' CODEC(ZSTD(1)),
    first_slot DateTime64(3, 'UTC') COMMENT 'First tick of the hour that had a look' CODEC(DoubleDelta, ZSTD(1)),
    last_slot DateTime64(3, 'UTC') COMMENT 'Last tick of the hour that had a look' CODEC(DoubleDelta, ZSTD(1)),
    every_s UInt32 COMMENT 'Seconds until the next look was expected, at the last of them; 0: no schedule' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Made from the data: how many looks, then latest insert. The highest holds, so nothing can be counted twice' CODEC(ZSTD(1))
)
ENGINE = {{.Replacing "version"}}
PARTITION BY toYYYYMM(hour)
ORDER BY (source, target, basis, hour)
COMMENT 'Looks by hour. Kept for ever. What v_ranks_hourly knows of who looked. Read FINAL.'
