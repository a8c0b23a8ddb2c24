package grafana

// chosenLooks are the looks of the time range that the variables choose.
const chosenLooks = `$__timeFilter(slot) AND source IN (${source:singlequote}) AND basis IN (${basis:singlequote})`

const qualityAnswer = `SELECT concat(
    if(count() = 0, 'Nothing is being looked at at present', concat('Of ', toString(count()), ' targets that are looked at, ', toString(countIf(state = 'fresh')), ' are fresh, ',
        toString(countIf(state = 'late')), ' late, ', toString(countIf(state = 'stale')), ' stale and ', toString(countIf(state = 'broken')), ' broken')), '; ',
    (SELECT if(count() = 0, 'there were no looks in this time range.', concat(toString(round(100 * countIf(outcome IN ('ok', 'empty')) / count(), 1)), ' % of the ', toString(count()), ' looks in this time range saw something.'))
        FROM looks WHERE ` + chosenLooks + `)) AS answer
FROM kept_freshness`

const qualityStates = `SELECT countIf(state = 'fresh') AS "Fresh", countIf(state = 'late') AS "Late", countIf(state = 'stale') AS "Stale", countIf(state = 'broken') AS "Broken" FROM kept_freshness`

const qualitySaw = `SELECT if(count() = 0, NULL, countIf(outcome IN ('ok', 'empty')) / count()) AS "Saw something" FROM looks WHERE ` + chosenLooks

const qualityGapCount = `SELECT count() AS "Gaps", countIf(open = 1) AS "Open" FROM kept_gaps_between(since = $__fromTime, until = $__toTime) WHERE source IN (${source:singlequote})`

const qualityRefused = `SELECT countIf(outcome = 'refused') AS "Not understood" FROM looks WHERE ` + chosenLooks

// qualityCoverage is the share of the schedule that was kept, by day and source:
// looks that saw something, of as many as the intervals of all targets that were
// looked at in the time range want on a whole day (of the first and last day, as
// much of it as lies in the range). The time is the end of the day.
// It is asked of the looks by hour, which outlive the looks.
const qualityCoverage = `SELECT toDateTime(day + 1, 'UTC') AS time, concat(source, %s) AS series,
    toNullable(least(1, good / wanted / greatest(0.01, dateDiff('second', greatest(toDateTime(day, 'UTC'), $__fromTime), least(toDateTime(day + 1, 'UTC'), $__toTime, now('UTC'))) / 86400))) AS Value
FROM (
    SELECT source, basis, sum(86400 / every) AS wanted, sumMap(days) AS by_day
    FROM (
        SELECT source, basis, target, argMax(h.every_s, hour) AS every, sumMap(map(toDate(hour), toUInt64(h.good))) AS days
        FROM looks_hourly AS h FINAL
        WHERE hour >= toStartOfHour($__fromTime) AND hour <= $__toTime AND source IN (${source:singlequote}) AND basis IN (${basis:singlequote}) AND every_s > 0
        GROUP BY source, basis, target
    )
    GROUP BY source, basis
)
ARRAY JOIN mapKeys(by_day) AS day, mapValues(by_day) AS good
ORDER BY time, series`

const qualityOutcomes = `SELECT $__timeInterval(slot) AS time, toString(outcome) AS series, toNullable(count()) AS Value
FROM looks WHERE ` + chosenLooks + `
GROUP BY time, series
ORDER BY time, series`

const qualityDepth = `SELECT time, series, Value FROM (SELECT $__timeInterval(slot) AS time, concat(%s, %s) AS series, toNullable(min(depth)) AS Value
FROM looks WHERE ` + chosenLooks + ` AND startsWith(target, 'chart/') AND outcome = 'ok' AND depth > 0
GROUP BY time, target, basis)
` + holes

const qualityByBasis = `SELECT $__timeInterval(slot) AS time, toString(basis) AS series, toNullable(sum(readings)) AS Value
FROM looks WHERE ` + chosenLooks + ` AND readings > 0
GROUP BY time, series
ORDER BY time, series`

const qualityTook = `SELECT time, series, Value FROM (SELECT $__timeInterval(slot) AS time, toString(source) AS series, toNullable(quantileTDigest(0.95)(duration_ms) / 1000) AS Value
FROM looks WHERE ` + chosenLooks + ` AND duration_ms > 0
GROUP BY time, series)
` + holes

const qualityFreshness = `SELECT state AS "State", source AS "Source", target AS "Target", since AS "Since", why AS "Why", last_ok AS "Last good look", last_look AS "Last look", every_s AS "Looked at every", failures AS "Failures in a row"
FROM kept_freshness
WHERE source IN (${source:singlequote}) OR state != 'fresh'
ORDER BY indexOf(['broken', 'stale', 'late', 'fresh'], state), since
LIMIT 500`

const qualityGaps = `SELECT from AS "From", to AS "To", dateDiff('second', from, to) AS "Lasted", if(open = 1, 'lasts', '') AS "Open", source AS "Source", target AS "Target", basis AS "Basis", reason AS "Why", looks_missed AS "Looks missed"
FROM kept_gaps_between(since = $__fromTime, until = $__toTime)
WHERE source IN (${source:singlequote}) AND basis IN (${basis:singlequote})
ORDER BY open DESC, to DESC
LIMIT 500`

const qualityTroubles = `SELECT onset AS "Since", closed AS "Until", if(state = 'closed', 'over', 'lasts') AS "State", severity AS "Severity", rule AS "Rule", source AS "Source", target AS "Target", explanation AS "What", advice AS "What to do"
FROM v_episodes
WHERE kind = 'health' AND source IN (${source:singlequote}) AND onset <= $__toTime AND ifNull(closed, now64(3)) >= $__fromTime
ORDER BY state = 'closed', onset DESC
LIMIT 200`

const qualityReasons = `SELECT outcome AS "Outcome", source AS "Source", reason AS "Why", count() AS "Looks", uniqExact(target) AS "Targets", min(slot) AS "First", max(slot) AS "Last", argMax(http_status, slot) AS "HTTP status"
FROM looks WHERE ` + chosenLooks + ` AND outcome IN ('failed', 'refused')
GROUP BY outcome, source, reason
ORDER BY outcome = 'refused' DESC, "Looks" DESC
LIMIT 200`

const qualityImports = `SELECT at AS "When", name AS "Name", imported_by AS "Brought by", via AS "Came as", state AS "State", rows AS "Rows", bytes AS "Size", source_url AS "Published at", note AS "Note"
FROM v_imports
ORDER BY at DESC
LIMIT 200`
