CREATE TABLE IF NOT EXISTS deliveries {{.OnCluster}} (
    id String COMMENT 'Deterministic id of the message: a receiver can tell by it what came twice',
    receiver LowCardinality(String) COMMENT 'Name of the receiver, as in the configuration',
    kind LowCardinality(String) COMMENT 'opened, worse, closed, catch-up, digest or test',
    level LowCardinality(String) COMMENT 'info, warning or critical: the highest of its episodes',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist that all its episodes belong to; empty: none, or several',
    episodes Array(String) COMMENT 'Ids of the episodes that it tells of; empty in a digest',
    about String COMMENT 'What it tells of, in short',
    at DateTime64(3, 'UTC') COMMENT 'Moment of the data at which it was decided',
    delayed UInt16 COMMENT '1 where it was held back, such as by quiet hours',
    attempts UInt32 COMMENT 'How often it was tried since the processor was started',
    outcome LowCardinality(String) COMMENT 'retrying, delivered or failed',
    error String COMMENT 'Why the last attempt failed, without secrets; empty: it did not',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the receiver took it; NULL: it has not',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted'
)
ENGINE = {{.Everywhere "_inserted_at"}}
ORDER BY id
COMMENT 'What became of each message. Read v_deliveries for the latest outcome.'
