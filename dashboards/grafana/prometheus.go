package grafana

import (
	"errors"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// prometheusPlugin is the id of Grafana's own data source.
const prometheusPlugin = "prometheus"

// Prom is one question to Prometheus, and the name of its lines: words, or a
// label such as {{source}}.
type Prom struct{ Expr, Legend string }

// PrometheusSource lets the reader choose the Prometheus that scrapes Tidemark.
func PrometheusSource() Variable {
	return sourceVariable("prometheus", "Prometheus", prometheusPlugin)
}

func prometheusRef() common.DataSourceRef { return sourceRef(prometheusPlugin, "${prometheus}") }

// promLines draws what Prometheus knows over time.
func promLines(a About, questions ...Prom) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(prometheusRef()).Targets(promQueries(false, questions)).Min(0).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassicByName)).
		LineWidth(1).FillOpacity(8).ShowPoints(common.VisibilityModeNever).
		SpanNulls(common.BoolOrFloat64{Bool: new(false)}).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).Calcs([]string{}))
	if a.None != "" {
		p = p.NoValue(a.None)
	}
	return p
}

// promNumber shows one number: green as long as it is below bad, red from there
// on.
func promNumber(a About, bad float64, question Prom) *stat.PanelBuilder {
	return stat.NewPanelBuilder().
		Id(a.ID).Title(a.Title).Description(a.Description).Unit(a.Unit).Span(a.W).Height(a.H).
		Datasource(prometheusRef()).Targets(promQueries(true, []Prom{question})).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Values(false).Calcs([]string{"lastNotNull"}).Fields("")).
		ColorMode(common.BigValueColorModeValue).GraphMode(common.BigValueGraphModeNone).
		TextMode(common.BigValueTextModeValue).JustifyMode(common.BigValueJustifyModeAuto).
		Orientation(common.VizOrientationAuto).NoValue("No process of this has told.").
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).
			Steps([]dashboard.Threshold{{Color: colourGood}, {Value: &bad, Color: colourBad}}))
}

func promQueries(instant bool, questions []Prom) []cog.Builder[variants.Dataquery] {
	out := make([]cog.Builder[variants.Dataquery], 0, len(questions))
	for i, q := range questions {
		out = append(out, promQuery(q, string(rune('A'+i)), instant))
	}
	return out
}

func promQuery(q Prom, refID string, instant bool) cog.Builder[variants.Dataquery] {
	b := prometheus.NewDataqueryBuilder().RefId(refID).Datasource(prometheusRef()).
		EditorMode(prometheus.QueryEditorModeCode).Expr(q.Expr).LegendFormat(q.Legend)
	if q.Expr == "" || q.Legend == "" {
		return b.RecordError("query", errors.New("it has no expression or no name of its lines"))
	}
	if instant {
		return b.Instant()
	}
	return b.Range()
}
