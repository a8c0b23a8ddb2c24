package grafana

// Hashtags is the pulse of the tags: how loud, when in the day, and who was first.
func Hashtags() *Board {
	const question = "How loud is the tag, at which hours, and who talked first?"
	return NewBoard("tidemark-hashtags", "Hashtag pulse", question, FolderTrends).
		Variables(Topic(), Platform(), Tag(), Basis(), AttentionBy(), Scale(), Language(), KnownTags(loudestTags), Answer(hashtagsAnswer)).
		Annotations(Events(), NobodyLooked("splitByChar('/', toString(target))[1] = 'tag' AND splitByChar('/', toString(target))[4] IN (${tag:singlequote}) AND basis IN (${basis:singlequote})")).
		Panels(
			Question(1, question,
				howLinesAreDrawn+" Of two servers the same tag is never added up: each counts what it knows of."),
			LogAxis(TimeSeries(About{
				ID: 2, Title: "How many there are, ${scale}", Unit: "short", W: 24, H: 11,
				Description: "How often posts with the tag had been viewed, written or discussed by then, or how often it was used today, on a logarithmic axis. Points are figures as published, in the middle of the time that they can be about." + onlyLoudest,
			}, tagLevels(chosenTags, loudestTags))),
			LogAxis(TimeSeries(About{
				ID: 3, Title: "How many are new per hour, ${scale}", Unit: "short", W: 24, H: 9,
				Description: "How many were new in each hour, on a logarithmic axis. Where a count became smaller, or nobody looked for long, it is not known and nothing is drawn." + onlyLoudest,
			}, tagGrowth(loudestTags))),
		).
		Row("When in the day, on two clocks").
		Panels(
			Heatmap(About{
				ID: 4, Title: "Hours of the day in New York (US/Eastern)${known_tags}", Unit: "percentunit", W: 12, H: 11,
				Description: "Which share of a day's new views, posts or uses fell into each hour of the day, days and hours in US/Eastern time. An even day has 4 % in each hour. A day that was not seen whole is left out." + onlyLoudest,
			}, hoursOfDay("America/New_York")),
			Heatmap(About{
				ID: 5, Title: "Hours of the day in Shanghai (China)${known_tags}", Unit: "percentunit", W: 12, H: 11,
				Description: "The same, days and hours in China's time: what is a night here is a day there.",
			}, hoursOfDay("Asia/Shanghai")),
		).
		Row("Who has the attention, and who had it first").
		Panels(
			TimeSeries(About{
				ID: 6, Title: "Share of attention, by day", Unit: "percentunit", W: 14, H: 9,
				Description: "How what was said, read and searched of the apps of the chosen topics divides among them, day by day (UTC), by the chosen measure of attention: all apps together are 100 %. An app without a line was not seen.",
			}, attentionShare).Min(0).Max(1).Interval("1d"),
			TimeSeries(About{
				ID: 7, Title: "Between how many apps", Unit: "none", W: 10, H: 9,
				Description: "The effective number of apps that share the attention: 1 / sum of the squared shares (the inverse of the Herfindahl-Hirschman index), by family of sources. 1: one app has all of it.",
			}, attentionApps).Min(1).Interval("1d"),
			Table(About{
				ID: 8, Title: "Who leads, who follows", Unit: "none", W: 24, H: 6,
				Description: "Of each pair of families of sources: by how many hours the second is later where the two go together best, how well they do (Pearson's correlation of what is new by hour), and by how many hours the first surge of the one began before that of the other. Over the newest 90 days of the topic. A correlation is no cause.",
			}, leadLag).
				OverrideByName("First surge earlier by, hours", fields(property("decimals", 0))).
				OverrideByName("Correlation", fields(property("decimals", 2))),
		)
}

// byDays ends a query by days with a moment of nothing for each day without any
// row. A day that began before the time range is drawn from where that begins.
// Where there are few days each goes on to its end: a single point is no line.
const byDays = `
    ORDER BY day WITH FILL STEP toIntervalDay(1) INTERPOLATE (series)
)
ORDER BY time`

const dayDrawn = `SELECT arrayJoin(arraySlice([greatest(toDateTime(day, 'UTC'), $__fromTime), least(toDateTime(day, 'UTC') + 86399, $__toTime)], 1, if(dateDiff('hour', $__fromTime, $__toTime) < 48, 2, 1))) AS time, series, Value FROM (
    `

// attentionShare divides among the apps of all chosen topics: one that is in two
// of them counts once.
const attentionShare = withNames + dayDrawn + `SELECT day,
        concat(transform(toString(entity), names.1, names.2, name), if(basis = 'measured', '', concat(' (', basis, ')'))) AS series,
        toNullable(value / sum(value) OVER (PARTITION BY day, basis)) AS Value
    FROM (
        SELECT day, basis, entity, any(toString(entity_name)) AS name, max(s.value) AS value
        FROM v_attention_share AS s
        WHERE topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote}) AND day BETWEEN toDate($__fromTime) AND toDate($__toTime)
            AND concat(family, ' ', metric) IN (${attention:singlequote})
        GROUP BY day, basis, entity
    )` + byDays

const attentionApps = dayDrawn + `SELECT day,
        concat('Apps · ', if(length([${topic:singlequote}]) > 1, concat(toString(topic), ', '), ''), ` + familyName + `, ', ', replaceAll(toString(metric), '_', ' '), if(basis = 'measured', '', concat(' (', basis, ')'))) AS series,
        toNullable(1 / sum(share * share)) AS Value
    FROM v_attention_share
    WHERE topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote}) AND day BETWEEN toDate($__fromTime) AND toDate($__toTime)
    GROUP BY day, topic, series` + byDays

const leadLag = `SELECT topic AS "Topic", basis AS "Basis", transform(toString(leader), ` + familyNames + `, toString(leader)) AS "First", transform(toString(follower), ` + familyNames + `, toString(follower)) AS "Then", lag_h AS "Hours later", correlation AS "Correlation",
    hours AS "Hours compared", onset_lead_h AS "First surge earlier by, hours"
FROM v_lead_lag
WHERE topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote})
ORDER BY correlation DESC`

// hashtagsAnswer names the loudest hour of the loudest tag.
const hashtagsAnswer = `SELECT if(count() = 0, 'None of the chosen tags grew in this time, or nobody looked.', concat(
    argMax(concat('#', tag, ' was loudest on ', formatDateTime(hour, '%e %M at %H:00'), ' UTC (', formatDateTime(hour, '%e %M %H:00', 'America/New_York'), ' in New York, ',
        formatDateTime(hour, '%e %M %H:00', 'Asia/Shanghai'), ' in Shanghai): ', formatReadableQuantity(growth), ' new ', toString(unit), ' on ', platform, ' in that hour'), growth),
    argMax(concat(', of ', formatReadableQuantity(last), ' by the end.', if(basis = 'measured', '', concat(' (This is ', basis, ', not measured.)'))), growth))) AS answer
FROM (
    SELECT hour, tag, unit, platform, basis, growth / over_h AS growth, max(ifNull(level, 0)) OVER (PARTITION BY tag, platform, unit, basis) AS last
    FROM v_tags_hourly
    WHERE ` + loudestTags + ` AND growth > 0 AND over_h > 0 AND basis IN (${basis:singlequote}) AND $__timeFilter(hour)
)`
