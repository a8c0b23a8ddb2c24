package grafana

// chosenMessages are the messages of the time range that the variables choose.
const chosenMessages = `$__timeFilter(at) AND receiver IN (${receiver:singlequote}) AND level IN (${level:singlequote})
    AND $__conditionalAll(topic IN (${topic:singlequote}), $topic)`

// weeks is the length of the time range.
const weeks = `greatest(1, dateDiff('second', $__fromTime, $__toTime)) / 604800`

const alertsAnswer = `SELECT concat(toString(count()), if(count() = 1, ' message was', ' messages were'), ' sent, ', toString(round(count() / (` + weeks + `), 1)), ' a week; ',
    toString(countIf(level = 'critical')), ' of them critical, ', if(countIf(outcome = 'failed') = 0, 'and none failed', concat('and ', toString(countIf(outcome = 'failed')), ' never arrived')), '. ',
    toString((SELECT count() FROM v_episodes WHERE kind = 'surge' AND state != 'closed' AND $__conditionalAll(topic IN (${topic:singlequote}), $topic))), ' surges and ',
    toString((SELECT count() FROM v_episodes WHERE kind = 'health' AND state != 'closed')), ' troubles of our own sources are open.') AS answer
FROM v_deliveries WHERE ` + chosenMessages

const alertsNumbers = `SELECT count() / (` + weeks + `) AS "Messages a week", countIf(level = 'critical') / (` + weeks + `) AS "Critical ones a week" FROM v_deliveries WHERE ` + chosenMessages + ` AND kind != 'test'`

const alertsArrived = `SELECT if(count() = 0, NULL, countIf(outcome = 'delivered') / count()) AS "Arrived" FROM v_deliveries WHERE ` + chosenMessages

const alertsHeld = `SELECT countIf(delayed = 1) AS "Held back" FROM v_deliveries WHERE ` + chosenMessages

const alertsOpen = `SELECT countIf(kind = 'surge' AND $__conditionalAll(topic IN (${topic:singlequote}), $topic)) AS "Surges", countIf(kind = 'health') AS "Troubles" FROM v_episodes WHERE state != 'closed'`

const alertsMuted = `SELECT count() AS "Muted" FROM mutes FINAL WHERE since <= now64(3) AND until > now64(3)`

const alertsByDay = `SELECT toStartOfInterval(toDateTime(at, 'UTC'), INTERVAL greatest(86400, $__interval_s) SECOND) AS time, toString(level) AS series, toNullable(count()) AS Value
FROM v_deliveries WHERE ` + chosenMessages + `
GROUP BY time, series
ORDER BY time, series`

const alertsByRule = `SELECT concat(rule, ', ', kind) AS name, count() AS Value
FROM (SELECT arrayJoin(episodes) AS episode, toString(kind) AS kind FROM v_deliveries WHERE ` + chosenMessages + `) AS m
INNER JOIN (SELECT id, toString(rule) AS rule FROM v_episodes) AS e ON e.id = m.episode
GROUP BY name
ORDER BY Value DESC, name
LIMIT 15`

// severityLevels are the states of the timeline, the codes of alertsSeverity.
func severityLevels() []State {
	return []State{{"info", "#c7c7d1"}, {"warning", colourWarning}, {"critical", colourBad}}
}

// alertsSeverity cuts each episode into its states and gives each bucket of time
// the worst of what was open. The limits are those of event.SeverityLevel.
const alertsSeverity = `SELECT time, series, Value FROM (SELECT time, series, toNullable(multiIf(max(severity) >= 0.75, 3, max(severity) >= 0.4, 2, 1)) AS Value
FROM (
    SELECT series, severity,
        toDateTime(arrayJoin(range(
            intDiv(toUnixTimestamp(greatest(begins, toDateTime64($__fromTime, 3, 'UTC'))), $__interval_s) * $__interval_s,
            toUnixTimestamp(least(ends, toDateTime64($__toTime, 3, 'UTC'))), $__interval_s)), 'UTC') AS time
    FROM (
        SELECT multiIf(entity != '', %s, kind = 'health', concat('source ', source), startsWith(target, 'tag/'), concat('#', subject), toString(subject)) AS series,
            severity, assumeNotNull(at) AS begins,
            leadInFrame(begins, 1, if(state = 'closed', begins, least(now64(3, 'UTC'), toDateTime64($__toTime, 3, 'UTC')))) OVER (
                PARTITION BY id ORDER BY sequence ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ends
        FROM episodes FINAL
        WHERE at IS NOT NULL AND onset <= $__toTime AND $__conditionalAll(topic IN (${topic:singlequote}), $topic)
    )
    WHERE ends > begins AND begins <= $__toTime AND ends >= $__fromTime
)
GROUP BY time, series)
` + holesToTheEnd

const alertsOpenEpisodes = `SELECT time, series, toNullable(count()) AS Value
FROM (
    SELECT if(kind = 'health', 'troubles of our sources', 'surges') AS series,
        toDateTime(arrayJoin(range(
            intDiv(toUnixTimestamp(greatest(onset, toDateTime64($__fromTime, 3, 'UTC'))), $__interval_s) * $__interval_s,
            toUnixTimestamp(least(ifNull(closed, now64(3, 'UTC')), toDateTime64($__toTime, 3, 'UTC'))), $__interval_s)), 'UTC') AS time
    FROM v_episodes
    WHERE onset <= $__toTime AND ifNull(closed, now64(3)) >= $__fromTime AND $__conditionalAll(topic IN (${topic:singlequote}), $topic)
)
GROUP BY time, series
ORDER BY time, series`

const alertsMessages = `SELECT at AS "When", level AS "Level", kind AS "Kind", receiver AS "To", about AS "What was told", outcome AS "Outcome", if(delayed = 1, 'held back', '') AS "Held back",
    attempts AS "Attempts", delivered_at AS "Arrived", error AS "Error", topic AS "Topic"
FROM v_deliveries WHERE ` + chosenMessages + `
ORDER BY at DESC
LIMIT 500`

const alertsStillOpen = `SELECT onset AS "Since", severity AS "Severity", multiIf(entity != '', %s, kind = 'health', concat('source ', source), startsWith(target, 'tag/'), concat('#', subject), toString(subject)) AS "Who",
    if(metric = 'rank', %s, toString(target)) AS "Where", rule AS "Rule", basis AS "Basis",
    if(metric = 'rank', if(value > depth, 'not on the chart', concat('#', toString(toUInt32(value)))), concat(formatReadableQuantity(value), ' ', unit)) AS "Now",
    if(metric = 'rank', if(baseline > depth, 'not on the chart', concat('#', toString(toUInt32(baseline)))), concat(formatReadableQuantity(baseline), ' ', unit)) AS "Usual",
    explanation AS "How it was computed", advice AS "What to do"
FROM v_episodes
WHERE state != 'closed' AND $__conditionalAll(topic IN (${topic:singlequote}), $topic)
ORDER BY severity DESC, onset
LIMIT 200`

const alertsMutes = `SELECT name AS "Muted", if(kind = '', 'whichever has the name', toString(kind)) AS "Kind", since AS "Since", until AS "Until", if(until > now64(3), 'in force', 'over') AS "State"
FROM mutes FINAL
WHERE until > since AND since <= $__toTime AND until >= $__fromTime
ORDER BY until DESC
LIMIT 100`
