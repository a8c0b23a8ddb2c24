CREATE OR REPLACE VIEW v_trending {{.OnCluster}} (
    place LowCardinality(String) COMMENT 'Platform or server',
    country LowCardinality(String) COMMENT 'Country of the list; empty where there is none',
    name LowCardinality(String) COMMENT 'The list: trending, trending-tags, trends',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    subject String COMMENT 'Tag without #, or topic as the platform writes it',
    rank UInt32 COMMENT 'Place on the newest list, from 1',
    value Nullable(Float64) COMMENT 'What the list counts about it; NULL: it counts nothing',
    metric String COMMENT 'What value is: uses_today, posts_total, traffic_approx; empty: nothing',
    first_seen DateTime64(3, 'UTC') COMMENT 'First list of the last 7 days with the subject',
    looked_since DateTime64(3, 'UTC') COMMENT 'First list of the last 7 days',
    at DateTime64(3, 'UTC') COMMENT 'The newest list'
)
COMMENT 'What stands on the newest list of trends of a platform, and since when.'
AS
SELECT
    r.place AS place, r.country AS country, r.name AS name, r.basis AS basis, toString(r.subject) AS subject,
    toUInt32(argMaxIf(r.value, r.slot, r.metric = 'rank')) AS rank,
    if(countIf(r.metric IN ('uses_today', 'posts_total', 'traffic_approx')) = 0, NULL,
        argMaxIf(r.value, r.slot, r.metric IN ('uses_today', 'posts_total', 'traffic_approx'))) AS value,
    anyIf(toString(r.metric), r.metric IN ('uses_today', 'posts_total', 'traffic_approx')) AS metric,
    min(r.slot) AS first_seen, any(l.since) AS looked_since, any(l.newest) AS at
FROM v_readings AS r
INNER JOIN (
    SELECT t.target AS target, t.basis AS basis, min(t.slot) AS since, any(t.latest) AS newest
    FROM (
        SELECT target, basis, slot, max(slot) OVER (PARTITION BY target, basis) AS latest
        FROM v_looks
        WHERE v_looks.kind = 'list' AND v_looks.name LIKE 'trend%' AND outcome = 'ok'
    ) AS t
    WHERE t.slot > t.latest - INTERVAL 7 DAY
    GROUP BY target, basis
) AS l ON l.target = r.target AND l.basis = r.basis
WHERE r.kind = 'list' AND r.name LIKE 'trend%' AND r.slot > l.newest - INTERVAL 7 DAY
GROUP BY place, country, name, basis, subject
HAVING max(r.slot) = at
