CREATE OR REPLACE VIEW v_episodes {{.OnCluster}} (
    id String COMMENT 'Deterministic id of the episode',
    kind LowCardinality(String) COMMENT 'surge: what the crowd does; health: what our own looking does',
    rule LowCardinality(String) COMMENT 'Name of the rule that found it',
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What it is about: kind/place/country/name; source/NAME//all is a source with all its targets',
    subject LowCardinality(String) COMMENT 'App id of the store, tag, article or topic; never a person. Of a trouble of the whole target: the target',
    metric LowCardinality(String) COMMENT 'What was counted, or what a rule about looks compares',
    basis LowCardinality(String) COMMENT 'Basis of the series: measured, backfill, imported or modelled',
    state LowCardinality(String) COMMENT 'Latest state: open, updated (it got worse) or closed',
    sequence UInt32 COMMENT 'How many states there are so far',
    onset DateTime64(3, 'UTC') COMMENT 'Since when: a moment of the data, not when it was noticed',
    at Nullable(DateTime64(3, 'UTC')) COMMENT 'Moment of the data that made the state; NULL: unknown',
    peak_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the peak was; NULL: not yet, or there is none',
    closed Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; NULL: it lasts',
    value Float64 COMMENT 'What was seen, in unit',
    baseline Float64 COMMENT 'What was expected, in unit',
    peak Float64 COMMENT 'The most extreme value so far, in unit',
    unit LowCardinality(String) COMMENT 'Unit of value, baseline and peak: s, looks, places, ratio, ...',
    severity Float64 COMMENT 'How bad or how large, 0 to 1',
    explanation String COMMENT 'How it was computed, for a person to read',
    advice String COMMENT 'What a person can do about it'
)
COMMENT 'One row per episode, in its latest state. What is closed stays closed, also where two states came with the same number.'
AS
SELECT id, kind, rule, source, target, subject, metric, basis, state, sequence, onset, at, peak_at, closed,
    value, baseline, peak, unit, severity, explanation, advice
FROM episodes FINAL
ORDER BY state = 'closed' DESC, sequence DESC
LIMIT 1 BY id
