CREATE OR REPLACE VIEW ranks_hourly_between {{.OnCluster}}
COMMENT 'ranks_hourly_between(since = ..., until = ...): what the rollups write into ranks_hourly of the hours from since to before until. Ask v_ranks_hourly, which is quick'
AS
WITH
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    (SELECT (groupArray(place), groupArray(app), groupArray(entity)) FROM entity_apps) AS apps,
    arrayMap((p, a) -> concat(p, '/', a), apps.1, apps.2) AS keys,
    -- Apps whose store id is not known, where somebody drew them.
    (SELECT (groupArray(series), groupArray(app)) FROM (
        SELECT DISTINCT concat(target, ' ', basis) AS series, toString(subject) AS app
        FROM readings_hourly
        WHERE metric = 'rank' AND startsWith(target, 'chart/') AND subject IN arrayConcat(names.1, []))) AS drawn,
    -- Hours with looks, and after each those that passed without one by the
    -- schedule that was in force. A pause of more than 31 days is no schedule.
    looked AS (
        SELECT source, target, basis, hour, good, depth, every_s, last_slot,
            leadInFrame(toNullable(hour)) OVER w AS next_hour, leadInFrame(toNullable(first_slot)) OVER w AS next_slot
        FROM looks_hourly FINAL
        WHERE startsWith(target, 'chart/')
            AND hour >= {since:DateTime64(3, 'UTC')} - INTERVAL 31 DAY AND hour < {until:DateTime64(3, 'UTC')} + INTERVAL 31 DAY
        WINDOW w AS (PARTITION BY source, target, basis ORDER BY hour ASC ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
    ),
    charts AS (
        SELECT source, target, basis, parts[2] AS place, parts[3] AS country, arrayStringConcat(arraySlice(parts, 4), '/') AS chart,
            h.1 AS hour, h.2 AS good, h.3 AS depth
        FROM (
            SELECT source, target, basis, splitByChar('/', toString(target)) AS parts,
                multiIf(next_slot IS NOT NULL, assumeNotNull(next_slot), basis = 'measured', greatest(now64(3, 'UTC'), last_slot), last_slot) AS ends,
                (toUnixTimestamp64Milli(ends) - toUnixTimestamp64Milli(last_slot)) / 1000 AS lasts_s,
                arrayDistinct(arrayMap(i -> toStartOfHour(toDateTime(last_slot + toIntervalSecond(every_s * i), 'UTC')),
                    range(1, toUInt32(if(every_s = 0 OR lasts_s > 31 * 86400, 1, greatest(1, round(lasts_s / every_s))))))) AS passed,
                arrayConcat([(hour, good, depth)], arrayMap(m -> (m, toUInt32(0), toUInt32(0)),
                    arrayFilter(m -> m > hour AND (next_hour IS NULL OR m < assumeNotNull(next_hour)), passed))) AS hours
            FROM looked
        )
        ARRAY JOIN hours AS h
        WHERE h.1 >= {since:DateTime64(3, 'UTC')} AND h.1 < {until:DateTime64(3, 'UTC')}
    ),
    found AS (
        SELECT source, target, basis, toString(subject) AS app, bucket AS hour, toUInt32(last) AS rank, toUInt32(min) AS best, toUInt32(max) AS worst
        FROM readings_hourly FINAL
        WHERE metric = 'rank' AND startsWith(target, 'chart/') AND subject IN arrayConcat(names.1, apps.2)
            AND bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')} AND count > 0
    ),
    wanted AS (
        SELECT source, target, basis, hour, good, depth, place, country, chart,
            arrayJoin(arrayConcat(
                arrayFilter((a, p) -> p = place, apps.2, apps.1),
                arrayFilter((a, d) -> d = concat(target, ' ', basis), drawn.2, drawn.1))) AS app
        FROM charts
    ),
    -- Only of apps that were missing at least once: the others are not delisted.
    listing AS (
        SELECT splitByChar('/', toString(target))[2] AS place, splitByChar('/', toString(target))[3] AS country, basis, toString(subject) AS app,
            bucket AS hour, max(last) AS listed
        FROM readings_hourly FINAL
        WHERE metric = 'listed' AND startsWith(target, 'listing/') AND count > 0 AND bucket < {until:DateTime64(3, 'UTC')}
            AND (target, subject) GLOBAL IN (SELECT target, subject FROM readings_hourly WHERE metric = 'listed' AND min = 0)
        GROUP BY place, country, basis, app, hour
    )
SELECT t.hour AS hour, t.target AS target, t.place AS place, t.country AS country, t.chart AS chart, t.basis AS basis, t.source AS source,
    transform(concat(t.place, '/', t.app), keys, apps.3, t.app) AS entity,
    transform(entity, names.1, names.2, entity) AS entity_name,
    t.app AS app,
    multiIf(t.good = 0, 'not_fetched', t.found_rank > 0, 'ranked', l.app != '' AND l.listed = 0, 'delisted', 'unranked') AS state,
    if(state = 'ranked', toNullable(t.found_rank), NULL) AS rank,
    if(state = 'ranked', toNullable(t.found_best), NULL) AS best,
    if(state = 'ranked', toNullable(t.found_worst), NULL) AS worst,
    t.depth AS depth, t.good AS looks
FROM (
    SELECT w.source AS source, w.target AS target, w.basis AS basis, w.hour AS hour, w.good AS good, w.depth AS depth,
        w.place AS place, w.country AS country, w.chart AS chart, w.app AS app,
        f.rank AS found_rank, f.best AS found_best, f.worst AS found_worst
    FROM wanted AS w
    LEFT JOIN found AS f ON f.source = w.source AND f.target = w.target AND f.basis = w.basis AND f.hour = w.hour AND f.app = w.app
    -- Of an import of some apps only nothing is said about the others.
    WHERE NOT (w.good > 0 AND w.depth = 0 AND f.rank = 0)
) AS t
ASOF LEFT JOIN listing AS l
    ON l.place = t.place AND l.country = t.country AND l.basis = t.basis AND l.app = t.app AND t.hour >= l.hour
