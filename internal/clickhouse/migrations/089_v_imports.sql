CREATE OR REPLACE VIEW v_imports {{.OnCluster}} (
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
