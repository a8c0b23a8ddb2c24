CREATE OR REPLACE VIEW v_looks {{.OnCluster}} (
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
