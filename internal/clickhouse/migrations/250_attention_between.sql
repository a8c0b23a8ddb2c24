CREATE OR REPLACE VIEW attention_between {{.OnCluster}}
COMMENT 'attention_between(since = ..., until = ...): what the rollups write into attention of the hours from since to before until. Ask v_attention, which is quick'
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
        WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')} AND (growth IS NOT NULL AND metric NOT LIKE 'accounts%' OR metric IN ('views_day', 'uses_day', 'traffic_approx')) AND metric NOT LIKE '%at_least'
            AND metric NOT IN ('installs_total', 'ratings_total', 'reviews_total', 'rating_count')
        UNION ALL
        SELECT hour, basis, place, toString(app) AS subject, toString(target) AS target, 'rank_area' AS metric, source,
            ln((depth + 1) / assumeNotNull(rank)) AS value, toUInt32(1) AS over_h,
            if(app = entity, concat('/', app), concat(place, '/', app)) AS word, [word] AS keys
        FROM v_ranks_hourly
        WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')} AND state = 'ranked' AND depth >= rank
    )
SELECT s.hour AS hour, r.topic AS topic, s.basis AS basis, any(r.role) AS role,
    transform(s.word, names.1, names.2, '') AS entity, transform(s.word, names.1, names.3, s.subject) AS entity_name,
    {{.Family "s.source" "s.place"}} AS family,
    s.subject AS subject, s.target AS target, s.metric AS metric, s.source AS source, any(s.value) AS value, any(s.over_h) AS over_h
FROM (SELECT *, arrayJoin(keys) AS key FROM series) AS s
INNER JOIN roles AS r ON r.key = s.key
GROUP BY topic, basis, metric, target, subject, source, hour, s.word, s.place
