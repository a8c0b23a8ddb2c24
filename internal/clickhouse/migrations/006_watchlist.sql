CREATE TABLE IF NOT EXISTS watchlist {{.OnCluster}} (
    kind LowCardinality(String) COMMENT 'What the row says of the entity: entity, alias or app',
    entity String COMMENT 'Id of the entity',
    place String COMMENT 'Store of an app; empty otherwise',
    value String COMMENT 'Display name of an entity, an alias, or the id of an app',
    colour String COMMENT 'Colour of an entity on charts; empty otherwise',
    position UInt16 COMMENT 'Place of an entity or alias in the configuration',
    removed UInt64 COMMENT '1: no longer in the configuration',
    version UInt64 COMMENT 'Unix milliseconds of the start that wrote the row; the latest holds'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY (kind, entity, place, value)
COMMENT 'The watchlist of the configuration, written at start. Read through the views entities and entity_keys.'
