CREATE OR REPLACE VIEW v_ranks_daily {{.OnCluster}} (
    day Date COMMENT 'Day, UTC',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    chart LowCardinality(String) COMMENT 'Chart: top-free/overall, top-free/social-networking, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    app LowCardinality(String) COMMENT 'App id of the store; the entity''s id where the store''s is not known',
    state LowCardinality(String) COMMENT 'ranked: in at least one hour of the day; else of the last hour in which somebody saw the chart: unranked or delisted; not_fetched: nobody saw it all day',
    rank Nullable(UInt32) COMMENT 'Place at the last look of the day that found it; NULL unless ranked',
    best Nullable(UInt32) COMMENT 'Best place of the day; NULL unless ranked',
    worst Nullable(UInt32) COMMENT 'Worst place of the day, of the looks that found it; NULL unless ranked',
    median Nullable(Float64) COMMENT 'Median of the last places of the hours that found it; NULL unless ranked. Say of how many hours: hours_ranked',
    hours_ranked UInt32 COMMENT 'Hours of the day that found it',
    hours_at_first UInt32 COMMENT 'Hours at whose last look it was at place 1',
    hours_in_top_10 UInt32 COMMENT 'Hours at whose last look it was at place 10 or better',
    hours_looked UInt32 COMMENT 'Hours of the day in which somebody saw the chart: what hours_ranked is to be compared with',
    depth UInt32 COMMENT 'How many places deep the last list of the day was; 0: not seen, or not known',
    looks UInt32 COMMENT 'How many ticks of the day saw the chart'
)
COMMENT 'One row per watched app, chart, basis and day in which somebody should have looked.'
AS
SELECT toDate(hour) AS day, target, any(h.place) AS place, any(h.country) AS country, any(h.chart) AS chart, basis, source,
    any(h.entity) AS entity, any(h.entity_name) AS entity_name, app,
    multiIf(countIf(h.state = 'ranked') > 0, 'ranked', countIf(h.looks > 0) > 0, argMaxIf(toString(h.state), hour, h.looks > 0), 'not_fetched') AS state,
    argMax(h.rank, hour) AS rank,
    min(h.best) AS best, max(h.worst) AS worst,
    if(hours_ranked = 0, NULL, toNullable(quantileExactInclusiveIf(0.5)(ifNull(h.rank, 0), h.state = 'ranked'))) AS median,
    toUInt32(countIf(h.state = 'ranked')) AS hours_ranked,
    toUInt32(countIf(ifNull(h.rank, 0) = 1)) AS hours_at_first,
    toUInt32(countIf(ifNull(h.rank, 0) BETWEEN 1 AND 10)) AS hours_in_top_10,
    toUInt32(countIf(h.looks > 0)) AS hours_looked,
    argMaxIf(h.depth, hour, h.looks > 0) AS depth,
    toUInt32(sum(h.looks)) AS looks
FROM v_ranks_hourly AS h
GROUP BY source, target, basis, day, app
