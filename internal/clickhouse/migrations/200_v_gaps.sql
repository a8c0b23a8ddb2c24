CREATE OR REPLACE VIEW v_gaps {{.OnCluster}} (
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
COMMENT 'The same rows as gaps, by the name that the other views bear. Of a span of time ask kept_gaps_between(since = ..., until = ...), which is quick, or gaps_between, which is of this moment.'
AS
SELECT source, target, basis, from, to, open, cause, reason, looks_missed, every_s
FROM gaps
