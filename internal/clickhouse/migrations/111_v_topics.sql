CREATE OR REPLACE VIEW v_topics {{.OnCluster}} (
    topic String COMMENT 'Id of the topic, as in the configuration: the column topic of v_episodes',
    name String COMMENT 'Name of the topic to show',
    kind LowCardinality(String) COMMENT 'What the member is: entity, tag, keyword, article or domain',
    member String COMMENT 'Id of the entity, or the tag, keyword, article or domain',
    role LowCardinality(String) COMMENT 'What it is in the topic. origin: the app that the crowd leaves; destination: one that it may go to; attention: what people say and read about it',
    position UInt16 COMMENT 'Place in the configuration'
)
COMMENT 'One row per member of a topic of the watchlist: what belongs together.'
AS
SELECT topic, name, kind, member, role, position
FROM topics FINAL
WHERE removed = 0 AND kind != 'topic'
