CREATE TABLE IF NOT EXISTS {{.Local "looks"}} {{.OnCluster}} (
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look' CODEC(DoubleDelta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there' CODEC(DoubleDelta, ZSTD(1)),
    outcome LowCardinality(String) COMMENT 'ok; empty: nothing there; failed: nobody could look; refused: answer not understood',
    depth UInt32 COMMENT 'How many places deep the list was; 0 where the target is no list' CODEC(ZSTD(1)),
    readings UInt32 COMMENT 'How many readings the look brought' CODEC(ZSTD(1)),
    reason String COMMENT 'Why the look is not ok, for a person to read' CODEC(ZSTD(1)),
    via LowCardinality(String) COMMENT 'Which way the answer came, where a source has several',
    every_s UInt32 COMMENT 'Seconds until the next look was expected; 0: no schedule' CODEC(ZSTD(1)),
    parser_version UInt32 COMMENT 'Version of the parser that read the answer' CODEC(ZSTD(1)),
    http_status UInt32 COMMENT 'HTTP status of the answer; 0: none' CODEC(ZSTD(1)),
    duration_ms UInt32 COMMENT 'How long the look took, milliseconds' CODEC(ZSTD(1)),
    body_bytes UInt64 COMMENT 'Size of the answer, bytes' CODEC(ZSTD(1)),
    _topic LowCardinality(String) COMMENT 'Kafka topic of the message that brought the row',
    _partition UInt16 COMMENT 'Kafka partition of the message' CODEC(ZSTD(1)),
    _offset UInt64 COMMENT 'Kafka offset of the message; what is stored is read back by it' CODEC(Delta, ZSTD(1)),
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted' CODEC(DoubleDelta, ZSTD(1)),
    kind LowCardinality(String) ALIAS splitByChar('/', target)[1] COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) ALIAS splitByChar('/', target)[2] COMMENT 'Store or platform of the target',
    country LowCardinality(String) ALIAS splitByChar('/', target)[3] COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) ALIAS arrayStringConcat(arraySlice(splitByChar('/', target), 4), '/') COMMENT 'Chart, tag, article, keyword or list of the target',
    INDEX offset_range _offset TYPE minmax GRANULARITY 4
)
ENGINE = {{.Replacing "_inserted_at"}}
PARTITION BY toYYYYMM(slot)
ORDER BY (source, target, basis, slot, seen_at)
COMMENT 'One look at one target, whatever came of it. Read FINAL, or through the views.'
