CREATE OR REPLACE VIEW corroboration_now {{.OnCluster}} (
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
    explanation String COMMENT 'The same in words'
)
COMMENT 'One row per surge episode of a topic: which independent sources moved in the same 48 hours, which first, and a score. What the rollups write into corroboration; ask v_corroboration, which is quick.'
AS
WITH
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    moves AS (
        SELECT id, topic, basis, source, target, subject, metric, onset,
            if(entity = '', toString(subject), transform(toString(entity), names.1, names.2, toString(entity))) AS label,
            splitByChar('/', toString(target))[2] AS place,
            {{.Family "source" "place"}} AS family
        FROM v_episodes
        WHERE kind = 'surge' AND topic != ''
    ),
    pairs AS (
        SELECT a.id AS id,
            argMin((b.family, toString(b.source), b.id, toString(b.subject), b.onset, (toUnixTimestamp64Milli(a.onset) - toUnixTimestamp64Milli(b.onset)) / 1000, b.label), (b.onset, b.id)) AS earliest
        FROM moves AS a
        INNER JOIN moves AS b ON b.topic = a.topic AND b.basis = a.basis
        WHERE b.family NOT IN ('', a.family) AND abs(toUnixTimestamp64Milli(a.onset) - toUnixTimestamp64Milli(b.onset)) <= 48 * 3600 * 1000
        GROUP BY a.id, b.family
    ),
    sums AS (SELECT id, arraySort(e -> (e.5, e.1), groupArray(earliest)) AS moved FROM pairs GROUP BY id)
SELECT m.id AS id, m.topic AS topic, m.basis AS basis, m.source AS source, m.family AS family, m.target AS target,
    m.subject AS subject, m.metric AS metric, m.onset AS onset,
    toUInt32(length(s.moved)) AS others,
    arrayMap(e -> (e.1, e.2, e.3, e.4, e.5, e.6), s.moved) AS moved,
    arraySort(e -> (e.2, e.1), arrayConcat([(m.family, m.onset)], arrayMap(e -> (e.1, e.5), s.moved)))[1].1 AS first,
    greatest(0., arrayMax(arrayConcat([0.], arrayMap(e -> e.6, s.moved)))) AS first_lead_s,
    1 - pow(0.5, others) AS score,
    if(others = 0, 'No other independent source of the topic moved within 48 hours.', concat(
        toString(others), if(others = 1, ' other independent source', ' other independent sources'), ' of the topic moved within 48 hours: ',
        arrayStringConcat(arrayMap(e -> concat(e.1, ' (', e.7, multiIf(e.6 = 0, ' at the same time', e.6 > 0, concat(' ', toString(round(e.6 / 3600, 1)), ' h before'), concat(' ', toString(round(-e.6 / 3600, 1)), ' h after')), ')'), s.moved), ', '),
        '; score 1 - 0.5^', toString(others), ' = ', toString(round(score, 3)), '.')) AS explanation
FROM moves AS m
LEFT JOIN sums AS s ON s.id = m.id
