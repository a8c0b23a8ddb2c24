ALTER TABLE {{.Local "readings"}} {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS import_id LowCardinality(String) DEFAULT '' COMMENT 'Id of the import that brought it, in imports; empty where a collector looked' AFTER parser_version
