-- 001_readings.sql
CREATE TABLE IF NOT EXISTS readings_local ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', seen_at)
PARTITION BY toYYYYMM(slot)
ORDER BY (metric, target, subject, source, basis, at)
COMMENT 'One number about one subject at one moment. Read FINAL, or through the views.'

-- 002_readings_distributed.sql
CREATE TABLE IF NOT EXISTS readings ON CLUSTER 'tide' AS readings_local
ENGINE = Distributed('tide', currentDatabase(), 'readings_local', cityHash64(target))

-- 003_looks.sql
CREATE TABLE IF NOT EXISTS looks_local ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', _inserted_at)
PARTITION BY toYYYYMM(slot)
ORDER BY (source, target, basis, slot, seen_at)
COMMENT 'One look at one target, whatever came of it. Read FINAL, or through the views.'

-- 004_looks_distributed.sql
CREATE TABLE IF NOT EXISTS looks ON CLUSTER 'tide' AS looks_local
ENGINE = Distributed('tide', currentDatabase(), 'looks_local', cityHash64(target))

-- 005_facts.sql
CREATE TABLE IF NOT EXISTS facts ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id',
    kind LowCardinality(String) COMMENT 'event or figure',
    topic LowCardinality(String) COMMENT 'Topic that the fact belongs to (january-2025)',
    subject LowCardinality(String) COMMENT 'Entity id, or a tag with #',
    metric String COMMENT 'What happened, or what was counted',
    value Nullable(Float64) COMMENT 'The figure; NULL for events and for figures in words',
    value_text String COMMENT 'The figure as published where it is no plain number',
    unit String COMMENT 'Unit of the figure, as published',
    scope String COMMENT 'Where or among whom it was counted',
    at_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Earliest moment that it can be about; NULL: unknown',
    at_to Nullable(DateTime64(3, 'UTC')) COMMENT 'Latest moment that it can be about; NULL: unknown',
    time_basis String COMMENT 'How the bounds are known',
    reported String COMMENT 'When it was said, as published',
    publisher String COMMENT 'Who said it',
    seen_in String COMMENT 'Where it was seen',
    confidence LowCardinality(String) COMMENT 'high, medium or low, with remarks',
    note String COMMENT 'Remarks, conflicts with other facts',
    _topic LowCardinality(String) COMMENT 'Kafka topic of the message that brought the row',
    _partition UInt16 COMMENT 'Kafka partition of the message',
    _offset UInt64 COMMENT 'Kafka offset of the message; what is stored is read back by it',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', _inserted_at)
ORDER BY (topic, kind, subject, id)
COMMENT 'Published events and figures, each with source, time bounds and confidence. Never measured by us. Read through the views events and reported.'

-- 006_watchlist.sql
CREATE TABLE IF NOT EXISTS watchlist ON CLUSTER 'tide' (
    kind LowCardinality(String) COMMENT 'What the row says of the entity: entity, alias or app',
    entity String COMMENT 'Id of the entity',
    place String COMMENT 'Store of an app; empty otherwise',
    value String COMMENT 'Display name of an entity, an alias, or the id of an app',
    colour String COMMENT 'Colour of an entity on charts; empty otherwise',
    position UInt16 COMMENT 'Place of an entity or alias in the configuration',
    removed UInt64 COMMENT '1: no longer in the configuration',
    version UInt64 COMMENT 'Unix milliseconds of the start that wrote the row; the latest holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY (kind, entity, place, value)
COMMENT 'The watchlist of the configuration, written at start. Read through the views entities and entity_keys.'

-- 007_readings_hourly.sql
CREATE TABLE IF NOT EXISTS readings_hourly_local ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (metric, target, subject, source, basis, bucket)
COMMENT 'Readings by hour. Kept for ever. Read through the view v_hourly.'

-- 008_readings_hourly_distributed.sql
CREATE TABLE IF NOT EXISTS readings_hourly ON CLUSTER 'tide' AS readings_hourly_local
ENGINE = Distributed('tide', currentDatabase(), 'readings_hourly_local', cityHash64(target))

-- 009_readings_daily.sql
CREATE TABLE IF NOT EXISTS readings_daily_local ON CLUSTER 'tide' (
    bucket DateTime('UTC') COMMENT 'Start of the day, UTC' CODEC(DoubleDelta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    first Float64 COMMENT 'First value of the day' CODEC(ZSTD(1)),
    last Float64 COMMENT 'Last value of the day' CODEC(ZSTD(1)),
    min Float64 COMMENT 'Smallest value of the day' CODEC(ZSTD(1)),
    max Float64 COMMENT 'Largest value of the day' CODEC(ZSTD(1)),
    avg Float64 COMMENT 'Mean of the values of the day, unweighted' CODEC(ZSTD(1)),
    count UInt32 COMMENT 'How many moments of the day have a value; 0 never occurs, a missing row means nobody looked or nothing was there' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Made from the data: count, then latest insert. The highest holds, so nothing can be counted twice' CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)
PARTITION BY toYear(bucket)
ORDER BY (metric, target, subject, source, basis, bucket)
COMMENT 'Readings by day. Kept for ever. Read through the view v_daily.'

-- 010_readings_daily_distributed.sql
CREATE TABLE IF NOT EXISTS readings_daily ON CLUSTER 'tide' AS readings_daily_local
ENGINE = Distributed('tide', currentDatabase(), 'readings_daily_local', cityHash64(target))

-- 011_rollup_runs.sql
CREATE TABLE IF NOT EXISTS rollup_runs ON CLUSTER 'tide' (
    rollup LowCardinality(String) COMMENT 'Table that was brought up to date',
    upto DateTime64(3, 'UTC') COMMENT 'Readings inserted before this moment are in the rollup',
    ran_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the run ended'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', upto)
ORDER BY rollup
COMMENT 'How far the rollups are. Losing it costs time, not truth: the next run reads everything again.'

-- 020_v_readings.sql
CREATE OR REPLACE VIEW v_readings ON CLUSTER 'tide' (
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    at DateTime64(3, 'UTC') COMMENT 'Moment, or start of the period, that the value is about',
    value Float64 COMMENT 'The number; its unit is the metric''s',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look that the reading belongs to',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    parser_version UInt32 COMMENT 'Version of the parser that made the reading',
    kind LowCardinality(String) COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) COMMENT 'Store or platform of the target',
    country LowCardinality(String) COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) COMMENT 'Chart, tag, article, keyword or list of the target'
)
COMMENT 'One row per number: what was sent twice is there once, and of two readings of one moment the later seen holds.'
AS
SELECT metric, target, subject, source, basis, at, value, slot, seen_at, parser_version, kind, place, country, name
FROM readings FINAL

-- 021_v_looks.sql
CREATE OR REPLACE VIEW v_looks ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    outcome LowCardinality(String) COMMENT 'ok; empty: nothing there; failed: nobody could look; refused: answer not understood',
    depth UInt32 COMMENT 'How many places deep the list was; 0 where the target is no list',
    readings UInt32 COMMENT 'How many readings the look brought',
    reason String COMMENT 'Why the look is not ok, for a person to read',
    via LowCardinality(String) COMMENT 'Which way the answer came, where a source has several',
    every_s UInt32 COMMENT 'Seconds until the next look was expected; 0: no schedule',
    parser_version UInt32 COMMENT 'Version of the parser that read the answer',
    http_status UInt32 COMMENT 'HTTP status of the answer; 0: none',
    duration_ms UInt32 COMMENT 'How long the look took, milliseconds',
    body_bytes UInt64 COMMENT 'Size of the answer, bytes',
    kind LowCardinality(String) COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) COMMENT 'Store or platform of the target',
    country LowCardinality(String) COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) COMMENT 'Chart, tag, article, keyword or list of the target'
)
COMMENT 'One row per look, whatever came of it.'
AS
SELECT source, target, basis, slot, seen_at, outcome, depth, readings, reason, via, every_s, parser_version,
    http_status, duration_ms, body_bytes, kind, place, country, name
FROM looks FINAL

-- 022_entities.sql
CREATE OR REPLACE VIEW entities ON CLUSTER 'tide' (
    id String COMMENT 'Id of the entity, as in the configuration',
    name String COMMENT 'Name to show',
    aliases Array(String) COMMENT 'All other names, in the order of the configuration',
    apps Map(String, String) COMMENT 'App id by store',
    colour String COMMENT 'Colour on charts; empty: none was given',
    position UInt16 COMMENT 'Place in the configuration'
)
COMMENT 'The watched apps and platforms with all their names.'
AS
SELECT
    entity AS id,
    anyIf(value, kind = 'entity') AS name,
    arrayMap(a -> a.2, arraySort(groupArrayIf((w.position, value), kind = 'alias'))) AS aliases,
    mapFromArrays(groupArrayIf(place, kind = 'app'), groupArrayIf(value, kind = 'app')) AS apps,
    anyIf(w.colour, kind = 'entity') AS colour,
    anyIf(w.position, kind = 'entity') AS position
FROM (SELECT * FROM watchlist FINAL WHERE removed = 0) AS w
GROUP BY entity
HAVING countIf(kind = 'entity') > 0

-- 023_entity_keys.sql
CREATE OR REPLACE VIEW entity_keys ON CLUSTER 'tide' (
    key String COMMENT 'store/app id, or /name in lower case without spaces and signs',
    entity String COMMENT 'Id of the entity',
    entity_name String COMMENT 'Name to show'
)
COMMENT 'Everything that an entity is called: its app ids by store, its id, name and aliases.'
AS
SELECT k.key AS key, min(k.entity) AS entity, argMin(e.name, k.entity) AS entity_name
FROM (
    SELECT
        if(kind = 'app', concat(place, '/', value), concat('/', lowerUTF8(replaceRegexpAll(w.spelling, '[\\s#_.-]+', '')))) AS key,
        entity
    FROM (
        SELECT kind, entity, place, value, arrayJoin(if(kind = 'entity', [value, entity], [value])) AS spelling
        FROM watchlist FINAL
        WHERE removed = 0
    ) AS w
) AS k
INNER JOIN (SELECT id, name FROM entities) AS e ON e.id = k.entity
GROUP BY key

-- 024_v_named_readings.sql
CREATE OR REPLACE VIEW v_named_readings ON CLUSTER 'tide' (
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    at DateTime64(3, 'UTC') COMMENT 'Moment, or start of the period, that the value is about',
    value Float64 COMMENT 'The number; its unit is the metric''s',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look that the reading belongs to',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    kind LowCardinality(String) COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) COMMENT 'Store or platform of the target',
    country LowCardinality(String) COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) COMMENT 'Chart, tag, article, keyword or list of the target',
    entity String COMMENT 'Id of the entity that the subject is; empty: none that is watched',
    entity_name String COMMENT 'Name of the entity; the subject itself where none is watched'
)
COMMENT 'Readings with the entity that each subject is: 741292507 on apple, Xiaohongshu and rednote are one.'
AS
WITH
    (SELECT (groupArray(key), groupArray(entity), groupArray(entity_name)) FROM entity_keys) AS keys,
    transform(concat(place, '/', subject), keys.1, keys.2, '') AS by_app,
    transform(concat('/', lowerUTF8(replaceRegexpAll(toString(subject), '[\\s#_.-]+', ''))), keys.1, keys.2, '') AS by_name,
    if(by_app = '', by_name, by_app) AS found
SELECT metric, target, subject, source, basis, at, value, slot, seen_at, kind, place, country, name,
    found AS entity,
    if(found = '', toString(subject), transform(concat('/', found), keys.1, keys.3, found)) AS entity_name
FROM v_readings

-- 029_events.sql
CREATE OR REPLACE VIEW events ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id',
    topic LowCardinality(String) COMMENT 'Topic that the event belongs to (january-2025)',
    subject LowCardinality(String) COMMENT 'Entity id, or a tag with #',
    what String COMMENT 'What happened',
    at_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Earliest moment that it can be; NULL: unknown',
    at_to Nullable(DateTime64(3, 'UTC')) COMMENT 'Latest moment that it can be; NULL: unknown',
    time_basis String COMMENT 'How the bounds are known',
    scope String COMMENT 'Where it happened',
    reported String COMMENT 'When it was said, as published',
    publisher String COMMENT 'Who said it',
    seen_in String COMMENT 'Where it was seen',
    confidence LowCardinality(String) COMMENT 'high, medium or low, with remarks',
    note String COMMENT 'Remarks, conflicts with other facts'
)
COMMENT 'Dated events, as published.'
AS
SELECT id, topic, subject, metric AS what, at_from, at_to, time_basis, scope, reported, publisher, seen_in, confidence, note
FROM facts FINAL
WHERE kind = 'event'

-- 030_reported.sql
CREATE OR REPLACE VIEW reported ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id',
    topic LowCardinality(String) COMMENT 'Topic that the figure belongs to (january-2025)',
    subject LowCardinality(String) COMMENT 'Entity id, or a tag with #',
    metric String COMMENT 'What was counted',
    value Nullable(Float64) COMMENT 'The figure; NULL where it is in words',
    value_text String COMMENT 'The figure as published where it is no plain number',
    unit String COMMENT 'Unit of the figure, as published',
    scope String COMMENT 'Where or among whom it was counted',
    at_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Earliest moment that it can be about; NULL: unknown',
    at_to Nullable(DateTime64(3, 'UTC')) COMMENT 'Latest moment that it can be about; NULL: unknown',
    time_basis String COMMENT 'How the bounds are known',
    reported String COMMENT 'When it was said, as published',
    publisher String COMMENT 'Who said it',
    seen_in String COMMENT 'Where it was seen',
    confidence LowCardinality(String) COMMENT 'high, medium or low, with remarks',
    note String COMMENT 'Remarks, conflicts with other facts'
)
COMMENT 'Published figures, each with source, time bounds and confidence. Never measured by us: draw them as points.'
AS
SELECT id, topic, subject, metric, value, value_text, unit, scope, at_from, at_to, time_basis, reported, publisher, seen_in, confidence, note
FROM facts FINAL
WHERE kind = 'figure'

-- 040_readings_import_id.sql
ALTER TABLE readings_local ON CLUSTER 'tide'
    ADD COLUMN IF NOT EXISTS import_id LowCardinality(String) DEFAULT '' COMMENT 'Id of the import that brought it, in imports; empty where a collector looked' AFTER parser_version

-- 041_readings_import_id_distributed.sql
ALTER TABLE readings ON CLUSTER 'tide'
    ADD COLUMN IF NOT EXISTS import_id LowCardinality(String) DEFAULT '' COMMENT 'Id of the import that brought it, in imports; empty where a collector looked' AFTER parser_version

-- 042_looks_import_id.sql
ALTER TABLE looks_local ON CLUSTER 'tide'
    ADD COLUMN IF NOT EXISTS import_id LowCardinality(String) DEFAULT '' COMMENT 'Id of the import that brought it, in imports; empty where a collector looked' AFTER parser_version

-- 043_looks_import_id_distributed.sql
ALTER TABLE looks ON CLUSTER 'tide'
    ADD COLUMN IF NOT EXISTS import_id LowCardinality(String) DEFAULT '' COMMENT 'Id of the import that brought it, in imports; empty where a collector looked' AFTER parser_version

-- 044_imports.sql
CREATE TABLE IF NOT EXISTS imports ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id, made from the content and the mapping: the column import_id of readings and looks',
    name String COMMENT 'Name of the file, or of the webhook''s sender',
    imported_by String COMMENT 'Who brought it, as they called themselves',
    at DateTime64(3, 'UTC') COMMENT 'When it was imported for the first time',
    source_url String COMMENT 'Where the data was published; empty where nobody said',
    sha256 String COMMENT 'SHA-256 of the bytes as they came, hex',
    bytes UInt64 COMMENT 'How many bytes came',
    rows UInt64 COMMENT 'How many rows they had',
    mapping String COMMENT 'The mapping that read them, as YAML',
    note String COMMENT 'What was said about it when it was imported',
    via LowCardinality(String) COMMENT 'How it came: file or webhook',
    _topic LowCardinality(String) COMMENT 'Kafka topic of the message that brought the row',
    _partition UInt16 COMMENT 'Kafka partition of the message',
    _offset UInt64 COMMENT 'Kafka offset of the message; what is stored is read back by it',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted',
    _first UInt64 DEFAULT toUInt64(4102444800000 - toUnixTimestamp64Milli(at)) COMMENT 'The earlier, the higher: of two imports of the same thing the first holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', _first)
ORDER BY id
COMMENT 'Where imported readings come from: who brought what, when, and where it had been published. Read FINAL, or through the view v_imports.'

-- 045_v_readings.sql
CREATE OR REPLACE VIEW v_readings ON CLUSTER 'tide' (
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    at DateTime64(3, 'UTC') COMMENT 'Moment, or start of the period, that the value is about',
    value Float64 COMMENT 'The number; its unit is the metric''s',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look that the reading belongs to',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    parser_version UInt32 COMMENT 'Version of the parser that made the reading',
    import_id LowCardinality(String) COMMENT 'Id of the import that brought it, in v_imports; empty where a collector looked',
    kind LowCardinality(String) COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) COMMENT 'Store or platform of the target',
    country LowCardinality(String) COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) COMMENT 'Chart, tag, article, keyword or list of the target'
)
COMMENT 'One row per number: what was sent twice is there once, and of two readings of one moment the later seen holds.'
AS
SELECT metric, target, subject, source, basis, at, value, slot, seen_at, parser_version, import_id, kind, place, country, name
FROM readings FINAL

-- 046_v_looks.sql
CREATE OR REPLACE VIEW v_looks ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    outcome LowCardinality(String) COMMENT 'ok; empty: nothing there; failed: nobody could look; refused: answer not understood',
    depth UInt32 COMMENT 'How many places deep the list was; 0 where the target is no list',
    readings UInt32 COMMENT 'How many readings the look brought',
    reason String COMMENT 'Why the look is not ok, for a person to read',
    via LowCardinality(String) COMMENT 'Which way the answer came, where a source has several',
    every_s UInt32 COMMENT 'Seconds until the next look was expected; 0: no schedule',
    parser_version UInt32 COMMENT 'Version of the parser that read the answer',
    import_id LowCardinality(String) COMMENT 'Id of the import that brought it, in v_imports; empty where a collector looked',
    http_status UInt32 COMMENT 'HTTP status of the answer; 0: none',
    duration_ms UInt32 COMMENT 'How long the look took, milliseconds',
    body_bytes UInt64 COMMENT 'Size of the answer, bytes',
    kind LowCardinality(String) COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) COMMENT 'Store or platform of the target',
    country LowCardinality(String) COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) COMMENT 'Chart, tag, article, keyword or list of the target'
)
COMMENT 'One row per look, whatever came of it.'
AS
SELECT source, target, basis, slot, seen_at, outcome, depth, readings, reason, via, every_s, parser_version, import_id,
    http_status, duration_ms, body_bytes, kind, place, country, name
FROM looks FINAL

-- 050_reparses.sql
CREATE TABLE IF NOT EXISTS reparses ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    parser_version UInt32 COMMENT 'Version of the parser that read the look again; rows of lower versions are removed',
    _topic LowCardinality(String) COMMENT 'Kafka topic of the message that brought the row',
    _partition UInt16 COMMENT 'Kafka partition of the message',
    _offset UInt64 COMMENT 'Kafka offset of the message; what is stored is read back by it',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', parser_version)
ORDER BY (source, target, basis, slot, seen_at)
COMMENT 'Looks whose kept answers a newer parser has read again. An older reading of them is stored no more.'

-- 051_repairs.sql
CREATE TABLE IF NOT EXISTS repairs ON CLUSTER 'tide' (
    metric LowCardinality(String) COMMENT 'What was counted',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    at DateTime64(3, 'UTC') COMMENT 'Start of the hour whose readings were removed',
    parser_version UInt32 COMMENT 'Version of the parser whose readings took their place',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted; bookkeeping of the rollups'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', parser_version)
ORDER BY (metric, target, subject, source, basis, at)
COMMENT 'Hours out of which a reparse removed readings: the rollups compute them anew, and what they said before holds no more.'

-- 052_v_hourly.sql
CREATE OR REPLACE VIEW v_hourly ON CLUSTER 'tide' (
    bucket DateTime('UTC') COMMENT 'Start of the hour, UTC',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    first Float64 COMMENT 'First value of the hour',
    last Float64 COMMENT 'Last value of the hour',
    min Float64 COMMENT 'Smallest value of the hour',
    max Float64 COMMENT 'Largest value of the hour',
    avg Float64 COMMENT 'Mean of the values of the hour, unweighted',
    count UInt32 COMMENT 'How many moments of the hour have a value; 0 never occurs, a missing row means nobody looked or nothing was there'
)
COMMENT 'Readings by hour, each once. Kept for ever, also where retention has removed the readings themselves.'
AS
SELECT bucket, source, target, subject, metric, basis, first, last, min, max, avg, count
FROM readings_hourly FINAL
WHERE count > 0

-- 053_v_daily.sql
CREATE OR REPLACE VIEW v_daily ON CLUSTER 'tide' (
    bucket DateTime('UTC') COMMENT 'Start of the day, UTC',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    first Float64 COMMENT 'First value of the day',
    last Float64 COMMENT 'Last value of the day',
    min Float64 COMMENT 'Smallest value of the day',
    max Float64 COMMENT 'Largest value of the day',
    avg Float64 COMMENT 'Mean of the values of the day, unweighted',
    count UInt32 COMMENT 'How many moments of the day have a value; 0 never occurs, a missing row means nobody looked or nothing was there'
)
COMMENT 'Readings by day, each once. Kept for ever, also where retention has removed the readings themselves.'
AS
SELECT bucket, source, target, subject, metric, basis, first, last, min, max, avg, count
FROM readings_daily FINAL
WHERE count > 0

-- 054_entity_apps.sql
CREATE OR REPLACE VIEW entity_apps ON CLUSTER 'tide' (
    entity String COMMENT 'Id of the entity',
    place String COMMENT 'Store',
    app String COMMENT 'Id of the app in the store',
    found UInt8 COMMENT '1: not configured, found in the store by its exact name (appstore_search)'
)
COMMENT 'The app of each watched entity by store: as configured, or else as found by name. What was found differently in two storefronts is left out.'
AS
WITH
    configured AS (SELECT entity, place, value FROM watchlist FINAL WHERE removed = 0 AND kind = 'app'),
    searched AS (
        SELECT place, country, subject, argMax(value, seen_at) AS id
        FROM readings
        WHERE metric = 'app_id' AND source = 'appstore_search' AND basis = 'measured'
        GROUP BY place, country, subject
    )
SELECT entity, place, value AS app, toUInt8(0) AS found
FROM configured
UNION ALL
SELECT toString(subject) AS entity, toString(place) AS place, toString(toUInt64(any(id))) AS app, toUInt8(1) AS found
FROM searched
WHERE subject IN (SELECT entity FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity')
    AND (toString(subject), toString(place)) NOT IN (SELECT entity, place FROM configured)
    AND (toString(place), toString(toUInt64(id))) NOT IN (SELECT place, value FROM configured)
GROUP BY place, subject
HAVING uniqExact(id) = 1

-- 055_entities.sql
CREATE OR REPLACE VIEW entities ON CLUSTER 'tide' (
    id String COMMENT 'Id of the entity, as in the configuration',
    name String COMMENT 'Name to show',
    aliases Array(String) COMMENT 'All other names, in the order of the configuration',
    apps Map(String, String) COMMENT 'App id by store: as configured, or else as found by name',
    colour String COMMENT 'Colour on charts; empty: none was given',
    position UInt16 COMMENT 'Place in the configuration'
)
COMMENT 'The watched apps and platforms with all their names.'
AS
SELECT
    entity AS id,
    anyIf(value, kind = 'entity') AS name,
    arrayMap(a -> a.2, arraySort(groupArrayIf((w.position, value), kind = 'alias'))) AS aliases,
    mapFromArrays(groupArrayIf(place, kind = 'app'), groupArrayIf(value, kind = 'app')) AS apps,
    anyIf(w.colour, kind = 'entity') AS colour,
    anyIf(w.position, kind = 'entity') AS position
FROM (
    SELECT kind, entity, place, value, colour, position FROM watchlist FINAL WHERE removed = 0 AND kind != 'app'
    UNION ALL
    SELECT 'app', entity, place, app, '', 0 FROM entity_apps
) AS w
GROUP BY entity
HAVING countIf(kind = 'entity') > 0

-- 056_entity_keys.sql
CREATE OR REPLACE VIEW entity_keys ON CLUSTER 'tide' (
    key String COMMENT 'store/app id, or /name in lower case without spaces and signs',
    entity String COMMENT 'Id of the entity',
    entity_name String COMMENT 'Name to show'
)
COMMENT 'Everything that an entity is called: its app ids by store, its id, name and aliases.'
AS
SELECT k.key AS key, min(k.entity) AS entity, argMin(e.name, k.entity) AS entity_name
FROM (
    SELECT
        if(kind = 'app', concat(place, '/', value), concat('/', lowerUTF8(replaceRegexpAll(w.spelling, '[\\s#_.-]+', '')))) AS key,
        entity
    FROM (
        SELECT kind, entity, place, value, arrayJoin(if(kind = 'entity', [value, entity], [value])) AS spelling
        FROM (
            SELECT kind, entity, place, value FROM watchlist FINAL WHERE removed = 0 AND kind != 'app'
            UNION ALL
            SELECT 'app', entity, place, app FROM entity_apps
        )
    ) AS w
) AS k
INNER JOIN (SELECT id, name FROM entities) AS e ON e.id = k.entity
GROUP BY key

-- 060_episodes.sql
CREATE TABLE IF NOT EXISTS episodes ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id of the episode, the same in all its states',
    kind LowCardinality(String) COMMENT 'surge: what the crowd does; health: what our own looking does',
    rule LowCardinality(String) COMMENT 'Name of the rule that found it',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What it is about: kind/place/country/name; source/NAME//all is a source with all its targets',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person. Of a trouble of the whole target: the target',
    metric LowCardinality(String) COMMENT 'What was counted, or what a rule about looks compares',
    basis LowCardinality(String) COMMENT 'Basis of the series: measured, backfill, imported or modelled',
    state LowCardinality(String) COMMENT 'open, updated (it got worse) or closed',
    sequence UInt32 COMMENT 'Counts the states of the episode from 1',
    onset DateTime64(3, 'UTC') COMMENT 'Since when: a moment of the data, not when it was noticed',
    at Nullable(DateTime64(3, 'UTC')) COMMENT 'Moment of the data that made this state; NULL: unknown',
    peak_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the peak was; NULL: not yet, or there is none',
    closed Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; NULL: it lasts',
    value Float64 COMMENT 'What was seen, in unit',
    baseline Float64 COMMENT 'What was expected, in unit',
    peak Float64 COMMENT 'The most extreme value so far, in unit',
    unit LowCardinality(String) COMMENT 'Unit of value, baseline and peak: s, looks, places, ratio, ...',
    severity Float64 COMMENT 'How bad or how large, 0 to 1',
    explanation String COMMENT 'How it was computed, for a person to read',
    advice String COMMENT 'What a person can do about it',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist that the series belongs to; empty: none',
    entity LowCardinality(String) COMMENT 'Entity of the watchlist that the series is about; empty: none',
    change LowCardinality(String) COMMENT 'What made the state: opened, severity, peaked, halved, resurged, closed, or a milestone such as top-10 or first; empty: not said',
    previous Nullable(Float64) COMMENT 'Value of the look before, in unit; NULL: none, such as of an app that was not on the chart',
    multiple Nullable(Float64) COMMENT 'Value as a multiple of the baseline; of ranks baseline / value; NULL: not known',
    low Nullable(Float64) COMMENT 'Lower bound of what would have been ordinary, in unit',
    high Nullable(Float64) COMMENT 'Upper bound of what would have been ordinary, in unit',
    coverage Nullable(Float64) COMMENT 'Share of the expected looks of the baseline''s window that were there, 0 to 1',
    every_s UInt32 COMMENT 'Expected distance of looks in seconds; 0: no schedule',
    depth UInt32 COMMENT 'How deep the chart was that was looked at; 0: no chart',
    time_to_peak_s Nullable(Float64) COMMENT 'Seconds from the onset to the peak',
    peak_multiple Nullable(Float64) COMMENT 'Peak as a multiple of the baseline before the onset',
    at_first_s Nullable(Float64) COMMENT 'Seconds at rank 1 so far',
    in_top_10_s Nullable(Float64) COMMENT 'Seconds at rank 10 or better so far',
    rank_area Nullable(Float64) COMMENT 'Sum over the looks of ln((depth + 1) / rank) times their hours',
    half_life_s Nullable(Float64) COMMENT 'Seconds from the peak until the excess over the baseline had halved, as measured',
    fitted_half_life_s Nullable(Float64) COMMENT 'Half-life of the exponential decline that fits best, in seconds',
    fitted_half_life_low_s Nullable(Float64) COMMENT 'Lower bound of its 80 % interval, in seconds',
    fitted_half_life_high_s Nullable(Float64) COMMENT 'Upper bound of its 80 % interval, in seconds',
    given_back Nullable(Float64) COMMENT 'Share of the rise that was given back: 1 - (settled - baseline) / (peak - baseline)',
    settled Nullable(Float64) COMMENT 'Level at the end, in unit',
    resurges UInt32 COMMENT 'Findings after the decline had begun and before the end',
    back_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the series was back in its ordinary band for good',
    _topic LowCardinality(String) COMMENT 'Kafka topic of the message that brought the row',
    _partition UInt16 COMMENT 'Kafka partition of the message',
    _offset UInt64 COMMENT 'Kafka offset of the message; what is stored is read back by it',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', _inserted_at)
ORDER BY (id, sequence, state)
COMMENT 'One state of an episode: opened once, updated when it gets worse, closed once. Read v_episodes for the latest state of each.'

-- 070_v_newcomers.sql
CREATE OR REPLACE VIEW v_newcomers ON CLUSTER 'tide' (
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    name LowCardinality(String) COMMENT 'Chart: top-free/overall, ...',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    subject String COMMENT 'App id of the store',
    first_seen DateTime64(3, 'UTC') COMMENT 'First look of the last 31 days with the app in the chart',
    first_rank UInt32 COMMENT 'Place at that look',
    best_rank UInt32 COMMENT 'Best place since',
    last_seen DateTime64(3, 'UTC') COMMENT 'Last look with the app in the chart',
    last_rank UInt32 COMMENT 'Place at that look',
    looked_since DateTime64(3, 'UTC') COMMENT 'First look at the chart in these 31 days: for so long the app had not been there',
    newest DateTime64(3, 'UTC') COMMENT 'Newest look at the chart'
)
COMMENT 'Apps that came into a chart within the 3 days before its newest look, and had not been in it for the rest of the 31 days before, of which at least one was looked at.'
AS
SELECT
    r.place AS place, r.country AS country, r.name AS name, r.target AS target, r.basis AS basis, toString(r.subject) AS subject,
    min(r.slot) AS first_seen, toUInt32(argMin(r.value, r.slot)) AS first_rank, toUInt32(min(r.value)) AS best_rank,
    max(r.slot) AS last_seen, toUInt32(argMax(r.value, r.slot)) AS last_rank,
    any(l.since) AS looked_since, any(l.newest) AS newest
FROM v_readings AS r
INNER JOIN (
    SELECT t.target AS target, t.basis AS basis, min(t.slot) AS since, any(t.latest) AS newest
    FROM (
        SELECT target, basis, slot, max(slot) OVER (PARTITION BY target, basis) AS latest
        FROM v_looks
        WHERE kind = 'chart' AND outcome = 'ok'
    ) AS t
    WHERE t.slot > t.latest - INTERVAL 31 DAY
    GROUP BY target, basis
) AS l ON l.target = r.target AND l.basis = r.basis
WHERE r.kind = 'chart' AND r.metric = 'rank' AND r.slot > l.newest - INTERVAL 31 DAY
GROUP BY place, country, name, target, basis, subject
HAVING first_seen > newest - INTERVAL 3 DAY AND first_seen >= looked_since + INTERVAL 1 DAY

-- 071_v_rising.sql
CREATE OR REPLACE VIEW v_rising ON CLUSTER 'tide' (
    place LowCardinality(String) COMMENT 'Platform',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    subject String COMMENT 'Tag without #',
    at DateTime64(3, 'UTC') COMMENT 'Start of the newest counted hour',
    value Float64 COMMENT 'Mentions in that hour, at most: the list''s error is its overcount_hour',
    before Float64 COMMENT 'Mean of the up to 24 hours before that were counted; an hour without the tag counts as the smallest value of its list, because it was at most that',
    multiple Float64 COMMENT 'value / before',
    first_seen DateTime64(3, 'UTC') COMMENT 'First of these hours with the tag',
    hours UInt64 COMMENT 'Hours with the tag on the list',
    of_hours UInt64 COMMENT 'Hours that were counted'
)
COMMENT 'The most used tags of a platform''s newest counted hour, watched or not, with what they had been in the day before. It begins to tell something when three hours have been counted.'
AS
WITH
    -- A list of many parts (one a partition) is one list.
    listed AS (
        SELECT r.place AS place, r.basis AS basis, toString(r.subject) AS subject, toStartOfHour(r.at) AS hour, max(r.value) AS value
        FROM v_readings AS r
        WHERE r.kind = 'list' AND r.name LIKE 'top-tags%' AND r.metric = 'mentions_hour'
        GROUP BY place, basis, subject, hour
    ),
    counted AS (
        SELECT place, basis, hour, min(value) AS least, max(hour) OVER (PARTITION BY place, basis) AS newest
        FROM listed
        GROUP BY place, basis, hour
    )
SELECT
    l.place AS place, l.basis AS basis, l.subject AS subject,
    any(p.newest) AS at, sumIf(l.value, l.hour = p.newest) AS value,
    (sumIf(l.value - p.least_at[l.hour], l.hour < p.newest) + any(p.least_sum)) / any(p.n) AS before,
    value / before AS multiple,
    min(l.hour) AS first_seen, count() AS hours, any(p.n) + 1 AS of_hours
FROM listed AS l
INNER JOIN (
    SELECT place, basis, any(c.newest) AS newest, countIf(c.hour < c.newest) AS n,
        sumIf(c.least, c.hour < c.newest) AS least_sum, mapFromArrays(groupArray(c.hour), groupArray(c.least)) AS least_at
    FROM counted AS c
    WHERE c.hour > c.newest - INTERVAL 25 HOUR
    GROUP BY place, basis
) AS p ON p.place = l.place AND p.basis = l.basis
WHERE l.hour > p.newest - INTERVAL 25 HOUR AND p.n >= 2
GROUP BY place, basis, subject
HAVING value > 0

-- 072_v_trending.sql
CREATE OR REPLACE VIEW v_trending ON CLUSTER 'tide' (
    place LowCardinality(String) COMMENT 'Platform or server',
    country LowCardinality(String) COMMENT 'Country of the list; empty where there is none',
    name LowCardinality(String) COMMENT 'The list: trending, trending-tags, trends',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    subject String COMMENT 'Tag without #, or topic as the platform writes it',
    rank UInt32 COMMENT 'Place on the newest list, from 1',
    value Nullable(Float64) COMMENT 'What the list counts about it; NULL: it counts nothing',
    metric String COMMENT 'What value is: uses_today, posts_total, traffic_approx; empty: nothing',
    first_seen DateTime64(3, 'UTC') COMMENT 'First list of the last 7 days with the subject',
    looked_since DateTime64(3, 'UTC') COMMENT 'First list of the last 7 days',
    at DateTime64(3, 'UTC') COMMENT 'The newest list'
)
COMMENT 'What stands on the newest list of trends of a platform, and since when.'
AS
SELECT
    r.place AS place, r.country AS country, r.name AS name, r.basis AS basis, toString(r.subject) AS subject,
    toUInt32(argMaxIf(r.value, r.slot, r.metric = 'rank')) AS rank,
    if(countIf(r.metric IN ('uses_today', 'posts_total', 'traffic_approx')) = 0, NULL,
        argMaxIf(r.value, r.slot, r.metric IN ('uses_today', 'posts_total', 'traffic_approx'))) AS value,
    anyIf(toString(r.metric), r.metric IN ('uses_today', 'posts_total', 'traffic_approx')) AS metric,
    min(r.slot) AS first_seen, any(l.since) AS looked_since, any(l.newest) AS at
FROM v_readings AS r
INNER JOIN (
    SELECT t.target AS target, t.basis AS basis, min(t.slot) AS since, any(t.latest) AS newest
    FROM (
        SELECT target, basis, slot, max(slot) OVER (PARTITION BY target, basis) AS latest
        FROM v_looks
        WHERE v_looks.kind = 'list' AND v_looks.name LIKE 'trend%' AND outcome = 'ok'
    ) AS t
    WHERE t.slot > t.latest - INTERVAL 7 DAY
    GROUP BY target, basis
) AS l ON l.target = r.target AND l.basis = r.basis
WHERE r.kind = 'list' AND r.name LIKE 'trend%' AND r.slot > l.newest - INTERVAL 7 DAY
GROUP BY place, country, name, basis, subject
HAVING max(r.slot) = at

-- 073_v_candidates.sql
CREATE OR REPLACE VIEW v_candidates ON CLUSTER 'tide' (
    kind LowCardinality(String) COMMENT 'app, tag or topic',
    subject String COMMENT 'App id of the store, tag without #, or topic',
    place LowCardinality(String) COMMENT 'Store, platform or server that it was seen at',
    country LowCardinality(String) COMMENT 'Storefront or country of the list; empty where there is none',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    score Float64 COMMENT 'For the order within a kind of evidence: log2 of the multiple of a tag, log2 of the places that an app rose from beyond the chart, 1 / place on a list of trends',
    evidence String COMMENT 'What speaks for it, for a person to read',
    first_seen DateTime64(3, 'UTC') COMMENT 'When it was first seen there',
    last_seen DateTime64(3, 'UTC') COMMENT 'When it was last seen there'
)
COMMENT 'Tags, topics and apps that are not on the watchlist and are rising, with the evidence. `tidemark watch add` takes one on.'
AS
WITH
    (SELECT groupUniqArray(lowerUTF8(value)) FROM watchlist FINAL WHERE removed = 0 AND kind != 'app') AS words,
    (SELECT groupUniqArray((toString(place), value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'app') AS apps
SELECT 'app' AS kind, n.subject AS subject, n.place AS place, n.country AS country, n.basis AS basis,
    log2((d.depth + 1) / n.best_rank) AS score,
    concat('entered ', n.name, ' at ', toString(n.first_rank), ', best ', toString(n.best_rank), ', now ', toString(n.last_rank),
        '; not seen there since ', formatDateTime(n.looked_since, '%F')) AS evidence,
    n.first_seen AS first_seen, n.last_seen AS last_seen
FROM v_newcomers AS n
INNER JOIN (
    SELECT target, basis, max(depth) AS depth FROM v_looks WHERE kind = 'chart' AND outcome = 'ok' GROUP BY target, basis
) AS d ON d.target = n.target AND d.basis = n.basis
WHERE NOT has(apps, (toString(n.place), n.subject))
UNION ALL
SELECT 'tag', r.subject, r.place, '', r.basis,
    log2(r.multiple) AS score,
    concat(toString(round(r.value)), ' mentions in the hour from ', formatDateTime(r.at, '%F %H:00'), ', ', toString(round(r.multiple, 1)),
        ' times the day before (', if(r.hours = 1, 'new on the list', concat('there in ', toString(r.hours), ' of ', toString(r.of_hours), ' hours')), ')') AS evidence,
    r.first_seen, r.at
FROM v_rising AS r
WHERE NOT has(words, lowerUTF8(r.subject)) AND r.multiple >= 2
UNION ALL
SELECT if(t.name = 'trending-tags', 'tag', 'topic'), t.subject, t.place, t.country, t.basis,
    1 / t.rank AS score,
    concat('new on the list of trends since ', formatDateTime(t.first_seen, '%F %H:%i'), ', now at ', toString(t.rank),
        if(t.value IS NULL, '', concat(', ', toString(round(assumeNotNull(t.value))), ' ', t.metric))) AS evidence,
    t.first_seen, t.at
FROM v_trending AS t
WHERE NOT has(words, lowerUTF8(t.subject)) AND t.first_seen > t.at - INTERVAL 1 DAY AND t.first_seen >= t.looked_since + INTERVAL 3 HOUR

-- 080_looks_settings.sql
ALTER TABLE looks_local ON CLUSTER 'tide'
    MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild'

-- 081_looks_days.sql
ALTER TABLE looks_local ON CLUSTER 'tide'
    ADD PROJECTION IF NOT EXISTS days (
        SELECT source, target, basis, toDate(slot),
            groupBitOr(if(outcome IN ('ok', 'empty'), bitShiftLeft(toUInt32(1), toHour(slot)), 0)),
            groupBitOr(if(outcome IN ('ok', 'empty'), 0, bitShiftLeft(toUInt32(1), toHour(slot)))),
            groupBitOr(if(every_s = 0, bitShiftLeft(toUInt32(1), toHour(slot)), 0))
        GROUP BY source, target, basis, toDate(slot)
    ),
    MATERIALIZE PROJECTION days

-- 082_look_days.sql
CREATE OR REPLACE VIEW look_days ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    day Date COMMENT 'Day of the slots, UTC',
    good UInt32 COMMENT 'Bit H is set where a look of hour H (0 to 23) saw something, perhaps one that was replaced since',
    bad UInt32 COMMENT 'Bit H is set where a look of hour H saw nothing, perhaps one that was replaced since',
    unscheduled UInt32 COMMENT 'Bit H is set where a look of hour H expected no next one'
)
COMMENT 'On which days there are looks, and a little of what they saw: where to look first, so that other views need not read all looks. What is good and not bad is certain; what is both may have been read again by a newer parser. Answered from the projection days of looks, which ClickHouse keeps in step with every part of the table.'
AS
-- Word for word the projection, or it is not used.
SELECT source, target, basis, toDate(slot) AS day,
    groupBitOr(if(outcome IN ('ok', 'empty'), bitShiftLeft(toUInt32(1), toHour(slot)), 0)) AS good,
    groupBitOr(if(outcome IN ('ok', 'empty'), 0, bitShiftLeft(toUInt32(1), toHour(slot)))) AS bad,
    groupBitOr(if(every_s = 0, bitShiftLeft(toUInt32(1), toHour(slot)), 0)) AS unscheduled
FROM looks
GROUP BY source, target, basis, day

-- 083_gaps_between.sql
CREATE OR REPLACE VIEW gaps_between ON CLUSTER 'tide'
COMMENT 'gaps_between(since = ..., until = ...): the rows of gaps that lie in a span of time or reach into it, whole, without reading the looks of other times'
AS
WITH
    -- Which days of each series the span needs: its own, and before and after it
    -- as many as it takes to find a look that saw something for certain.
    bounds AS (
        SELECT source, target, basis,
            maxIf(day, bitAnd(good, bitNot(bitOr(bad, unscheduled))) != 0 AND day < toDate({since:DateTime64(3, 'UTC')})) AS first_day,
            minIf(toNullable(day), bitAnd(good, bitNot(bitOr(bad, unscheduled))) != 0 AND day > toDate({until:DateTime64(3, 'UTC')})) AS last_day
        FROM look_days
        GROUP BY source, target, basis
    ),
    ticks AS (
        SELECT source, target, basis, slot,
            max(outcome IN ('ok', 'empty')) AS good,
            argMax(outcome, seen_at) AS last_outcome,
            argMax(reason, seen_at) AS last_reason,
            argMax(every_s, seen_at) AS interval_s
        FROM v_looks
        WHERE {since:DateTime64(3, 'UTC')} <= toDateTime64(0, 3, 'UTC') OR (source, target, basis, toDate(slot)) GLOBAL IN (
            SELECT d.source, d.target, d.basis, d.day
            FROM look_days AS d INNER JOIN bounds AS b ON b.source = d.source AND b.target = d.target AND b.basis = d.basis
            WHERE d.day >= b.first_day AND d.day <= ifNull(b.last_day, toDate('2149-06-06')))
        GROUP BY source, target, basis, slot
    ),
    -- Of each series the runs of ticks, each from a good tick to the next one:
    -- (first slot, last slot, seconds to the next look, whether it begins well,
    -- bad ticks, outcome and reason of the last of them).
    series AS (
        SELECT source, target, basis,
            arrayFilter(r -> r.3 > 0, arrayMap(
                r -> (r[1].1, r[-1].1, r[1].5, r[1].2, arrayCount(x -> x.2 = 0, r), arrayLast(x -> x.2 = 0, r).3, arrayLast(x -> x.2 = 0, r).4),
                arraySplit(x -> x.2, arraySort(groupArray((slot, good, toString(last_outcome), last_reason, interval_s)))))) AS runs
        FROM ticks
        GROUP BY source, target, basis
    ),
    -- (begins, ends, lasts, run)
    spans AS (
        SELECT source, target, basis, arrayFilter(s -> s.5 > 1.5, arrayMap(
            (r, next) -> (
                if(r.4, r.1, r.1 - toIntervalSecond(r.3)) AS begins,
                multiIf(
                    next > toDateTime64(0, 3, 'UTC'), next,
                    basis = 'measured', greatest(now64(3, 'UTC'), r.2),
                    r.5 > 0, r.2 + toIntervalSecond(r.3),
                    begins) AS ends,
                next = toDateTime64(0, 3, 'UTC') AND basis = 'measured',
                r,
                (toUnixTimestamp64Milli(ends) - toUnixTimestamp64Milli(begins)) / 1000 / r.3
            ),
            runs, arrayResize(arrayPopFront(runs.1), length(runs)))) AS gaps
        FROM series
    )
SELECT source, target, basis, s.1 AS from, s.2 AS to, s.3 AS open,
    if(s.4.5 > 0, s.4.6, 'no look') AS cause,
    if(s.4.5 > 0, concat(s.4.6, ': ', s.4.7), 'no look') AS reason,
    toUInt32(if(s.3, floor(s.5), round(s.5) - 1)) AS looks_missed,
    s.4.3 AS every_s
FROM spans ARRAY JOIN gaps AS s
WHERE s.2 > {since:DateTime64(3, 'UTC')} AND s.1 < {until:DateTime64(3, 'UTC')}

-- 084_gaps.sql
CREATE OR REPLACE VIEW gaps ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was to be looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    from DateTime64(3, 'UTC') COMMENT 'Tick of the last look before the gap that saw something',
    to DateTime64(3, 'UTC') COMMENT 'Tick of the first look after the gap that saw something; now if it is open',
    open UInt8 COMMENT '1: the gap lasts',
    cause LowCardinality(String) COMMENT 'failed, refused, or no look',
    reason String COMMENT 'failed or refused with the last reason, or no look',
    looks_missed UInt32 COMMENT 'How many ticks passed without a look that saw something',
    every_s UInt32 COMMENT 'Seconds between two looks, as was expected'
)
COMMENT 'Spans in which nobody saw the target, between two looks that are ok or empty and more than 1.5 intervals apart. A view and no table: a late or replayed look closes its gap at once, and nothing has to be repaired. Give a source or a target; for all of them ask gaps_between(since = ..., until = ...), which reads no more than the span needs.'
AS
SELECT source, target, basis, from, to, open, cause, reason, looks_missed, every_s
FROM gaps_between(since = '1970-01-01 00:00:00', until = '2299-01-01 00:00:00')

-- 085_v_coverage_between.sql
CREATE OR REPLACE VIEW v_coverage_between ON CLUSTER 'tide'
COMMENT 'v_coverage_between(since = DAY, until = DAY): the rows of v_coverage of a span of days, both included, without reading the looks of other times'
AS
WITH
    -- Which days of each series the span needs: its own, and before and after it
    -- as many as it takes to find a look of a schedule for certain.
    bounds AS (
        SELECT source, target, basis,
            maxIf(day, bitAnd(bitOr(good, bad), bitNot(unscheduled)) != 0 AND day < {since:Date}) AS first_day,
            minIf(toNullable(day), bitAnd(bitOr(good, bad), bitNot(unscheduled)) != 0 AND day > {until:Date}) AS last_day
        FROM look_days
        GROUP BY source, target, basis
    ),
    ticks AS (
        SELECT source, target, basis, slot,
            max(outcome IN ('ok', 'empty')) AS good,
            argMax(l.every_s, seen_at) AS interval_s
        FROM v_looks AS l
        WHERE {since:Date} <= toDate(0) OR (source, target, basis, toDate(slot)) GLOBAL IN (
            SELECT d.source, d.target, d.basis, d.day
            FROM look_days AS d INNER JOIN bounds AS b ON b.source = d.source AND b.target = d.target AND b.basis = d.basis
            WHERE d.day >= b.first_day AND d.day <= ifNull(b.last_day, toDate('2149-06-06')))
        GROUP BY source, target, basis, slot
        HAVING interval_s > 0
    ),
    -- (slot, good, interval in seconds), and until when it holds
    series AS (
        SELECT source, target, basis,
            arraySort(groupArray((slot, good, interval_s))) AS ticks,
            arrayResize(arrayPopFront(ticks.1), length(ticks), if(basis = 'measured', greatest(now64(3, 'UTC'), ticks[-1].1), ticks[-1].1)) AS ends
        FROM ticks
        GROUP BY source, target, basis
    ),
    spans AS (
        SELECT source, target, basis, t.1 AS slot, t.2 AS good, t.3 AS interval_s,
            toUnixTimestamp64Milli(until) - toUnixTimestamp64Milli(slot) AS lasts_ms,
            toUInt32(greatest(1, round(lasts_ms / 1000 / interval_s))) AS wanted
        FROM series ARRAY JOIN ticks AS t, ends AS until
    )
SELECT source, target, basis, toDate(slot + toIntervalSecond(interval_s * i)) AS day,
    toUInt32(count()) AS expected,
    toUInt32(sum(if(i = 0, good, 0))) AS ok,
    ok / expected AS ratio
FROM spans ARRAY JOIN range(wanted) AS i
WHERE day >= {since:Date} AND day <= {until:Date}
GROUP BY source, target, basis, day

-- 086_v_coverage.sql
CREATE OR REPLACE VIEW v_coverage ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    day Date COMMENT 'Day, UTC',
    expected UInt32 COMMENT 'How many looks the schedule wanted, from the first look on and up to now: the ticks that had a look, and those that passed without one by the interval that was in force then',
    ok UInt32 COMMENT 'How many of them saw something (ok or empty)',
    ratio Nullable(Float64) COMMENT 'ok / expected'
)
COMMENT 'How much of the schedule was looked at, by day. A day without any look is there, with ok 0: also of a source that was switched off meanwhile, as nobody saw what happened. A source that was added later begins with its first look. Give a source or a target; for all of them ask v_coverage_between(since = DAY, until = DAY), which reads no more than the days need.'
AS
SELECT source, target, basis, day, expected, ok, ratio
FROM v_coverage_between(since = '1970-01-01', until = '2149-01-01')

-- 088_v_ranks.sql
CREATE OR REPLACE VIEW v_ranks ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    name LowCardinality(String) COMMENT 'Chart: top-free/overall, top-free/social-networking, ...',
    subject String COMMENT 'App id of the store',
    entity String COMMENT 'Id of the entity',
    entity_name String COMMENT 'Name of the entity',
    state LowCardinality(String) COMMENT 'ranked; unranked: looked, not among depth places; not_fetched: nobody could look; delisted: the store has no such app',
    rank Nullable(UInt32) COMMENT 'Place from 1; NULL unless ranked',
    depth UInt32 COMMENT 'How many places deep the list was; 0: not looked',
    effective_rank Nullable(UInt32) COMMENT 'rank, or depth + 1 where the app was not among them: for ordering and drawing only, never a measured place; NULL where nobody looked or the list was empty',
    outcome LowCardinality(String) COMMENT 'Outcome of the look',
    reason String COMMENT 'Why nobody could look'
)
COMMENT 'For every look at a chart and every watched app of its store: where it was, in four states that are never mixed up. A look that never took place is in gaps. Of an import of some apps only (ok with depth 0) nothing is said about the others.'
AS
WITH
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    (SELECT (groupArray(place), groupArray(app), groupArray(entity)) FROM entity_apps) AS apps,
    arrayMap((p, a) -> concat(p, '/', a), apps.1, apps.2) AS keys,
    -- Apps whose store id is unknown, where somebody drew them.
    drawn AS (
        SELECT target, basis, subject
        FROM readings
        WHERE metric = 'rank' AND subject IN arrayConcat(names.1, [])
        GROUP BY target, basis, subject
    ),
    both AS (
        SELECT source, target, basis, slot, arrayJoin(arrayFilter((a, p) -> p = place, apps.2, apps.1)) AS subject,
            seen_at, outcome, depth, reason, toUInt32(0) AS found_rank, seen_at AS inserted
        FROM v_looks
        WHERE kind = 'chart'
        UNION ALL
        SELECT l.source, l.target, l.basis, l.slot, toString(d.subject), l.seen_at, l.outcome, l.depth, l.reason, toUInt32(0), l.seen_at
        FROM v_looks AS l
        INNER JOIN drawn AS d ON d.target = l.target AND d.basis = l.basis
        WHERE l.kind = 'chart'
        UNION ALL
        -- Not v_readings: FINAL must see all months, and for a rank it has nothing
        -- to say. A rank is about its slot, the look decides which one holds, and
        -- what came twice is sorted out below.
        SELECT source, target, basis, slot, toString(subject) AS subject, seen_at, '', 0, '', toUInt32(value), _inserted_at
        FROM readings
        WHERE metric = 'rank' AND kind = 'chart'
            AND subject IN arrayConcat(names.1, apps.2)
            AND (concat(place, '/', subject) IN arrayConcat(keys, []) OR subject IN arrayConcat(names.1, []))
    ),
    told AS (
        SELECT source, target, basis, slot, subject,
            argMaxIf((seen_at, outcome, depth, reason), (outcome IN ('ok', 'empty'), seen_at), outcome != '') AS look,
            maxIf(outcome != '', 1) AS was_looked,
            arrayFirst(f -> f.1 = look.1, arrayReverseSort(groupArrayIf((seen_at, inserted, found_rank), found_rank > 0))).3 AS found_rank
        FROM both
        GROUP BY source, target, basis, slot, subject
    ),
    -- Only of apps that were missing at least once: the others are not delisted.
    listing AS (
        SELECT place, country, basis, toString(subject) AS subject, at, max(value) AS listed
        FROM v_readings
        WHERE metric = 'listed' AND kind = 'listing' AND (target, subject) GLOBAL IN (SELECT target, subject FROM readings WHERE metric = 'listed' AND value = 0)
        GROUP BY place, country, basis, subject, at
    )
SELECT
    t.source AS source, t.target AS target, t.basis AS basis, t.slot AS slot, t.look.1 AS seen_at,
    t.place AS place, t.country AS country, t.name AS name, t.subject AS subject,
    transform(concat(t.place, '/', t.subject), keys, apps.3, t.subject) AS entity,
    transform(entity, names.1, names.2, entity) AS entity_name,
    multiIf(
        t.look.2 NOT IN ('ok', 'empty'), 'not_fetched',
        t.found_rank > 0, 'ranked',
        l.subject != '' AND l.listed = 0, 'delisted',
        'unranked') AS state,
    if(state = 'ranked', toNullable(t.found_rank), NULL) AS rank,
    t.look.3 AS depth,
    multiIf(state = 'ranked', toNullable(t.found_rank), state = 'not_fetched' OR depth = 0, NULL, toNullable(toUInt32(depth + 1))) AS effective_rank,
    t.look.2 AS outcome, t.look.4 AS reason
FROM (
    SELECT source, target, basis, slot, subject, look, found_rank,
        splitByChar('/', target)[2] AS place, splitByChar('/', target)[3] AS country,
        arrayStringConcat(arraySlice(splitByChar('/', target), 4), '/') AS name
    FROM told
    WHERE was_looked AND NOT (look.2 = 'ok' AND look.3 = 0 AND found_rank = 0)
) AS t
ASOF LEFT JOIN listing AS l
    ON l.place = t.place AND l.country = t.country AND l.basis = t.basis AND l.subject = t.subject AND t.slot >= l.at

-- 089_v_imports.sql
CREATE OR REPLACE VIEW v_imports ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id, made from the content and the mapping: the column import_id of v_readings and v_looks',
    name String COMMENT 'Name of the file, or of the webhook''s sender',
    imported_by String COMMENT 'Who brought it, as they called themselves',
    at DateTime64(3, 'UTC') COMMENT 'When it was imported for the first time',
    state LowCardinality(String) COMMENT 'whole; begun: its end has not come, so it is under way, or was cut short and has to be imported again',
    source_url String COMMENT 'Where the data was published; empty where nobody said',
    sha256 String COMMENT 'SHA-256 of the bytes as they came, hex',
    bytes UInt64 COMMENT 'How many bytes came',
    rows Nullable(UInt64) COMMENT 'How many rows they had; NULL while the import is begun only, as its end says it',
    mapping String COMMENT 'The mapping that read them, as YAML',
    note String COMMENT 'What was said about it when it was imported',
    via LowCardinality(String) COMMENT 'How it came: file or webhook'
)
COMMENT 'One row per import: who brought what, when, and where it had been published.'
AS
SELECT id, name, imported_by, at, if(i.rows = 0, 'begun', 'whole') AS state, source_url, sha256, bytes, nullIf(i.rows, 0) AS rows, mapping, note, via
FROM imports AS i FINAL

-- 100_detector_states.sql
CREATE TABLE IF NOT EXISTS detector_states ON CLUSTER 'tide' (
    topic LowCardinality(String) COMMENT 'Kafka topic of the looks',
    partition UInt16 COMMENT 'Kafka partition of the looks',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What is looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'Basis of the looks: measured, backfill, imported or modelled',
    version UInt64 COMMENT 'The later holds: epoch of the log (upper 16 bits) and the first offset that is not in the memory (lower 48)',
    next UInt64 ALIAS bitAnd(version, 281474976710655) COMMENT 'First offset that is not in the memory',
    epoch UInt64 ALIAS bitShiftRight(version, 48) COMMENT 'Counts the logs that the partition has had: it is one more where the log was made anew',
    recorded Nullable(DateTime64(3, 'UTC')) COMMENT 'When Kafka took the last message that is in the memory; NULL: unknown',
    size UInt32 COMMENT 'Size of the memory before it was compressed, bytes',
    state String COMMENT 'The memory as the detectors write it, compressed by zstd' CODEC(NONE),
    saved_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY (topic, partition, source, target, basis)
COMMENT 'What the processor detect remembers of each target, and up to which offset. It is no source of numbers: without it detectors learn anew.'

-- 110_topics.sql
CREATE TABLE IF NOT EXISTS topics ON CLUSTER 'tide' (
    topic String COMMENT 'Id of the topic, as in the configuration',
    kind LowCardinality(String) COMMENT 'topic: the row names the topic itself; else what the member is: entity, tag, keyword, article or domain',
    member String COMMENT 'Id of the entity, or the tag, keyword, article or domain; empty in the row that names the topic',
    role LowCardinality(String) COMMENT 'origin, destination or attention; empty in the row that names the topic',
    name String COMMENT 'Name of the topic to show',
    position UInt16 COMMENT 'Place in the configuration',
    removed UInt64 COMMENT '1: no longer in the configuration',
    version UInt64 COMMENT 'Unix milliseconds of the start that wrote the row; the latest holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY (topic, kind, member)
COMMENT 'The topics of the watchlist, written at start. Read through the view v_topics.'

-- 111_v_topics.sql
CREATE OR REPLACE VIEW v_topics ON CLUSTER 'tide' (
    topic String COMMENT 'Id of the topic, as in the configuration: the column topic of v_episodes',
    name String COMMENT 'Name of the topic to show',
    kind LowCardinality(String) COMMENT 'What the member is: entity, tag, keyword, article or domain',
    member String COMMENT 'Id of the entity, or the tag, keyword, article or domain',
    role LowCardinality(String) COMMENT 'What it is in the topic. origin: the app that the crowd leaves; destination: one that it may go to; attention: what people say and read about it',
    position UInt16 COMMENT 'Place in the configuration'
)
COMMENT 'One row per member of a topic of the watchlist: what belongs together.'
AS
SELECT topic, name, kind, member, role, position
FROM topics FINAL
WHERE removed = 0 AND kind != 'topic'

-- 120_notify_state.sql
CREATE TABLE IF NOT EXISTS notify_state ON CLUSTER 'tide' (
    name LowCardinality(String) COMMENT 'Consumer group whose memory this is',
    version UInt64 COMMENT 'The later, the higher: of two rows of a name the later holds',
    next_offset UInt64 COMMENT 'Offset of the first message of tidemark.episodes.v1 that the memory does not know',
    state String COMMENT 'What decides about later messages, as JSON with episodes as protobuf',
    pending Array(String) COMMENT 'Ids of the messages in notify_outbox that were still to be delivered',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY name
COMMENT 'Memory of the processor notify, so that a restart tells nobody anything twice. Read FINAL.'

-- 121_notify_outbox.sql
CREATE TABLE IF NOT EXISTS notify_outbox ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id of the message',
    receiver LowCardinality(String) COMMENT 'Name of the receiver, as in the configuration',
    message String COMMENT 'The message, as JSON with episodes as protobuf',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted',
    _first UInt64 DEFAULT toUInt64(4102444800000 - toUnixTimestamp64Milli(_inserted_at)) COMMENT 'The earlier, the higher: of two rows of a message the first holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', _first)
ORDER BY id
TTL toDateTime(_inserted_at) + INTERVAL 30 DAY
COMMENT 'Messages that were decided; which of them are still to be delivered, notify_state says.'

-- 122_deliveries.sql
CREATE TABLE IF NOT EXISTS deliveries ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id of the message: a receiver can tell by it what came twice',
    receiver LowCardinality(String) COMMENT 'Name of the receiver, as in the configuration',
    kind LowCardinality(String) COMMENT 'opened, worse, closed, catch-up, digest or test',
    level LowCardinality(String) COMMENT 'info, warning or critical: the highest of its episodes',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist that all its episodes belong to; empty: none, or several',
    episodes Array(String) COMMENT 'Ids of the episodes that it tells of; empty in a digest',
    about String COMMENT 'What it tells of, in short',
    at DateTime64(3, 'UTC') COMMENT 'Moment of the data at which it was decided',
    delayed UInt16 COMMENT '1 where it was held back, such as by quiet hours',
    attempts UInt32 COMMENT 'How often it was tried since the processor was started',
    outcome LowCardinality(String) COMMENT 'retrying, delivered or failed',
    error String COMMENT 'Why the last attempt failed, without secrets; empty: it did not',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the receiver took it; NULL: it has not',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', _inserted_at)
ORDER BY id
COMMENT 'What became of each message. Read v_deliveries for the latest outcome.'

-- 123_v_deliveries.sql
CREATE OR REPLACE VIEW v_deliveries ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id of the message: a receiver can tell by it what came twice',
    receiver LowCardinality(String) COMMENT 'Name of the receiver, as in the configuration; log: there is none',
    kind LowCardinality(String) COMMENT 'opened, worse, closed, catch-up, digest or test',
    level LowCardinality(String) COMMENT 'info, warning or critical: the highest of its episodes',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist that all its episodes belong to; empty: none, or several',
    episodes Array(String) COMMENT 'Ids of the episodes that it tells of: the column id of v_episodes',
    about String COMMENT 'What it tells of, in short',
    at DateTime64(3, 'UTC') COMMENT 'Moment of the data at which it was decided',
    delayed UInt16 COMMENT '1 where it was held back, such as by quiet hours',
    attempts UInt32 COMMENT 'How often it was tried since the processor was started',
    outcome LowCardinality(String) COMMENT 'retrying, delivered or failed',
    error String COMMENT 'Why the last attempt failed, without secrets; empty: it did not',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the receiver took it; NULL: it has not',
    logged_at DateTime64(3, 'UTC') COMMENT 'When this was known'
)
COMMENT 'One row per message that anybody was told, or should have been, with its latest outcome.'
AS
SELECT id, receiver, kind, level, topic, episodes, about, at, delayed, attempts, outcome, error, delivered_at, _inserted_at AS logged_at
FROM deliveries FINAL

-- 124_mutes.sql
CREATE TABLE IF NOT EXISTS mutes ON CLUSTER 'tide' (
    kind LowCardinality(String) COMMENT 'entity, tag, rule, topic or source; empty: whichever has the name',
    name String COMMENT 'What nobody is told of',
    since DateTime64(3, 'UTC') COMMENT 'When it was muted',
    until DateTime64(3, 'UTC') COMMENT 'Until when; unmuted where that is not later than since',
    version UInt64 COMMENT 'The later, the higher: of two rows of a name the later holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY (kind, name)
COMMENT 'What is muted: its episodes are recorded as ever, and nobody is told that they begin or get worse. Read FINAL.'

-- 200_v_gaps.sql
CREATE OR REPLACE VIEW v_gaps ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was to be looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    from DateTime64(3, 'UTC') COMMENT 'Tick of the last look before the gap that saw something',
    to DateTime64(3, 'UTC') COMMENT 'Tick of the first look after the gap that saw something; now if it is open',
    open UInt8 COMMENT '1: the gap lasts',
    cause LowCardinality(String) COMMENT 'failed, refused, or no look',
    reason String COMMENT 'failed or refused with the last reason, or no look',
    looks_missed UInt32 COMMENT 'How many ticks passed without a look that saw something',
    every_s UInt32 COMMENT 'Seconds between two looks, as was expected'
)
COMMENT 'The same rows as gaps, by the name that the other views bear. Of a span of time ask kept_gaps_between(since = ..., until = ...), which is quick, or gaps_between, which is of this moment.'
AS
SELECT source, target, basis, from, to, open, cause, reason, looks_missed, every_s
FROM gaps

-- 206_gap_spans.sql
CREATE TABLE IF NOT EXISTS gap_spans ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
PARTITION BY toYYYYMM(hour)
ORDER BY (source, target, basis, to)
COMMENT 'Gaps that have ended, kept by the rollups. Read through kept_gaps_between(since = , until = ).'

-- 207_gap_open.sql
CREATE TABLE IF NOT EXISTS gap_open ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY (source, target, basis)
COMMENT 'Gaps that last, kept by the rollups, a minute behind. Read through kept_gaps_between(since = , until = ).'

-- 209_corroboration.sql
CREATE TABLE IF NOT EXISTS corroboration ON CLUSTER 'tide' (
    id String COMMENT 'Id of the episode, as in v_episodes',
    topic LowCardinality(String) COMMENT 'Topic that the episode belongs to',
    basis LowCardinality(String) COMMENT 'Basis of the series; only series of one basis corroborate each other',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    family String COMMENT 'Whom the source has its numbers from: what Apple''s charts, pages and search say is one family (appstore), and so is Google Play; and so are the feeds of one server or one list of publishers; a recording or an import has as many families as places; empty: no witness, as a rule over SQL reads what others brought',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted',
    onset DateTime64(3, 'UTC') COMMENT 'Since when the episode lasts',
    others UInt32 COMMENT 'How many other families have an episode of the topic that began at most 48 hours before or after this one',
    moved Array(Tuple(family String, source String, episode String, subject String, onset DateTime64(3, 'UTC'), lead_s Float64)) COMMENT 'Of each of them the episode that began first, the earliest first; lead_s: by how many seconds it was earlier than this one, negative: later',
    first String COMMENT 'The family that moved first, this one included; of two in the same moment the one with the smaller name',
    first_lead_s Float64 COMMENT 'By how many seconds the first was earlier than this one; 0: this one was first, or in the same moment',
    score Float64 COMMENT '1 - 0.5 ^ others: 0 nobody else moved, 0.5 one other family, 0.75 two, 0.875 three',
    explanation String COMMENT 'The same in words',
    gone UInt8 COMMENT '1: there is no such row any more, as of an episode whose topic was changed',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY id
COMMENT 'Which independent sources moved together, kept by the rollups. Read through the view v_corroboration.'

-- 210_looks_inserted.sql
ALTER TABLE looks_local ON CLUSTER 'tide'
    ADD INDEX IF NOT EXISTS inserted_range _inserted_at TYPE minmax GRANULARITY 4,
    MATERIALIZE INDEX inserted_range

-- 211_looks_hourly.sql
CREATE TABLE IF NOT EXISTS looks_hourly_local ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)
PARTITION BY toYYYYMM(hour)
ORDER BY (source, target, basis, hour)
COMMENT 'Looks by hour. Kept for ever. What v_ranks_hourly knows of who looked. Read FINAL.'

-- 212_looks_hourly_distributed.sql
CREATE TABLE IF NOT EXISTS looks_hourly ON CLUSTER 'tide' AS looks_hourly_local
ENGINE = Distributed('tide', currentDatabase(), 'looks_hourly_local', cityHash64(target))

-- 213_rollup_runs_watched.sql
ALTER TABLE rollup_runs ON CLUSTER 'tide'
    ADD COLUMN IF NOT EXISTS watched UInt64 DEFAULT 0 COMMENT 'Fingerprint of the watchlist, the topics and the definition that the table was made with: with another one all of it is made anew'

-- 214_ranks_hourly.sql
CREATE TABLE IF NOT EXISTS ranks_hourly ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
PARTITION BY toYYYYMM(hour)
ORDER BY (place, country, chart, basis, app, source, hour)
COMMENT 'Watched apps on charts by hour, kept by the rollups. Read through the view v_ranks_hourly.'

-- 215_counts_hourly.sql
CREATE TABLE IF NOT EXISTS counts_hourly ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
PARTITION BY toYYYYMM(hour)
ORDER BY (kind, metric, subject, target, basis, source, hour)
COMMENT 'What was counted of tags, articles, words and listed topics by hour, kept by the rollups. Read through the views v_tags_hourly and v_counts_hourly.'

-- 216_attention.sql
CREATE TABLE IF NOT EXISTS attention ON CLUSTER 'tide' (
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
PARTITION BY toYYYYMM(hour)
ORDER BY (topic, basis, metric, subject, target, source, hour)
COMMENT 'Attention to the members of the topics by hour, kept by the rollups. Read through the views v_attention and v_attention_share.'

-- 217_lead_lag.sql
CREATE TABLE IF NOT EXISTS lead_lag ON CLUSTER 'tide' (
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    leader LowCardinality(String) COMMENT 'Family of sources that moves first',
    follower LowCardinality(String) COMMENT 'Family that moves after it',
    lag_h Int32 COMMENT 'By how many hours follower is later: 0 to 48',
    correlation Float64 COMMENT 'Pearson''s correlation at that lag, -1 to 1',
    hours UInt32 COMMENT 'In how many hours both were seen at that lag',
    onset_lead_h Nullable(Float64) COMMENT 'By how many hours the first surge episode of leader began before the first one of follower',
    gone UInt8 COMMENT '1: there is no such row any more',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY (topic, basis, leader, follower)
COMMENT 'Which family of sources moves first, kept by the rollups. Read through the view v_lead_lag.'

-- 218_migrations.sql
CREATE TABLE IF NOT EXISTS migrations ON CLUSTER 'tide' (
    id String COMMENT 'topic/basis/start: the start is the first onset; an earlier one that is found later makes it another',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    name String COMMENT 'Name of the topic to show',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled: episodes of different bases are never one migration',
    from DateTime64(3, 'UTC') COMMENT 'First onset',
    to Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last episode ended; NULL: it lasts',
    state LowCardinality(String) COMMENT 'open: an episode of it lasts; over',
    episodes UInt32 COMMENT 'How many surge episodes it has',
    origin String COMMENT 'Entity that the crowd leaves; empty: the topic has none',
    origin_name String COMMENT 'Its name',
    origin_delisted Nullable(DateTime64(3, 'UTC')) COMMENT 'First look of the same basis that found a page of the origin gone, between 7 days before the migration and 7 days after it; NULL: none did',
    origin_returned Nullable(DateTime64(3, 'UTC')) COMMENT 'First look after that found one back, however late; NULL: none did, or it was never gone',
    origin_chart String COMMENT 'The chart that its ranks are of: of those it was on in the 7 days before, an overall one first, then the one where it stood best; empty: it was on none',
    origin_rank_before Nullable(Float64) COMMENT 'Median of its last rank of each hour there in the 7 days before the migration',
    origin_rank_worst Nullable(UInt32) COMMENT 'Its worst place there during the migration; depth + 1 where no look of an hour found it',
    origin_rank_last Nullable(UInt32) COMMENT 'Its last place there during the migration, likewise',
    origin_rank_loss Nullable(Float64) COMMENT 'origin_rank_worst - origin_rank_before, in places; negative: it rose',
    destinations Array(Tuple(entity String, name String, onset DateTime64(3, 'UTC'), rise Nullable(Float64), best_rank Nullable(Float64), hours_at_first Nullable(Float64), half_life_s Nullable(Float64), given_back Nullable(Float64), settled Nullable(Float64), target String, episode String)) COMMENT 'Of each destination its leading episode, the best destination first. rise: peak as a multiple of the baseline; best_rank: NULL where no rank rose; the rest as in v_episodes',
    leading String COMMENT 'Entity of the first of the destinations; empty: none moved',
    stayed Nullable(Float64) COMMENT '1 - given_back of the leading destination: the share of its rise that stayed, of ranks on the log scale; below 0 where it settled below where it had come from; NULL: not known yet',
    resurges UInt32 COMMENT 'How often the leading series surged again: within its episodes, and as further episodes of the rule',
    attention Array(Tuple(kind String, subject String, source String, family String, metric String, onset DateTime64(3, 'UTC'), peak_multiple Nullable(Float64), episode String)) COMMENT 'What people said and read: of each subject and source the episode with the largest peak as a multiple of its baseline, the largest first; of another app, its entity',
    led_by LowCardinality(String) COMMENT 'Source of the first onset',
    led_family String COMMENT 'Its family, as in v_corroboration',
    led_subject String COMMENT 'What it was about',
    sources UInt32 COMMENT 'How many independent sources (families) moved',
    families Array(String) COMMENT 'Their names, in the order of their first onsets',
    corroboration Float64 COMMENT 'The largest score of its episodes in v_corroboration',
    severity Float64 COMMENT 'The largest severity of its episodes, 0 to 1',
    explanation String COMMENT 'The same in words',
    gone UInt8 COMMENT '1: there is no such migration any more, as an earlier onset was found or a topic was changed',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds'
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)
ORDER BY id
COMMENT 'What belongs together of one topic, kept by the rollups. Read through the view v_migrations.'

-- 219_episodes_given_back.sql
ALTER TABLE episodes ON CLUSTER 'tide' COMMENT COLUMN given_back 'Share of the rise that was given back: 1 - (settled - baseline) / (peak - baseline); of ranks the same of ln(place + 0.5). Above 1 where it settled below where it had come from'

-- 220_ranks_hourly_between.sql
CREATE OR REPLACE VIEW ranks_hourly_between ON CLUSTER 'tide'
COMMENT 'ranks_hourly_between(since = ..., until = ...): what the rollups write into ranks_hourly of the hours from since to before until. Ask v_ranks_hourly, which is quick'
AS
WITH
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    (SELECT (groupArray(place), groupArray(app), groupArray(entity)) FROM entity_apps) AS apps,
    arrayMap((p, a) -> concat(p, '/', a), apps.1, apps.2) AS keys,
    -- Apps whose store id is not known, where somebody drew them.
    (SELECT (groupArray(series), groupArray(app)) FROM (
        SELECT DISTINCT concat(target, ' ', basis) AS series, toString(subject) AS app
        FROM readings_hourly
        WHERE metric = 'rank' AND startsWith(target, 'chart/') AND subject IN arrayConcat(names.1, []))) AS drawn,
    -- Hours with looks, and after each those that passed without one by the
    -- schedule that was in force. A pause of more than 31 days is no schedule.
    looked AS (
        SELECT source, target, basis, hour, good, depth, every_s, last_slot,
            leadInFrame(toNullable(hour)) OVER w AS next_hour, leadInFrame(toNullable(first_slot)) OVER w AS next_slot
        FROM looks_hourly FINAL
        WHERE startsWith(target, 'chart/')
            AND hour >= {since:DateTime64(3, 'UTC')} - INTERVAL 31 DAY AND hour < {until:DateTime64(3, 'UTC')} + INTERVAL 31 DAY
        WINDOW w AS (PARTITION BY source, target, basis ORDER BY hour ASC ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
    ),
    charts AS (
        SELECT source, target, basis, parts[2] AS place, parts[3] AS country, arrayStringConcat(arraySlice(parts, 4), '/') AS chart,
            h.1 AS hour, h.2 AS good, h.3 AS depth
        FROM (
            SELECT source, target, basis, splitByChar('/', toString(target)) AS parts,
                multiIf(next_slot IS NOT NULL, assumeNotNull(next_slot), basis = 'measured', greatest(now64(3, 'UTC'), last_slot), last_slot) AS ends,
                (toUnixTimestamp64Milli(ends) - toUnixTimestamp64Milli(last_slot)) / 1000 AS lasts_s,
                arrayDistinct(arrayMap(i -> toStartOfHour(toDateTime(last_slot + toIntervalSecond(every_s * i), 'UTC')),
                    range(1, toUInt32(if(every_s = 0 OR lasts_s > 31 * 86400, 1, greatest(1, round(lasts_s / every_s))))))) AS passed,
                arrayConcat([(hour, good, depth)], arrayMap(m -> (m, toUInt32(0), toUInt32(0)),
                    arrayFilter(m -> m > hour AND (next_hour IS NULL OR m < assumeNotNull(next_hour)), passed))) AS hours
            FROM looked
        )
        ARRAY JOIN hours AS h
        WHERE h.1 >= {since:DateTime64(3, 'UTC')} AND h.1 < {until:DateTime64(3, 'UTC')}
    ),
    found AS (
        SELECT source, target, basis, toString(subject) AS app, bucket AS hour, toUInt32(last) AS rank, toUInt32(min) AS best, toUInt32(max) AS worst
        FROM readings_hourly FINAL
        WHERE metric = 'rank' AND startsWith(target, 'chart/') AND subject IN arrayConcat(names.1, apps.2)
            AND bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')} AND count > 0
    ),
    wanted AS (
        SELECT source, target, basis, hour, good, depth, place, country, chart,
            arrayJoin(arrayConcat(
                arrayFilter((a, p) -> p = place, apps.2, apps.1),
                arrayFilter((a, d) -> d = concat(target, ' ', basis), drawn.2, drawn.1))) AS app
        FROM charts
    ),
    -- Only of apps that were missing at least once: the others are not delisted.
    listing AS (
        SELECT splitByChar('/', toString(target))[2] AS place, splitByChar('/', toString(target))[3] AS country, basis, toString(subject) AS app,
            bucket AS hour, max(last) AS listed
        FROM readings_hourly FINAL
        WHERE metric = 'listed' AND startsWith(target, 'listing/') AND count > 0 AND bucket < {until:DateTime64(3, 'UTC')}
            AND (target, subject) GLOBAL IN (SELECT target, subject FROM readings_hourly WHERE metric = 'listed' AND min = 0)
        GROUP BY place, country, basis, app, hour
    )
SELECT t.hour AS hour, t.target AS target, t.place AS place, t.country AS country, t.chart AS chart, t.basis AS basis, t.source AS source,
    transform(concat(t.place, '/', t.app), keys, apps.3, t.app) AS entity,
    transform(entity, names.1, names.2, entity) AS entity_name,
    t.app AS app,
    multiIf(t.good = 0, 'not_fetched', t.found_rank > 0, 'ranked', l.app != '' AND l.listed = 0, 'delisted', 'unranked') AS state,
    if(state = 'ranked', toNullable(t.found_rank), NULL) AS rank,
    if(state = 'ranked', toNullable(t.found_best), NULL) AS best,
    if(state = 'ranked', toNullable(t.found_worst), NULL) AS worst,
    t.depth AS depth, t.good AS looks
FROM (
    SELECT w.source AS source, w.target AS target, w.basis AS basis, w.hour AS hour, w.good AS good, w.depth AS depth,
        w.place AS place, w.country AS country, w.chart AS chart, w.app AS app,
        f.rank AS found_rank, f.best AS found_best, f.worst AS found_worst
    FROM wanted AS w
    LEFT JOIN found AS f ON f.source = w.source AND f.target = w.target AND f.basis = w.basis AND f.hour = w.hour AND f.app = w.app
    -- Of an import of some apps only nothing is said about the others.
    WHERE NOT (w.good > 0 AND w.depth = 0 AND f.rank = 0)
) AS t
ASOF LEFT JOIN listing AS l
    ON l.place = t.place AND l.country = t.country AND l.basis = t.basis AND l.app = t.app AND t.hour >= l.hour

-- 221_counts_hourly_between.sql
CREATE OR REPLACE VIEW counts_hourly_between ON CLUSTER 'tide'
COMMENT 'counts_hourly_between(since = ..., until = ...): what the rollups write into counts_hourly of the hours from since to before until. Ask v_counts_hourly, which is quick'
AS
WITH
    base AS (
        SELECT bucket, source, target, subject, metric, basis, first, last, avg * count AS total,
            match(toString(metric), '(_minute|_15m|_hour)$') AS counted,
            metric IN ('uses_today', 'accounts_today') AS daily,
            daily OR endsWith(toString(metric), '_total') OR metric IN ('reads', 'discussions', 'posts', 'rating_count') AS grows
        FROM readings_hourly FINAL
        WHERE count > 0 AND bucket >= {since:DateTime64(3, 'UTC')} - INTERVAL 48 HOUR AND bucket < {until:DateTime64(3, 'UTC')} AND match(toString(target), '^(tag|article|keyword|list)/')
            AND metric NOT IN ('overcount_hour', 'late_hour', 'duplicates_hour', 'unchecked_hour', 'unlisted_hour', 'mentions_hour_by_language',
                'events_minute', 'posts_minute', 'bytes_minute', 'dropped_minute', 'connections_minute', 'lag_s', 'hole_s', 'alive_minutes', 'norm', 'norm_15m', 'rank', 'app_id')
    ),
    beside AS (
        SELECT *,
            lagInFrame(toNullable(last)) OVER w AS before,
            toUInt32(if(before IS NULL, 0, dateDiff('hour', lagInFrame(bucket) OVER w, bucket))) AS gap,
            before IS NOT NULL AND toDate(lagInFrame(bucket) OVER w) != toDate(bucket) AS next_day
        FROM base
        WINDOW w AS (PARTITION BY metric, target, subject, source, basis ORDER BY bucket ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
SELECT bucket AS hour,
    splitByChar('/', toString(target))[1] AS kind, splitByChar('/', toString(target))[2] AS platform, splitByChar('/', toString(target))[3] AS country,
    target, subject, source, metric, basis,
    replaceRegexpOne(toString(metric), '_(total|today|minute|15m|hour|day)(_at_least)?$', '') AS unit,
    if(counted, NULL, toNullable(last)) AS level,
    multiIf(
        counted, toNullable(total),
        NOT grows OR gap = 0 OR gap > 48, NULL,
        daily AND next_day, toNullable(last),
        last < before, NULL,
        last - before) AS growth,
    toUInt32(multiIf(growth IS NULL, 0, counted, 1, daily AND next_day, toHour(bucket) + 1, gap)) AS over_h
FROM beside
WHERE bucket >= {since:DateTime64(3, 'UTC')}

-- 229_v_episodes.sql
CREATE OR REPLACE VIEW v_episodes ON CLUSTER 'tide' (
    id String COMMENT 'Deterministic id of the episode',
    kind LowCardinality(String) COMMENT 'surge: what the crowd does; health: what our own looking does',
    rule LowCardinality(String) COMMENT 'Name of the rule that found it',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What it is about: kind/place/country/name; source/NAME//all is a source with all its targets',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person. Of a trouble of the whole target: the target',
    metric LowCardinality(String) COMMENT 'What was counted, or what a rule about looks compares',
    basis LowCardinality(String) COMMENT 'Basis of the series: measured, backfill, imported or modelled',
    state LowCardinality(String) COMMENT 'Latest state: open, updated (it got worse) or closed',
    sequence UInt32 COMMENT 'How many states there are so far',
    onset DateTime64(3, 'UTC') COMMENT 'Since when: a moment of the data, not when it was noticed',
    at Nullable(DateTime64(3, 'UTC')) COMMENT 'Moment of the data that made the state; NULL: unknown',
    peak_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the peak was; NULL: not yet, or there is none',
    closed Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; NULL: it lasts',
    value Float64 COMMENT 'What was seen, in unit',
    baseline Float64 COMMENT 'What was expected, in unit',
    peak Float64 COMMENT 'The most extreme value so far, in unit',
    unit LowCardinality(String) COMMENT 'Unit of value, baseline and peak: s, looks, places, ratio, ...',
    severity Float64 COMMENT 'How bad or how large, 0 to 1',
    explanation String COMMENT 'How it was computed, for a person to read',
    advice String COMMENT 'What a person can do about it',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist that the series belongs to; empty: none',
    entity LowCardinality(String) COMMENT 'Entity of the watchlist that the series is about; empty: none',
    change LowCardinality(String) COMMENT 'What made the state: opened, severity, peaked, halved, resurged, closed, or a milestone such as top-10 or first; empty: not said',
    previous Nullable(Float64) COMMENT 'Value of the look before, in unit; NULL: none, such as of an app that was not on the chart',
    multiple Nullable(Float64) COMMENT 'Value as a multiple of the baseline; of ranks baseline / value; NULL: not known',
    low Nullable(Float64) COMMENT 'Lower bound of what would have been ordinary, in unit',
    high Nullable(Float64) COMMENT 'Upper bound of what would have been ordinary, in unit',
    coverage Nullable(Float64) COMMENT 'Share of the expected looks of the baseline''s window that were there, 0 to 1',
    every_s UInt32 COMMENT 'Expected distance of looks in seconds; 0: no schedule',
    depth UInt32 COMMENT 'How deep the chart was that was looked at; 0: no chart',
    time_to_peak_s Nullable(Float64) COMMENT 'Seconds from the onset to the peak',
    peak_multiple Nullable(Float64) COMMENT 'Peak as a multiple of the baseline before the onset',
    at_first_s Nullable(Float64) COMMENT 'Seconds at rank 1 so far',
    in_top_10_s Nullable(Float64) COMMENT 'Seconds at rank 10 or better so far',
    rank_area Nullable(Float64) COMMENT 'Sum over the looks of ln((depth + 1) / rank) times their hours',
    half_life_s Nullable(Float64) COMMENT 'Seconds from the peak until the excess over the baseline had halved, as measured',
    fitted_half_life_s Nullable(Float64) COMMENT 'Half-life of the exponential decline that fits best, in seconds',
    fitted_half_life_low_s Nullable(Float64) COMMENT 'Lower bound of its 80 % interval, in seconds',
    fitted_half_life_high_s Nullable(Float64) COMMENT 'Upper bound of its 80 % interval, in seconds',
    given_back Nullable(Float64) COMMENT 'Share of the rise that was given back: 1 - (settled - baseline) / (peak - baseline); of ranks the same of ln(place + 0.5). Above 1 where it settled below where it had come from',
    settled Nullable(Float64) COMMENT 'Level at the end, in unit',
    resurges UInt32 COMMENT 'Findings after the decline had begun and before the end',
    back_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the series was back in its ordinary band for good'
)
COMMENT 'One row per episode, in its latest state. What is closed stays closed, also where two states came with the same number.'
AS
SELECT id, kind, rule, source, target, subject, metric, basis, state, sequence, onset, at, peak_at, closed,
    value, baseline, peak, unit, severity, explanation, advice,
    topic, entity, change, previous, multiple, low, high, coverage, every_s, depth,
    time_to_peak_s, peak_multiple, at_first_s, in_top_10_s, rank_area, half_life_s, fitted_half_life_s,
    fitted_half_life_low_s, fitted_half_life_high_s, given_back, settled, resurges, back_at
FROM episodes FINAL
ORDER BY state = 'closed' DESC, sequence DESC
LIMIT 1 BY id

-- 230_v_counts_hourly.sql
CREATE OR REPLACE VIEW v_counts_hourly ON CLUSTER 'tide' (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    kind LowCardinality(String) COMMENT 'Kind of the target: tag, article, keyword or list',
    platform LowCardinality(String) COMMENT 'Platform, server or project: the place of the target',
    country LowCardinality(String) COMMENT 'Country of the target; empty where there is none',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'Tag, word, article or topic that was counted',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    metric LowCardinality(String) COMMENT 'What was counted: uses_today, views_total, mentions_minute, articles_15m, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    unit LowCardinality(String) COMMENT 'What level and growth count: views, posts, uses, ...',
    level Nullable(Float64) COMMENT 'Last value of the hour, of what stands at a level: totals, today''s count, a day''s count at its first hour, shares. NULL of what counts a minute, a quarter or an hour',
    growth Nullable(Float64) COMMENT 'How many were new: the sum of the counts of the hour''s minutes, or by how much a total has grown since the hour before that has a value. NULL: not known, as of the first value, after more than 48 hours without one, where a total has become smaller (it began anew or was corrected), and of a day''s count',
    over_h UInt32 COMMENT 'Hours that growth is about, this one the last: 1, or more where hours without a value lie before. 0: growth is NULL'
)
COMMENT 'What was counted of each tag, article, word and listed topic, by hour, with what was new. Of two servers never add up the same tag. Metrics about our own counting are left out.'
AS
SELECT hour, kind, platform, country, target, subject, source, metric, basis, unit, level, growth, over_h
FROM counts_hourly FINAL
WHERE gone = 0

-- 231_v_ranks_hourly.sql
CREATE OR REPLACE VIEW v_ranks_hourly ON CLUSTER 'tide' (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    chart LowCardinality(String) COMMENT 'Chart: top-free/overall, top-free/social-networking, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    app LowCardinality(String) COMMENT 'App id of the store; the entity''s id where the store''s is not known',
    state LowCardinality(String) COMMENT 'ranked: at least one look of the hour found it; else of the last look that saw the chart: unranked (not among depth places) or delisted (the store has no such app); not_fetched: no look of the hour saw the chart',
    rank Nullable(UInt32) COMMENT 'Place at the last look of the hour that found it; NULL unless ranked',
    best Nullable(UInt32) COMMENT 'Best place of the hour; NULL unless ranked',
    worst Nullable(UInt32) COMMENT 'Worst place of the hour, of the looks that found it; NULL unless ranked',
    depth UInt32 COMMENT 'How many places deep the last list of the hour was; 0: not seen, or not known',
    looks UInt32 COMMENT 'How many ticks of the hour saw the chart; 0: none',
    effective_rank Nullable(UInt32) COMMENT 'rank, or depth + 1 where the app was not among them: for ordering and drawing only, never a measured place; NULL where nobody looked or the depth is not known'
)
COMMENT 'One row per watched app, chart, basis and hour in which somebody should have looked. Average rank over state = ranked only, and say so.'
AS
SELECT hour, target, place, country, chart, basis, source, entity, entity_name, app, state, rank, best, worst, depth, looks,
    multiIf(state = 'ranked', rank, looks = 0 OR depth = 0, NULL, toNullable(toUInt32(depth + 1))) AS effective_rank
FROM ranks_hourly FINAL
WHERE gone = 0

-- 232_v_attention.sql
CREATE OR REPLACE VIEW v_attention ON CLUSTER 'tide' (
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

-- 233_v_lead_lag.sql
CREATE OR REPLACE VIEW v_lead_lag ON CLUSTER 'tide' (
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    leader LowCardinality(String) COMMENT 'Family of sources that moves first by the lag, as in v_corroboration; of two at once the one with the smaller name',
    follower LowCardinality(String) COMMENT 'Family that moves after it',
    lag_h Int32 COMMENT 'By how many hours follower is later where the two go together best: 0 to 48',
    correlation Float64 COMMENT 'Pearson''s correlation of the two at that lag, -1 to 1: of the logarithm of what is new by hour, and of rank_area as it is. A correlation is no cause',
    hours UInt32 COMMENT 'In how many hours both were seen at that lag: at least 24',
    onset_lead_h Nullable(Float64) COMMENT 'By how many hours the first surge episode of leader began before the first one of follower; negative: after it. NULL where one has none'
)
COMMENT 'Which family of sources moves first in a topic, over the newest 90 days that are known of it, without the app that the crowd leaves. One row per pair.'
AS
SELECT topic, basis, leader, follower, lag_h, correlation, hours, onset_lead_h
FROM lead_lag FINAL
WHERE gone = 0

-- 234_v_migrations.sql
CREATE OR REPLACE VIEW v_migrations ON CLUSTER 'tide' (
    id String COMMENT 'topic/basis/start: the start is the first onset; an earlier one that is found later makes it another',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    name String COMMENT 'Name of the topic to show',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled: episodes of different bases are never one migration',
    from DateTime64(3, 'UTC') COMMENT 'First onset',
    to Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last episode ended; NULL: it lasts',
    state LowCardinality(String) COMMENT 'open: an episode of it lasts; over',
    episodes UInt32 COMMENT 'How many surge episodes it has',
    origin String COMMENT 'Entity that the crowd leaves; empty: the topic has none',
    origin_name String COMMENT 'Its name',
    origin_delisted Nullable(DateTime64(3, 'UTC')) COMMENT 'First look of the same basis that found a page of the origin gone, between 7 days before the migration and 7 days after it; NULL: none did',
    origin_returned Nullable(DateTime64(3, 'UTC')) COMMENT 'First look after that found one back, however late; NULL: none did, or it was never gone',
    origin_chart String COMMENT 'The chart that its ranks are of: of those it was on in the 7 days before, an overall one first, then the one where it stood best; empty: it was on none',
    origin_rank_before Nullable(Float64) COMMENT 'Median of its last rank of each hour there in the 7 days before the migration',
    origin_rank_worst Nullable(UInt32) COMMENT 'Its worst place there during the migration; depth + 1 where no look of an hour found it',
    origin_rank_last Nullable(UInt32) COMMENT 'Its last place there during the migration, likewise',
    origin_rank_loss Nullable(Float64) COMMENT 'origin_rank_worst - origin_rank_before, in places; negative: it rose',
    destinations Array(Tuple(entity String, name String, onset DateTime64(3, 'UTC'), rise Nullable(Float64), best_rank Nullable(Float64), hours_at_first Nullable(Float64), half_life_s Nullable(Float64), given_back Nullable(Float64), settled Nullable(Float64), target String, episode String)) COMMENT 'Of each destination its leading episode, the best destination first. rise: peak as a multiple of the baseline; best_rank: NULL where no rank rose; the rest as in v_episodes',
    leading String COMMENT 'Entity of the first of the destinations; empty: none moved',
    stayed Nullable(Float64) COMMENT '1 - given_back of the leading destination: the share of its rise that stayed, of ranks on the log scale; below 0 where it settled below where it had come from; NULL: not known yet',
    resurges UInt32 COMMENT 'How often the leading series surged again: within its episodes, and as further episodes of the rule',
    attention Array(Tuple(kind String, subject String, source String, family String, metric String, onset DateTime64(3, 'UTC'), peak_multiple Nullable(Float64), episode String)) COMMENT 'What people said and read: of each subject and source the episode with the largest peak as a multiple of its baseline, the largest first; of another app, its entity',
    led_by LowCardinality(String) COMMENT 'Source of the first onset',
    led_family String COMMENT 'Its family, as in v_corroboration',
    led_subject String COMMENT 'What it was about',
    sources UInt32 COMMENT 'How many independent sources (families) moved',
    families Array(String) COMMENT 'Their names, in the order of their first onsets',
    corroboration Float64 COMMENT 'The largest score of its episodes in v_corroboration',
    severity Float64 COMMENT 'The largest severity of its episodes, 0 to 1',
    explanation String COMMENT 'The same in words'
)
COMMENT 'One row per migration: the surge episodes of one topic and basis that overlap or follow each other within 7 days. Who lost, who gained, what was said, who moved first, and how much stayed. Episodes that last end now where they are measured, else with what is known of them.'
AS
SELECT id, topic, name, basis, from, to, state, episodes, origin, origin_name, origin_delisted, origin_returned, origin_chart, origin_rank_before, origin_rank_worst, origin_rank_last, origin_rank_loss, destinations, leading, stayed, resurges, attention, led_by, led_family, led_subject, sources, families, corroboration, severity, explanation
FROM migrations FINAL
WHERE gone = 0

-- 235_v_corroboration.sql
CREATE OR REPLACE VIEW v_corroboration ON CLUSTER 'tide' (
    id String COMMENT 'Id of the episode, as in v_episodes',
    topic LowCardinality(String) COMMENT 'Topic that the episode belongs to',
    basis LowCardinality(String) COMMENT 'Basis of the series; only series of one basis corroborate each other',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    family String COMMENT 'Whom the source has its numbers from: what Apple''s charts, pages and search say is one family (appstore), and so is Google Play; and so are the feeds of one server or one list of publishers; a recording or an import has as many families as places; empty: no witness, as a rule over SQL reads what others brought',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted',
    onset DateTime64(3, 'UTC') COMMENT 'Since when the episode lasts',
    others UInt32 COMMENT 'How many other families have an episode of the topic that began at most 48 hours before or after this one',
    moved Array(Tuple(family String, source String, episode String, subject String, onset DateTime64(3, 'UTC'), lead_s Float64)) COMMENT 'Of each of them the episode that began first, the earliest first; lead_s: by how many seconds it was earlier than this one, negative: later',
    first String COMMENT 'The family that moved first, this one included; of two in the same moment the one with the smaller name',
    first_lead_s Float64 COMMENT 'By how many seconds the first was earlier than this one; 0: this one was first, or in the same moment',
    score Float64 COMMENT '1 - 0.5 ^ others: 0 nobody else moved, 0.5 one other family, 0.75 two, 0.875 three',
    explanation String COMMENT 'The same in words'
)
COMMENT 'One row per surge episode of a topic: which independent sources moved in the same 48 hours, which first, and a score.'
AS
SELECT id, topic, basis, source, family, target, subject, metric, onset, others, moved, first, first_lead_s, score, explanation
FROM corroboration FINAL
WHERE gone = 0

-- 240_v_tags_hourly.sql
CREATE OR REPLACE VIEW v_tags_hourly ON CLUSTER 'tide' (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    platform LowCardinality(String) COMMENT 'Platform or server',
    country LowCardinality(String) COMMENT 'Country of the target; empty where there is none',
    tag LowCardinality(String) COMMENT 'Tag without #',
    target LowCardinality(String) COMMENT 'What was looked at: tag/place//tag, or a list of most used tags',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    metric LowCardinality(String) COMMENT 'What was counted: uses_today, views_total, mentions_minute, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    unit LowCardinality(String) COMMENT 'What level and growth count: views, posts, uses, ...',
    level Nullable(Float64) COMMENT 'Last value of the hour, of what stands at a level: totals, today''s count. NULL of what counts a minute or an hour',
    growth Nullable(Float64) COMMENT 'How many were new: the sum of the counts of the hour''s minutes, or by how much a total has grown since the hour before that has a value. NULL: not known, as after a total became smaller',
    over_h UInt32 COMMENT 'Hours that growth is about, this one the last: 1, or more where hours without a value lie before. 0: growth is NULL'
)
COMMENT 'Tags by hour: where they stand and what was new. Of two servers never add up the same tag: each counts what it knows of.'
AS
SELECT hour, platform, country, subject AS tag, target, source, metric, basis, unit, level, growth, over_h
FROM v_counts_hourly
WHERE kind = 'tag' OR (kind = 'list' AND target LIKE '%/top-tags%') OR (kind = 'list' AND target LIKE '%/trending-tags%')

-- 241_v_ranks_daily.sql
CREATE OR REPLACE VIEW v_ranks_daily ON CLUSTER 'tide' (
    day Date COMMENT 'Day, UTC',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    chart LowCardinality(String) COMMENT 'Chart: top-free/overall, top-free/social-networking, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    app LowCardinality(String) COMMENT 'App id of the store; the entity''s id where the store''s is not known',
    state LowCardinality(String) COMMENT 'ranked: in at least one hour of the day; else of the last hour in which somebody saw the chart: unranked or delisted; not_fetched: nobody saw it all day',
    rank Nullable(UInt32) COMMENT 'Place at the last look of the day that found it; NULL unless ranked',
    best Nullable(UInt32) COMMENT 'Best place of the day; NULL unless ranked',
    worst Nullable(UInt32) COMMENT 'Worst place of the day, of the looks that found it; NULL unless ranked',
    median Nullable(Float64) COMMENT 'Median of the last places of the hours that found it; NULL unless ranked. Say of how many hours: hours_ranked',
    hours_ranked UInt32 COMMENT 'Hours of the day that found it',
    hours_at_first UInt32 COMMENT 'Hours at whose last look it was at place 1',
    hours_in_top_10 UInt32 COMMENT 'Hours at whose last look it was at place 10 or better',
    hours_looked UInt32 COMMENT 'Hours of the day in which somebody saw the chart: what hours_ranked is to be compared with',
    depth UInt32 COMMENT 'How many places deep the last list of the day was; 0: not seen, or not known',
    looks UInt32 COMMENT 'How many ticks of the day saw the chart'
)
COMMENT 'One row per watched app, chart, basis and day in which somebody should have looked.'
AS
SELECT toDate(hour) AS day, target, any(h.place) AS place, any(h.country) AS country, any(h.chart) AS chart, basis, source,
    any(h.entity) AS entity, any(h.entity_name) AS entity_name, app,
    multiIf(countIf(h.state = 'ranked') > 0, 'ranked', countIf(h.looks > 0) > 0, argMaxIf(toString(h.state), hour, h.looks > 0), 'not_fetched') AS state,
    argMax(h.rank, hour) AS rank,
    min(h.best) AS best, max(h.worst) AS worst,
    if(hours_ranked = 0, NULL, toNullable(quantileExactInclusiveIf(0.5)(ifNull(h.rank, 0), h.state = 'ranked'))) AS median,
    toUInt32(countIf(h.state = 'ranked')) AS hours_ranked,
    toUInt32(countIf(ifNull(h.rank, 0) = 1)) AS hours_at_first,
    toUInt32(countIf(ifNull(h.rank, 0) BETWEEN 1 AND 10)) AS hours_in_top_10,
    toUInt32(countIf(h.looks > 0)) AS hours_looked,
    argMaxIf(h.depth, hour, h.looks > 0) AS depth,
    toUInt32(sum(h.looks)) AS looks
FROM v_ranks_hourly AS h
GROUP BY source, target, basis, day, app

-- 242_v_attention_share.sql
CREATE OR REPLACE VIEW v_attention_share ON CLUSTER 'tide' (
    day Date COMMENT 'Day, UTC',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    family LowCardinality(String) COMMENT 'Whom the sources have their numbers from, as in v_corroboration',
    metric LowCardinality(String) COMMENT 'What was counted, as in v_attention: only the same is compared',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    value Float64 COMMENT 'What was new of the entity on that day: of each subject what the target with the most says, all subjects together. Of rank_area the sum over the hours of the day on the chart where it stood best',
    share Float64 COMMENT 'value / total, 0 to 1',
    total Float64 COMMENT 'The values of all entities of the topic that have one of that family and metric on that day'
)
COMMENT 'How the attention to the entities of a topic divides among them, day by day, by family and metric. The sum of share * share is its concentration. An entity without a row was not seen on that day: no 0.'
AS
-- No window: what is asked of a day would not get past it, and all days be read.
SELECT day, topic, basis, family, metric, e.1 AS entity, e.2 AS entity_name, e.3 AS value, value / total AS share, total
FROM (
    SELECT day, topic, basis, family, metric, groupArray((entity, entity_name, value)) AS entities, sum(value) AS total
    FROM (
        SELECT day, topic, basis, family, metric, entity, any(d.entity_name) AS entity_name, sum(d.value) AS value
        FROM (
            SELECT day, topic, basis, family, metric, entity, subject, any(t.entity_name) AS entity_name, max(t.value) AS value
            FROM (
                SELECT toDate(hour) AS day, topic, basis, family, metric, entity, subject, target, any(a.entity_name) AS entity_name, sum(a.value) AS value
                FROM v_attention AS a
                WHERE entity != ''
                GROUP BY day, topic, basis, family, metric, entity, subject, target
            ) AS t
            GROUP BY day, topic, basis, family, metric, entity, subject
        ) AS d
        GROUP BY day, topic, basis, family, metric, entity
    )
    GROUP BY day, topic, basis, family, metric
)
ARRAY JOIN entities AS e
WHERE total > 0

-- 243_movers_between.sql
CREATE OR REPLACE VIEW movers_between ON CLUSTER 'tide'
COMMENT 'movers_between(since = ..., until = ...): of every watched app and chart where it stood at since and where at until, and what that is'
AS
WITH
    hours AS (
        SELECT target, place, country, chart, basis, source, app, entity, entity_name, hour, state, rank
        FROM v_ranks_hourly
        WHERE hour > toDateTime({since:DateTime64(3, 'UTC')}) - INTERVAL 31 DAY AND hour <= {until:DateTime64(3, 'UTC')} AND looks > 0
    ),
    told AS (
        SELECT target, any(h.place) AS place, any(h.country) AS country, any(h.chart) AS chart, basis, source, app,
            any(h.entity) AS entity, any(h.entity_name) AS entity_name,
            argMaxIf((toString(h.state), h.rank), hour, hour <= {since:DateTime64(3, 'UTC')} AND hour > toDateTime({since:DateTime64(3, 'UTC')}) - INTERVAL 1 DAY) AS before,
            argMaxIf((toString(h.state), h.rank), hour, hour > {since:DateTime64(3, 'UTC')}) AS now,
            countIf(h.state = 'ranked' AND hour <= {since:DateTime64(3, 'UTC')}) > 0 AS was_there,
            countIf(hour > {since:DateTime64(3, 'UTC')} AND ifNull(h.rank, 0) = 1) / 24 AS days_at_first
        FROM hours AS h
        GROUP BY target, basis, source, app
    )
SELECT target, place, country, chart, basis, source, app, entity, entity_name,
    multiIf(
        before.1 = 'ranked' AND now.1 = 'ranked', multiIf(now.2 < before.2, 'up', now.2 > before.2, 'down', 'same'),
        now.1 = 'ranked', if(was_there, 'returned', 'new'),
        now.1 = 'delisted', 'delisted',
        'dropped') AS change,
    before.2 AS rank_before, now.2 AS rank_now, ln(rank_before / rank_now) AS log_change, days_at_first
FROM told
WHERE before.1 != '' AND now.1 != ''
    AND (now.1 = 'ranked' OR before.1 = 'ranked' OR (now.1 = 'delisted' AND before.1 != 'delisted'))

-- 244_v_movers.sql
CREATE OR REPLACE VIEW v_movers ON CLUSTER 'tide' (
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    chart LowCardinality(String) COMMENT 'Chart: top-free/overall, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    app LowCardinality(String) COMMENT 'App id of the store',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    change LowCardinality(String) COMMENT 'up, down, same; new: not in the chart 24 hours before nor in the 30 days before that; returned: it had been there in them; dropped: no longer in the chart; delisted: the store has it no more',
    rank_before Nullable(UInt32) COMMENT 'Last place in the 24 hours before; NULL: it was not in the chart',
    rank_now Nullable(UInt32) COMMENT 'Last place in the newest 24 hours; NULL: it is not in the chart',
    log_change Nullable(Float64) COMMENT 'ln(rank_before / rank_now): above 0 it rose. Compare these, not the places; NULL where one is not known',
    days_at_first Float64 COMMENT 'Hours of the newest 24 at place 1, in days'
)
COMMENT 'Watched apps that are or were in a chart: the newest 24 hours that are known of each chart and basis against the 24 before. Of other times: movers_between(since = , until = ). An app that nobody could look at is not there.'
AS
WITH
    -- Months that have a part of the newest 32 days of some chart.
    months AS (
        SELECT DISTINCT toYYYYMM(toDateTime(arrayJoin([last, last - 16 * 86400, last - 32 * 86400]), 'UTC'))
        FROM (SELECT toUnixTimestamp(max(hour)) AS last FROM ranks_hourly WHERE looks > 0 GROUP BY target, basis, source)
    ),
    -- Newest hour first.
    seen AS (
        SELECT target, any(h.place) AS place, any(h.country) AS country, any(h.chart) AS chart, basis, source, app,
            any(h.entity) AS entity, any(h.entity_name) AS entity_name,
            arrayReverseSort(groupArray((toUnixTimestamp(h.hour), toString(h.state), ifNull(h.rank, 0)))) AS hours
        FROM ranks_hourly AS h FINAL
        WHERE gone = 0 AND looks > 0 AND toYYYYMM(hour) IN (months)
        GROUP BY target, basis, source, app
    ),
    charted AS (
        SELECT *, max(hours[1].1) OVER (PARTITION BY target, basis, source) AS last
        FROM seen
    ),
    told AS (
        SELECT target, place, country, chart, basis, source, app, entity, entity_name,
            arrayFirst(h -> h.1 <= last - 24 * 3600 AND h.1 > last - 48 * 3600, hours) AS before,
            arrayFirst(h -> h.1 > last - 24 * 3600, hours) AS now,
            arrayExists(h -> h.2 = 'ranked' AND h.1 <= last - 24 * 3600 AND h.1 > last - 32 * 24 * 3600, hours) AS was_there,
            arrayCount(h -> h.1 > last - 24 * 3600 AND h.3 = 1, hours) / 24 AS days_at_first
        FROM charted
    )
SELECT target, place, country, chart, basis, source, app, entity, entity_name,
    multiIf(
        before.2 = 'ranked' AND now.2 = 'ranked', multiIf(now.3 < before.3, 'up', now.3 > before.3, 'down', 'same'),
        now.2 = 'ranked', if(was_there, 'returned', 'new'),
        now.2 = 'delisted', 'delisted',
        'dropped') AS change,
    nullIf(before.3, 0) AS rank_before, nullIf(now.3, 0) AS rank_now, ln(rank_before / rank_now) AS log_change, days_at_first
FROM told
WHERE before.2 != '' AND now.2 != ''
    AND (now.2 = 'ranked' OR before.2 = 'ranked' OR (now.2 = 'delisted' AND before.2 != 'delisted'))

-- 245_v_reported_vs_measured.sql
CREATE OR REPLACE VIEW v_reported_vs_measured ON CLUSTER 'tide' (
    id String COMMENT 'Id of the figure, as in reported; a figure is there once for each basis that has something to compare',
    topic LowCardinality(String) COMMENT 'Topic that the figure belongs to (january-2025)',
    subject LowCardinality(String) COMMENT 'Entity id, or a tag with #',
    metric String COMMENT 'What was counted, as published',
    unit String COMMENT 'Unit of the figure, as published',
    scope String COMMENT 'Where or among whom it was counted, as published',
    publisher String COMMENT 'Who said it',
    confidence LowCardinality(String) COMMENT 'high, medium or low, with remarks',
    at_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Earliest moment that the figure can be about; NULL: unknown',
    at_to Nullable(DateTime64(3, 'UTC')) COMMENT 'Latest moment that it can be about; NULL: unknown',
    reported_value Nullable(Float64) COMMENT 'The published figure; NULL where it is in words',
    reported_text String COMMENT 'The figure as published where it is no plain number: >25000000, unranked',
    basis LowCardinality(String) COMMENT 'Basis of measured_value; empty: nothing to compare. A modelled line was drawn through the reported points: that they agree says nothing',
    measured_value Nullable(Float64) COMMENT 'Of the hours between at_from and at_to the value that is nearest to the figure, as it can be about any of them; where the figure is in words the last one. NULL where there is nothing to compare, and of a rank where the app was not on the chart',
    measured_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Hour of that value',
    measured_low Nullable(Float64) COMMENT 'Smallest value between at_from and at_to',
    measured_high Nullable(Float64) COMMENT 'Largest value between at_from and at_to',
    measured_target LowCardinality(String) COMMENT 'The series: kind/place/country/name',
    difference Nullable(Float64) COMMENT 'measured_value - reported_value: 0 where the figure fits somewhere between at_from and at_to; of ranks below 0 is better than reported',
    ratio Nullable(Float64) COMMENT 'measured_value / reported_value',
    comparable LowCardinality(String) COMMENT 'same: what was published is what was looked at; other scope: the same was counted elsewhere, such as on another chart; other metric: the subject was looked at then, and something else was counted; nothing measured: nobody looked, or it is not known when it was'
)
COMMENT 'Each published figure beside what we have of the same thing and time, and whether the two can be compared at all.'
AS
WITH
    -- Once, so that what is read of the tables by hour is known beforehand.
    (
        SELECT (min(ifNull(at_from, at_to)), max(ifNull(at_to, at_from)), groupUniqArray(trimLeft(toString(subject), '#')))
        FROM facts FINAL
        WHERE kind = 'figure'
    ) AS bounds,
    -- All hours that some figure can be about.
    hours AS (
        SELECT toDateTime(arrayJoin(range(toUnixTimestamp(toStartOfHour(assumeNotNull(ifNull(at_from, at_to)))), toUnixTimestamp(assumeNotNull(ifNull(at_to, at_from))) + 1, 3600)), 'UTC')
        FROM facts FINAL
        WHERE kind = 'figure' AND ifNull(at_from, at_to) IS NOT NULL
    ),
    series AS (
        SELECT toString(entity) AS who, 'rank' AS metric, toString(target) AS target, basis, hour, toNullable(toFloat64(best)) AS value
        FROM ranks_hourly FINAL
        PREWHERE hour IN (hours) -- which is of the order: it may be looked at before FINAL
        WHERE gone = 0 AND looks > 0 AND hour >= toStartOfHour(bounds.1) AND hour <= bounds.2 AND has(bounds.3, toString(entity))
        UNION ALL
        SELECT toString(tag) AS who, toString(metric) AS metric, toString(target) AS target, basis, hour, ifNull(level, growth) AS value
        FROM v_tags_hourly
        WHERE hour >= toStartOfHour(bounds.1) AND hour <= bounds.2 AND has(bounds.3, toString(tag))
    ),
    beside AS (
        SELECT f.id AS id, s.basis AS basis, s.target AS target,
            if(s.metric = f.metric, if(s.target = f.scope, 1, 2), 3) AS how,
            -- The nearest; without a figure the last.
            argMin((s.value, s.hour), (s.value IS NULL, ifNull(abs(s.value - f.value), 0), -toInt64(toUnixTimestamp(s.hour)))) AS nearest,
            min(s.value) AS low, max(s.value) AS high
        FROM (
            SELECT id, metric, scope, value, trimLeft(toString(subject), '#') AS who,
                toStartOfHour(ifNull(at_from, at_to)) AS since, ifNull(at_to, at_from) AS till
            FROM facts FINAL
            WHERE kind = 'figure' AND since IS NOT NULL
        ) AS f
        INNER JOIN series AS s ON s.who = f.who
        WHERE s.hour >= f.since AND s.hour <= f.till
        GROUP BY f.id, f.metric, s.basis, s.target, how
    ),
    -- Of each figure and basis what is nearest to it.
    best AS (
        SELECT id, basis, argMin((how, target, nearest.1, nearest.2, low, high), (how, target)) AS b
        FROM beside
        GROUP BY id, basis
    )
SELECT f.id AS id, f.topic AS topic, f.subject AS subject, f.metric AS metric, f.unit AS unit, f.scope AS scope, f.publisher AS publisher, f.confidence AS confidence,
    f.at_from AS at_from, f.at_to AS at_to, f.value AS reported_value, f.value_text AS reported_text,
    if(b.b.1 IN (1, 2), b.basis, '') AS basis,
    if(b.b.1 IN (1, 2), b.b.3, NULL) AS measured_value,
    if(b.b.1 IN (1, 2), toNullable(toDateTime64(b.b.4, 3, 'UTC')), NULL) AS measured_at,
    if(b.b.1 IN (1, 2), b.b.5, NULL) AS measured_low,
    if(b.b.1 IN (1, 2), b.b.6, NULL) AS measured_high,
    if(b.b.1 IN (1, 2), b.b.2, '') AS measured_target,
    if(b.b.1 = 1, measured_value - reported_value, NULL) AS difference,
    if(b.b.1 = 1, measured_value / reported_value, NULL) AS ratio,
    multiIf(b.b.1 = 1, 'same', b.b.1 = 2, 'other scope', b.b.1 = 3, 'other metric', 'nothing measured') AS comparable
FROM reported AS f
LEFT JOIN best AS b ON b.id = f.id

-- 246_kept_gaps_between.sql
CREATE OR REPLACE VIEW kept_gaps_between ON CLUSTER 'tide'
COMMENT 'kept_gaps_between(since = ..., until = ...): the rows of gaps_between as the rollups keep them, up to two minutes behind: quick, for charts and for all targets at once'
AS
SELECT source, target, basis, from, to, toUInt8(0) AS open, cause, reason, looks_missed, every_s
FROM gap_spans FINAL
WHERE gone = 0 AND hour >= toStartOfHour(toDateTime({since:DateTime64(3, 'UTC')})) AND to > {since:DateTime64(3, 'UTC')} AND from < {until:DateTime64(3, 'UTC')}
UNION ALL
SELECT source, target, basis, from, now64(3, 'UTC') AS to, toUInt8(1) AS open, cause, reason,
    toUInt32((toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(from)) / 1000 / every_s) AS looks_missed, every_s
FROM gap_open FINAL
WHERE gone = 0 AND now64(3, 'UTC') > {since:DateTime64(3, 'UTC')} AND from < {until:DateTime64(3, 'UTC')}

-- 247_corroboration_now.sql
CREATE OR REPLACE VIEW corroboration_now ON CLUSTER 'tide' (
    id String COMMENT 'Id of the episode, as in v_episodes',
    topic LowCardinality(String) COMMENT 'Topic that the episode belongs to',
    basis LowCardinality(String) COMMENT 'Basis of the series; only series of one basis corroborate each other',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    family String COMMENT 'Whom the source has its numbers from: what Apple''s charts, pages and search say is one family (appstore), and so is Google Play; and so are the feeds of one server or one list of publishers; a recording or an import has as many families as places; empty: no witness, as a rule over SQL reads what others brought',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted',
    onset DateTime64(3, 'UTC') COMMENT 'Since when the episode lasts',
    others UInt32 COMMENT 'How many other families have an episode of the topic that began at most 48 hours before or after this one',
    moved Array(Tuple(family String, source String, episode String, subject String, onset DateTime64(3, 'UTC'), lead_s Float64)) COMMENT 'Of each of them the episode that began first, the earliest first; lead_s: by how many seconds it was earlier than this one, negative: later',
    first String COMMENT 'The family that moved first, this one included; of two in the same moment the one with the smaller name',
    first_lead_s Float64 COMMENT 'By how many seconds the first was earlier than this one; 0: this one was first, or in the same moment',
    score Float64 COMMENT '1 - 0.5 ^ others: 0 nobody else moved, 0.5 one other family, 0.75 two, 0.875 three',
    explanation String COMMENT 'The same in words'
)
COMMENT 'One row per surge episode of a topic: which independent sources moved in the same 48 hours, which first, and a score. What the rollups write into corroboration; ask v_corroboration, which is quick.'
AS
WITH
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    moves AS (
        SELECT id, topic, basis, source, target, subject, metric, onset,
            if(entity = '', toString(subject), transform(toString(entity), names.1, names.2, toString(entity))) AS label,
            splitByChar('/', toString(target))[2] AS place,
            multiIf(source = 'sql', '', place = 'apple', 'appstore', place = 'google', 'googleplay', source IN ('replay', 'import'), toString(place), source IN ('gdelt_doc', 'googlenews'), 'gdelt', match(toString(source), '^(appstore|googleplay|mastodon|bluesky)_'), splitByChar('_', toString(source))[1], toString(source)) AS family
        FROM v_episodes
        WHERE kind = 'surge' AND topic != ''
    ),
    pairs AS (
        SELECT a.id AS id,
            argMin((b.family, toString(b.source), b.id, toString(b.subject), b.onset, (toUnixTimestamp64Milli(a.onset) - toUnixTimestamp64Milli(b.onset)) / 1000, b.label), (b.onset, b.id)) AS earliest
        FROM moves AS a
        INNER JOIN moves AS b ON b.topic = a.topic AND b.basis = a.basis
        WHERE b.family NOT IN ('', a.family) AND abs(toUnixTimestamp64Milli(a.onset) - toUnixTimestamp64Milli(b.onset)) <= 48 * 3600 * 1000
        GROUP BY a.id, b.family
    ),
    sums AS (SELECT id, arraySort(e -> (e.5, e.1), groupArray(earliest)) AS moved FROM pairs GROUP BY id)
SELECT m.id AS id, m.topic AS topic, m.basis AS basis, m.source AS source, m.family AS family, m.target AS target,
    m.subject AS subject, m.metric AS metric, m.onset AS onset,
    toUInt32(length(s.moved)) AS others,
    arrayMap(e -> (e.1, e.2, e.3, e.4, e.5, e.6), s.moved) AS moved,
    arraySort(e -> (e.2, e.1), arrayConcat([(m.family, m.onset)], arrayMap(e -> (e.1, e.5), s.moved)))[1].1 AS first,
    greatest(0., arrayMax(arrayConcat([0.], arrayMap(e -> e.6, s.moved)))) AS first_lead_s,
    1 - pow(0.5, others) AS score,
    if(others = 0, 'No other independent source of the topic moved within 48 hours.', concat(
        toString(others), if(others = 1, ' other independent source', ' other independent sources'), ' of the topic moved within 48 hours: ',
        arrayStringConcat(arrayMap(e -> concat(e.1, ' (', e.7, multiIf(e.6 = 0, ' at the same time', e.6 > 0, concat(' ', toString(round(e.6 / 3600, 1)), ' h before'), concat(' ', toString(round(-e.6 / 3600, 1)), ' h after')), ')'), s.moved), ', '),
        '; score 1 - 0.5^', toString(others), ' = ', toString(round(score, 3)), '.')) AS explanation
FROM moves AS m
LEFT JOIN sums AS s ON s.id = m.id

-- 250_attention_between.sql
CREATE OR REPLACE VIEW attention_between ON CLUSTER 'tide'
COMMENT 'attention_between(since = ..., until = ...): what the rollups write into attention of the hours from since to before until. Ask v_attention, which is quick'
AS
WITH
    (SELECT (groupArray(key), groupArray(entity), groupArray(entity_name)) FROM entity_keys) AS names,
    members AS (
        SELECT topic, role, arrayJoin(if(kind = 'entity', arrayConcat(arrayFilter((k, e) -> e = member, names.1, names.2), [concat('/', member)]),
            [if(kind = 'article', member, concat('/', lowerUTF8(replaceRegexpAll(toString(member), '[\\s#_.-]+', ''))))])) AS key, kind = 'entity' AS strong
        FROM (SELECT topic, kind, member, role FROM topics FINAL WHERE removed = 0 AND kind != 'topic')
    ),
    -- What a subject is in a topic: as an entity, or else as a word.
    roles AS (SELECT topic, key, argMax(role, strong) AS role FROM members GROUP BY topic, key),
    series AS (
        SELECT hour, basis, platform AS place, toString(subject) AS subject, toString(target) AS target, metric, source,
            assumeNotNull(ifNull(growth, level)) AS value, toUInt32(if(over_h = 0, 24, over_h)) AS over_h,
            concat('/', lowerUTF8(replaceRegexpAll(toString(subject), '[\\s#_.-]+', ''))) AS word,
            if(kind = 'article', [concat(place, '/', subject), word], [word]) AS keys
        FROM v_counts_hourly
        WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')} AND (growth IS NOT NULL AND metric NOT LIKE 'accounts%' OR metric IN ('views_day', 'uses_day', 'traffic_approx')) AND metric NOT LIKE '%at_least'
            AND metric NOT IN ('installs_total', 'ratings_total', 'reviews_total', 'rating_count')
        UNION ALL
        SELECT hour, basis, place, toString(app) AS subject, toString(target) AS target, 'rank_area' AS metric, source,
            ln((depth + 1) / assumeNotNull(rank)) AS value, toUInt32(1) AS over_h,
            if(app = entity, concat('/', app), concat(place, '/', app)) AS word, [word] AS keys
        FROM v_ranks_hourly
        WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')} AND state = 'ranked' AND depth >= rank
    )
SELECT s.hour AS hour, r.topic AS topic, s.basis AS basis, any(r.role) AS role,
    transform(s.word, names.1, names.2, '') AS entity, transform(s.word, names.1, names.3, s.subject) AS entity_name,
    multiIf(s.source = 'sql', '', s.place = 'apple', 'appstore', s.place = 'google', 'googleplay', s.source IN ('replay', 'import'), toString(s.place), s.source IN ('gdelt_doc', 'googlenews'), 'gdelt', match(toString(s.source), '^(appstore|googleplay|mastodon|bluesky)_'), splitByChar('_', toString(s.source))[1], toString(s.source)) AS family,
    s.subject AS subject, s.target AS target, s.metric AS metric, s.source AS source, any(s.value) AS value, any(s.over_h) AS over_h
FROM (SELECT *, arrayJoin(keys) AS key FROM series) AS s
INNER JOIN roles AS r ON r.key = s.key
GROUP BY topic, basis, metric, target, subject, source, hour, s.word, s.place

-- 251_lead_lag_now.sql
CREATE OR REPLACE VIEW lead_lag_now ON CLUSTER 'tide' (
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    leader LowCardinality(String) COMMENT 'Family of sources that moves first by the lag, as in v_corroboration; of two at once the one with the smaller name',
    follower LowCardinality(String) COMMENT 'Family that moves after it',
    lag_h Int32 COMMENT 'By how many hours follower is later where the two go together best: 0 to 48',
    correlation Float64 COMMENT 'Pearson''s correlation of the two at that lag, -1 to 1: of the logarithm of what is new by hour, and of rank_area as it is. A correlation is no cause',
    hours UInt32 COMMENT 'In how many hours both were seen at that lag: at least 24',
    onset_lead_h Nullable(Float64) COMMENT 'By how many hours the first surge episode of leader began before the first one of follower; negative: after it. NULL where one has none'
)
COMMENT 'Which family of sources moves first in a topic, over the newest 90 days that are known of it, without the app that the crowd leaves. One row per pair. What the rollups write into lead_lag; ask v_lead_lag, which is quick.'
AS
WITH
    per_series AS (
        SELECT topic, basis, family, metric, target, subject, hour, if(metric = 'rank_area', value, ln(1 + greatest(0, value) / over_h)) AS v
        FROM v_attention
        WHERE role != 'origin' AND over_h < 24 AND family != ''
    ),
    scaled AS (
        SELECT topic, basis, family, hour, v / avg(v) OVER (PARTITION BY topic, basis, family, metric, target, subject) AS x,
            hour > max(hour) OVER (PARTITION BY topic, basis) - INTERVAL 90 DAY AS newest
        FROM per_series
    ),
    moves AS (
        SELECT topic, basis, family, hour, avg(s.x) AS x
        FROM scaled AS s
        WHERE newest AND isFinite(s.x)
        GROUP BY topic, basis, family, hour
    ),
    pairs AS (
        SELECT a.topic AS topic, a.basis AS basis, a.family AS leader, b.family AS follower, a.lag AS lag, corr(a.x, b.x) AS r, count() AS n
        FROM (SELECT *, arrayJoin(range(0, 49)) AS lag, hour + toIntervalHour(lag) AS then FROM moves) AS a
        INNER JOIN moves AS b ON b.topic = a.topic AND b.basis = a.basis AND b.hour = a.then
        WHERE a.family != b.family AND (a.lag > 0 OR a.family < b.family)
        GROUP BY topic, basis, leader, follower, lag
        HAVING n >= 24 AND isFinite(r)
    ),
    onsets AS (
        SELECT topic, basis, family, min(onset) AS first_onset
        FROM corroboration FINAL
        WHERE gone = 0
        GROUP BY topic, basis, family
    ),
    best AS (
        SELECT topic, basis, argMax((leader, follower, lag, r, n), (r, -lag)) AS p
        FROM pairs
        GROUP BY topic, basis, least(leader, follower), greatest(leader, follower)
    )
SELECT b.topic AS topic, b.basis AS basis, b.p.1 AS leader, b.p.2 AS follower, toInt32(b.p.3) AS lag_h, b.p.4 AS correlation, toUInt32(b.p.5) AS hours,
    if(l.family = '' OR f.family = '', NULL, toNullable((toUnixTimestamp64Milli(f.first_onset) - toUnixTimestamp64Milli(l.first_onset)) / 3600000)) AS onset_lead_h
FROM best AS b
LEFT JOIN onsets AS l ON l.topic = b.topic AND l.basis = b.basis AND l.family = b.p.1
LEFT JOIN onsets AS f ON f.topic = b.topic AND f.basis = b.basis AND f.family = b.p.2

-- 252_migrations_now.sql
CREATE OR REPLACE VIEW migrations_now ON CLUSTER 'tide' (
    id String COMMENT 'topic/basis/start: the start is the first onset; an earlier one that is found later makes it another',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    name String COMMENT 'Name of the topic to show',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled: episodes of different bases are never one migration',
    from DateTime64(3, 'UTC') COMMENT 'First onset',
    to Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last episode ended; NULL: it lasts',
    state LowCardinality(String) COMMENT 'open: an episode of it lasts; over',
    episodes UInt32 COMMENT 'How many surge episodes it has',
    origin String COMMENT 'Entity that the crowd leaves; empty: the topic has none',
    origin_name String COMMENT 'Its name',
    origin_delisted Nullable(DateTime64(3, 'UTC')) COMMENT 'First look of the same basis that found a page of the origin gone, between 7 days before the migration and 7 days after it; NULL: none did',
    origin_returned Nullable(DateTime64(3, 'UTC')) COMMENT 'First look after that found one back, however late; NULL: none did, or it was never gone',
    origin_chart String COMMENT 'The chart that its ranks are of: of those it was on in the 7 days before, an overall one first, then the one where it stood best; empty: it was on none',
    origin_rank_before Nullable(Float64) COMMENT 'Median of its last rank of each hour there in the 7 days before the migration',
    origin_rank_worst Nullable(UInt32) COMMENT 'Its worst place there during the migration; depth + 1 where no look of an hour found it',
    origin_rank_last Nullable(UInt32) COMMENT 'Its last place there during the migration, likewise',
    origin_rank_loss Nullable(Float64) COMMENT 'origin_rank_worst - origin_rank_before, in places; negative: it rose',
    destinations Array(Tuple(entity String, name String, onset DateTime64(3, 'UTC'), rise Nullable(Float64), best_rank Nullable(Float64), hours_at_first Nullable(Float64), half_life_s Nullable(Float64), given_back Nullable(Float64), settled Nullable(Float64), target String, episode String)) COMMENT 'Of each destination its leading episode, the best destination first. rise: peak as a multiple of the baseline; best_rank: NULL where no rank rose; the rest as in v_episodes',
    leading String COMMENT 'Entity of the first of the destinations; empty: none moved',
    stayed Nullable(Float64) COMMENT '1 - given_back of the leading destination: the share of its rise that stayed, of ranks on the log scale; below 0 where it settled below where it had come from; NULL: not known yet',
    resurges UInt32 COMMENT 'How often the leading series surged again: within its episodes, and as further episodes of the rule',
    attention Array(Tuple(kind String, subject String, source String, family String, metric String, onset DateTime64(3, 'UTC'), peak_multiple Nullable(Float64), episode String)) COMMENT 'What people said and read: of each subject and source the episode with the largest peak as a multiple of its baseline, the largest first; of another app, its entity',
    led_by LowCardinality(String) COMMENT 'Source of the first onset',
    led_family String COMMENT 'Its family, as in v_corroboration',
    led_subject String COMMENT 'What it was about',
    sources UInt32 COMMENT 'How many independent sources (families) moved',
    families Array(String) COMMENT 'Their names, in the order of their first onsets',
    corroboration Float64 COMMENT 'The largest score of its episodes in v_corroboration',
    severity Float64 COMMENT 'The largest severity of its episodes, 0 to 1',
    explanation String COMMENT 'The same in words'
)
COMMENT 'What the rollups write into migrations; ask v_migrations, which is quick. One row per migration: the surge episodes of one topic and basis that overlap or follow each other within 7 days. Who lost, who gained, what was said, who moved first, and how much stayed. Episodes that last end now where they are measured, else with what is known of them.'
AS
WITH
    known_topics AS (SELECT * FROM topics FINAL),
    roles AS (SELECT topic, member, any(role) AS role FROM known_topics WHERE kind = 'entity' GROUP BY topic, member),
    heads AS (
        SELECT topic, anyIf(name, kind = 'topic') AS name, anyIf(member, role = 'origin' AND removed = 0) AS origin
        FROM known_topics
        GROUP BY topic
    ),
    told AS (
        SELECT e.id AS id, e.topic AS topic, e.basis AS basis, e.rule AS rule, e.source AS source, e.target AS target, e.subject AS subject,
            e.metric AS metric, e.entity AS entity, e.state AS state, e.onset AS onset, e.closed AS closed, e.severity AS severity,
            e.peak_multiple AS peak_multiple, e.half_life_s AS half_life_s, e.given_back AS given_back, e.settled AS settled,
            e.at_first_s / 3600 AS hours_at_first, e.resurges AS resurges,
            if(e.metric = 'rank' AND e.peak < e.baseline, toNullable(e.peak), NULL) AS best_rank,
            c.family AS family, c.score AS score, r.role AS role,
            multiIf(
                e.closed IS NOT NULL, assumeNotNull(e.closed),
                e.basis = 'measured', greatest(now64(3, 'UTC'), e.onset),
                greatest(e.onset, ifNull(e.at, e.onset))) AS ends
        FROM v_episodes AS e
        INNER JOIN (SELECT id, family, score FROM corroboration FINAL WHERE gone = 0) AS c ON c.id = e.id
        LEFT JOIN roles AS r ON r.topic = e.topic AND r.member = e.entity
        WHERE e.kind = 'surge' AND e.topic != ''
    ),
    begun AS (
        SELECT *, onset > max(ends) OVER (
            PARTITION BY topic, basis ORDER BY onset ASC, id ASC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + toIntervalDay(7) AS begins
        FROM told
    ),
    parts AS (
        SELECT *, sum(begins) OVER (
            PARTITION BY topic, basis ORDER BY onset ASC, id ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS nr
        FROM begun
    ),
    spans AS (
        SELECT topic, basis, nr, min(onset) AS begin, max(ends) AS last, countIf(state != 'closed') > 0 AS lasts,
            count() AS episodes, max(score) AS corroboration, max(p.severity) AS worst,
            argMin((source, family, if(entity = '', toString(subject), toString(entity))), (onset, id)) AS led,
            arrayDistinct(arrayMap(f -> f.2, arraySort(groupArrayIf((onset, family), family != '')))) AS families,
            arraySort(groupArrayIf((
                (ifNull(best_rank, 1e9), -ifNull(hours_at_first, 0), -ifNull(peak_multiple, 0), onset, id),
                (toString(entity), onset, peak_multiple, best_rank, hours_at_first, half_life_s, given_back, settled, toString(target), id),
                (rule, source, target, subject, metric)), role = 'destination')) AS rose,
            arraySort(s -> (-ifNull(s.7, 0), s.6, s.8), groupArrayIf((
                splitByChar('/', toString(target))[1], if(entity = '', toString(subject), toString(entity)), toString(source), family, toString(metric),
                onset, peak_multiple, id), role NOT IN ('origin', 'destination'))) AS said,
            groupArray(((rule, source, target, subject, metric), p.resurges)) AS surges
        FROM parts AS p
        GROUP BY topic, basis, nr
    ),
    told_of AS (
        SELECT *,
            arrayMap(d -> d.2, arrayFilter((d, n) -> n = 1, rose, arrayEnumerateUniq(arrayMap(d -> d.2.1, rose)))) AS gained,
            arrayFilter((s, n) -> n = 1, said, arrayEnumerateUniq(arrayMap(s -> (s.3, s.2), said))) AS attention,
            arrayMap(a -> a.2, arrayFilter(a -> a.1 = rose[1].3, surges)) AS again
        FROM spans
    ),
    origin_apps AS (
        SELECT entity, place, app FROM entity_apps WHERE entity IN (SELECT origin FROM heads WHERE origin != '')
    ),
    listings AS (
        SELECT a.entity AS entity, r.basis AS basis, r.place AS place, r.country AS country, r.at AS at, max(r.value) AS listed
        FROM (SELECT place, country, basis, toString(subject) AS subject, at, value FROM v_readings WHERE metric = 'listed' AND kind = 'listing' AND subject IN (SELECT app FROM origin_apps)) AS r
        INNER JOIN origin_apps AS a ON a.place = r.place AND a.app = r.subject
        GROUP BY entity, basis, place, country, at
    ),
    turns AS (
        SELECT entity, basis, arraySort(groupArrayIf(at, listed = 0 AND before = 1)) AS gone, arraySort(groupArrayIf(at, listed = 1 AND before = 0)) AS back
        FROM (
            SELECT *, lagInFrame(toNullable(listed)) OVER (
                PARTITION BY entity, basis, place, country ORDER BY at ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
            FROM listings
        )
        GROUP BY entity, basis
    ),
    -- Of each chart of the origin: (hour, last place, worst place; depth + 1 where
    -- the looks did not find it).
    charted AS (
        SELECT entity, basis, groupArray((target, places)) AS charts
        FROM (
            SELECT entity, basis, toString(target) AS target,
                arraySort(groupArray((hour, ifNull(h.rank, toUInt32(0)), if(h.state = 'ranked', assumeNotNull(h.worst), toUInt32(h.depth + 1))))) AS places
            FROM v_ranks_hourly AS h
            WHERE entity IN (SELECT origin FROM heads WHERE origin != '') AND looks > 0 AND depth > 0
            GROUP BY entity, basis, target
            HAVING countIf(h.state = 'ranked') > 0
        )
        GROUP BY entity, basis
    ),
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    -- Step by step, as each name that is used in many places makes the whole larger.
    joined AS (
        SELECT s.topic AS topic, s.basis AS basis, s.begin AS begin, s.last AS last, s.lasts AS lasts, s.episodes AS episodes,
            s.corroboration AS corroboration, s.worst AS worst, s.led AS led, s.families AS families, s.attention AS attention,
            if(h.name = '', toString(s.topic), h.name) AS name, h.origin AS origin,
            arrayMap(d -> (d.1, transform(d.1, names.1, names.2, d.1), d.2, d.3, d.4, d.5, d.6, d.7, d.8, d.9, d.10), s.gained) AS destinations,
            if(empty(s.gained), toUInt32(0), toUInt32(arraySum(s.again) + length(s.again) - 1)) AS resurges,
            arrayFirstOrNull(x -> x >= s.begin - toIntervalDay(7) AND x <= s.last + toIntervalDay(7), t.gone) AS origin_delisted,
            t.back AS back,
            arraySort(c -> (c.1 NOT LIKE '%/overall', c.2, c.1), arrayFilter(c -> c.2 > 0, arrayMap(c -> (c.1,
                arrayReduce('median', arrayMap(p -> toFloat64(p.2), arrayFilter(p -> p.2 > 0 AND p.1 < s.begin AND p.1 >= s.begin - toIntervalDay(7), c.2))),
                arrayMap(p -> (p.3, if(p.2 > 0, p.2, p.3)), arrayFilter(p -> p.1 >= toStartOfHour(s.begin) AND p.1 <= s.last, c.2))), k.charts)))[1] AS best_chart
        FROM told_of AS s
        LEFT JOIN heads AS h ON h.topic = s.topic
        LEFT JOIN turns AS t ON t.entity = h.origin AND t.basis = s.basis
        LEFT JOIN charted AS k ON k.entity = h.origin AND k.basis = s.basis
    ),
    measured AS (
        SELECT * EXCEPT (back, best_chart),
            transform(origin, names.1, names.2, origin) AS origin_name,
            if(origin_delisted IS NULL, NULL, arrayFirstOrNull(x -> x > assumeNotNull(origin_delisted), back)) AS origin_returned,
            best_chart.1 AS origin_chart,
            if(origin_chart = '', NULL, toNullable(best_chart.2)) AS origin_rank_before,
            arrayMap(p -> p.1, best_chart.3) AS worsts, arrayMap(p -> p.2, best_chart.3) AS ranks,
            destinations[1].1 AS leading
        FROM joined
    )
SELECT
    concat(topic, '/', basis, '/', formatDateTime(begin, '%Y-%m-%dT%H:%i:%SZ', 'UTC')) AS id,
    topic, name, basis, begin AS from,
    if(lasts, NULL, toNullable(last)) AS to,
    if(lasts, 'open', 'over') AS state,
    toUInt32(m.episodes) AS episodes,
    origin, origin_name, origin_delisted, origin_returned, origin_chart, origin_rank_before,
    if(empty(worsts), NULL, toNullable(arrayMax(worsts))) AS origin_rank_worst,
    if(empty(ranks), NULL, toNullable(ranks[-1])) AS origin_rank_last,
    origin_rank_worst - origin_rank_before AS origin_rank_loss,
    destinations, leading,
    if(leading = '', NULL, 1 - destinations[1].8) AS stayed,
    resurges, attention,
    led.1 AS led_by, led.2 AS led_family, led.3 AS led_subject,
    toUInt32(length(m.families)) AS sources,
    m.families AS families,
    corroboration, worst AS severity,
    concat(name, ', ', basis, ': ', toString(m.episodes), if(m.episodes = 1, ' episode', ' episodes'), ' of ', toString(length(m.families)), if(length(m.families) = 1, ' source', ' independent sources'),
        ' from ', formatDateTime(begin, '%Y-%m-%d %H:%i', 'UTC'), if(lasts, ', not over yet', concat(' to ', formatDateTime(last, '%Y-%m-%d %H:%i', 'UTC'))), ' (UTC). ',
        'First moved ', led.3, ' at ', led.1, '.',
        arrayStringConcat(arrayMap(d -> concat(' ', d.2, ' rose', if(d.5 IS NULL, '', concat(' to rank ', toString(assumeNotNull(d.5)))),
            if(ifNull(d.6, 0) > 0, concat(', ', toString(round(assumeNotNull(d.6), 1)), ' h at #1'), ''),
            if(d.8 IS NULL, '', concat(', gave ', toString(round(100 * assumeNotNull(d.8))), ' % back')), '.'), destinations), ''),
        if(origin_delisted IS NULL, '', concat(' ', origin_name, ' was gone from a store from ', formatDateTime(assumeNotNull(origin_delisted), '%Y-%m-%d %H:%i', 'UTC'),
            if(origin_returned IS NULL, ' on', concat(' to ', formatDateTime(assumeNotNull(origin_returned), '%Y-%m-%d %H:%i', 'UTC'))), '.'))) AS explanation
FROM measured AS m

-- 253_v_freshness.sql
CREATE OR REPLACE VIEW v_freshness ON CLUSTER 'tide' (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What is looked at: kind/place/country/name',
    state LowCardinality(String) COMMENT 'fresh; late: more than 1.5 intervals without a good look; stale: nobody looks any more, for 3 intervals; broken: we look and cannot see: refused once, or failed 3 times in a row, or never once ok',
    since DateTime64(3, 'UTC') COMMENT 'When the state began, as far as the last 200 looks tell',
    why String COMMENT 'For a person to read; empty if fresh',
    last_look DateTime64(3, 'UTC') COMMENT 'Last look, whatever came of it',
    last_ok Nullable(DateTime64(3, 'UTC')) COMMENT 'Last look that saw something (ok or empty); NULL: never',
    every_s UInt32 COMMENT 'Seconds between two looks; 0: no schedule, so never late or stale',
    failures UInt32 COMMENT 'Looks in a row, up to the last, that saw nothing; counted up to 200'
)
COMMENT 'How each source and target is: fresh, late, stale or broken, since when and why. A target that was taken out of the configuration stays, and goes stale; look at last_look.'
AS
WITH
    -- The newest days of each series: as many as it takes for 200 looks, and for
    -- one that saw something for certain.
    wanted AS (
        SELECT source, target, arrayJoin(arraySlice(days.1, 1, if(enough = 0 OR saw = 0, length(days), greatest(enough, saw)))) AS day
        FROM (
            SELECT source, target, days, arrayFirstIndex(n -> n >= 200, arrayCumSum(days.2)) AS enough, indexOf(days.3, 1) AS saw
            FROM (
                SELECT source, target, arrayReverseSort(groupArray((day, bitCount(bitOr(good, bad)), bitAnd(good, bitNot(bad)) != 0))) AS days
                FROM look_days
                WHERE basis = 'measured'
                GROUP BY source, target
            )
        )
    )
-- Step by step, each with the columns that the next one needs: to plan it all at
-- once takes twice as long as to answer it.
SELECT source, target, state,
    multiIf(
        state = 'stale', last_slot + toIntervalSecond(every_s),
        state = 'late', last_ok_slot + toIntervalSecond(every_s),
        fromUnixTimestamp64Milli(-ticks[multiIf(state = 'broken', bad_run, bad_run > 0, bad_run + 1, pause > 0, least(pause, good_run), good_run)], 'UTC')) AS since,
    multiIf(
        state = 'fresh', '',
        state != 'stale' AND bad_run > 0, concat(outcome, ': ', reason),
        concat('no look since ', formatDateTime(last_slot, '%Y-%m-%d %H:%i UTC'))) AS why,
    last_look, last_ok, every_s, toUInt32(bad_run) AS failures
FROM (
    SELECT source, target, last_look, last_slot, last_ok, last_ok_slot, every_s, outcome, reason, ticks, bad_run, good_run,
        multiIf(
            every_s > 0 AND now_ms - toUnixTimestamp64Milli(last_slot) > 3000 * every_s, 'stale',
            last_ok IS NULL OR outcome = 'refused' OR bad_run >= 3, 'broken',
            every_s > 0 AND now_ms - toUnixTimestamp64Milli(last_ok_slot) > 1500 * every_s, 'late',
            'fresh') AS state,
        toInt64(arrayFirstIndex(d -> d > 1500 * every_s AND every_s > 0, arrayPopFront(arrayDifference(ticks)))) AS pause
    FROM (
        SELECT source, target, last_look, last_slot, last_ok, last_ok_slot, every_s, recent.1 AS ticks, recent[1].4 AS outcome, recent[1].5 AS reason,
            toInt64(indexOf(arrayPushBack(recent.3, 1), 1)) - 1 AS bad_run,
            toInt64(indexOf(arrayPushBack(recent.3, 0), 0)) - 1 AS good_run,
            toUnixTimestamp64Milli(now64(3, 'UTC')) AS now_ms
        FROM (
            SELECT source, target,
                max(seen_at) AS last_look,
                max(slot) AS last_slot,
                maxIf(toNullable(seen_at), outcome IN ('ok', 'empty')) AS last_ok,
                maxIf(slot, outcome IN ('ok', 'empty')) AS last_ok_slot,
                argMax(l.every_s, slot) AS every_s,
                groupArraySorted(200)((-toUnixTimestamp64Milli(slot), -toUnixTimestamp64Milli(seen_at), toUInt8(outcome IN ('ok', 'empty')), toString(outcome), reason)) AS recent
            FROM looks AS l FINAL
            WHERE basis = 'measured' AND (source, target, toDate(slot)) GLOBAL IN (SELECT source, target, day FROM wanted)
            GROUP BY source, target
        )
    )
)

