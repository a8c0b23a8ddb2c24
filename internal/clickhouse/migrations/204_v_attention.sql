CREATE OR REPLACE VIEW v_attention {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist; a subject of two topics is there twice',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    role LowCardinality(String) COMMENT 'What the subject is in the topic: origin, destination or attention',
    entity LowCardinality(String) COMMENT 'Entity of the watchlist that the subject is; empty: none, as of the tag tiktokrefugee',
    entity_name LowCardinality(String) COMMENT 'Its name; the subject where it is none',
    family LowCardinality(String) COMMENT 'Whom the source has its numbers from, as in v_corroboration',
    subject LowCardinality(String) COMMENT 'Tag, word, article, domain or app id that was counted',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    metric LowCardinality(String) COMMENT 'What was counted; rank_area of apps on charts',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    value Float64 COMMENT 'How many were new, as growth in v_counts_hourly; of a day''s count the whole day, at its first hour; of rank_area ln((depth + 1) / rank): about how the installs per hour go, on a log scale',
    over_h UInt32 COMMENT 'Hours that value is about, this one the last; 24 of a day''s count, this one the first'
)
COMMENT 'What people said, read, searched and installed of the members of a topic, by hour: tag uses, views, posts, articles, and places on charts. An hour without a row was not seen, or the app was not on the chart: never 0. Values of different metrics are never to be added, nor those of two targets.'
AS
WITH
    (SELECT (groupArray(key), groupArray(entity), groupArray(entity_name)) FROM entity_keys) AS names,
    members AS (
        SELECT topic, role, arrayJoin(if(kind = 'entity', arrayConcat(arrayFilter((k, e) -> e = member, names.1, names.2), [concat('/', member)]),
            [if(kind = 'article', member, concat('/', {{.Key "member"}}))])) AS key, kind = 'entity' AS strong
        FROM (SELECT topic, kind, member, role FROM topics FINAL WHERE removed = 0 AND kind != 'topic')
    ),
    -- What a subject is in a topic: as an entity, or else as a word.
    roles AS (SELECT topic, key, argMax(role, strong) AS role FROM members GROUP BY topic, key),
    series AS (
        SELECT hour, basis, platform AS place, toString(subject) AS subject, toString(target) AS target, metric, source,
            assumeNotNull(ifNull(growth, level)) AS value, toUInt32(if(over_h = 0, 24, over_h)) AS over_h,
            concat('/', {{.Key "subject"}}) AS word,
            if(kind = 'article', [concat(place, '/', subject), word], [word]) AS keys
        FROM v_counts_hourly
        WHERE (growth IS NOT NULL AND metric NOT LIKE 'accounts%' OR metric IN ('views_day', 'uses_day', 'traffic_approx')) AND metric NOT LIKE '%at_least'
            AND metric NOT IN ('installs_total', 'ratings_total', 'reviews_total', 'rating_count')
        UNION ALL
        SELECT hour, basis, place, toString(app) AS subject, toString(target) AS target, 'rank_area' AS metric, source,
            ln((depth + 1) / assumeNotNull(rank)) AS value, toUInt32(1) AS over_h,
            if(app = entity, concat('/', app), concat(place, '/', app)) AS word, [word] AS keys
        FROM v_ranks_hourly
        WHERE state = 'ranked' AND depth >= rank
    )
SELECT s.hour AS hour, r.topic AS topic, s.basis AS basis, any(r.role) AS role,
    transform(s.word, names.1, names.2, '') AS entity, transform(s.word, names.1, names.3, s.subject) AS entity_name,
    {{.Family "s.source" "s.place"}} AS family,
    s.subject AS subject, s.target AS target, s.metric AS metric, s.source AS source, any(s.value) AS value, any(s.over_h) AS over_h
FROM (SELECT *, arrayJoin(keys) AS key FROM series) AS s
INNER JOIN roles AS r ON r.key = s.key
GROUP BY topic, basis, metric, target, subject, source, hour, s.word, s.place
