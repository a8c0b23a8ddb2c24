CREATE TABLE IF NOT EXISTS notify_state {{.OnCluster}} (
    name LowCardinality(String) COMMENT 'Consumer group whose memory this is',
    version UInt64 COMMENT 'The later, the higher: of two rows of a name the later holds',
    next_offset UInt64 COMMENT 'Offset of the first message of tidemark.episodes.v1 that the memory does not know',
    state String COMMENT 'What decides about later messages, as JSON with episodes as protobuf',
    pending Array(String) COMMENT 'Ids of the messages in notify_outbox that were still to be delivered',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY name
COMMENT 'Memory of the processor notify, so that a restart tells nobody anything twice. Read FINAL.'
