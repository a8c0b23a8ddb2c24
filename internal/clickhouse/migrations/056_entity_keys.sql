CREATE OR REPLACE VIEW entity_keys {{.OnCluster}} (
    key String COMMENT 'store/app id, or /name in lower case without spaces and signs',
    entity String COMMENT 'Id of the entity',
    entity_name String COMMENT 'Name to show'
)
COMMENT 'Everything that an entity is called: its app ids by store, its id, name and aliases.'
AS
SELECT k.key AS key, min(k.entity) AS entity, argMin(e.name, k.entity) AS entity_name
FROM (
    SELECT
        if(kind = 'app', concat(place, '/', value), concat('/', lowerUTF8(replaceRegexpAll(w.spelling, '[\\s#_.-]+', '')))) AS key,
        entity
    FROM (
        SELECT kind, entity, place, value, arrayJoin(if(kind = 'entity', [value, entity], [value])) AS spelling
        FROM (
            SELECT kind, entity, place, value FROM watchlist FINAL WHERE removed = 0 AND kind != 'app'
            UNION ALL
            SELECT 'app', entity, place, app FROM entity_apps
        )
    ) AS w
) AS k
INNER JOIN (SELECT id, name FROM entities) AS e ON e.id = k.entity
GROUP BY key
