package grafana

import (
	"fmt"
	"strings"
)

// Pieces of SQL that several dashboards use, so that the same thing is said in
// the same way everywhere.

// withNames begins a query that shows names of apps in the chosen language:
// names has ids and names side by side, for appName. More may follow it after a
// comma.
const withNames = `WITH (SELECT (groupArray(id), groupArray(if('${lang}' = 'zh' AND zh != '', zh, name))) FROM entity_names) AS names
`

// appName is the name of an entity in the chosen language; it needs withNames.
func appName(entity string) string {
	return fmt.Sprintf("transform(toString(%s), names.1, names.2, toString(%[1]s))", entity)
}

// basisSuffix stands behind a line's name, and decides how the line is drawn:
// see basisOverrides. What was measured has none.
func basisSuffix(basis string) string { //nolint:unparam // a query over two tables says which
	return fmt.Sprintf("if(%s = 'measured', '', concat(' (', %[1]s, ')'))", basis)
}

// chartName says a chart's target for a person: App Store US, top free (overall).
func chartName(target string) string {
	return fmt.Sprintf(`concat(transform(splitByChar('/', toString(%[1]s))[2], ['apple', 'google'], ['App Store', 'Google Play'], splitByChar('/', toString(%[1]s))[2]),
    ' ', upper(splitByChar('/', toString(%[1]s))[3]), ', ', replaceAll(splitByChar('/', toString(%[1]s))[4], '-', ' '),
    if(splitByChar('/', toString(%[1]s))[5] = '', '', concat(' (', replaceAll(splitByChar('/', toString(%[1]s))[5], '-', ' '), ')')))`, target)
}

// scaled makes lines comparable, as the variable scale says: value as it is; the
// first ratio above 0 in the time range = 100; or value in standard deviations from
// its mean. What was measured, modelled and published of one thing is one there,
// and 100 is on its curve: else a figure would not lie where it lies.
func scaled(value, ratio string) string {
	const thing = `replaceOne(replaceOne(replaceOne(replaceOne(series, ' (modelled)', ''), ' (reported)', ''), ' (imported)', ''), ' (backfill)', '')`
	return strings.NewReplacer("{value}", value, "{ratio}", ratio, "{all}", "OVER (PARTITION BY "+thing+")").Replace(`multiIf(
    '${scale}' = 'indexed', 100 * {ratio} / argMinOrNullIf({ratio}, (endsWith(series, '(reported)'), time), {ratio} > 0) {all},
    '${scale}' = 'z', ({value} - avg({value}) {all}) / nullIf(stddevPop({value}) {all}, 0),
    {value})`)
}

// plain is a query with scaled in it, for a dashboard without the selector.
func plain(sql string) string { return strings.ReplaceAll(sql, "${scale}", "raw") }

// middle is the middle of the time that a published figure can be about; of one
// whose end is not known its beginning. Without a beginning it has no place on an
// axis, and its moment is 1970.
const middle = `toDateTime(intDiv(ifNull(toUnixTimestamp(at_from), 0) + coalesce(toUnixTimestamp(at_to), toUnixTimestamp(at_from), 0), 2))`
