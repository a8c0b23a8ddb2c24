package grafana

import (
	"slices"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/text"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// About is what every panel has to say. Board refuses a panel that leaves
// something out.
type About struct {
	// ID is unique on the dashboard and stays: links and alert rules name it.
	ID uint32
	// Title says what is seen; Description how to read it and where it is from.
	Title, Description string
	// Unit is one of Grafana's own units (short, percentunit, s, none, ...).
	Unit string
	// W is the width in columns of 24, H the height in rows of 30 pixels.
	W, H uint32
	// None are the words for a panel without data, where that is well; only of
	// panels of lines, as a table would show them in each empty cell.
	None string
}

// TimeSeries draws lines over time: apps in their colours, each basis in its own
// style, holes where there is no value, one point an hour at most. The SQL has
// the columns time, series and Value.
func TimeSeries(a About, sql string) *timeseries.PanelBuilder {
	return timeseries.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(clickhouseRef()).WithTarget(Series(sql)).Interval("1h").
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassicByName)).
		LineWidth(2).FillOpacity(0).ShowPoints(common.VisibilityModeAuto).PointSize(4).
		SpanNulls(common.BoolOrFloat64{Bool: new(false)}).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderNone)).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).Calcs([]string{})).
		Overrides(lineOverrides())
}

// lineOverrides are the colours of the apps and the styles of the bases.
func lineOverrides() []cog.Builder[dashboard.DashboardFieldConfigSourceOverrides] {
	apps, err := Apps()
	if err != nil {
		return []cog.Builder[dashboard.DashboardFieldConfigSourceOverrides]{failed{err}}
	}
	return slices.Concat(appOverrides(apps), tagOverrides(), basisOverrides())
}

// failed is an override that could not be made: the panel then cannot be built.
type failed struct{ err error }

// Build says why.
func (f failed) Build() (dashboard.DashboardFieldConfigSourceOverrides, error) {
	return dashboard.DashboardFieldConfigSourceOverrides{}, cog.MakeBuildErrors("overrides", f.err)
}

// RankAxis turns a time series of -rank (column Value) into a true chart of ranks:
// #1 on top, #10 and #100 below it at even distances, and each number with its
// true label. It ends at the last place of the deepest chart: below that there is
// nothing to be seen. Grafana has no axis that runs downward.
func RankAxis(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return p.Unit("none").Min(-deepest).Max(-1).Decimals(0).Mappings(rankLabels()).
		LineInterpolation(common.LineInterpolationStepAfter).
		ScaleDistribution(common.NewScaleDistributionConfigBuilder().
			Type(common.ScaleDistributionSymlog).Log(10).LinearThreshold(1))
}

// deepest is the deepest chart that has a label for each place.
const deepest = 200

// rankLabels say #1 for -1, and so on.
func rankLabels() []dashboard.ValueMapping {
	labels := make(map[string]dashboard.ValueMappingResult, deepest)
	for rank := 1; rank <= deepest; rank++ {
		labels[strconv.Itoa(-rank)] = dashboard.ValueMappingResult{Text: new("#" + strconv.Itoa(rank))}
	}
	return []dashboard.ValueMapping{valueMap(labels)}
}

// LogAxis is for what grows by factors: views of a tag. It is linear between -1
// and 1, so that standard deviations and nothing at all have a place too.
func LogAxis(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return p.ScaleDistribution(common.NewScaleDistributionConfigBuilder().Type(common.ScaleDistributionSymlog).Log(10).LinearThreshold(1))
}

// Stat shows single values. The SQL gives one row; each of its number columns is
// one value, with the column's name.
func Stat(a About, sql string) *stat.PanelBuilder {
	return stat.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(clickhouseRef()).WithTarget(Rows(sql)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Values(false).Calcs([]string{"lastNotNull"}).Fields("")).
		ColorMode(common.BigValueColorModeNone).GraphMode(common.BigValueGraphModeNone).
		TextMode(common.BigValueTextModeAuto).JustifyMode(common.BigValueJustifyModeAuto).
		Orientation(common.VizOrientationAuto).NoValue("none")
}

// minutes are moments as tables show them: seconds would only make them wide.
const minutes = "time:YYYY-MM-DD HH:mm"

// byType gives the columns of a type their unit.
func byType(kind, unit string) override {
	return override{Matcher: dashboard.MatcherConfig{Id: "byType", Options: kind}, Properties: fields(property("unit", unit))}
}

// Table shows rows as they come. Units of single columns are overrides. Words are
// shown as words: with the panel's unit the id 362057947 would be "362 Mil".
func Table(a About, sql string) *table.PanelBuilder {
	return table.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(clickhouseRef()).WithTarget(Rows(sql)).ShowHeader(true).
		CellHeight(common.TableCellHeightSm).NoValue("–").
		Overrides([]cog.Builder[dashboard.DashboardFieldConfigSourceOverrides]{byType("time", minutes), byType("string", "string")})
}

// BarGauge shows one bar per row, from 0 on: without it the least would have no
// bar at all. The SQL gives the columns name and Value, 25 rows at most: Grafana
// leaves out the others.
func BarGauge(a About, sql string) *bargauge.PanelBuilder {
	return bargauge.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(clickhouseRef()).WithTarget(Rows(sql)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Values(true).Calcs([]string{"lastNotNull"}).Fields("")).
		Orientation(common.VizOrientationHorizontal).DisplayMode(common.BarGaugeDisplayModeBasic).
		ValueMode(common.BarGaugeValueModeText).ShowUnfilled(false).Min(0).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor(colourEvent)).
		NoValue("none")
}

// StateTimeline shows one row per series whose value is one of a few codes; states
// say what each code means. A NULL is a hole. The SQL has the columns time,
// series and Value, and a NULL behind its last row: else Grafana draws the last
// state on to the edge. The colours are those of the states: with Grafana's own
// choice of colours there would be no legend.
func StateTimeline(a About, states []State, sql string) *statetimeline.PanelBuilder {
	labels := make(map[string]dashboard.ValueMappingResult, len(states))
	for i, s := range states {
		labels[strconv.Itoa(i+1)] = dashboard.ValueMappingResult{Text: new(s.Text), Color: new(s.Colour), Index: new(int32(i))}
	}
	return statetimeline.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(clickhouseRef()).WithTarget(Series(sql)).Interval("1h").
		Mappings([]dashboard.ValueMapping{valueMap(labels)}).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor(colourText)).
		MergeValues(true).ShowValue(common.VisibilityModeNever).RowHeight(0.8).
		AlignValue(common.TimelineValueAlignmentLeft).LineWidth(0).FillOpacity(90).
		NeverSpanNulls().
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle).Sort(common.SortOrderNone)).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).Calcs([]string{}))
}

// State is one state of a state timeline. Its code is its place in the list,
// from 1.
type State struct{ Text, Colour string }

// Bands are the bands of a chart, the codes of bandOf.
func Bands() []State {
	return []State{
		{"#1", "#7a0177"},
		{"2–10", "#c51b8a"},
		{"11–50", "#f768a1"},
		{"51–200", "#fbb4b9"},
		{"beyond the chart", "#d9d9e3"},
		{"not fetched", "#8e8e8e"},
		{"delisted", "#3a3a44"},
	}
}

// bandOf is the code of a band in SQL, from a state and a rank as v_ranks_hourly
// has them.
func bandOf(state, rank string) string {
	return "multiIf(" + state + " = 'delisted', 7, " + state + " = 'not_fetched', 6, " + state + " = 'unranked', 5, " +
		rank + " = 1, 1, " + rank + " <= 10, 2, " + rank + " <= 50, 3, 4)"
}

// Heatmap shows a value by time (across) and by one of a few rows (down). The SQL
// has the column time, at which a cell ends (Grafana draws it to the left of its
// time), and one number column per row, from the top.
func Heatmap(a About, sql string) *heatmap.PanelBuilder {
	return heatmap.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(clickhouseRef()).WithTarget(Rows(sql)).
		Calculate(false).CellGap(1).ShowLegend().
		FilterValues(heatmap.NewFilterValueRangeBuilder().Le(-1)). // Grafana's own choice draws a 0 as if there were nothing
		Color(heatmap.NewHeatmapColorOptionsBuilder().Mode(heatmap.HeatmapColorModeScheme).Scheme("Oranges").Steps(64)).
		CellValues(heatmap.NewCellValuesBuilder().Unit(a.Unit)).
		Tooltip(heatmap.NewHeatmapTooltipBuilder().Mode(common.TooltipDisplayModeSingle)).
		YAxis(heatmap.NewYAxisConfigBuilder().Reverse(true))
}

// Question is the title row: what the dashboard asks, what the data answers (the
// variable answer, see Answer), and how to read it. It needs no datasource and no
// unit.
func Question(id uint32, question, reading string) *text.PanelBuilder {
	return text.NewPanelBuilder().Id(id).Title(question).
		Description(reading).Span(24).Height(4).
		Mode(text.TextModeMarkdown).Content("### ${answer}\n\n" + reading)
}

func valueMap(options map[string]dashboard.ValueMappingResult) dashboard.ValueMapping {
	return dashboard.ValueMapping{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}
}

// fields are the properties of an override.
func fields(properties ...dashboard.DynamicConfigValue) []dashboard.DynamicConfigValue {
	return properties
}

// width is the width of a table's column, in pixels.
func width(pixels int) []dashboard.DynamicConfigValue {
	return fields(property("custom.width", pixels))
}

// hidden keeps a column of a table for links only. A table knows no
// custom.hideFrom, which series have: it leaves it out without a word.
func hidden() []dashboard.DynamicConfigValue {
	return fields(property("custom.hideFrom.viz", true), property("custom.hidden", true)) // from 12.2 on, and before it
}
