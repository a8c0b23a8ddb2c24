CREATE OR REPLACE VIEW kept_gaps_between {{.OnCluster}}
COMMENT 'kept_gaps_between(since = ..., until = ...): the rows of gaps_between as the rollups keep them, up to two minutes behind: quick, for charts and for all targets at once'
AS
SELECT source, target, basis, from, to, toUInt8(0) AS open, cause, reason, looks_missed, every_s
FROM gap_spans FINAL
WHERE gone = 0 AND hour >= toStartOfHour(toDateTime({since:DateTime64(3, 'UTC')})) AND to > {since:DateTime64(3, 'UTC')} AND from < {until:DateTime64(3, 'UTC')}
UNION ALL
SELECT source, target, basis, from, now64(3, 'UTC') AS to, toUInt8(1) AS open, cause, reason,
    toUInt32((toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(from)) / 1000 / every_s) AS looks_missed, every_s
FROM gap_open FINAL
WHERE gone = 0 AND now64(3, 'UTC') > {since:DateTime64(3, 'UTC')} AND from < {until:DateTime64(3, 'UTC')}
