CREATE OR REPLACE VIEW v_deliveries {{.OnCluster}} (
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
