CREATE OR REPLACE VIEW chart_movers_between {{.OnCluster}}
COMMENT 'chart_movers_between(since = ..., until = ...): of every app of a chart, watched or not, where it stood in the last list before since and where in the last before until, and what that is. Name the target: it reads all of it'
AS
WITH
    -- Who is watched. From the table: views over views cost more than the rows.
    (SELECT (groupArray(key), groupArray(named.1), groupArray(named.2)) FROM (
        SELECT concat(place, '/', app) AS key, argMax((toString(entity), toString(entity_name)), version) AS named
        FROM ranks_hourly
        WHERE gone = 0 AND hour > toDateTime({since:DateTime64(3, 'UTC')}) - INTERVAL 1 DAY AND hour <= {until:DateTime64(3, 'UTC')}
        GROUP BY key)) AS watched,
    -- How deep each list went: of places beyond it nothing is known.
    lists AS (
        SELECT target, basis, source,
            maxIf(hour, hour <= {since:DateTime64(3, 'UTC')}) AS hour_before, maxIf(hour, hour > {since:DateTime64(3, 'UTC')}) AS hour_now,
            argMaxIf(depth, hour, hour <= {since:DateTime64(3, 'UTC')}) AS depth_before, argMaxIf(depth, hour, hour > {since:DateTime64(3, 'UTC')}) AS depth_now
        FROM looks_hourly FINAL
        WHERE startsWith(target, 'chart/') AND good > 0 AND depth > 0
            AND hour > toDateTime({since:DateTime64(3, 'UTC')}) - INTERVAL 1 DAY AND hour <= {until:DateTime64(3, 'UTC')}
        GROUP BY target, basis, source
        HAVING depth_before > 0 AND depth_now > 0
    ),
    told AS (
        SELECT r.target AS target, r.basis AS basis, r.source AS source, toString(r.subject) AS app,
            any(l.depth_before) AS seen_before, any(l.depth_now) AS seen_now,
            toUInt32(maxIf(r.last, r.bucket = l.hour_before)) AS before, toUInt32(maxIf(r.last, r.bucket = l.hour_now)) AS now,
            countIf(r.bucket <= {since:DateTime64(3, 'UTC')}) > 0 AS was_there,
            countIf(r.bucket > {since:DateTime64(3, 'UTC')} AND r.last = 1) / 24 AS days_at_first
        FROM readings_hourly AS r FINAL
        INNER JOIN lists AS l ON l.target = r.target AND l.basis = r.basis AND l.source = r.source
        WHERE r.metric = 'rank' AND startsWith(r.target, 'chart/') AND r.count > 0
            AND r.bucket > toDateTime({since:DateTime64(3, 'UTC')}) - INTERVAL 31 DAY AND r.bucket <= {until:DateTime64(3, 'UTC')}
        GROUP BY target, basis, source, app
    )
SELECT target, splitByChar('/', toString(target))[2] AS place, splitByChar('/', toString(target))[3] AS country,
    arrayStringConcat(arraySlice(splitByChar('/', toString(target)), 4), '/') AS chart,
    basis, source, app,
    transform(concat(place, '/', app), watched.1, watched.2, '') AS entity,
    transform(concat(place, '/', app), watched.1, watched.3, '') AS entity_name,
    multiIf(
        before > 0 AND now > 0, multiIf(now < before, 'up', now > before, 'down', 'same'),
        now > 0, multiIf(now > seen_before, 'not_known', was_there, 'returned', 'new'),
        before > seen_now, 'not_known',
        'dropped') AS change,
    nullIf(before, 0) AS rank_before, nullIf(now, 0) AS rank_now, ln(rank_before / rank_now) AS log_change, days_at_first
FROM told
WHERE before > 0 OR now > 0
