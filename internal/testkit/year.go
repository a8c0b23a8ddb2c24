package testkit

import (
	"fmt"
	"strconv"
	"strings"
)

// YearDays is how long a year of FillYear is.
const YearDays = 360

// Year is a made-up year up to now, for benchmarks: looks every half an hour at
// charts of 200 places, which make five sixths of the readings, and at tags with
// two. A hundredth of the looks failed. 100 million readings have 10 million
// looks.
type Year struct {
	Readings int
	// Apps and Tags are who is watched: the first of the apps on the charts of
	// Apple's store, and the first of the tags at the server mastodon.social.
	Apps, Tags []string
}

// Fill writes the year, and what the rollups make of its readings and looks by
// hour. Nothing is there twice, so that is plainly computed. exec runs a
// statement.
func (y Year) Fill(exec func(sql string) error) error {
	for month := range YearDays / 30 {
		for _, sql := range y.month(month) {
			if err := exec(sql); err != nil {
				return fmt.Errorf("fill month %d: %w", month, err)
			}
		}
	}
	// What stands in the tables is not to be computed once more.
	return exec(`INSERT INTO rollup_runs (rollup, upto) SELECT arrayJoin(['readings_hourly', 'readings_daily', 'looks_hourly']), now64(3)`)
}

func (y Year) month(month int) []string {
	const ticks = YearDays * 48
	charts, tags := max(1, y.Readings*84/100/200/ticks), max(1, y.Readings*16/100/2/ticks)
	words := strings.NewReplacer(
		"{charts}", strconv.Itoa(charts), "{tags}", strconv.Itoa(tags), "{both}", strconv.Itoa(charts+tags), "{first}", strconv.Itoa(month*ticks/12), "{n}", strconv.Itoa(ticks/12),
		"{apps}", list(y.Apps), "{words}", list(y.Tags),
		"{chart}", "concat('chart/apple/', ['us', 'gb', 'de', 'jp', 'fr', 'ca'][k % 6 + 1], '/top-free/', if(k < 6, 'overall', toString(intDiv(k, 6))))",
		"{tag}", "if(k < length({words}), {words}[k + 1], toString(k))",
		"{slot}", "(toStartOfHour(now64(3, 'UTC')) - toIntervalMinute(30 * tick))",
	)
	const hour = "toStartOfHour(toDateTime(at, 'UTC'))"
	var out []string
	for _, sql := range []string{
		`INSERT INTO looks (source, target, basis, slot, seen_at, outcome, reason, depth, readings, every_s)
			WITH {first} + intDiv(number, {both}) AS tick, number % {both} AS c, toInt64(c) - {charts} AS t, if(t < 0, c, toUInt64(greatest(t, 0))) AS k, cityHash64(tick, c) % 100 = 0 AS bad
			SELECT if(t < 0, 'appstore', 'mastodon'), if(t < 0, {chart}, concat('tag/mastodon.social//', {tag})), 'measured',
				{slot} AS s, s + 2, if(bad, 'failed', 'ok'), if(bad, 'HTTP 503', ''), if(t < 0 AND NOT bad, 200, 0), 1, 1800
			FROM numbers({both} * {n})`,
		`INSERT INTO readings (source, target, basis, metric, subject, at, slot, seen_at, value)
			WITH {first} + intDiv(number, {charts} * 200) AS tick, intDiv(number, 200) % {charts} AS k, number % 200 AS j,
				(tick * 7 + j * 13 + k) % 1000 AS app, {apps} AS apps, cityHash64(tick, k) % 100 = 0 AS bad
			SELECT 'appstore', {chart}, 'measured', 'rank', if(app % 37 = 0 AND intDiv(app, 37) < length(apps), apps[intDiv(app, 37) + 1], toString(1000000000 + app)),
				{slot} AS s, s, s + 2, j + 1
			FROM numbers({charts} * 200 * {n}) WHERE NOT bad`,
		`INSERT INTO readings (source, target, basis, metric, subject, at, slot, seen_at, value)
			WITH {first} + intDiv(number, {tags} * 2) AS tick, intDiv(number, 2) % {tags} AS k, cityHash64(tick, k + {charts}) % 100 = 0 AS bad, {tag} AS tag
			SELECT 'mastodon', concat('tag/mastodon.social//', tag), 'measured', if(number % 2 = 0, 'uses_today', 'accounts_today'), tag,
				{slot} AS s, s, s + 2, (toHour(s) * 2 + toMinute(s) / 30) * (1 + k % 7) * (1 + tick % 3)
			FROM numbers({tags} * 2 * {n}) WHERE NOT bad`,
		`INSERT INTO readings_hourly (bucket, source, target, subject, metric, basis, first, last, min, max, avg, count, version)
			SELECT ` + hour + ` AS bucket, source, target, subject, metric, basis, argMin(value, at), argMax(value, at), min(value), max(value), avg(value), count(), 1
			FROM readings
			WHERE basis = 'measured' AND source IN ('appstore', 'mastodon') AND at > {newest} - toIntervalMinute(30 * {n}) AND at <= {newest}
			GROUP BY bucket, source, target, subject, metric, basis
			SETTINGS max_bytes_before_external_group_by = 500000000`,
		`INSERT INTO looks_hourly (hour, source, target, basis, ticks, good, depth, first_slot, last_slot, every_s, version)
			SELECT toStartOfHour(toDateTime(l.slot, 'UTC')) AS hour, source, target, basis, count(), countIf(outcome = 'ok'), max(l.depth), min(l.slot), max(l.slot), 1800, 1
			FROM looks AS l
			WHERE basis = 'measured' AND source IN ('appstore', 'mastodon') AND l.slot > {newest} - toIntervalMinute(30 * {n}) AND l.slot <= {newest}
			GROUP BY hour, source, target, basis`,
	} {
		sql = strings.ReplaceAll(sql, "{newest}", "(toStartOfHour(now64(3, 'UTC')) - toIntervalMinute(30 * {first}))")
		out = append(out, words.Replace(words.Replace(sql)))
	}
	return out
}

// list is an array of texts as SQL has it.
func list(words []string) string {
	if len(words) == 0 {
		return "emptyArrayString()"
	}
	return "['" + strings.Join(words, "', '") + "']"
}
