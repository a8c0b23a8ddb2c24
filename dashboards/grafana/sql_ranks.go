package grafana

// SQL about charts. All of it reads v_ranks_hourly, which is kept by the hour.

// chosenRanks are the places of the chosen apps, charts, bases and time, by the
// hour: bucket, target, basis, entity, min (the best place of the hour) and last.
// An hour in which an app was not on the chart has no row.
const chosenRanks = `FROM (SELECT hour AS bucket, target, basis, entity, toFloat64(assumeNotNull(best)) AS min, toFloat64(assumeNotNull(rank)) AS last
        FROM v_ranks_hourly
        WHERE state = 'ranked' AND target IN (${chart:singlequote}) AND basis IN (${basis:singlequote})
            AND entity IN (${app:singlequote}) AND $__timeFilter(hour))`

// holes ends a query of lines: ordered by time, with a moment of nothing in each
// step without any row, so that no line is drawn across a time that nobody saw.
// Value has to be Nullable: else the nothing would be a 0.
const holes = `ORDER BY time WITH FILL STEP toIntervalSecond($__interval_s) INTERPOLATE (series)`

// holesToTheEnd are holes after the last row too, so that a state ends with it.
const holesToTheEnd = `ORDER BY time WITH FILL TO $__toTime STEP toIntervalSecond($__interval_s) INTERPOLATE (series)`

// severalCharts stands behind an app's name where several charts are chosen.
func severalCharts() string {
	return "if(length([${chart:singlequote}]) > 1, concat(' · ', " + chartName("target") + "), '')"
}

// rankLines are ranks over time, with the reported ones as points of their own in
// the middle of the time that they can be about.
func rankLines() string {
	return withNames + `SELECT time, series, Value FROM (
    SELECT $__timeInterval(bucket) AS time,
        concat(` + appName("entity") + ", " + severalCharts() + ", " + basisSuffix("basis") + `) AS series,
        -min(min) AS Value
    ` + chosenRanks + `
    GROUP BY time, series
    UNION ALL
    SELECT $__timeInterval(middle) AS time,
        concat(` + appName("subject") + `, if(length([${chart:singlequote}]) > 1, concat(' · ', ` + chartName("scope") + `), ''), ' (reported)') AS series,
        -min(value) AS Value
    FROM (SELECT subject, scope, value, ` + middle + ` AS middle FROM reported
        WHERE metric = 'rank' AND value IS NOT NULL AND scope IN (${chart:singlequote}) AND subject IN (${app:singlequote}))
    WHERE $__timeFilter(middle)
    GROUP BY time, series
)
` + holes
}

// bandLines are the bands of the chosen apps: the best place of a step decides,
// else what the looks say; a step without a look is a hole.
func bandLines() string {
	return withNames + `SELECT time, series, Value FROM (
    SELECT $__timeInterval(hour) AS time,
        concat(` + appName("entity") + ", " + severalCharts() + ", " + basisSuffix("basis") + `) AS series,
        toNullable(` + bandOf(`multiIf(countIf(state = 'ranked') > 0, 'ranked', countIf(state = 'delisted') > 0, 'delisted', countIf(state = 'unranked') > 0, 'unranked', 'not_fetched')`, "min(best)") + `) AS Value
    FROM v_ranks_hourly
    WHERE target IN (${chart:singlequote}) AND basis IN (${basis:singlequote}) AND entity IN (${app:singlequote}) AND $__timeFilter(hour)
    GROUP BY time, series
)
` + holesToTheEnd
}

// rankTable has a row per app and chart: where it stood at the beginning of the
// time range, at its best and at the end. columns may name the chart.
func rankTable(columns string) string {
	return withNames + `SELECT ` + appName("entity") + ` AS "App", ` + columns + `basis AS "Basis",
    if(first_hour <= $__fromTime + INTERVAL 1 DAY, toNullable(first_rank), NULL) AS "At the beginning", best AS "Best", best_hour AS "Best since", at_first AS "Hours at #1",
    if(last_hour > newest - INTERVAL 12 HOUR, toNullable(last_rank), NULL) AS "At the end", last_hour AS "Last seen", entity AS "id"
FROM (
    SELECT entity, ` + chartName("target") + ` AS chart, basis, min(bucket) AS first_hour, argMin(last, bucket) AS first_rank,
        min(min) AS best, argMin(bucket, (min, bucket)) AS best_hour, countIf(min = 1) AS at_first, max(bucket) AS last_hour, argMax(last, bucket) AS last_rank,
        max(last_hour) OVER (PARTITION BY target, basis) AS newest
    ` + chosenRanks + `
    GROUP BY target, entity, basis
)
ORDER BY best, at_first DESC, entity`
}

// strengthLines make places comparable by the selector scale: raw is
// log10(200 / rank), 0 at #200 and 2.3 at #1. An index of a logarithm has no
// meaning: that is made of 200 / rank.
func strengthLines() string {
	return withNames + `SELECT time, series, ` + scaled("strength", "exp10(strength)") + ` AS Value FROM (
    SELECT time, series, strength FROM (
        SELECT $__timeInterval(bucket) AS time,
            concat(` + appName("entity") + ", " + severalCharts() + ", " + basisSuffix("basis") + `) AS series,
            toNullable(log10(200 / min(min))) AS strength
        ` + chosenRanks + `
        GROUP BY time, series
    )
    ` + holes + `
)
ORDER BY time`
}

// toldOfApps begins a query about who gained and who lost, with a row of told for
// each chosen app that was looked for, of the basis that we know best: in how many
// hours it was seen, its best place, and off, the longest stretch without it on the
// chart, from its first hour to the end of its last (0, 0: none). Hours in which
// nobody looked are no absence. An app is known that was seen on the chart, or is
// not in the store.
const toldOfApps = `, seen AS (
        SELECT entity, target, basis, hour, countIf(state = 'ranked') > 0 AS there, countIf(state = 'delisted') > 0 AS delisted, toUInt32(minOrDefaultIf(best, state = 'ranked')) AS place, toUInt32(minOrDefaultIf(rank, state = 'ranked')) AS last,
            indexOf(` + bases + `, toString(basis)) AS how
        FROM v_ranks_hourly
        WHERE state != 'not_fetched' AND target IN (${chart:singlequote}) AND basis IN (${basis:singlequote})
            AND entity IN (${app:singlequote}) AND $__timeFilter(hour)
        GROUP BY entity, target, basis, hour
    ),
    told AS (
        SELECT entity, basis,
            entity IN (SELECT member FROM v_topics WHERE role = 'destination' AND topic IN (${topic:singlequote})) AS gains,
            entity IN (SELECT member FROM v_topics WHERE role = 'origin' AND topic IN (${topic:singlequote})) AS loses,
            countIf(there) AS hours, hours > 0 OR countIf(delisted) > 0 AS known, minIf(place, there) AS best, argMinIf(hour, (place, hour), there) AS best_hour, countIf(there AND place = 1) AS at_first,
            minIf(hour, there) AS first_hour, argMinIf(last, hour, there) AS first_rank, maxIf(hour, there AND place <= 10) AS last_in_10,
            maxIf(hour, there) AS last_hour, argMaxIf(last, hour, there) AS last_rank, max(max(hour)) OVER () AS newest,
            arraySort(groupArray((toUnixTimestamp(hour), there))) AS steps,
            arrayFilter(c -> notEmpty(c), arrayMap(c -> arrayFilter(s -> NOT s.2, c), arraySplit(s -> s.2, steps))) AS absences,
            arraySort(o -> toInt64(o.1) - toInt64(o.2), arrayMap(c -> (c[1].1, c[-1].1 + 3600), absences))[1] AS off,
            off.2 - off.1 AS off_s, off.2 > toUnixTimestamp(newest) AS off_at_the_end
        FROM seen
        WHERE how = (SELECT min(how) FROM seen WHERE there OR delisted)
        GROUP BY target, entity, basis
    )
`

// hoursOfDestination is in how many hours the best destination was first.
func hoursOfDestination() string {
	return withNames + toldOfApps + `SELECT maxOrNullIf(at_first, gains AND hours > 0) AS "Hours" FROM told`
}

// daysOfOrigin is how long the app that the crowd left was off the chart at a
// stretch, up to the last hour that was looked at; not more than a day is 0.
func daysOfOrigin() string {
	return withNames + toldOfApps + `SELECT maxOrNullIf(if(off_s > 86400, round(off_s / 86400, 1), 0), loses AND known) AS "Days" FROM told`
}

// hoursAtFirst has a bar per app: in how many hours it was first.
func hoursAtFirst() string {
	return withNames + `SELECT concat(` + appName("entity") + ", " + severalCharts() + ", " + basisSuffix("basis") + `) AS name, countIf(min = 1) AS Value
` + chosenRanks + `
GROUP BY name
HAVING Value > 0
ORDER BY Value DESC`
}

// migrationAnswer says in a sentence who gained, for how long, and what became of
// who lost, of the chart and the apps that are chosen: of several that lost the one
// that was away for longest.
func migrationAnswer() string {
	return withNames + toldOfApps + `SELECT if(countIf(known) = 0, 'None of the chosen apps was seen on this chart in this time.', concat(
    ifNull(argMaxOrNullIf(concat(` + appName("entity") + `,
        if(best_hour < $__fromTime + INTERVAL 1 HOUR, concat(' stood at #', toString(best)), concat(' rose', if(first_hour < $__fromTime + INTERVAL 1 DAY, concat(' from #', toString(first_rank)), ''), ' to #', toString(best), ' on ', formatDateTime(best_hour, '%e %M'))),
        if(at_first > 0, concat(', was first for ', toString(at_first), ' hours'), ''),
        if(best <= 10 AND last_in_10 < newest - INTERVAL 12 HOUR, concat(', left the top 10 on ', formatDateTime(last_in_10, '%e %M')), ''),
        if(last_hour < newest - INTERVAL 12 HOUR, concat(' and the chart on ', formatDateTime(last_hour, '%e %M')), concat(' and stood at #', toString(last_rank), ' at the end')), '. '),
        (at_first, -toInt64(best)), gains AND hours > 0), ''),
    ifNull(argMaxOrNullIf(concat(` + appName("entity") + `, multiIf(
            hours = 0, ' was not on the chart at any time',
            off_s > 86400 AND off_at_the_end, concat(' has been off the chart since ', formatDateTime(fromUnixTimestamp(off.1), '%e %M %H:%i')),
            off_s > 86400, concat(' was off the chart from ', formatDateTime(fromUnixTimestamp(off.1), '%e %M %H:%i'), ' to ', formatDateTime(fromUnixTimestamp(off.2), '%e %M %H:%i')),
            concat(' went to #', toString(last_rank))), '. '),
        (if(off_s > 86400, off_s, 0), hours), loses AND known), ''),
    if(any(basis) = 'measured', '', concat('(This is ', any(basis), ', not measured.)')))) AS answer
FROM told`
}

// moversSQL compares the beginning and the end of the time range.
func moversSQL() string {
	return withNames + `SELECT ` + appName("entity") + ` AS "App", ` + chartName("target") + ` AS "Chart", basis AS "Basis", change AS "Change",
    rank_before AS "Before", rank_now AS "Now", log_change AS "Distance", days_at_first AS "Days at #1", entity AS "id", target
FROM movers_between(since = $__fromTime, until = $__toTime)
WHERE target IN (${chart:singlequote}) AND basis IN (${basis:singlequote}) AND entity IN (${app:singlequote})
ORDER BY abs(ifNull(log_change, 100)) DESC, entity
LIMIT 50`
}

// shares has a row per step, chart, basis and chosen app with the share of the
// app in the strength of all of them.
const shares = `SELECT time, target, basis, entity, strength / nullIf(sum(strength) OVER (PARTITION BY time, target, basis), 0) AS share FROM (
        SELECT $__timeInterval(bucket) AS time, target, basis, entity, toNullable(avg(log10((200 + 1) / min))) AS strength
        ` + chosenRanks + `
        GROUP BY time, target, basis, entity
    )`

func shareLines() string {
	return withNames + `SELECT time, series, Value FROM (
    SELECT time, concat(` + appName("entity") + ", " + severalCharts() + ", " + basisSuffix("basis") + `) AS series, share AS Value
    FROM (` + shares + `)
)
` + holes
}

func effectiveApps() string {
	return withNames + `SELECT time, series, Value FROM (
    SELECT time, concat('Apps', ` + severalCharts() + ", " + basisSuffix("basis") + `) AS series, 1 / nullIf(sum(share * share), 0) AS Value
    FROM (` + shares + `)
    GROUP BY time, target, basis
)
` + holes
}

// ranksAnswer names who rose and who fell the most between the first and the last
// day of the time range.
func ranksAnswer() string {
	return withNames + `, told AS (
        SELECT ` + appName("entity") + ` AS name, ` + chartName("target") + ` AS chart, min(bucket) AS since, max(bucket) AS until,
            toUInt32(argMin(last, bucket)) AS first_rank, toUInt32(argMax(last, bucket)) AS last_rank, min(since) OVER () AS oldest, max(until) OVER () AS newest
        ` + chosenRanks + `
        GROUP BY target, entity, basis
    )
SELECT if(count() = 0, 'None of the chosen apps was seen on these charts in this time.', concat(
    if(countIf(whole AND distance > 0) = 0, 'Nobody rose from the beginning to the end. ', concat(argMaxIf(concat(name, ' rose from #', toString(first_rank), ' to #', toString(last_rank), ' (', chart, ')'), distance, whole), ', the furthest of all. ')),
    if(countIf(whole AND distance < 0) = 0, '', concat(argMinIf(concat(name, ' fell from #', toString(first_rank), ' to #', toString(last_rank), ' (', chart, '). '), distance, whole))),
    if(countIf(came) = 0, '', concat('Came in: ', arrayStringConcat(arraySort(groupUniqArrayIf(name, came)), ', '), '. ')),
    if(countIf(gone) = 0, '', concat('Gone at the end: ', arrayStringConcat(arraySort(groupUniqArrayIf(name, gone)), ', '), '.')))) AS answer
FROM (SELECT *, log(first_rank / last_rank) AS distance, since >= oldest + INTERVAL 1 DAY AS came, until <= newest - INTERVAL 12 HOUR AS gone, NOT came AND NOT gone AS whole FROM told)`
}
