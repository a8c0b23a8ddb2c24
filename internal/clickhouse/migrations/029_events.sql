CREATE OR REPLACE VIEW events {{.OnCluster}} (
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
