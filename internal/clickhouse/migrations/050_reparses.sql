CREATE TABLE IF NOT EXISTS reparses {{.OnCluster}} (
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
ENGINE = {{.Everywhere "parser_version"}}
ORDER BY (source, target, basis, slot, seen_at)
COMMENT 'Looks whose kept answers a newer parser has read again. An older reading of them is stored no more.'
