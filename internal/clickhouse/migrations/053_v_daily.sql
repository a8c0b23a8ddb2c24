CREATE OR REPLACE VIEW v_daily {{.OnCluster}} (
    bucket DateTime('UTC') COMMENT 'Start of the day, UTC',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    first Float64 COMMENT 'First value of the day',
    last Float64 COMMENT 'Last value of the day',
    min Float64 COMMENT 'Smallest value of the day',
    max Float64 COMMENT 'Largest value of the day',
    avg Float64 COMMENT 'Mean of the values of the day, unweighted',
    count UInt32 COMMENT 'How many moments of the day have a value; 0 never occurs, a missing row means nobody looked or nothing was there'
)
COMMENT 'Readings by day, each once. Kept for ever, also where retention has removed the readings themselves.'
AS
SELECT bucket, source, target, subject, metric, basis, first, last, min, max, avg, count
FROM readings_daily FINAL
WHERE count > 0
