CREATE OR REPLACE VIEW v_attention_share {{.OnCluster}} (
    day Date COMMENT 'Day, UTC',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    family LowCardinality(String) COMMENT 'Whom the sources have their numbers from, as in v_corroboration',
    metric LowCardinality(String) COMMENT 'What was counted, as in v_attention: only the same is compared',
    entity LowCardinality(String) COMMENT 'Id of the entity',
    entity_name LowCardinality(String) COMMENT 'Name of the entity',
    value Float64 COMMENT 'What was new of the entity on that day: of each subject what the target with the most says, all subjects together. Of rank_area the sum over the hours of the day on the chart where it stood best',
    share Float64 COMMENT 'value / total, 0 to 1',
    total Float64 COMMENT 'The values of all entities of the topic that have one of that family and metric on that day'
)
COMMENT 'How the attention to the entities of a topic divides among them, day by day, by family and metric. The sum of share * share is its concentration. An entity without a row was not seen on that day: no 0.'
AS
-- No window: what is asked of a day would not get past it, and all days be read.
SELECT day, topic, basis, family, metric, e.1 AS entity, e.2 AS entity_name, e.3 AS value, value / total AS share, total
FROM (
    SELECT day, topic, basis, family, metric, groupArray((entity, entity_name, value)) AS entities, sum(value) AS total
    FROM (
        SELECT day, topic, basis, family, metric, entity, any(d.entity_name) AS entity_name, sum(d.value) AS value
        FROM (
            SELECT day, topic, basis, family, metric, entity, subject, any(t.entity_name) AS entity_name, max(t.value) AS value
            FROM (
                SELECT toDate(hour) AS day, topic, basis, family, metric, entity, subject, target, any(a.entity_name) AS entity_name, sum(a.value) AS value
                FROM v_attention AS a
                WHERE entity != ''
                GROUP BY day, topic, basis, family, metric, entity, subject, target
            ) AS t
            GROUP BY day, topic, basis, family, metric, entity, subject
        ) AS d
        GROUP BY day, topic, basis, family, metric, entity
    )
    GROUP BY day, topic, basis, family, metric
)
ARRAY JOIN entities AS e
WHERE total > 0
