CREATE OR REPLACE VIEW movers_between {{.OnCluster}}
COMMENT 'movers_between(since = ..., until = ...): of every watched app and chart where it stood at since and where at until, and what that is'
AS
WITH
    hours AS (
        SELECT target, place, country, chart, basis, source, app, entity, entity_name, hour, state, rank
        FROM v_ranks_hourly
        WHERE hour > toDateTime({since:DateTime64(3, 'UTC')}) - INTERVAL 31 DAY AND hour <= {until:DateTime64(3, 'UTC')} AND looks > 0
    ),
    told AS (
        SELECT target, any(h.place) AS place, any(h.country) AS country, any(h.chart) AS chart, basis, source, app,
            any(h.entity) AS entity, any(h.entity_name) AS entity_name,
            argMaxIf((toString(h.state), h.rank), hour, hour <= {since:DateTime64(3, 'UTC')} AND hour > toDateTime({since:DateTime64(3, 'UTC')}) - INTERVAL 1 DAY) AS before,
            argMaxIf((toString(h.state), h.rank), hour, hour > {since:DateTime64(3, 'UTC')}) AS now,
            countIf(h.state = 'ranked' AND hour <= {since:DateTime64(3, 'UTC')}) > 0 AS was_there,
            countIf(hour > {since:DateTime64(3, 'UTC')} AND ifNull(h.rank, 0) = 1) / 24 AS days_at_first
        FROM hours AS h
        GROUP BY target, basis, source, app
    )
SELECT target, place, country, chart, basis, source, app, entity, entity_name,
    multiIf(
        before.1 = 'ranked' AND now.1 = 'ranked', multiIf(now.2 < before.2, 'up', now.2 > before.2, 'down', 'same'),
        now.1 = 'ranked', if(was_there, 'returned', 'new'),
        now.1 = 'delisted', 'delisted',
        'dropped') AS change,
    before.2 AS rank_before, now.2 AS rank_now, ln(rank_before / rank_now) AS log_change, days_at_first
FROM told
WHERE before.1 != '' AND now.1 != ''
    AND (now.1 = 'ranked' OR before.1 = 'ranked' OR (now.1 = 'delisted' AND before.1 != 'delisted'))
