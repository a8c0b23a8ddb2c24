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
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    (SELECT (groupArray(place), groupArray(app), groupArray(entity)) FROM entity_apps) AS apps,
    arrayMap((p, a) -> concat(p, '/', a), apps.1, apps.2) AS keys,
    -- Apps whose store id is unknown, where somebody drew them.
    drawn AS (
        SELECT target, basis, subject
        FROM readings
        WHERE metric = 'rank' AND subject IN arrayConcat(names.1, [])
        GROUP BY target, basis, subject
    ),
    both AS (
        SELECT source, target, basis, slot, arrayJoin(arrayFilter((a, p) -> p = place, apps.2, apps.1)) AS subject,
            seen_at, outcome, depth, reason, toUInt32(0) AS found_rank, seen_at AS inserted
        FROM v_looks
        WHERE kind = 'chart'
        UNION ALL
        SELECT l.source, l.target, l.basis, l.slot, toString(d.subject), l.seen_at, l.outcome, l.depth, l.reason, toUInt32(0), l.seen_at
        FROM v_looks AS l
        INNER JOIN drawn AS d ON d.target = l.target AND d.basis = l.basis
        WHERE l.kind = 'chart'
        UNION ALL
        -- Not v_readings: FINAL must see all months, and for a rank it has nothing
        -- to say. A rank is about its slot, the look decides which one holds, and
        -- what came twice is sorted out below.
        SELECT source, target, basis, slot, toString(subject) AS subject, seen_at, '', 0, '', toUInt32(value), _inserted_at
        FROM readings
        WHERE metric = 'rank' AND kind = 'chart'
            AND subject IN arrayConcat(names.1, apps.2)
            AND (concat(place, '/', subject) IN arrayConcat(keys, []) OR subject IN arrayConcat(names.1, []))
    ),
    told AS (
        SELECT source, target, basis, slot, subject,
            argMaxIf((seen_at, outcome, depth, reason), (outcome IN ('ok', 'empty'), seen_at), outcome != '') AS look,
            maxIf(outcome != '', 1) AS was_looked,
            arrayFirst(f -> f.1 = look.1, arrayReverseSort(groupArrayIf((seen_at, inserted, found_rank), found_rank > 0))).3 AS found_rank
        FROM both
        GROUP BY source, target, basis, slot, subject
    ),
    -- Only of apps that were missing at least once: the others are not delisted.
    listing AS (
        SELECT place, country, basis, toString(subject) AS subject, at, max(value) AS listed
        FROM v_readings
        WHERE metric = 'listed' AND kind = 'listing' AND (target, subject) GLOBAL IN (SELECT target, subject FROM readings WHERE metric = 'listed' AND value = 0)
        GROUP BY place, country, basis, subject, at
    )
SELECT
    t.source AS source, t.target AS target, t.basis AS basis, t.slot AS slot, t.look.1 AS seen_at,
    t.place AS place, t.country AS country, t.name AS name, t.subject AS subject,
    transform(concat(t.place, '/', t.subject), keys, apps.3, t.subject) AS entity,
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
        arrayStringConcat(arraySlice(splitByChar('/', target), 4), '/') AS name
    FROM told
    WHERE was_looked AND NOT (look.2 = 'ok' AND look.3 = 0 AND found_rank = 0)
) AS t
ASOF LEFT JOIN listing AS l
    ON l.place = t.place AND l.country = t.country AND l.basis = t.basis AND l.subject = t.subject AND t.slot >= l.at
