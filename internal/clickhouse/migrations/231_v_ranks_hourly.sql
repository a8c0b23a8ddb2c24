CREATE OR REPLACE VIEW v_ranks_hourly {{.OnCluster}} (
    hour DateTime('UTC') COMMENT 'Start of the hour, UTC',
    target LowCardinality(String) COMMENT 'The chart: chart/store/country/name',
    place LowCardinality(String) COMMENT 'Store',
    country LowCardinality(String) COMMENT 'Storefront, ISO 3166 alpha-2',
    chart LowCardinality(String) COMMENT 'Chart: top-free/overall, top-free/social-networking, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    app LowCardinality(String) COMMENT 'App id of the store; the entity''s id where the store''s is not known',
    state LowCardinality(String) COMMENT 'ranked: at least one look of the hour found it; else of the last look that saw the chart: unranked (not among depth places) or delisted (the store has no such app); not_fetched: no look of the hour saw the chart',
    rank Nullable(UInt32) COMMENT 'Place at the last look of the hour that found it; NULL unless ranked',
    best Nullable(UInt32) COMMENT 'Best place of the hour; NULL unless ranked',
    worst Nullable(UInt32) COMMENT 'Worst place of the hour, of the looks that found it; NULL unless ranked',
    depth UInt32 COMMENT 'How many places deep the last list of the hour was; 0: not seen, or not known',
    looks UInt32 COMMENT 'How many ticks of the hour saw the chart; 0: none',
    effective_rank Nullable(UInt32) COMMENT 'rank, or depth + 1 where the app was not among them: for ordering and drawing only, never a measured place; NULL where nobody looked or the depth is not known'
)
COMMENT 'One row per watched app, chart, basis and hour in which somebody should have looked. Average rank over state = ranked only, and say so.'
AS
SELECT hour, target, place, country, chart, basis, source, entity, entity_name, app, state, rank, best, worst, depth, looks,
    multiIf(state = 'ranked', rank, looks = 0 OR depth = 0, NULL, toNullable(toUInt32(depth + 1))) AS effective_rank
FROM ranks_hourly FINAL
WHERE gone = 0
