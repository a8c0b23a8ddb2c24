package grafana

// chosenSurges are the surges of the chosen apps on the chosen chart that reach
// into the time range. A rank surges when it becomes smaller.
const chosenSurges = `kind = 'surge' AND metric = 'rank' AND peak < baseline AND target IN (${chart:singlequote})
    AND entity IN (${app:singlequote}) AND basis IN (${basis:singlequote}) AND onset <= $__toTime AND ifNull(closed, now64(3)) >= $__fromTime`

// leadingSurge is the one of them that the row of numbers is about: the best
// peak, then the longest time at #1.
const leadingSurge = `FROM (SELECT * FROM v_episodes WHERE ` + chosenSurges + ` ORDER BY peak, at_first_s DESC, onset LIMIT 1)`

// days says a number of seconds as days, for a sentence.
func days(seconds string) string {
	return "concat(toString(round(" + seconds + " / 86400, 1)), ' days')"
}

func surgeAnswer() string {
	return withNames + `SELECT if(count() = 0, 'Nothing surged on this chart in this time range.', any(concat(
    transform(toString(entity), names.1, names.2, toString(entity)), ' took ', ` + days("time_to_peak_s") + `, ', from ', formatDateTime(onset, '%e %b', 'UTC'), ' on, to reach #', toString(toUInt32(peak)),
    if(ifNull(at_first_s, 0) > 0, concat(', stood at #1 for ', ` + days("assumeNotNull(at_first_s)") + `), ''),
    if(half_life_s IS NULL, '', concat(', and then lost half of what it had won in ', ` + days("assumeNotNull(half_life_s)") + `)),
    multiIf(state != 'closed', '. The surge is not over yet.', given_back IS NULL, '. The surge is over.',
        concat('. The surge is over; ', toString(toInt32(round(100 * least(1, assumeNotNull(given_back))))), ' % of the rise was given back.'))))) AS answer
` + leadingSurge
}

// turns are the moments of an episode that are drawn on the curves.
const turns = `['opened', 'peaked', 'halved', 'resurged', 'closed'], ['is noticed', 'turns', 'half is gone', 'surges again', 'ends']`

const surgeRanks = `SELECT $__timeInterval(hour) AS time, concat(%s, %s) AS series, -toNullable(toFloat64(min(best))) AS Value
FROM v_ranks_hourly
WHERE target IN (${chart:singlequote}) AND basis IN (${basis:singlequote}) AND entity IN (${app:singlequote}) AND $__timeFilter(hour)
GROUP BY time, entity, basis
UNION ALL
SELECT $__timeInterval(assumeNotNull(at)) AS time, concat(%s, ' · ', transform(toString(change), ` + turns + `, '')) AS series, toNullable(max(-value)) AS Value
FROM episodes FINAL
WHERE kind = 'surge' AND metric = 'rank' AND peak < baseline AND change IN ('opened', 'peaked', 'halved', 'resurged', 'closed') AND value <= depth
    AND target IN (${chart:singlequote}) AND basis IN (${basis:singlequote}) AND entity IN (${app:singlequote}) AND $__timeFilter(at)
GROUP BY time, series`

// surgePhases are the states of the timeline; the codes are in surgeStates.
func surgePhases() []State {
	return []State{
		{"rises", "#fbb4b9"},
		{"at #1", "#7a0177"},
		{"declines", "#c51b8a"},
		{"half of it is gone", "#f7c6d8"},
		{"not in the store", "#3a3a44"},
	}
}

// surgeStates cuts each episode into its phases and gives each bucket of time the
// phase that it is in. Where no episode lasts there is no row, which is a hole.
// An app that is gone from the store has a phase of its own.
const surgeStates = `SELECT time, series, Value FROM (SELECT time, series, toNullable(max(phase)) AS Value
FROM (
    SELECT concat(%s, %s) AS series, phase,
        toDateTime(arrayJoin(range(
            intDiv(toUnixTimestamp(greatest(begins, toDateTime64($__fromTime, 3, 'UTC'))), $__interval_s) * $__interval_s,
            toUnixTimestamp(least(ends, toDateTime64($__toTime, 3, 'UTC'))), $__interval_s)), 'UTC') AS time
    FROM (
        SELECT entity, basis, state, if(change = 'opened', onset, assumeNotNull(at)) AS begins,
            if(metric = 'listed', 5, transform(toString(change), ['opened', 'resurged', 'first', 'left-first', 'peaked', 'halved'], [1, 1, 2, 3, 3, 4], 0)) AS phase,
            leadInFrame(begins, 1, if(state = 'closed', begins, least(now64(3, 'UTC'), toDateTime64($__toTime, 3, 'UTC')))) OVER (
                PARTITION BY id ORDER BY sequence ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ends
        FROM episodes FINAL
        WHERE kind = 'surge' AND at IS NOT NULL AND entity IN (${app:singlequote}) AND basis IN (${basis:singlequote}) AND onset <= $__toTime
            AND (metric = 'rank' AND peak < baseline AND target IN (${chart:singlequote})
                    AND change IN ('opened', 'resurged', 'first', 'left-first', 'peaked', 'halved', 'closed')
                OR metric = 'listed' AND arraySlice(splitByChar('/', toString(target)), 2, 2) = arraySlice(splitByChar('/', [${chart:singlequote}][1]), 2, 2))
    )
    WHERE phase > 0 AND ends > begins AND begins <= $__toTime AND ends >= $__fromTime
)
GROUP BY time, series)
` + holesToTheEnd

const surgeTags = `SELECT $__timeInterval(hour) AS time, concat('#', tag, ', ', unit, %s) AS series, toNullable(sum(growth) / greatest(1, sum(over_h))) AS Value
FROM v_tags_hourly
WHERE tag IN (SELECT member FROM v_topics WHERE kind = 'tag' AND topic IN (${topic:singlequote}))
    AND basis IN (${basis:singlequote}) AND growth > 0 AND metric NOT LIKE 'overcount%%' AND $__timeFilter(hour)
GROUP BY time, tag, target, metric, unit, basis
UNION ALL
SELECT $__timeInterval(assumeNotNull(at)) AS time,
    concat('#', subject, ', ', splitByString(' per ', toString(unit))[1], ' · ', transform(toString(change), ` + turns + `, '')) AS series, toNullable(max(value)) AS Value
FROM episodes FINAL
WHERE kind = 'surge' AND startsWith(target, 'tag/') AND topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote}) AND value > 0
    AND change IN ('opened', 'peaked', 'halved', 'resurged', 'closed') AND unit LIKE '%% per hour' AND $__timeFilter(at)
GROUP BY time, series`

const surgeHalfLives = `SELECT concat(%s, %s) AS name, half_life_s / 86400 AS Value
FROM v_episodes WHERE ` + chosenSurges + ` AND half_life_s IS NOT NULL
ORDER BY Value, name LIMIT 12`

const surgeGivenBack = `SELECT concat(%s, %s) AS name, least(1, given_back) AS Value
FROM v_episodes WHERE ` + chosenSurges + ` AND given_back IS NOT NULL
ORDER BY Value, name LIMIT 12`

// surgeAnatomy is one row per episode, also of other charts and of tags.
const surgeAnatomy = `SELECT
    if(entity = '', concat('#', subject), %s) AS "Who",
    if(metric = 'rank', %s, concat(splitByChar('/', toString(target))[2], ', ', replaceAll(splitByString(' per ', toString(unit))[1], '_', ' '))) AS "Where",
    onset AS "Onset", time_to_peak_s / 86400 AS "Days to the peak",
    multiIf(metric != 'rank', concat(formatReadableQuantity(peak), ' an hour'), peak > depth, 'off the chart', concat('#', toString(toUInt32(peak)))) AS "Peak",
    if(baseline = 0, NULL, peak_multiple) AS "Multiple", at_first_s / 86400 AS "Days at #1", half_life_s / 86400 AS "Half-life, days",
    round(given_back, 3) + 0 AS "Given back",
    multiIf(fitted_half_life_s IS NULL, '', fitted_half_life_s > 31536000, 'over a year', concat(toString(round(fitted_half_life_s / 86400, 1)), ' d',
        if(fitted_half_life_low_s IS NULL OR fitted_half_life_high_s IS NULL, '', concat(' (', toString(round(fitted_half_life_low_s / 86400, 1)), ' to ',
            if(fitted_half_life_high_s > 31536000, 'over a year', toString(round(fitted_half_life_high_s / 86400, 1))), ')')))) AS "Fitted (80 %%)",
    back_at AS "Back at",
    multiIf(metric != 'rank', formatReadableQuantity(baseline), baseline > depth, concat('beyond #', toString(depth)), concat('#', toString(toUInt32(baseline)))) AS "From",
    in_top_10_s / 86400 AS "Days in top 10",
    concat(if(state = 'closed', 'over', 'lasts'), if(resurges > 0, concat(', again ', toString(resurges), '×'), '')) AS "State", basis AS "Basis"
FROM v_episodes
WHERE kind = 'surge' AND metric != 'listed' AND basis IN (${basis:singlequote}) AND onset <= $__toTime AND ifNull(closed, now64(3)) >= $__fromTime
    AND (entity IN (${app:singlequote}) OR entity = '' AND topic IN (${topic:singlequote})) AND (metric != 'rank' OR peak < baseline)
ORDER BY target NOT IN (${chart:singlequote}), metric != 'rank', peak_multiple DESC, onset
LIMIT 200`

// surgeMigrations is one row per app of a migration: first who lost, then who
// gained.
const surgeMigrations = `SELECT m.2 AS "Who", m.1 AS "Part", %s AS "Where", m.6 AS "Before", m.7 AS "Best or worst", m.8 / 86400 AS "Days at #1", m.9 / 86400 AS "Half-life, days",
    round(m.10, 3) + 0 AS "Stayed", m.4 AS "Since", m.5 AS "Until", name AS "Migration", basis AS "Basis", corroboration AS "Corroboration"
FROM (
    SELECT name, basis, corroboration, from, arrayJoin(arrayConcat(
        if(origin = '' OR origin_rank_before IS NULL, [], [('lost', origin_name, origin_chart, origin_delisted, origin_returned,
            if(origin_rank_before IS NULL, '', concat('#', toString(round(assumeNotNull(origin_rank_before))))),
            multiIf(origin_delisted IS NOT NULL, 'out of the store', origin_rank_worst IS NULL, '', concat('#', toString(assumeNotNull(origin_rank_worst)))),
            CAST(NULL AS Nullable(Float64)), CAST(NULL AS Nullable(Float64)), CAST(NULL AS Nullable(Float64)))]),
        arrayMap(d -> ('gained', d.2, d.10, toNullable(d.3), CAST(NULL AS Nullable(DateTime64(3, 'UTC'))),
            multiIf(d.4 IS NULL OR d.5 IS NULL, '', d.4 * d.5 > 200, 'beyond #200', concat('#', toString(round(assumeNotNull(d.4 * d.5))))),
            if(d.5 IS NULL, '', concat('#', toString(assumeNotNull(d.5)))),
            d.6 * 3600, d.7, greatest(0, 1 - d.8)), destinations))) AS m
    FROM v_migrations
    WHERE topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote}) AND from <= $__toTime AND ifNull(to, now64(3)) >= $__fromTime
)
ORDER BY from, "Migration", "Basis", "Part" = 'gained'
LIMIT 100`

const surgeFirst = `SELECT concat(subject_name, ', ', transform(family, ` + familyNames + `, family), %s) AS name, dateDiff('second', min(onset) OVER (), onset) / 3600 AS Value
FROM (
    SELECT family, basis, min(onset) AS onset, argMin(if(metric = 'rank', transform(subject, keys.1, keys.2, subject), concat('#', subject)), c.onset) AS subject_name
    FROM (SELECT family, basis, toString(metric) AS metric, toString(subject) AS subject, onset FROM v_corroboration
        WHERE topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote}) AND family != '' AND $__timeFilter(onset)) AS c
    GROUP BY family, basis
)
ORDER BY Value`

const surgeCorroboration = `SELECT if(metric = 'rank', transform(toString(subject), keys.1, keys.2, toString(subject)), concat('#', subject)) AS "Who", ` + familyName + ` AS "Source", onset AS "Onset",
    score AS "Score", transform(toString(first), ` + familyNames + `, toString(first)) AS "First", first_lead_s / 3600 AS "Hours after it",
    arrayStringConcat(arrayMap(m -> concat(transform(m.1, ` + familyNames + `, m.1), ' ', transform(m.4, keys.1, keys.2, m.4), if(m.6 >= 0, ' before by ', ' after by '), toString(toInt32(round(abs(m.6) / 3600))), ' h'), moved), '; ') AS "Who moved within 48 hours", others AS "Others", basis AS "Basis"
FROM v_corroboration
WHERE topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote}) AND $__timeFilter(onset)
ORDER BY onset
LIMIT 200`

// withKeys begins a query that shows names for what stores call their apps.
const withKeys = `WITH (SELECT (groupArray(app), groupArray(name)) FROM (
    SELECT app, any(e.name) AS name FROM entity_apps AS a INNER JOIN entity_names AS e ON e.id = a.entity GROUP BY app
    UNION ALL SELECT id AS app, name FROM entity_names)) AS keys
`
