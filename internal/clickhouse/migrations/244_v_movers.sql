CREATE OR REPLACE VIEW v_movers {{.OnCluster}} (
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    chart LowCardinality(String) COMMENT 'Chart: top-free/overall, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    app LowCardinality(String) COMMENT 'App id of the store',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    change LowCardinality(String) COMMENT 'up, down, same; new: not in the chart 24 hours before nor in the 30 days before that; returned: it had been there in them; dropped: no longer in the chart; delisted: the store has it no more',
    rank_before Nullable(UInt32) COMMENT 'Last place in the 24 hours before; NULL: it was not in the chart',
    rank_now Nullable(UInt32) COMMENT 'Last place in the newest 24 hours; NULL: it is not in the chart',
    log_change Nullable(Float64) COMMENT 'ln(rank_before / rank_now): above 0 it rose. Compare these, not the places; NULL where one is not known',
    days_at_first Float64 COMMENT 'Hours of the newest 24 at place 1, in days'
)
COMMENT 'Watched apps that are or were in a chart: the newest 24 hours that are known of each chart and basis against the 24 before. Of other times: movers_between(since = , until = ). An app that nobody could look at is not there.'
AS
WITH
    newest AS (SELECT target, basis, source, max(hour) AS last FROM v_ranks_hourly WHERE looks > 0 GROUP BY target, basis, source),
    hours AS (
        SELECT h.target AS target, h.place AS place, h.country AS country, h.chart AS chart, h.basis AS basis, h.source AS source, h.app AS app,
            h.entity AS entity, h.entity_name AS entity_name, h.state AS state, h.rank AS rank, h.hour AS hour, dateDiff('hour', h.hour, n.last) AS age
        FROM v_ranks_hourly AS h
        INNER JOIN newest AS n ON n.target = h.target AND n.basis = h.basis AND n.source = h.source
        WHERE h.looks > 0 AND age < 24 * 32
    ),
    told AS (
        SELECT target, any(h.place) AS place, any(h.country) AS country, any(h.chart) AS chart, basis, source, app,
            any(h.entity) AS entity, any(h.entity_name) AS entity_name,
            argMaxIf((toString(h.state), h.rank), hour, age >= 24 AND age < 48) AS before,
            argMaxIf((toString(h.state), h.rank), hour, age < 24) AS now,
            countIf(h.state = 'ranked' AND age >= 24) > 0 AS was_there,
            countIf(age < 24 AND ifNull(h.rank, 0) = 1) / 24 AS days_at_first
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
