CREATE OR REPLACE VIEW entities {{.OnCluster}} (
    id String COMMENT 'Id of the entity, as in the configuration',
    name String COMMENT 'Name to show',
    aliases Array(String) COMMENT 'All other names, in the order of the configuration',
    apps Map(String, String) COMMENT 'App id by store: as configured, or else as found by name',
    colour String COMMENT 'Colour on charts; empty: none was given',
    position UInt16 COMMENT 'Place in the configuration'
)
COMMENT 'The watched apps and platforms with all their names.'
AS
SELECT
    entity AS id,
    anyIf(value, kind = 'entity') AS name,
    arrayMap(a -> a.2, arraySort(groupArrayIf((w.position, value), kind = 'alias'))) AS aliases,
    mapFromArrays(groupArrayIf(place, kind = 'app'), groupArrayIf(value, kind = 'app')) AS apps,
    anyIf(w.colour, kind = 'entity') AS colour,
    anyIf(w.position, kind = 'entity') AS position
FROM (
    SELECT kind, entity, place, value, colour, position FROM watchlist FINAL WHERE removed = 0 AND kind != 'app'
    UNION ALL
    SELECT 'app', entity, place, app, '', 0 FROM entity_apps
) AS w
GROUP BY entity
HAVING countIf(kind = 'entity') > 0
