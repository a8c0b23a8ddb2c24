CREATE TABLE IF NOT EXISTS mutes {{.OnCluster}} (
    kind LowCardinality(String) COMMENT 'entity, tag, rule, topic or source; empty: whichever has the name',
    name String COMMENT 'What nobody is told of',
    since DateTime64(3, 'UTC') COMMENT 'When it was muted',
    until DateTime64(3, 'UTC') COMMENT 'Until when; unmuted where that is not later than since',
    version UInt64 COMMENT 'The later, the higher: of two rows of a name the later holds'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY (kind, name)
COMMENT 'What is muted: its episodes are recorded as ever, and nobody is told that they begin or get worse. Read FINAL.'
