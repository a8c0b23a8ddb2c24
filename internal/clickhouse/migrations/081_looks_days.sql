ALTER TABLE {{.Local "looks"}} {{.OnCluster}}
    ADD PROJECTION IF NOT EXISTS days (
        SELECT source, target, basis, toDate(slot),
            groupBitOr(if(outcome IN ('ok', 'empty'), bitShiftLeft(toUInt32(1), toHour(slot)), 0)),
            groupBitOr(if(outcome IN ('ok', 'empty'), 0, bitShiftLeft(toUInt32(1), toHour(slot)))),
            groupBitOr(if(every_s = 0, bitShiftLeft(toUInt32(1), toHour(slot)), 0))
        GROUP BY source, target, basis, toDate(slot)
    ),
    MATERIALIZE PROJECTION days
