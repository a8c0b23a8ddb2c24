CREATE OR REPLACE VIEW v_rising {{.OnCluster}} (
    place LowCardinality(String) COMMENT 'Platform',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    subject String COMMENT 'Tag without #',
    at DateTime64(3, 'UTC') COMMENT 'Start of the newest counted hour',
    value Float64 COMMENT 'Mentions in that hour, at most: the list''s error is its overcount_hour',
    before Float64 COMMENT 'Mean of the up to 24 hours before that were counted; an hour without the tag counts as the smallest value of its list, because it was at most that',
    multiple Float64 COMMENT 'value / before',
    first_seen DateTime64(3, 'UTC') COMMENT 'First of these hours with the tag',
    hours UInt64 COMMENT 'Hours with the tag on the list',
    of_hours UInt64 COMMENT 'Hours that were counted'
)
COMMENT 'The most used tags of a platform''s newest counted hour, watched or not, with what they had been in the day before. It begins to tell something when three hours have been counted.'
AS
WITH
    -- A list of many parts (one a partition) is one list.
    listed AS (
        SELECT r.place AS place, r.basis AS basis, toString(r.subject) AS subject, toStartOfHour(r.at) AS hour, max(r.value) AS value
        FROM v_readings AS r
        WHERE r.kind = 'list' AND r.name LIKE 'top-tags%' AND r.metric = 'mentions_hour'
        GROUP BY place, basis, subject, hour
    ),
    counted AS (
        SELECT place, basis, hour, min(value) AS least, max(hour) OVER (PARTITION BY place, basis) AS newest
        FROM listed
        GROUP BY place, basis, hour
    )
SELECT
    l.place AS place, l.basis AS basis, l.subject AS subject,
    any(p.newest) AS at, sumIf(l.value, l.hour = p.newest) AS value,
    (sumIf(l.value - p.least_at[l.hour], l.hour < p.newest) + any(p.least_sum)) / any(p.n) AS before,
    value / before AS multiple,
    min(l.hour) AS first_seen, count() AS hours, any(p.n) + 1 AS of_hours
FROM listed AS l
INNER JOIN (
    SELECT place, basis, any(c.newest) AS newest, countIf(c.hour < c.newest) AS n,
        sumIf(c.least, c.hour < c.newest) AS least_sum, mapFromArrays(groupArray(c.hour), groupArray(c.least)) AS least_at
    FROM counted AS c
    WHERE c.hour > c.newest - INTERVAL 25 HOUR
    GROUP BY place, basis
) AS p ON p.place = l.place AND p.basis = l.basis
WHERE l.hour > p.newest - INTERVAL 25 HOUR AND p.n >= 2
GROUP BY place, basis, subject
HAVING value > 0
