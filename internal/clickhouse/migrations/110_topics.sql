CREATE TABLE IF NOT EXISTS topics {{.OnCluster}} (
    topic String COMMENT 'Id of the topic, as in the configuration',
    kind LowCardinality(String) COMMENT 'topic: the row names the topic itself; else what the member is: entity, tag, keyword, article or domain',
    member String COMMENT 'Id of the entity, or the tag, keyword, article or domain; empty in the row that names the topic',
    role LowCardinality(String) COMMENT 'origin, destination or attention; empty in the row that names the topic',
    name String COMMENT 'Name of the topic to show',
    position UInt16 COMMENT 'Place in the configuration',
    removed UInt64 COMMENT '1: no longer in the configuration',
    version UInt64 COMMENT 'Unix milliseconds of the start that wrote the row; the latest holds'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY (topic, kind, member)
COMMENT 'The topics of the watchlist, written at start. Read through the view v_topics.'
