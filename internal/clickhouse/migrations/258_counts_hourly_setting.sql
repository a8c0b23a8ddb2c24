ALTER TABLE counts_hourly {{.OnCluster}}
    MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild' -- what is replaced is to leave the projections too
