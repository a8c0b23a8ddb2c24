CREATE OR REPLACE VIEW v_ranks {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    name LowCardinality(String) COMMENT 'Chart: top-free/overall, top-free/social-networking, ...',
    subject String COMMENT 'App id of the store',
    entity String COMMENT 'Id of the entity',
    entity_name String COMMENT 'Name of the entity',
    state LowCardinality(String) COMMENT 'ranked; unranked: looked, not among depth places; not_fetched: nobody could look; delisted: the store has no such app',
    rank Nullable(UInt32) COMMENT 'Place from 1; NULL unless ranked',
    depth UInt32 COMMENT 'How many places deep the list was; 0: not looked',
    effective_rank Nullable(UInt32) COMMENT 'rank, or depth + 1 where the app was not among them: for ordering and drawing only, never a measured place; NULL where nobody looked or the list was empty',
    outcome LowCardinality(String) COMMENT 'Outcome of the look',
    reason String COMMENT 'Why nobody could look'
)
COMMENT 'For every look at a chart and every watched app of its store: where it was, in four states that are never mixed up. A look that never took place is in gaps. Of an import of some apps only (ok with depth 0) nothing is said about the others.'
AS
WITH
    (
        SELECT groupArray((place, value, entity, entity_name))
        FROM (
            SELECT w.place AS place, w.value AS value, w.entity AS entity, e.name AS entity_name
            FROM (SELECT place, app AS value, entity FROM entity_apps) AS w
            INNER JOIN (SELECT id, name FROM entities) AS e ON e.id = w.entity
        )
    ) AS apps,
    (SELECT (groupArray(id), groupArray(name)) FROM entities) AS names,
    (
        SELECT groupUniqArray((toString(target), toString(basis), toString(subject)))
        FROM readings
        WHERE metric = 'rank' AND subject IN (SELECT id FROM entities)
    ) AS unlisted,
    looked AS (
        SELECT source, target, basis, slot, seen_at, outcome, depth, reason,
            arrayJoin(arrayConcat(
                arrayMap(a -> a.2, arrayFilter(a -> a.1 = place, apps)),
                arrayMap(u -> u.3, arrayFilter(u -> u.1 = target AND u.2 = basis, unlisted))
            )) AS subject
        FROM v_looks
        WHERE kind = 'chart'
    ),
    found AS (
        SELECT source, target, basis, slot, seen_at, toString(subject) AS subject, toUInt32(value) AS rank
        FROM v_readings
        WHERE metric = 'rank' AND kind = 'chart'
            AND (has(arrayMap(a -> (a.1, a.2), apps), (toString(place), toString(subject)))
                OR has(unlisted, (toString(target), toString(basis), toString(subject))))
    ),
    both AS (
        SELECT source, target, basis, slot, subject, seen_at, outcome, depth, reason, toUInt32(0) AS found_rank
        FROM looked
        UNION ALL
        SELECT source, target, basis, slot, subject, seen_at, '', 0, '', rank
        FROM found
    ),
    told AS (
        SELECT source, target, basis, slot, subject,
            argMaxIf((seen_at, outcome, depth, reason), (outcome IN ('ok', 'empty'), seen_at), outcome != '') AS look,
            maxIf(outcome != '', 1) AS was_looked,
            arrayFirst(f -> f.1 = look.1, groupArrayIf((seen_at, found_rank), found_rank > 0)).2 AS found_rank
        FROM both
        GROUP BY source, target, basis, slot, subject
    ),
    listing AS (
        SELECT place, country, basis, toString(subject) AS subject, at, max(value) AS listed
        FROM v_readings
        WHERE metric = 'listed' AND kind = 'listing'
        GROUP BY place, country, basis, subject, at
    )
SELECT
    t.source AS source, t.target AS target, t.basis AS basis, t.slot AS slot, t.look.1 AS seen_at,
    t.place AS place, t.country AS country, t.name AS name, t.subject AS subject,
    if(t.by_app = '', t.subject, t.by_app) AS entity,
    transform(entity, names.1, names.2, entity) AS entity_name,
    multiIf(
        t.look.2 NOT IN ('ok', 'empty'), 'not_fetched',
        t.found_rank > 0, 'ranked',
        l.subject != '' AND l.listed = 0, 'delisted',
        'unranked') AS state,
    if(state = 'ranked', toNullable(t.found_rank), NULL) AS rank,
    t.look.3 AS depth,
    multiIf(state = 'ranked', toNullable(t.found_rank), state = 'not_fetched' OR depth = 0, NULL, toNullable(toUInt32(depth + 1))) AS effective_rank,
    t.look.2 AS outcome, t.look.4 AS reason
FROM (
    SELECT source, target, basis, slot, subject, look, found_rank,
        splitByChar('/', target)[2] AS place, splitByChar('/', target)[3] AS country,
        arrayStringConcat(arraySlice(splitByChar('/', target), 4), '/') AS name,
        arrayFirst(a -> a.1 = place AND a.2 = subject, apps).3 AS by_app
    FROM told
    WHERE was_looked AND NOT (look.2 = 'ok' AND look.3 = 0 AND found_rank = 0)
) AS t
ASOF LEFT JOIN listing AS l
    ON l.place = t.place AND l.country = t.country AND l.basis = t.basis AND l.subject = t.subject AND t.slot >= l.at
