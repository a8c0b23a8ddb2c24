CREATE OR REPLACE VIEW v_candidates {{.OnCluster}} (
    kind LowCardinality(String) COMMENT 'app, tag or topic',
    subject String COMMENT 'App id of the store, tag without #, or topic',
    place LowCardinality(String) COMMENT 'Store, platform or server that it was seen at',
    country LowCardinality(String) COMMENT 'Storefront or country of the list; empty where there is none',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    score Float64 COMMENT 'For the order within a kind of evidence: log2 of the multiple of a tag, log2 of the places that an app rose from beyond the chart, 1 / place on a list of trends',
    evidence String COMMENT 'What speaks for it, for a person to read',
    first_seen DateTime64(3, 'UTC') COMMENT 'When it was first seen there',
    last_seen DateTime64(3, 'UTC') COMMENT 'When it was last seen there'
)
COMMENT 'Tags, topics and apps that are not on the watchlist and are rising, with the evidence. `tidemark watch add` takes one on.'
AS
WITH
    (SELECT groupUniqArray(lowerUTF8(value)) FROM watchlist FINAL WHERE removed = 0 AND kind != 'app') AS words,
    (SELECT groupUniqArray((toString(place), value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'app') AS apps
SELECT 'app' AS kind, n.subject AS subject, n.place AS place, n.country AS country, n.basis AS basis,
    log2((d.depth + 1) / n.best_rank) AS score,
    concat('entered ', n.name, ' at ', toString(n.first_rank), ', best ', toString(n.best_rank), ', now ', toString(n.last_rank),
        '; not seen there since ', formatDateTime(n.looked_since, '%F')) AS evidence,
    n.first_seen AS first_seen, n.last_seen AS last_seen
FROM v_newcomers AS n
INNER JOIN (
    SELECT target, basis, max(depth) AS depth FROM v_looks WHERE kind = 'chart' AND outcome = 'ok' GROUP BY target, basis
) AS d ON d.target = n.target AND d.basis = n.basis
WHERE NOT has(apps, (toString(n.place), n.subject))
UNION ALL
SELECT 'tag', r.subject, r.place, '', r.basis,
    log2(r.multiple) AS score,
    concat(toString(round(r.value)), ' mentions in the hour from ', formatDateTime(r.at, '%F %H:00'), ', ', toString(round(r.multiple, 1)),
        ' times the day before (', if(r.hours = 1, 'new on the list', concat('there in ', toString(r.hours), ' of ', toString(r.of_hours), ' hours')), ')') AS evidence,
    r.first_seen, r.at
FROM v_rising AS r
WHERE NOT has(words, lowerUTF8(r.subject)) AND r.multiple >= 2
UNION ALL
SELECT if(t.name = 'trending-tags', 'tag', 'topic'), t.subject, t.place, t.country, t.basis,
    1 / t.rank AS score,
    concat('new on the list of trends since ', formatDateTime(t.first_seen, '%F %H:%i'), ', now at ', toString(t.rank),
        if(t.value IS NULL, '', concat(', ', toString(round(assumeNotNull(t.value))), ' ', t.metric))) AS evidence,
    t.first_seen, t.at
FROM v_trending AS t
WHERE NOT has(words, lowerUTF8(t.subject)) AND t.first_seen > t.at - INTERVAL 1 DAY AND t.first_seen >= t.looked_since + INTERVAL 3 HOUR
