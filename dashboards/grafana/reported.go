package grafana

import "fmt"

const reportedQuestion = "Do the published figures agree with what was measured, and with each other?"

// Reported holds published figures against the curves, and against each other.
func Reported() *Board {
	app, basis := appName("entity"), basisSuffix("basis")
	tag := func(words, metrics string) string {
		return withFigures() + "SELECT time, series, Value FROM (" + fmt.Sprintf(reportedTag, basis, words, metrics) + ") ORDER BY time"
	}
	return NewBoard("tidemark-reported", "Measured and reported", reportedQuestion, FolderTrends).
		Variables(Topic(), Application(), Storefront(), ChartOf(false), Basis(), Language(), Answer(reportedAnswer())).
		Annotations(Events(), NobodyLooked("target IN (${chart:singlequote})")).
		Panels(
			Question(1, reportedQuestion,
				"A curve is what was looked at, or (dashed) modelled; a dot is a figure that somebody published, in the middle of the time that it can be about. They are never one line. A modelled curve was drawn through published figures: that it meets them says nothing."),
			Stat(About{
				ID: 2, Title: "What was published", Unit: "short", W: 24, H: 4,
				Description: "Published figures about the chosen apps and the tags of the topic, whenever they were published; how many sources counted them; and of how many both ends of the time that they can be about are known.",
			}, fmt.Sprintf(reportedCounts, firm)),
			published(RankAxis(TimeSeries(About{
				ID: 10, Title: "Place on the chart, and as published", Unit: "none", W: 24, H: 11,
				Description: "Best place in each hour of the apps about which a place on this chart was published, and the published places as dots in the app's colour. Figures in words only (in the top 5) are in the table.",
			}, withFigures()+"SELECT time, series, Value FROM ("+fmt.Sprintf(reportedRanks, app, basis)+") ORDER BY time"))),
			published(counts(LogAxis(TimeSeries(About{
				ID: 11, Title: "Views of the tag, and as published", Unit: "short", W: 12, H: 10,
				Description: "How often posts with the tag had been viewed in all, on a logarithmic axis; dots are published figures. Point at one to see who published it.",
			}, tag("'views'", "'views_total'"))))),
			published(counts(LogAxis(TimeSeries(About{
				ID: 12, Title: "Posts and comments, and as published", Unit: "short", W: 12, H: 10,
				Description: "How many posts and comments with the tag there were in all, on a logarithmic axis; dots are published figures. Point at one to see who published it.",
			}, tag("splitByChar('_', toString(metric))[1]", "'posts_total', 'discussions_total'"))))),
		).
		Row("What others counted").
		Panels(
			LogAxis(TimeSeries(About{
				ID: 13, Title: "People and downloads a day, as published", Unit: "short", W: 12, H: 10,
				Description: "Estimates of firms that count users and downloads, which nobody else can check: dots without a line. Two firms, or one before and after it changed its method, are not comparable.",
			}, withFigures()+reportedDaily)),
			table24(About{
				ID: 14, Title: "Three firms, three declines", Unit: "short", W: 12, H: 10,
				Description: "By how much each firm says that the destinations declined. They count different things over different times, so that all of them can be right: users or downloads, from a day to the next, or from one week to a month later. A loss of the two figures that a firm published about one thing is computed from the first and the last.",
			}, withFigures()+fmt.Sprintf(reportedDeclines, firm, appName("subject")),
				column("Who says so", 100), column("About", 80), column("What was counted", 280),
				column("Loss", 130, property("unit", "percentunit"), property("decimals", 0), property("min", 0), property("max", 1), gauge(), neutral())),
		).
		Row("Figure by figure").
		Panels(reportedTables()...)
}

func reportedTables() []panel {
	quantity := property("decimals", 2)
	return []panel{
		table24(About{
			ID: 20, Title: "Published beside ours", Unit: "short", W: 24, H: 13,
			Description: "One row per published figure and basis of ours. Comparable: same: the same thing at the same place was looked at; other scope or other metric: something near it; nothing measured: nobody looked then, or the time is not known. Ours: of a total the last value between from and to, of a rank the best place. What differs most stands first. At most ten minutes old.",
		}, withNames+fmt.Sprintf(reportedBeside, appName("subject")),
			col{"Comparable", append(colouredWords(map[string]string{"same": colourGood, "other scope": colourWarning, "other metric": colourWarning, "nothing measured": colourGap}), property("custom.width", 105))},
			column("About", 110), column("What", 180), column("Published", 120), column("Ours", 120), column("Ours / published", 125, quantity), column("Published by", 220),
			column("From", 125), column("To", 125), column("Confidence", 95), column("Basis", 80)),
		table24(About{
			ID: 21, Title: "Figures that contradict each other", Unit: "short", W: 24, H: 9,
			Description: "Pairs of published figures about the same thing that can be about the same moment and differ by more than a tenth. Of what grows quickly both can be right: look at the time that they have in common.",
		}, withFigures()+reportedConflicts,
			column("About", 130), column("What", 150), column("Says", 130), column("The lower", 220), column("says", 130), column("The higher", 220), column("Times", 80, quantity),
			column("Both can be about", 160), column("until", 160), column("Confidence in the lower", 160), column("in the higher", 120)),
	}
}
