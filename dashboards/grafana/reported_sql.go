package grafana

// withFigures begins a query over published figures that have a date: mid is
// the middle of the time that one can be about, firm who counted, and subjectName
// what is shown.
func withFigures() string {
	return withNames + `, figures AS (
    SELECT *, ifNull(at_to, at_from) AS till, ifNull(at_from, at_to) AS since,
        fromUnixTimestamp64Milli(intDiv(toUnixTimestamp64Milli(assumeNotNull(since)) + toUnixTimestamp64Milli(assumeNotNull(till)), 2), 'UTC') AS mid,
        ` + firm + ` AS firm,
        if(startsWith(subject, '#'), toString(subject), ` + appName("subject") + `) AS subject_name
    FROM reported
    WHERE at_from IS NOT NULL OR at_to IS NOT NULL
)
`
}

// firm is who counted: of the publisher "Similarweb blog; TechCrunch 2025-01-24"
// Similarweb.
const firm = "trimBoth(splitByRegexp(' blog| via | 20[0-9][0-9]|;|,| [(]', publisher)[1])"

// chosenFigures are those of the chosen apps and of the tags of the chosen topics.
const chosenFigures = `(subject IN (${app:singlequote}) OR subject IN (SELECT concat('#', member) FROM v_topics WHERE kind = 'tag' AND topic IN (${topic:singlequote})))`

func reportedAnswer() string {
	return `SELECT concat(toString(count()), ' figures by ', toString(uniqExact(firm)), ' sources were published; ',
    if(countIf(measured) = 0, 'none', toString(countIf(measured))), ' can be held against something that was measured, and ',
    toString(countIf(modelled AND NOT measured)), ' only against a curve that was drawn through them.') AS answer
FROM (SELECT id, any(` + firm + `) AS firm, max(comparable = 'same' AND basis IN ('measured', 'backfill', 'imported')) AS measured,
        max(comparable = 'same' AND basis = 'modelled') AS modelled
    FROM kept_reported_vs_measured WHERE ` + chosenFigures + ` GROUP BY id)`
}

const reportedCounts = `SELECT count() AS "Figures", uniqExact(firm) AS "Sources", countIf(at_from IS NOT NULL AND at_to IS NOT NULL) AS "Dated"
FROM (SELECT *, %s AS firm FROM reported WHERE ` + chosenFigures + `)`

const reportedRanks = `SELECT $__timeInterval(hour) AS time, concat(%s, %s) AS series, -toNullable(toFloat64(min(best))) AS Value
FROM v_ranks_hourly
WHERE target IN (${chart:singlequote}) AND basis IN (${basis:singlequote}) AND entity IN (${app:singlequote}) AND $__timeFilter(hour)
    AND entity IN (SELECT subject FROM figures WHERE metric = 'rank' AND value IS NOT NULL AND scope IN (${chart:singlequote}))
GROUP BY time, entity, basis
UNION ALL
SELECT $__timeInterval(mid) AS time, concat(subject_name, ' · ', publisher, ' (reported)') AS series, -toNullable(min(value)) AS Value
FROM figures
WHERE metric = 'rank' AND value IS NOT NULL AND scope IN (${chart:singlequote}) AND subject IN (${app:singlequote}) AND $__timeFilter(mid)
GROUP BY time, series`

// reportedTag is one total of a tag, where it stands and what was published.
const reportedTag = `SELECT $__timeInterval(hour) AS time, concat('#', tag, ', ', %[2]s, %[1]s) AS series, toNullable(max(level)) AS Value
FROM v_tags_hourly
WHERE tag IN (SELECT member FROM v_topics WHERE kind = 'tag' AND topic IN (${topic:singlequote})) AND metric IN (%[3]s)
    AND basis IN (${basis:singlequote}) AND level > 0 AND $__timeFilter(hour)
GROUP BY time, tag, metric, basis
UNION ALL
SELECT $__timeInterval(mid) AS time, concat(subject_name, ', ', %[2]s, ' · ', publisher, ' (reported)') AS series, toNullable(max(value)) AS Value
FROM figures
WHERE ` + chosenFigures + ` AND startsWith(subject, '#') AND metric IN (%[3]s) AND value > 0 AND $__timeFilter(mid)
GROUP BY time, series`

const reportedDaily = `SELECT $__timeInterval(mid) AS time, concat(subject_name, ' · ', splitByString(' (', metric)[1], ', ', firm, ' (reported)') AS series, toNullable(max(value)) AS Value
FROM figures
WHERE subject IN (${app:singlequote}) AND endsWith(unit, '/day') AND value > 0 AND $__timeFilter(mid)
GROUP BY time, series
ORDER BY time`

// reportedDeclines are what was published as a loss, and the losses that two
// figures of one source about one thing amount to, the first and the last of them.
const reportedDeclines = `SELECT firm AS "Who says so", subject_name AS "About", what AS "What was counted", loss AS "Loss"
FROM (
    SELECT firm, subject_name, metric AS what, -value / 100 AS loss, subject FROM (
        SELECT *, %[1]s AS firm, %[2]s AS subject_name FROM reported WHERE unit = 'percent' AND value < 0 AND value >= -100)
    UNION ALL
    SELECT firm, subject_name, concat(splitByString(' (', any(metric))[1], ', ', formatDateTime(min(mid), '%%e %%b'), ' to ', formatDateTime(max(mid), '%%e %%b')) AS what,
        1 - argMax(value, mid) / argMin(value, mid) AS loss, subject
    FROM figures
    WHERE endsWith(unit, '/day') AND value > 0
    GROUP BY firm, subject_name, subject, metric, unit, scope
    HAVING count() > 1 AND loss > 0
)
WHERE subject IN (${app:singlequote}) AND subject NOT IN (SELECT member FROM v_topics WHERE role = 'origin' AND topic IN (${topic:singlequote}))
ORDER BY "Loss" DESC
LIMIT 12`

// readable and inWords stand around a number: 390 thousand, 38.58 million, 1.4
// billion, with no zeros at the end.
const (
	readable = `replaceRegexpOne(replaceRegexpOne(formatReadableQuantity(`
	inWords  = `), '\\.00\\b', ''), '(\\.\\d)0\\b', '\\1')`
)

// saidInWords is a figure that is no plain number, its digits readable: of
// >1910000000 it makes >1.91 billion.
const saidInWords = `replaceOne(reported_text, extract(reported_text, '[0-9]{5,}'), if(match(reported_text, '[0-9]{5,}'), ` + readable + `toFloat64OrZero(extract(reported_text, '[0-9]{5,}'))` + inWords + `, ''))`

const reportedBeside = `SELECT comparable AS "Comparable", if(startsWith(subject, '#'), toString(subject), %s) AS "About", replaceOne(metric, '_total', '') AS "What",
    if(reported_text = '', ` + readable + `assumeNotNull(reported_value)` + inWords + `, ` + saidInWords + `) AS "Published",
    if(measured_value IS NULL, if(comparable = 'same', 'not on the chart', ''), ` + readable + `assumeNotNull(measured_value)` + inWords + `) AS "Ours",
    ratio AS "Ours / published", publisher AS "Published by", at_from AS "From", at_to AS "To", confidence AS "Confidence",
    basis AS "Basis"
FROM kept_reported_vs_measured
WHERE ` + chosenFigures + ` AND basis IN ('', ${basis:singlequote})
    AND (at_from IS NULL OR at_from <= $__toTime) AND (at_to IS NULL OR at_to >= $__fromTime)
ORDER BY comparable != 'same', abs(log(ratio)) DESC NULLS LAST, comparable = 'nothing measured', at_from
LIMIT 500`

// reportedConflicts are pairs of figures about the same thing whose times overlap
// and which differ by more than a tenth.
const reportedConflicts = `SELECT a.subject_name AS "About", replaceOne(a.what, '_total', '') AS "What", ` + readable + `assumeNotNull(a.value)` + inWords + ` AS "Says", a.publisher AS "The lower",
    ` + readable + `assumeNotNull(b.value)` + inWords + ` AS "says", b.publisher AS "The higher", b.value / a.value AS "Times",
    greatest(a.since, b.since) AS "Both can be about", least(a.till, b.till) AS "until", a.confidence AS "Confidence in the lower", b.confidence AS "in the higher"
FROM (SELECT *, splitByString(' (', metric)[1] AS what FROM figures WHERE value > 0 AND ` + chosenFigures + `) AS a
INNER JOIN (SELECT *, splitByString(' (', metric)[1] AS what FROM figures WHERE value > 0 AND ` + chosenFigures + `) AS b
    ON b.subject = a.subject AND b.what = a.what AND b.unit = a.unit AND b.scope = a.scope
WHERE b.value > 1.1 * a.value AND a.since <= b.till AND b.since <= a.till AND a.since <= $__toTime AND a.till >= $__fromTime
ORDER BY "Times" DESC
LIMIT 100`
