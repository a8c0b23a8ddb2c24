package grafana

// Migration is the home: who left, where they went, and whether they stayed.
func Migration() *Board {
	return NewBoard("tidemark-migration", "Migration at a glance",
		"Who left, where did they go, and did they stay?", FolderTrends).
		Variables(Topic(), Application(), Storefront(), ChartOf(false), Basis(), Language(), Answer(migrationAnswer)).
		Annotations(Events(), NobodyLooked("target IN (${chart:singlequote})")).
		Panels(
			Question(1, "Who left, where did they go, and did they stay?",
				"Solid lines were measured, dashed ones modelled, dotted ones imported; points are published figures. A hole in a line: nobody looked, or the app was not on the chart."),
			RankAxis(TimeSeries(About{
				ID: 2, Title: "Place on the chart", Unit: "none", W: 24, H: 11,
				Description: "Best place of each app in each hour (or longer, where the time range is long). #1 is on top and the axis is logarithmic: from #10 to #1 is as far as from #100 to #10. A line ends where the app was not among the places that were looked at, or was taken out of the store.",
			}, migrationRanks())),
		)
}

const migrationAnswer = `SELECT ifNull(any(explanation), 'No migration was found in this time range.') AS answer
FROM (SELECT explanation FROM v_migrations
    WHERE topic IN (${topic:singlequote}) AND basis IN (${basis:singlequote}) AND from <= $__toTime AND ifNull(to, now()) >= $__fromTime
    ORDER BY severity DESC LIMIT 1)`

// migrationRanks are the lines: an app, its basis where it was not measured, and
// -rank.
func migrationRanks() string {
	return withNames + `SELECT $__timeInterval(slot) AS time,
    concat(` + appName("entity") + ", " + basisSuffix("basis") + `) AS series,
    -toFloat64(minIf(rank, state = 'ranked')) AS Value
FROM v_ranks
WHERE target IN (${chart:singlequote}) AND basis IN (${basis:singlequote}) AND entity IN (${app:singlequote}) AND $__timeFilter(slot)
GROUP BY time, entity, basis
ORDER BY time`
}
