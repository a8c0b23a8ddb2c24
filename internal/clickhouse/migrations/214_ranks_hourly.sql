CREATE TABLE IF NOT EXISTS ranks_hourly {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC' CODEC(DoubleDelta, ZSTD(1)),
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    chart LowCardinality(String) COMMENT 'Chart: top-free/overall, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    app LowCardinality(String) COMMENT 'App id of the store; the entity''s id where the store''s is not known',
    state LowCardinality(String) COMMENT 'ranked, unranked, delisted or not_fetched, as in v_ranks_hourly',
    rank Nullable(UInt32) COMMENT 'Last place of the hour; NULL unless ranked' CODEC(ZSTD(1)),
    best Nullable(UInt32) COMMENT 'Best place of the hour; NULL unless ranked' CODEC(ZSTD(1)),
    worst Nullable(UInt32) COMMENT 'Worst place of the hour; NULL unless ranked' CODEC(ZSTD(1)),
    depth UInt32 COMMENT 'How many places deep the last list of the hour was; 0: not seen, or not known' CODEC(ZSTD(1)),
    looks UInt32 COMMENT 'How many ticks of the hour saw the chart' CODEC(ZSTD(1)),
    gone UInt8 COMMENT '1: there is no such row any more, as of an app that was taken off the watchlist',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds' CODEC(ZSTD(1)),
    INDEX target_range target TYPE minmax GRANULARITY 1
)
ENGINE = {{.Everywhere "version"}}
PARTITION BY toYYYYMM(hour)
ORDER BY (place, country, chart, basis, app, source, hour)
SETTINGS index_granularity = 1024 -- a panel asks for a few series of a month, each of some hundred rows
COMMENT 'Watched apps on charts by hour, kept by the rollups. Read through the view v_ranks_hourly.'
