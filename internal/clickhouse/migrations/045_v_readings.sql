CREATE OR REPLACE VIEW v_readings {{.OnCluster}} (
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
