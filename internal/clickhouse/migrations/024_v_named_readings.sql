CREATE OR REPLACE VIEW v_named_readings {{.OnCluster}} (
    metric LowCardinality(String) COMMENT 'What was counted: rank, uses_today, views_day, rating_count, listed, ...',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled; never mix them',
    at DateTime64(3, 'UTC') COMMENT 'Moment, or start of the period, that the value is about',
    value Float64 COMMENT 'The number; its unit is the metric''s',
    slot DateTime64(3, 'UTC') COMMENT 'Tick of the look that the reading belongs to',
    seen_at DateTime64(3, 'UTC') COMMENT 'When the answer was there',
    kind LowCardinality(String) COMMENT 'Kind of the target: chart, listing, tag, article, keyword, list',
    place LowCardinality(String) COMMENT 'Store or platform of the target',
    country LowCardinality(String) COMMENT 'Storefront of the target, ISO 3166 alpha-2; empty where there is none',
    name LowCardinality(String) COMMENT 'Chart, tag, article, keyword or list of the target',
    entity String COMMENT 'Id of the entity that the subject is; empty: none that is watched',
    entity_name String COMMENT 'Name of the entity; the subject itself where none is watched'
)
COMMENT 'Readings with the entity that each subject is: 741292507 on apple, Xiaohongshu and rednote are one.'
AS
WITH
    (SELECT (groupArray(key), groupArray(entity), groupArray(entity_name)) FROM entity_keys) AS keys,
    transform(concat(place, '/', subject), keys.1, keys.2, '') AS by_app,
    transform(concat('/', lowerUTF8(replaceRegexpAll(toString(subject), '[\\s#_.-]+', ''))), keys.1, keys.2, '') AS by_name,
    if(by_app = '', by_name, by_app) AS found
SELECT metric, target, subject, source, basis, at, value, slot, seen_at, kind, place, country, name,
    found AS entity,
    if(found = '', toString(subject), transform(concat('/', found), keys.1, keys.3, found)) AS entity_name
FROM v_readings
