CREATE OR REPLACE VIEW v_reported_vs_measured {{.OnCluster}} (
    id String COMMENT 'Id of the figure, as in reported; a figure is there once for each basis that has something to compare',
    topic LowCardinality(String) COMMENT 'Topic that the figure belongs to (january-2025)',
    subject LowCardinality(String) COMMENT 'Entity id, or a tag with #',
    metric String COMMENT 'What was counted, as published',
    unit String COMMENT 'Unit of the figure, as published',
    scope String COMMENT 'Where or among whom it was counted, as published',
    publisher String COMMENT 'Who said it',
    confidence LowCardinality(String) COMMENT 'high, medium or low, with remarks',
    at_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Earliest moment that the figure can be about; NULL: unknown',
    at_to Nullable(DateTime64(3, 'UTC')) COMMENT 'Latest moment that it can be about; NULL: unknown',
    reported_value Nullable(Float64) COMMENT 'The published figure; NULL where it is in words',
    reported_text String COMMENT 'The figure as published where it is no plain number: >25000000, unranked',
    basis LowCardinality(String) COMMENT 'Basis of measured_value; empty: nothing to compare. A modelled line was drawn through the reported points: that they agree says nothing',
    measured_value Nullable(Float64) COMMENT 'Of the hours between at_from and at_to the value that is nearest to the figure, as it can be about any of them; where the figure is in words the last one. NULL where there is nothing to compare, and of a rank where the app was not on the chart',
    measured_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Hour of that value',
    measured_low Nullable(Float64) COMMENT 'Smallest value between at_from and at_to',
    measured_high Nullable(Float64) COMMENT 'Largest value between at_from and at_to',
    measured_target LowCardinality(String) COMMENT 'The series: kind/place/country/name',
    difference Nullable(Float64) COMMENT 'measured_value - reported_value: 0 where the figure fits somewhere between at_from and at_to; of ranks below 0 is better than reported',
    ratio Nullable(Float64) COMMENT 'measured_value / reported_value',
    comparable LowCardinality(String) COMMENT 'same: what was published is what was looked at; other scope: the same was counted elsewhere, such as on another chart; other metric: the subject was looked at then, and something else was counted; nothing measured: nobody looked, or it is not known when it was'
)
COMMENT 'Each published figure beside what we have of the same thing and time, and whether the two can be compared at all.'
AS
WITH
    -- Once, so that what is read of the tables by hour is known beforehand.
    (
        SELECT (min(ifNull(at_from, at_to)), max(ifNull(at_to, at_from)), groupUniqArray(trimLeft(toString(subject), '#')))
        FROM facts FINAL
        WHERE kind = 'figure'
    ) AS bounds,
    -- All hours that some figure can be about.
    hours AS (
        SELECT toDateTime(arrayJoin(range(toUnixTimestamp(toStartOfHour(assumeNotNull(ifNull(at_from, at_to)))), toUnixTimestamp(assumeNotNull(ifNull(at_to, at_from))) + 1, 3600)), 'UTC')
        FROM facts FINAL
        WHERE kind = 'figure' AND ifNull(at_from, at_to) IS NOT NULL
    ),
    series AS (
        SELECT toString(entity) AS who, 'rank' AS metric, toString(target) AS target, basis, hour, toNullable(toFloat64(best)) AS value
        FROM ranks_hourly FINAL
        PREWHERE hour IN (hours) -- which is of the order: it may be looked at before FINAL
        WHERE gone = 0 AND looks > 0 AND hour >= toStartOfHour(bounds.1) AND hour <= bounds.2 AND has(bounds.3, toString(entity))
        UNION ALL
        SELECT toString(tag) AS who, toString(metric) AS metric, toString(target) AS target, basis, hour, ifNull(level, growth) AS value
        FROM v_tags_hourly
        WHERE hour >= toStartOfHour(bounds.1) AND hour <= bounds.2 AND has(bounds.3, toString(tag))
    ),
    beside AS (
        SELECT f.id AS id, s.basis AS basis, s.target AS target,
            if(s.metric = f.metric, if(s.target = f.scope, 1, 2), 3) AS how,
            -- The nearest; without a figure the last.
            argMin((s.value, s.hour), (s.value IS NULL, ifNull(abs(s.value - f.value), 0), -toInt64(toUnixTimestamp(s.hour)))) AS nearest,
            min(s.value) AS low, max(s.value) AS high
        FROM (
            SELECT id, metric, scope, value, trimLeft(toString(subject), '#') AS who,
                toStartOfHour(ifNull(at_from, at_to)) AS since, ifNull(at_to, at_from) AS till
            FROM facts FINAL
            WHERE kind = 'figure' AND since IS NOT NULL
        ) AS f
        INNER JOIN series AS s ON s.who = f.who
        WHERE s.hour >= f.since AND s.hour <= f.till
        GROUP BY f.id, f.metric, s.basis, s.target, how
    ),
    -- Of each figure and basis what is nearest to it.
    best AS (
        SELECT id, basis, argMin((how, target, nearest.1, nearest.2, low, high), (how, target)) AS b
        FROM beside
        GROUP BY id, basis
    )
SELECT f.id AS id, f.topic AS topic, f.subject AS subject, f.metric AS metric, f.unit AS unit, f.scope AS scope, f.publisher AS publisher, f.confidence AS confidence,
    f.at_from AS at_from, f.at_to AS at_to, f.value AS reported_value, f.value_text AS reported_text,
    if(b.b.1 IN (1, 2), b.basis, '') AS basis,
    if(b.b.1 IN (1, 2), b.b.3, NULL) AS measured_value,
    if(b.b.1 IN (1, 2), toNullable(toDateTime64(b.b.4, 3, 'UTC')), NULL) AS measured_at,
    if(b.b.1 IN (1, 2), b.b.5, NULL) AS measured_low,
    if(b.b.1 IN (1, 2), b.b.6, NULL) AS measured_high,
    if(b.b.1 IN (1, 2), b.b.2, '') AS measured_target,
    if(b.b.1 = 1, measured_value - reported_value, NULL) AS difference,
    if(b.b.1 = 1, measured_value / reported_value, NULL) AS ratio,
    multiIf(b.b.1 = 1, 'same', b.b.1 = 2, 'other scope', b.b.1 = 3, 'other metric', 'nothing measured') AS comparable
FROM reported AS f
LEFT JOIN best AS b ON b.id = f.id
