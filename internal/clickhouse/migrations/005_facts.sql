CREATE TABLE IF NOT EXISTS facts {{.OnCluster}} (
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
ENGINE = {{.Everywhere "_inserted_at"}}
ORDER BY (topic, kind, subject, id)
COMMENT 'Published events and figures, each with source, time bounds and confidence. Never measured by us. Read through the views events and reported.'
