package grafana

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
)

const qualityQuestion = "Can the numbers be trusted, and where are the holes?"

// Quality is about our own looking: nothing of it is about what the crowd does.
func Quality() *Board {
	return NewBoard("tidemark-quality", "Data quality and gaps", qualityQuestion, FolderOperations).
		Variables(
			choice{
				name: "source", label: "Source", description: "The sources that looked in the time range.",
				sql: "SELECT DISTINCT source AS value FROM look_days WHERE day BETWEEN toDate($__fromTime) AND toDate($__toTime) ORDER BY value",
			},
			Basis(), Answer(qualityAnswer)).
		Annotations(Events(), NobodyLooked("source IN (${source:singlequote})")).
		Panels(
			Question(1, qualityQuestion,
				"A look is one attempt to see one target: *ok*, *empty* (nothing was there), *failed* (nobody could look) or *refused* (the answer was not understood). A missing value is never 0: it is a gap with a reason. Choose a longer time range to see the past."),
		).
		Panels(qualityStats()...).
		Panels(
			coverageMap(About{
				ID: 10, Title: "How much of the schedule was kept", Unit: "percentunit", W: 24, H: 10,
				Description: "Looks that saw something, as a share of what the intervals of each source's targets want, by day (UTC). Dark: all of it; pale: little; empty: no look at all. v_coverage_between tells it target by target.",
			}, fmt.Sprintf(qualityCoverage, basisSuffix("basis"))),
			lines(bars(TimeSeries(About{
				ID: 11, Title: "Looks by outcome", Unit: "short", W: 12, H: 9,
				Description: "How many looks there were, by what came of them.",
			}, qualityOutcomes).Interval("5m")), [2]string{"ok", "#7fa7d8"}, [2]string{"empty", "#c9d6e8"}, [2]string{"failed", colourWarning}, [2]string{"refused", colourBad}),
			TimeSeries(About{
				ID: 12, Title: "How deep the charts were", Unit: "short", W: 12, H: 9,
				Description: "How many places each chart had, the fewest of each moment. A chart that becomes shorter makes apps vanish that are still there: the store has changed something, or the answer was cut short.",
			}, fmt.Sprintf(qualityDepth, chartName("target"), basisSuffix("basis"))).Interval("1h").Min(0),
			bars(TimeSeries(About{
				ID: 13, Title: "Numbers, by how they came to be", Unit: "short", W: 12, H: 9,
				Description: "Readings that the looks brought, by basis: measured, back-filled, imported or modelled.",
			}, qualityByBasis).Interval("5m")),
			TimeSeries(About{
				ID: 14, Title: "How long a look took", Unit: "s", W: 12, H: 9,
				Description: "The time that nineteen of twenty looks of a source stayed below, with all their waiting for their turn.",
			}, qualityTook).Interval("1h").Min(0),
		).
		Row("The ledgers").
		Panels(qualityTables()...)
}

func qualityStats() []panel {
	return []panel{
		Stat(About{
			ID: 2, Title: "Targets that are looked at, now", Unit: "short", W: 10, H: 4,
			Description: "Fresh: looked at in time. Late: no good look for 1.5 intervals. Stale: nobody looks any more. Broken: we look and cannot see. As it was at most a minute ago.",
		}, qualityStates),
		Stat(About{ID: 3, Title: "Looks that saw something", Unit: "percentunit", W: 4, H: 4, Description: "Share of the looks of the time range that were ok or empty. Looks that never took place are gaps, and not in it."}, qualitySaw).Decimals(1),
		Stat(About{ID: 4, Title: "Gaps", Unit: "short", W: 6, H: 4, Description: "Spans in which nobody saw a target, that lie in the time range or reach into it; and how many of them last. Up to two minutes behind."}, qualityGapCount),
		Stat(About{ID: 5, Title: "Not understood", Unit: "short", W: 4, H: 4, Description: "Looks whose answer was refused because it had another shape than is known. The answers are kept."}, qualityRefused),
	}
}

func qualityTables() []panel {
	states := colouredWords(map[string]string{"fresh": colourGood, "late": "#b58900", "stale": colourBad, "broken": colourBad})
	outcomes := colouredWords(map[string]string{"failed": "#b58900", "refused": colourBad})
	seconds := property("unit", "s")
	return []panel{
		table24(About{
			ID: 20, Title: "How each target is now", Unit: "short", W: 24, H: 10,
			Description: "One row per target that is looked at, the worst first, whatever the time range. A target that was taken out of the configuration stays here and goes stale.",
		}, qualityFreshness, col{"State", append(states, property("custom.width", 80))}, column("Source", 140), column("Target", 280), column("Since", 160), column("Why", 360),
			column("Last good look", 160), column("Last look", 160), column("Looked at every", 120, seconds), column("Failures in a row", 120)),
		table24(About{
			ID: 21, Title: "Gap ledger", Unit: "short", W: 24, H: 10,
			Description: "Spans in which nobody saw a target, between two good looks that are more than 1.5 intervals apart, with the last reason. They are drawn on every dashboard, and closed by themselves when a look comes late or is replayed. Up to two minutes behind: gaps_between knows at once.",
		}, qualityGaps, column("From", 160), column("To", 160), column("Lasted", 100, seconds), column("Open", 70), column("Source", 140), column("Target", 280), column("Basis", 90), column("Why", 360), column("Looks missed", 110)),
		table24(About{
			ID: 22, Title: "Troubles of sources", Unit: "short", W: 24, H: 8,
			Description: "What the rules about our own looking found: a source that is stale, looks that fail, a shape that has changed, a list that is shorter, the same answer again and again.",
		}, qualityTroubles, column("Since", 160), column("Until", 160), column("State", 70), column("Severity", 100, property("decimals", 2), property("min", 0), property("max", 1), gauge(), neutral()),
			column("Rule", 130), column("Source", 140), column("Target", 260), column("What", 420, wrapped()), column("What to do", 320, wrapped())),
		table24(About{
			ID: 23, Title: "Why looks saw nothing", Unit: "short", W: 24, H: 8,
			Description: "Looks of the time range that failed or were refused, by source and reason. What was refused is kept in the topic tidemark.rejected.v1.",
		}, qualityReasons, col{"Outcome", append(outcomes, property("custom.width", 90))}, column("Source", 140), column("Why", 460), column("Looks", 80), column("Targets", 80), column("First", 160), column("Last", 160), column("HTTP status", 100)),
		table24(About{
			ID: 24, Title: "Imports", Unit: "short", W: 24, H: 7,
			Description: "Who brought which numbers, when, and where they had been published. Begun: its end has not come, so it is under way or was cut short. Whatever the time range.",
		}, qualityImports, column("When", 160), column("Name", 220), column("Brought by", 150), column("Came as", 90), column("State", 80), column("Rows", 90), column("Size", 90, property("unit", "bytes")), column("Published at", 280), column("Note", 300)),
	}
}

// coverageMap is a heat map with a row for each line of a time series.
func coverageMap(a About, sql string) *heatmap.PanelBuilder {
	return Heatmap(a, sql).Targets([]cog.Builder[variants.Dataquery]{Series(sql)}).Interval("1d").
		Color(heatmap.NewHeatmapColorOptionsBuilder().Mode(heatmap.HeatmapColorModeScheme).Scheme("Blues").Steps(64).Min(0).Max(1))
}
