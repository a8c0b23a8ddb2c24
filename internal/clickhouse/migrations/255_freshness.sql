CREATE TABLE IF NOT EXISTS freshness {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What is looked at: kind/place/country/name',
    state LowCardinality(String) COMMENT 'fresh; late: more than 1.5 intervals without a good look; stale: nobody looks any more, for 3 intervals; broken: we look and cannot see: refused once, or failed 3 times in a row, or never once ok',
    since DateTime64(3, 'UTC') COMMENT 'When the state began, as far as the last 200 looks tell',
    why String COMMENT 'For a person to read; empty if fresh',
    last_look DateTime64(3, 'UTC') COMMENT 'Last look, whatever came of it',
    last_ok Nullable(DateTime64(3, 'UTC')) COMMENT 'Last look that saw something (ok or empty); NULL: never',
    every_s UInt32 COMMENT 'Seconds between two looks; 0: no schedule, so never late or stale',
    failures UInt32 COMMENT 'Looks in a row, up to the last, that saw nothing; counted up to 200',
    gone UInt8 COMMENT '1: there is no such series any more',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY (source, target)
COMMENT 'How each source and target was at the last run of the rollups. Read through kept_freshness.'
