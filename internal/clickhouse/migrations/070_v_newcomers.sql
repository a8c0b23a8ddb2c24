CREATE OR REPLACE VIEW v_newcomers {{.OnCluster}} (
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    name LowCardinality(String) COMMENT 'Chart: top-free/overall, ...',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    subject String COMMENT 'App id of the store',
    first_seen DateTime64(3, 'UTC') COMMENT 'First look of the last 31 days with the app in the chart',
    first_rank UInt32 COMMENT 'Place at that look',
    best_rank UInt32 COMMENT 'Best place since',
    last_seen DateTime64(3, 'UTC') COMMENT 'Last look with the app in the chart',
    last_rank UInt32 COMMENT 'Place at that look',
    looked_since DateTime64(3, 'UTC') COMMENT 'First look at the chart in these 31 days: for so long the app had not been there',
    newest DateTime64(3, 'UTC') COMMENT 'Newest look at the chart'
)
COMMENT 'Apps that came into a chart within the 3 days before its newest look, and had not been in it for the rest of the 31 days before, of which at least one was looked at.'
AS
SELECT
    r.place AS place, r.country AS country, r.name AS name, r.target AS target, r.basis AS basis, toString(r.subject) AS subject,
    min(r.slot) AS first_seen, toUInt32(argMin(r.value, r.slot)) AS first_rank, toUInt32(min(r.value)) AS best_rank,
    max(r.slot) AS last_seen, toUInt32(argMax(r.value, r.slot)) AS last_rank,
    any(l.since) AS looked_since, any(l.newest) AS newest
FROM v_readings AS r
INNER JOIN (
    SELECT t.target AS target, t.basis AS basis, min(t.slot) AS since, any(t.latest) AS newest
    FROM (
        SELECT target, basis, slot, max(slot) OVER (PARTITION BY target, basis) AS latest
        FROM v_looks
        WHERE kind = 'chart' AND outcome = 'ok'
    ) AS t
    WHERE t.slot > t.latest - INTERVAL 31 DAY
    GROUP BY target, basis
) AS l ON l.target = r.target AND l.basis = r.basis
WHERE r.kind = 'chart' AND r.metric = 'rank' AND r.slot > l.newest - INTERVAL 31 DAY
GROUP BY place, country, name, target, basis, subject
HAVING first_seen > newest - INTERVAL 3 DAY AND first_seen >= looked_since + INTERVAL 1 DAY
