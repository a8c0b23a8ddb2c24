CREATE OR REPLACE VIEW entity_apps {{.OnCluster}} (
    entity String COMMENT 'Id of the entity',
    place String COMMENT 'Store',
    app String COMMENT 'Id of the app in the store',
    found UInt8 COMMENT '1: not configured, found in the store by its exact name (appstore_search)'
)
COMMENT 'The app of each watched entity by store: as configured, or else as found by name. What was found differently in two storefronts is left out.'
AS
WITH
    configured AS (SELECT entity, place, value FROM watchlist FINAL WHERE removed = 0 AND kind = 'app'),
    searched AS (
        SELECT place, country, subject, argMax(value, seen_at) AS id
        FROM readings
        WHERE metric = 'app_id' AND source = 'appstore_search' AND basis = 'measured'
        GROUP BY place, country, subject
    )
SELECT entity, place, value AS app, toUInt8(0) AS found
FROM configured
UNION ALL
SELECT toString(subject) AS entity, toString(place) AS place, toString(toUInt64(any(id))) AS app, toUInt8(1) AS found
FROM searched
WHERE subject IN (SELECT entity FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity')
    AND (toString(subject), toString(place)) NOT IN (SELECT entity, place FROM configured)
    AND (toString(place), toString(toUInt64(id))) NOT IN (SELECT place, value FROM configured)
GROUP BY place, subject
HAVING uniqExact(id) = 1
