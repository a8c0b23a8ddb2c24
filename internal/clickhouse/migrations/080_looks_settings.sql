ALTER TABLE {{.Local "looks"}} {{.OnCluster}}
    MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild'
