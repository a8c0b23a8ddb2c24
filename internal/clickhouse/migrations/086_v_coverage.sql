CREATE OR REPLACE VIEW v_coverage {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    day Date COMMENT 'Day, UTC',
    expected UInt32 COMMENT 'How many looks the schedule wanted, from the first look on and up to now: the ticks that had a look, and those that passed without one by the interval that was in force then',
    ok UInt32 COMMENT 'How many of them saw something (ok or empty)',
    ratio Nullable(Float64) COMMENT 'ok / expected'
)
COMMENT 'How much of the schedule was looked at, by day. A day without any look is there, with ok 0: also of a source that was switched off meanwhile, as nobody saw what happened. A source that was added later begins with its first look. Give a source or a target; for all of them ask v_coverage_between(since = DAY, until = DAY), which reads no more than the days need.'
AS
SELECT source, target, basis, day, expected, ok, ratio
FROM v_coverage_between(since = '1970-01-01', until = '2149-01-01')
