CREATE OR REPLACE VIEW gaps {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was to be looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled',
    from DateTime64(3, 'UTC') COMMENT 'Tick of the last look before the gap that saw something',
    to DateTime64(3, 'UTC') COMMENT 'Tick of the first look after the gap that saw something; now if it is open',
    open UInt8 COMMENT '1: the gap lasts',
    cause LowCardinality(String) COMMENT 'failed, refused, or no look',
    reason String COMMENT 'failed or refused with the last reason, or no look',
    looks_missed UInt32 COMMENT 'How many ticks passed without a look that saw something',
    every_s UInt32 COMMENT 'Seconds between two looks, as was expected'
)
COMMENT 'Spans in which nobody saw the target, between two looks that are ok or empty and more than 1.5 intervals apart. A view and no table: a late or replayed look closes its gap at once, and nothing has to be repaired. Give a source or a target; for all of them ask gaps_between(since = ..., until = ...), which reads no more than the span needs.'
AS
SELECT source, target, basis, from, to, open, cause, reason, looks_missed, every_s
FROM gaps_between(since = '1970-01-01 00:00:00', until = '2299-01-01 00:00:00')
