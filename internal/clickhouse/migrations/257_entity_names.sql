CREATE OR REPLACE VIEW entity_names {{.OnCluster}} (
    id String COMMENT 'Id of the entity, as in the configuration',
    name String COMMENT 'Its display name',
    zh String COMMENT 'Its first alias in Chinese characters; empty: it has none',
    position UInt16 COMMENT 'Place in the configuration'
)
COMMENT 'What the watched apps and platforms are called, and nothing else of them: quicker than entities, which also knows the apps that were found by name.'
AS
SELECT
    entity AS id,
    anyIf(value, kind = 'entity') AS name,
    arrayFirst(a -> match(a, '\\p{Han}'), arrayMap(a -> a.2, arraySort(groupArrayIf((w.position, value), kind = 'alias')))) AS zh,
    anyIf(w.position, kind = 'entity') AS position
FROM watchlist AS w FINAL
WHERE removed = 0 AND kind IN ('entity', 'alias')
GROUP BY entity
HAVING countIf(kind = 'entity') > 0
