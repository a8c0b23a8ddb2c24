CREATE TABLE IF NOT EXISTS imports {{.OnCluster}} (
    id String COMMENT 'Deterministic id, made from the content and the mapping: the column import_id of readings and looks',
    name String COMMENT 'Name of the file, or of the webhook''s sender',
    imported_by String COMMENT 'Who brought it, as they called themselves',
    at DateTime64(3, 'UTC') COMMENT 'When it was imported for the first time',
    source_url String COMMENT 'Where the data was published; empty where nobody said',
    sha256 String COMMENT 'SHA-256 of the bytes as they came, hex',
    bytes UInt64 COMMENT 'How many bytes came',
    rows UInt64 COMMENT 'How many rows they had',
    mapping String COMMENT 'The mapping that read them, as YAML',
    note String COMMENT 'What was said about it when it was imported',
    via LowCardinality(String) COMMENT 'How it came: file or webhook',
    _topic LowCardinality(String) COMMENT 'Kafka topic of the message that brought the row',
    _partition UInt16 COMMENT 'Kafka partition of the message',
    _offset UInt64 COMMENT 'Kafka offset of the message; what is stored is read back by it',
    _inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was inserted',
    _first UInt64 DEFAULT toUInt64(4102444800000 - toUnixTimestamp64Milli(at)) COMMENT 'The earlier, the higher: of two imports of the same thing the first holds'
)
ENGINE = {{.Everywhere "_first"}}
ORDER BY id
COMMENT 'Where imported readings come from: who brought what, when, and where it had been published. Read FINAL, or through the view v_imports.'
