CREATE OR REPLACE VIEW look_days {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Name of the source, as in the configuration',
    target LowCardinality(String) COMMENT 'What was looked at: kind/place/country/name',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported, reported or modelled',
    day Date COMMENT 'Day of the slots, UTC',
    good UInt32 COMMENT 'Bit H is set where a look of hour H (0 to 23) saw something, perhaps one that was replaced since',
    bad UInt32 COMMENT 'Bit H is set where a look of hour H saw nothing, perhaps one that was replaced since',
    unscheduled UInt32 COMMENT 'Bit H is set where a look of hour H expected no next one'
)
COMMENT 'On which days there are looks, and a little of what they saw: where to look first, so that other views need not read all looks. What is good and not bad is certain; what is both may have been read again by a newer parser. Answered from the projection days of looks, which ClickHouse keeps in step with every part of the table.'
AS
-- Word for word the projection, or it is not used.
SELECT source, target, basis, toDate(slot) AS day,
    groupBitOr(if(outcome IN ('ok', 'empty'), bitShiftLeft(toUInt32(1), toHour(slot)), 0)) AS good,
    groupBitOr(if(outcome IN ('ok', 'empty'), 0, bitShiftLeft(toUInt32(1), toHour(slot)))) AS bad,
    groupBitOr(if(every_s = 0, bitShiftLeft(toUInt32(1), toHour(slot)), 0)) AS unscheduled
FROM looks
GROUP BY source, target, basis, day
