CREATE OR REPLACE VIEW kept_freshness {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What is looked at: kind/place/country/name',
    state LowCardinality(String) COMMENT 'fresh; late: more than 1.5 intervals without a good look; stale: nobody looks any more, for 3 intervals; broken: we look and cannot see: refused once, or failed 3 times in a row, or never once ok',
    since DateTime64(3, 'UTC') COMMENT 'When the state began, as far as the last 200 looks tell',
    why String COMMENT 'For a person to read; empty if fresh',
    last_look DateTime64(3, 'UTC') COMMENT 'Last look, whatever came of it',
    last_ok Nullable(DateTime64(3, 'UTC')) COMMENT 'Last look that saw something (ok or empty); NULL: never',
    every_s UInt32 COMMENT 'Seconds between two looks; 0: no schedule, so never late or stale',
    failures UInt32 COMMENT 'Looks in a row, up to the last, that saw nothing; counted up to 200'
)
COMMENT 'The rows of v_freshness as the rollups keep them, at most a minute old, in a fraction of the time: for what is asked again and again, such as dashboards. Where the rollups stand still all goes stale in its time.'
AS
SELECT source, target,
    if(silent, 'stale', f.state) AS state,
    if(silent AND f.state != 'stale', last_look + toIntervalSecond(every_s), f.since) AS since,
    if(silent AND f.state != 'stale', concat('no look since ', formatDateTime(last_look, '%Y-%m-%d %H:%i UTC')), f.why) AS why,
    last_look, last_ok, every_s, failures
FROM (
    SELECT *, every_s > 0 AND last_look + toIntervalSecond(3 * every_s) < now64(3, 'UTC') AS silent
    FROM freshness FINAL
    WHERE gone = 0
) AS f
