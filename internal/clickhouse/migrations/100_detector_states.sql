CREATE TABLE IF NOT EXISTS detector_states {{.OnCluster}} (
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
ENGINE = {{.Everywhere "version"}}
ORDER BY (topic, partition, source, target, basis)
COMMENT 'What the processor detect remembers of each target, and up to which offset. It is no source of numbers: without it detectors learn anew.'
