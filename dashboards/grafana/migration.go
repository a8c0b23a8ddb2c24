package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

const howLinesAreDrawn = "Solid lines were measured, dashed ones modelled, dotted ones imported; points are published figures. A hole in a line: nobody looked, or there was nothing to see."

// Migration is the home: who left, where they went, and whether they stayed.
func Migration() *Board {
	return NewBoard("tidemark-migration", "Migration at a glance",
		"Who left, where did they go, and did they stay?", FolderTrends).
		Variables(Topic(), Application(), Storefront(), ChartOf(false), Basis(), Language(), KnownRanks(), KnownTags(viewedTags), Answer(migrationAnswer())).
		Annotations(Events(), NobodyLooked("target IN (${chart:singlequote}) AND basis IN (${basis:singlequote})")).
		Panels(
			Question(1, "Who left, where did they go, and did they stay?",
				howLinesAreDrawn+" Days in this sentence are those of UTC, where TikTok's 18 January in New York ends on the 19th; curves follow the zone that is chosen."),
			Stat(About{
				ID: 8, Title: "Hours a destination was first${known_ranks}", Unit: "none", W: 6, H: 4,
				Description: "In how many hours of the time range the most successful destination of the topic was #1 of the chart at least once. Empty: none of them was seen.",
			}, hoursOfDestination()).Decimals(0),
			Stat(About{
				ID: 9, Title: "Days the origin was off the chart${known_ranks}", Unit: "none", W: 6, H: 4,
				Description: "How long the app that the crowd left was off the chart at a stretch, in days: from the first hour in which it was looked for and not there to the next in which it was. 0: it never was for more than a day. Empty: nobody looked for it.",
			}, daysOfOrigin()).Decimals(1),
			Stat(About{
				ID: 10, Title: "Views of the tag in all${known_tags}", Unit: "short", W: 6, H: 4,
				Description: "How often posts with the most viewed tag of the topic had been viewed by the end of the time range.",
			}, viewsOfTags("maxOrNull(level)")).Decimals(2),
			Stat(About{
				ID: 11, Title: "New views in its busiest hour${known_tags}", Unit: "short", W: 6, H: 4,
				Description: "How many views of a tag of the topic were new in the busiest hour of the time range.",
			}, viewsOfTags("maxOrNullIf(growth / over_h, over_h > 0)")).Decimals(1),
			rankPanel(2, 24, 12, "Place on the chart"),
			bandPanel(3, 24, 7),
			LogAxis(TimeSeries(About{
				ID: 4, Title: "The topic's tags, in all", Unit: "short", W: 12, H: 9,
				Description: "How often posts with the topic's tags had been viewed, written or discussed by then, on a logarithmic axis. Points are figures as published, in the middle of the time that they can be about.",
			}, plain(tagLevels(tagsOfTopic, tagsOfTopic)))),
			TimeSeries(About{
				ID: 5, Title: "New views of the topic's tags, per hour", Unit: "short", W: 12, H: 9,
				Description: "How many views of posts with the topic's tags were new in each hour: the height of the wave, and its end.",
			}, plain(tagGrowth(tagsOfTopic+" AND unit = 'views'"))),
			appTable(6, 24, 7, ""),
			Table(About{
				ID: 7, Title: "What happened", Unit: "none", W: 24, H: 9,
				Description: "Dated events as published, with who said so and how far it is to be trusted. The same events stand as bands on every panel with a time axis.",
			}, migrationEvents).OverrideByName("When (UTC)", width(190)).OverrideByName("Who", width(200)),
		)
}

// rankPanel shows places over time, #1 on top.
func rankPanel(id, w, h uint32, title string) *timeseries.PanelBuilder {
	return RankAxis(TimeSeries(About{
		ID: id, Title: title, Unit: "none", W: w, H: h,
		Description: "Best place of each app in each hour, or in each longer step where the time range is long. #1 is on top and the axis is logarithmic: from #10 to #1 is as far as from #100 to #10. A line ends where the app was not among the places that were looked at, where nobody looked, or where it was taken out of the store: the bands tell which. Points are places as reported by others.",
	}, rankLines()))
}

// bandPanel shows in which part of the chart each app was.
func bandPanel(id, w, h uint32) *statetimeline.PanelBuilder {
	return StateTimeline(About{
		ID: id, Title: "In which part of the chart, and why not", Unit: "none", W: w, H: h,
		Description: "The band of each app's best place in each step of time. Beyond the chart: we looked, and it was not among the places. Not fetched: nobody could look. Delisted: the store has no such app. Nothing drawn: nobody was to look, or nothing is known.",
	}, Bands(), bandLines())
}

// appTable says where each app stood; its first column leads to the app's ranks.
// columns are those that a dashboard with several charts needs besides.
func appTable(id, w, h uint32, columns string) *table.PanelBuilder {
	return Table(About{
		ID: id, Title: "From the beginning to the end", Unit: "none", W: w, H: h,
		Description: "Each app in the time range: its place in the first 24 hours, the best one with the first hour that had it, in how many hours it was first, and its place in the last 24 hours that were seen. An empty field: it was not on the chart then.",
	}, rankTable(columns)).
		OverrideByName("App", fields(toRanks("Ranks of this app", "${chart:queryparam}"))).
		OverrideByName("Hours at #1", fields(property("decimals", 0))).
		OverrideByName("id", hidden())
}

const migrationEvents = withNames + `SELECT ` + whenOf + ` AS "When (UTC)",
    arrayStringConcat(arraySort(groupArray(transform(toString(subject), names.1, names.2, toString(subject)))), ', ') AS "Who",
    what AS "What", any(publisher) AS "Said by", any(confidence) AS "Confidence"
FROM events
WHERE ifNull(at_from, at_to) <= $__toTime AND ifNull(at_to, at_from) >= $__fromTime
GROUP BY at_from, at_to, what
ORDER BY ifNull(at_from, at_to)`
