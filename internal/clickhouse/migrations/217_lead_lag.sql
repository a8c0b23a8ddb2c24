CREATE TABLE IF NOT EXISTS lead_lag {{.OnCluster}} (
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    leader LowCardinality(String) COMMENT 'Family of sources that moves first',
    follower LowCardinality(String) COMMENT 'Family that moves after it',
    lag_h Int32 COMMENT 'By how many hours follower is later: 0 to 48',
    correlation Float64 COMMENT 'Pearson''s correlation at that lag, -1 to 1',
    hours UInt32 COMMENT 'In how many hours both were seen at that lag',
    onset_lead_h Nullable(Float64) COMMENT 'By how many hours the first surge episode of leader began before the first one of follower',
    gone UInt8 COMMENT '1: there is no such row any more',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY (topic, basis, leader, follower)
COMMENT 'Which family of sources moves first, kept by the rollups. Read through the view v_lead_lag.'
