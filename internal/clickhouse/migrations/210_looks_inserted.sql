ALTER TABLE {{.Local "looks"}} {{.OnCluster}}
    ADD INDEX IF NOT EXISTS inserted_range _inserted_at TYPE minmax GRANULARITY 4,
    MATERIALIZE INDEX inserted_range
