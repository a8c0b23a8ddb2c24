CREATE TABLE IF NOT EXISTS notify_outbox {{.OnCluster}} (
    id String COMMENT 'Deterministic id of the message',
    receiver LowCardinality(String) COMMENT 'Name of the receiver, as in the configuration',
    message String COMMENT 'The message, as JSON with episodes as protobuf',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted',
    _first UInt64 DEFAULT toUInt64(4102444800000 - toUnixTimestamp64Milli(_inserted_at)) COMMENT 'The earlier, the higher: of two rows of a message the first holds'
)
ENGINE = {{.Everywhere "_first"}}
ORDER BY id
TTL toDateTime(_inserted_at) + INTERVAL 30 DAY
COMMENT 'Messages that were decided; which of them are still to be delivered, notify_state says.'
