CREATE TABLE IF NOT EXISTS {{.Local "readings"}} {{.OnCluster}} (
    at DateTime64(3, 'UTC') COMMENT 'Moment, or start of the period, that the value is about' CODEC(DoubleDelta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    value Float64 COMMENT 'The number; its unit is the metric''s' CODEC(ZSTD(1)),
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look that the reading belongs to' CODEC(DoubleDelta, ZSTD(1)),
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there; of two readings of one moment the later seen holds' CODEC(DoubleDelta, ZSTD(1)),
    parser_version UInt32 COMMENT 'Version of the parser that made the reading' CODEC(ZSTD(1)),
    _topic LowCardinality(String) COMMENT 'Kafka topic of the message that brought the row',
    _partition UInt16 COMMENT 'Kafka partition of the message' CODEC(ZSTD(1)),
    _offset UInt64 COMMENT 'Kafka offset of the message; what is stored is read back by it' CODEC(Delta, ZSTD(1)),
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted; bookkeeping of the rollups' CODEC(DoubleDelta, ZSTD(1)),
    kind LowCardinality(String) ALIAS splitByChar('/', target)[1] COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) ALIAS splitByChar('/', target)[2] COMMENT 'Store or platform of the target',
    country LowCardinality(String) ALIAS splitByChar('/', target)[3] COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) ALIAS arrayStringConcat(arraySlice(splitByChar('/', target), 4), '/') COMMENT 'Chart, tag, article, keyword or list of the target',
    INDEX offset_range _offset TYPE minmax GRANULARITY 4,
    INDEX inserted_range _inserted_at TYPE minmax GRANULARITY 4
)
ENGINE = {{.Replacing "seen_at"}}
PARTITION BY toYYYYMM(slot)
ORDER BY (metric, target, subject, source, basis, at)
COMMENT 'One number about one subject at one moment. Read FINAL, or through the views.'
