CREATE OR REPLACE VIEW v_lead_lag {{.OnCluster}} (
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    leader LowCardinality(String) COMMENT 'Family of sources that moves first by the lag, as in v_corroboration; of two at once the one with the smaller name',
    follower LowCardinality(String) COMMENT 'Family that moves after it',
    lag_h Int32 COMMENT 'By how many hours follower is later where the two go together best: 0 to 48',
    correlation Float64 COMMENT 'Pearson''s correlation of the two at that lag, -1 to 1: of the logarithm of what is new by hour, and of rank_area as it is. A correlation is no cause',
    hours UInt32 COMMENT 'In how many hours both were seen at that lag: at least 24',
    onset_lead_h Nullable(Float64) COMMENT 'By how many hours the first surge episode of leader began before the first one of follower; negative: after it. NULL where one has none'
)
COMMENT 'Which family of sources moves first in a topic, over the newest 90 days that are known of it, without the app that the crowd leaves. One row per pair.'
AS
SELECT topic, basis, leader, follower, lag_h, correlation, hours, onset_lead_h
FROM lead_lag FINAL
WHERE gone = 0
