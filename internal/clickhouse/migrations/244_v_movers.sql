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
    -- Months that have a part of the newest 32 days of some chart.
    months AS (
        SELECT DISTINCT toYYYYMM(toDateTime(arrayJoin([last, last - 16 * 86400, last - 32 * 86400]), 'UTC'))
        FROM (SELECT toUnixTimestamp(max(hour)) AS last FROM ranks_hourly WHERE looks > 0 GROUP BY target, basis, source)
    ),
    -- Newest hour first.
    seen AS (
        SELECT target, any(h.place) AS place, any(h.country) AS country, any(h.chart) AS chart, basis, source, app,
            any(h.entity) AS entity, any(h.entity_name) AS entity_name,
            arrayReverseSort(groupArray((toUnixTimestamp(h.hour), toString(h.state), ifNull(h.rank, 0)))) AS hours
        FROM ranks_hourly AS h FINAL
        WHERE gone = 0 AND looks > 0 AND toYYYYMM(hour) IN (months)
        GROUP BY target, basis, source, app
    ),
    charted AS (
        SELECT *, max(hours[1].1) OVER (PARTITION BY target, basis, source) AS last
        FROM seen
    ),
    told AS (
        SELECT target, place, country, chart, basis, source, app, entity, entity_name,
            arrayFirst(h -> h.1 <= last - 24 * 3600 AND h.1 > last - 48 * 3600, hours) AS before,
            arrayFirst(h -> h.1 > last - 24 * 3600, hours) AS now,
            arrayExists(h -> h.2 = 'ranked' AND h.1 <= last - 24 * 3600 AND h.1 > last - 32 * 24 * 3600, hours) AS was_there,
            arrayCount(h -> h.1 > last - 24 * 3600 AND h.3 = 1, hours) / 24 AS days_at_first
        FROM charted
    )
SELECT target, place, country, chart, basis, source, app, entity, entity_name,
    multiIf(
        before.2 = 'ranked' AND now.2 = 'ranked', multiIf(now.3 < before.3, 'up', now.3 > before.3, 'down', 'same'),
        now.2 = 'ranked', if(was_there, 'returned', 'new'),
        now.2 = 'delisted', 'delisted',
        'dropped') AS change,
    nullIf(before.3, 0) AS rank_before, nullIf(now.3, 0) AS rank_now, ln(rank_before / rank_now) AS log_change, days_at_first
FROM told
WHERE before.2 != '' AND now.2 != ''
    AND (now.2 = 'ranked' OR before.2 = 'ranked' OR (now.2 = 'delisted' AND before.2 != 'delisted'))
