CREATE TABLE IF NOT EXISTS corroboration {{.OnCluster}} (
    id String COMMENT 'Id of the episode, as in v_episodes',
    topic LowCardinality(String) COMMENT 'Topic that the episode belongs to',
    basis LowCardinality(String) COMMENT 'Basis of the series; only series of one basis corroborate each other',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    family String COMMENT 'Whom the source has its numbers from: what Apple''s charts, pages and search say is one family (appstore), and so is Google Play; and so are the feeds of one server or one list of publishers; a recording or an import has as many families as places; empty: no witness, as a rule over SQL reads what others brought',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    metric LowCardinality(String) COMMENT 'What was counted',
    onset DateTime64(3, 'UTC') COMMENT 'Since when the episode lasts',
    others UInt32 COMMENT 'How many other families have an episode of the topic that began at most 48 hours before or after this one',
    moved Array(Tuple(family String, source String, episode String, subject String, onset DateTime64(3, 'UTC'), lead_s Float64)) COMMENT 'Of each of them the episode that began first, the earliest first; lead_s: by how many seconds it was earlier than this one, negative: later',
    first String COMMENT 'The family that moved first, this one included; of two in the same moment the one with the smaller name',
    first_lead_s Float64 COMMENT 'By how many seconds the first was earlier than this one; 0: this one was first, or in the same moment',
    score Float64 COMMENT '1 - 0.5 ^ others: 0 nobody else moved, 0.5 one other family, 0.75 two, 0.875 three',
    explanation String COMMENT 'The same in words',
    gone UInt8 COMMENT '1: there is no such row any more, as of an episode whose topic was changed',
    version UInt64 COMMENT 'When the run began that wrote the row, Unix milliseconds; the highest holds'
)
ENGINE = {{.Everywhere "version"}}
ORDER BY id
COMMENT 'Which independent sources moved together, kept by the rollups. Read through the view v_corroboration.'
