package grafana

import (
	"fmt"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const surgeQuestion = "How fast did it rise, how long did it last, and what was left of it?"

// Surge is the anatomy of surges: on the way up as everybody tells it, and on the
// way down.
func Surge() *Board {
	app, basis := appName("entity"), basisSuffix("basis")
	return NewBoard("tidemark-surge", "Surge and decline", surgeQuestion, FolderTrends).
		Variables(Topic(), Application(), Storefront(), ChartOf(false), Basis(), Language(), Answer(surgeAnswer())).
		Annotations(Events(), NobodyLooked("target IN (${chart:singlequote})")).
		Panels(Question(1, surgeQuestion,
			"The numbers are those of the app that stood best on the chosen chart. The dots on the curves are the moments at which its rules found a turn: *is noticed*, *turns*, *half is gone*, *surges again*, *ends*. What a half-life is and how it is fitted stands in docs/alert-rules.md.")).
		Panels(surgeNumbers()...).
		Panels(
			marks(RankAxis(TimeSeries(About{
				ID: 10, Title: "Place on the chart, and where each surge turned", Unit: "none", W: 24, H: 11,
				Description: "Best place of each app in each hour; #1 is on top and the axis is logarithmic. Dots mark what the rules found: where a surge is noticed, turns, has lost half of what it had won, surges again and ends. Nothing is drawn where the app was not on the chart, had left the store, or nobody looked.",
			}, withNames+"SELECT time, series, Value FROM ("+fmt.Sprintf(surgeRanks, app, basis, app)+") ORDER BY time"))),
			StateTimeline(About{
				ID: 11, Title: "What each surge was doing", Unit: "none", W: 24, H: 7,
				Description: "Each app's episodes on the chosen chart, cut into phases: rises; at #1; declines, once the rules were sure of the turn; half of what was won is gone. Empty: no episode lasts. Black: the store had no such app, so there was nothing to rank.",
			}, surgePhases(), withNames+fmt.Sprintf(surgeStates, app, basis)),
			marks(counts(LogAxis(TimeSeries(About{
				ID: 12, Title: "What was said, by the hour", Unit: "short", W: 24, H: 9,
				Description: "New posts, views or comments per hour of the tags of the topic, on a logarithmic axis. Where a total was read less often than each hour, its growth is spread over the hours between. Dots mark the turns of their surges, as above.",
			}, "SELECT time, series, Value FROM ("+fmt.Sprintf(surgeTags, basis)+") ORDER BY time")))),
		).
		Row("The way down").
		Panels(surgeTables()...)
}

// onsetUnit is a day and an hour: the year is above, and looks are hours apart.
const onsetUnit = "time:D MMM HH:mm"

// surgeNumbers are six numbers about the leading surge.
func surgeNumbers() []panel {
	number := func(id uint32, title, description, unit, column string) panel {
		p := Stat(About{ID: id, Title: title, Description: description, Unit: unit, W: 4, H: 4}, "SELECT "+column+" AS \""+title+"\" "+leadingSurge)
		switch unit {
		case onsetUnit:
			return p
		case "none":
			return p.Mappings(placeLabels())
		case "percentunit":
			return p.Decimals(0)
		default:
			return p.Decimals(1)
		}
	}
	return []panel{
		number(2, "Onset", "When the surge began: the first moment that the detector counts to it, not when it was noticed.", onsetUnit, "toUnixTimestamp64Milli(onset)"),
		number(3, "Days to the peak", "From the onset to the first moment at the best place.", "short", "time_to_peak_s / 86400"),
		number(4, "Peak", "The best place of the episode.", "none", "peak"),
		number(5, "Days at #1", "How long it stood at #1 in this episode, all looks together.", "short", "at_first_s / 86400"),
		number(6, "Half-life in days", "From the last look at the height of the peak until half of what was won had been lost, in two looks. As measured; the fitted one with its interval is in the table.", "short", "half_life_s / 86400"),
		number(7, "Given back", "Share of the rise that had been lost when it settled: 100 % is back where it began. Known when the episode is over.", "percentunit", "round(given_back, 3) + 0"),
	}
}

func surgeTables() []panel {
	app, basis := appName("entity"), basisSuffix("basis")
	one := property("decimals", 1)
	return []panel{
		BarGauge(About{
			ID: 20, Title: "Half-life of the decline, in days", Unit: "short", W: 12, H: 7,
			Description: "How many days it took each app to lose half of what it had won on the chosen chart, from the last look at its height on.",
		}, withNames+fmt.Sprintf(surgeHalfLives, app, basis)).Decimals(1).Min(0),
		BarGauge(About{
			ID: 21, Title: "Share of the rise that was given back", Unit: "percentunit", W: 12, H: 7,
			Description: "How much of its rise each app had lost when its surge was over. More than all of it, as of an app that then left the store, is shown as 100 %; the table has the number.",
		}, withNames+fmt.Sprintf(surgeGivenBack, app, basis)).Decimals(0).Min(0).Max(1),
		table24(About{
			ID: 22, Title: "Anatomy of each surge", Unit: "short", W: 24, H: 12,
			Description: "One row per surge: of the chosen chart first, then of other charts, then of tags. Multiple: the peak as a multiple of what was usual before (of ranks: usual / peak). Fitted: half-life of the exponential decline that fits best, with its 80 % interval. Given back: more than 100 % is below where it began.",
		}, withNames+fmt.Sprintf(surgeAnatomy, app, chartName("target")),
			column("Who", 90), column("Where", 200), column("Onset", 125), column("Days to the peak", 80, one), column("Peak", 90),
			column("Multiple", 75, property("decimals", 0)), column("Days at #1", 70, one), column("Half-life, days", 75, one),
			column("Given back", 120, property("unit", "percentunit"), property("decimals", 0), property("min", 0), property("max", 1), gauge(), neutral()),
			column("Fitted (80 %)", 135), column("Back at", 125), column("From", 95), column("Days in top 10", 70, one), column("State", 60), column("Basis", 75)),
		table24(About{
			ID: 23, Title: "Who lost, who gained, and how much stayed", Unit: "short", W: 24, H: 10,
			Description: "One row per app of each migration. Lost: the app that people left; since and until are when a store had it no more. Gained: the leading surge of each destination. Stayed: the share of the rise that was not given back; empty: not over. Corroboration: 1 - 0.5 ^ n, n being the other independent sources that moved within 48 hours.",
		}, fmt.Sprintf(surgeMigrations, "if(m.3 = '', '', "+chartName("m.3")+")"),
			column("Who", 110), column("Part", 70), column("Where", 250), column("Before", 100), column("Best or worst", 110), column("Days at #1", 85, one), column("Half-life, days", 110, one),
			column("Stayed", 120, property("unit", "percentunit"), property("decimals", 0), property("min", 0), property("max", 1), gauge(), neutral()),
			column("Since", 130), column("Until", 130), column("Migration", 130), column("Basis", 80), column("Corroboration", 100, property("decimals", 2))),
		BarGauge(About{
			ID: 24, Title: "Who moved first, and how many hours later the others", Unit: "short", W: 24, H: 5,
			Description: "How many hours after the first each independent source of the topic moved. All of Apple's charts and pages are one source, and so are all of Google's.",
		}, withKeys+fmt.Sprintf(surgeFirst, basis)).Decimals(0).Min(0),
		table24(About{
			ID: 25, Title: "Who else moved", Unit: "short", W: 24, H: 9,
			Description: "One row per surge of the topic. Score: 0 nobody else moved within 48 hours, 0.5 one other independent source, 0.75 two, 0.88 three.",
		}, withKeys+surgeCorroboration,
			column("Who", 90), column("Source", 85), column("Onset", 125), column("Score", 60, property("decimals", 2)),
			column("First", 85), column("Hours after it", 70, property("decimals", 0)), column("Who moved within 48 hours", 560, wrapped()), column("Others", 60), column("Basis", 75)),
	}
}

// placeLabels say #1 for 1.
func placeLabels() []dashboard.ValueMapping {
	labels := make(map[string]dashboard.ValueMappingResult, deepest)
	for rank := 1; rank <= deepest; rank++ {
		labels[strconv.Itoa(rank)] = dashboard.ValueMappingResult{Text: new("#" + strconv.Itoa(rank))}
	}
	return []dashboard.ValueMapping{valueMap(labels)}
}
