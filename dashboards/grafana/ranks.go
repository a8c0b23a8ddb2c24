package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
)

// Ranks is the rank explorer: any chart, any app, any span of time.
func Ranks() *Board {
	return NewBoard("tidemark-ranks", "Rank explorer",
		"Where does each app stand, on which chart, and who is moving?", FolderTrends).
		Variables(Topic(), Application(), Storefront(), ChartOf(true), Basis(), Scale(), Language(), Answer(ranksAnswer())).
		Annotations(Events(), NobodyLooked("target IN (${chart:singlequote}) AND basis IN (${basis:singlequote})")).
		Panels(
			Question(1, "Where does each app stand, on which chart, and who is moving?",
				howLinesAreDrawn+" Choose several charts to compare stores: the chart then stands behind the app's name."),
			rankPanel(2, 24, 12, "Place on the chart"),
			bandPanel(3, 24, 8),
			TimeSeries(About{
				ID: 4, Title: "Strength, ${scale}", Unit: "none", W: 14, H: 9,
				Description: "Places made comparable: log10(200 / rank) is 0 at #200, 1 at #20 and 2.3 at #1, which goes about as the installs do. The selector Scale turns it into an index of 200 / rank (where the app stood first in the time range is 100: from #200 to #1 is 20,000) or into standard deviations from the line's own mean (z).",
			}, strengthLines()),
			BarGauge(About{
				ID: 5, Title: "Hours at #1", Unit: "none", W: 10, H: 9,
				Description: "In how many hours of the time range an app was first at least once. Who never was is not there.",
			}, hoursAtFirst()).Decimals(0),
			moversTable(6, 24, 7),
			appTable(7, 24, 7, `chart AS "Chart", `),
		).
		Row("Who has how much of the attention that the charts show").
		Panels(
			TimeSeries(About{
				ID: 8, Title: "Share of the charts' attention", Unit: "percentunit", W: 14, H: 9,
				Description: "How the strength of the chosen apps on the chosen charts divides among them: log10(200 / rank) of an app, as a share of all of them. An app that was not seen in a step has no share in it.",
			}, shareLines()).Min(0).Max(1),
			TimeSeries(About{
				ID: 9, Title: "Between how many apps", Unit: "none", W: 10, H: 9,
				Description: "The effective number of apps that share the attention: 1 / sum of the squared shares (the inverse of the Herfindahl-Hirschman index). 1: one app has all of it; as many as there are apps: all have the same.",
			}, effectiveApps()).Min(1).ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassicByName)),
		)
}

// moversTable is who moved between the beginning and the end of the time range.
func moversTable(id, w, h uint32) *table.PanelBuilder {
	return Table(About{
		ID: id, Title: "Movers", Unit: "none", W: w, H: h,
		Description: "Where each app stood in the 24 hours before the time range, where it stood last in it, and what that is. New: it had not been on the chart in the 30 days before. The distance is ln(before / now): above 0 it rose, and 0.7 is twice as far up. Sorted by it.",
	}, moversSQL()).
		OverrideByName("App", fields(toRanks("Ranks of this app", "var-chart=${__data.fields.target}"))).
		OverrideByName("Days at #1", fields(property("unit", "none"), property("decimals", 1))).
		OverrideByName("Distance", fields(property("decimals", 2))).
		OverrideByName("id", hidden()).
		OverrideByName("target", hidden())
}
