ALTER TABLE rollup_runs {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS watched UInt64 DEFAULT 0 COMMENT 'Fingerprint of the watchlist, the topics and the definition that the table was made with: with another one all of it is made anew'
