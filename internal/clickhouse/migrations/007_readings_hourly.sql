CREATE TABLE IF NOT EXISTS {{.Local "readings_hourly"}} {{.OnCluster}} (
    bucket DateTime('UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    first Float64 COMMENT 'First value of the hour' CODEC(ZSTD(1)),
    last Float64 COMMENT 'Last value of the hour' CODEC(ZSTD(1)),
    min Float64 COMMENT 'Smallest value of the hour' CODEC(ZSTD(1)),
    max Float64 COMMENT 'Largest value of the hour' CODEC(ZSTD(1)),
    avg Float64 COMMENT 'Mean of the values of the hour, unweighted' CODEC(ZSTD(1)),
    count UInt32 COMMENT 'How many moments of the hour have a value; 0 never occurs, a missing row means nobody looked or nothing was there' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Made from the data: count, then latest insert. The highest holds, so nothing can be counted twice' CODEC(ZSTD(1))
)
ENGINE = {{.Replacing "version"}}
PARTITION BY toYYYYMM(bucket)
ORDER BY (metric, target, subject, source, basis, bucket)
COMMENT 'Readings by hour. Kept for ever. Read through the view v_hourly.'
