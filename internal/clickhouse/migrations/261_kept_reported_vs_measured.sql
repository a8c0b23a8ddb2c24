CREATE OR REPLACE VIEW kept_reported_vs_measured {{.OnCluster}} (
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
COMMENT 'The rows of v_reported_vs_measured as the rollups keep them, at most ten minutes old, in a fraction of the time: for what is asked again and again, such as dashboards.'
AS
SELECT id, topic, subject, metric, unit, scope, publisher, confidence, at_from, at_to, reported_value, reported_text, basis, measured_value, measured_at, measured_low, measured_high, measured_target, difference, ratio, comparable
FROM reported_beside FINAL
WHERE gone = 0
