CREATE TABLE IF NOT EXISTS repairs {{.OnCluster}} (
    metric LowCardinality(String) COMMENT 'What was counted',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    at DateTime64(3, 'UTC') COMMENT 'Start of the hour whose readings were removed',
    parser_version UInt32 COMMENT 'Version of the parser whose readings took their place',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted; bookkeeping of the rollups'
)
ENGINE = {{.Everywhere "parser_version"}}
ORDER BY (metric, target, subject, source, basis, at)
COMMENT 'Hours out of which a reparse removed readings: the rollups compute them anew, and what they said before holds no more.'
