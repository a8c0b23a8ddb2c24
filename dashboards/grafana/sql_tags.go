package grafana

import (
	"fmt"
	"strings"
)

// SQL about tags.

// tagsOfTopic are the tags of the chosen topics, for dashboards without a
// selector of tags.
const tagsOfTopic = `tag IN (SELECT member FROM v_topics WHERE kind = 'tag' AND topic IN (${topic:singlequote}))`

// chosenTags are those of the selectors.
const chosenTags = `tag IN (${tag:singlequote}) AND platform IN (${platform:singlequote})`

// loudestTags are, of the chosen ones, as many as can be told apart in one panel:
// of each metric the twelve with the busiest hour. Over some days that is found in
// whole days (UTC), of which ClickHouse keeps the busiest hour (the projection
// busiest of counts_hourly), and else in the hours themselves: the one of the two
// that does not fit the time range reads nothing. The table is asked without
// FINAL, which no maximum needs; of all tags none has to be named.
const loudestTags = `(metric, tag, target) IN (
            SELECT metric, subject, target FROM (
                ` + busiestHours + ` AND dateDiff('hour', $__fromTime, $__toTime) >= 96 AND toDate(hour) BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC')
                GROUP BY metric, subject, target
                UNION ALL
                ` + busiestHours + ` AND dateDiff('hour', $__fromTime, $__toTime) < 96 AND $__timeFilter(hour)
                GROUP BY metric, subject, target
            )
            ORDER BY busiest DESC NULLS LAST, highest DESC NULLS LAST
            LIMIT 12 BY metric)`

const busiestHours = `SELECT metric, subject, target, max(growth / over_h) AS busiest, max(level) AS highest FROM counts_hourly
                WHERE kind = 'tag' AND $__conditionalAll(subject IN (${tag:singlequote}), $tag) AND platform IN (${platform:singlequote}) AND basis IN (${basis:singlequote})`

// onlyLoudest says so under a panel.
const onlyLoudest = " Of everything that is counted, the twelve chosen tags with the busiest hour: choose fewer to see others."

// tagName says what a line of v_tags_hourly counts: #tag views, xiaohongshu.
const tagName = `concat('#', tag, ' ', replaceAll(toString(unit), '_', ' '), ', ', platform)`

// tagLevels are the levels of tags: how many there are in all, or today. The
// published figures of the same tags are points. Which series are drawn, a
// condition on v_tags_hourly says.
func tagLevels(condition, series string) string {
	return `SELECT time, series, ` + scaled("level_at", "level_at") + ` AS Value FROM (
    SELECT time, series, level_at FROM (
        SELECT $__timeInterval(hour) AS time, concat(` + tagName + ", " + basisSuffix("basis") + `) AS series, toNullable(max(level)) AS level_at
        FROM v_tags_hourly
        WHERE ` + series + ` AND level > 0 AND basis IN (${basis:singlequote}) AND $__timeFilter(hour)
        GROUP BY time, series
        UNION ALL
        SELECT $__timeInterval(middle) AS time,
            concat('#', tag, ' ', unit, ', ', platform, ' (reported)') AS series, toNullable(max(value)) AS level_at
        FROM (SELECT value, ` + middle + ` AS middle, trimLeft(toString(subject), '#') AS tag, splitByChar('/', scope)[2] AS platform, replaceRegexpOne(metric, '_total$', '') AS unit
            FROM reported WHERE startsWith(scope, 'tag/') AND value > 0)
        WHERE ` + condition + ` AND $__timeFilter(middle)
        GROUP BY time, series
    )
    ` + holes + `
)
ORDER BY time`
}

// tagGrowth is what was new by hour.
func tagGrowth(condition string) string {
	return `SELECT time, series, ` + scaled("new_per_hour", "new_per_hour") + ` AS Value FROM (
    SELECT time, series, new_per_hour FROM (
        SELECT $__timeInterval(hour) AS time, concat(` + tagName + ", " + basisSuffix("basis") + `) AS series,
            toNullable(sum(growth) / sum(over_h)) AS new_per_hour
        FROM v_tags_hourly
        WHERE ` + condition + ` AND growth IS NOT NULL AND over_h > 0 AND basis IN (${basis:singlequote}) AND $__timeFilter(hour)
        GROUP BY time, series
    )
    ` + holes + `
)
ORDER BY time`
}

// viewsOfTags is one number about the views of the topic's tags, of the basis that
// we know best: number is an aggregate of level or growth.
func viewsOfTags(number string) string {
	return `SELECT argMin(number, how) AS "Views" FROM (
    SELECT indexOf(` + bases + `, toString(basis)) AS how, ` + number + ` AS number FROM v_tags_hourly
    WHERE ` + viewedTags + ` AND basis IN (${basis:singlequote}) AND $__timeFilter(hour)
    GROUP BY basis
)`
}

// viewedTags are those of the topic whose views are counted.
const viewedTags = tagsOfTopic + ` AND unit = 'views'`

// hoursOfDay is, by day of a zone, which share of the day's new views, posts or
// uses fell into each hour of that zone. A day that was not seen whole is left
// out, because its shares would be too large; so is all that we do not know best. The time is the end of the day there.
func hoursOfDay(zone string) string {
	columns := make([]string, 24)
	for h := range columns {
		columns[h] = fmt.Sprintf(`avgOrNullIf(share, h = %d) AS "%02d:00"`, h, h)
	}
	return `SELECT toDateTime(day + 1, '` + zone + `') AS time,
    ` + strings.Join(columns, ",\n    ") + `
FROM (
    SELECT toDate(hour, '` + zone + `') AS day, toHour(hour, '` + zone + `') AS h, target, unit, basis,
        sum(growth) / nullIf(sum(sum(growth)) OVER (PARTITION BY day, target, unit, basis), 0) AS share,
        count() OVER (PARTITION BY day, target, unit, basis) AS seen, indexOf(` + bases + `, toString(basis)) AS how, min(how) OVER () AS best
    FROM v_tags_hourly
    WHERE ` + loudestTags + ` AND growth IS NOT NULL AND over_h = 1 AND basis IN (${basis:singlequote}) AND $__timeFilter(hour)
    GROUP BY day, h, target, unit, basis
)
WHERE seen >= 23 AND how = best
GROUP BY day
ORDER BY day`
}
