CREATE TABLE IF NOT EXISTS rollup_runs {{.OnCluster}} (
    rollup LowCardinality(String) COMMENT 'Table that was brought up to date',
    upto DateTime64(3, 'UTC') COMMENT 'Readings inserted before this moment are in the rollup',
    ran_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the run ended'
)
ENGINE = {{.Everywhere "upto"}}
ORDER BY rollup
COMMENT 'How far the rollups are. Losing it costs time, not truth: the next run reads everything again.'
