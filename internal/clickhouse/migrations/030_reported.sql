CREATE OR REPLACE VIEW reported {{.OnCluster}} (
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
