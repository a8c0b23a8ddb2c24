package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// panel is a panel of any kind.
type panel = cog.Builder[dashboard.Panel]

// marks draws what stands behind a dot in a line's name (RedNote · turns) as
// points in the colour of the line, and leaves it out of the legend.
func marks(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return ink(p).OverrideByRegexp(`/ · [^()]+$/`, []dashboard.DynamicConfigValue{
		property("custom.drawStyle", "points"),
		property("custom.showPoints", "always"),
		property("custom.pointSize", 10),
		property("custom.hideFrom", map[string]bool{"legend": true, "tooltip": false, "viz": false}),
	})
}

// published draws published figures (RedNote · TechCrunch (reported)) as points
// and leaves them out of the legend, which would be longer than the curve.
func published(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return p.OverrideByRegexp(`/ · .*\(reported\)$/`, []dashboard.DynamicConfigValue{
		property("custom.hideFrom", map[string]bool{"legend": true, "tooltip": false, "viz": false}),
	})
}

// counts gives what is counted of a tag the same colour everywhere, and so to what
// was published of it: see tagOverrides.
func counts(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	for _, c := range [][2]string{{"views", "#1f78b4"}, {"posts", "#1b9e77"}, {"discussions", "#d95f02"}} {
		p = p.OverrideByRegexp("/^#.*, "+c[0]+"( [(].*| · .*[(]reported[)])?$/", []dashboard.DynamicConfigValue{property("color", fixed(c[1]))})
	}
	return p
}

// ink draws the turns of a tag's surge in the ink of the page: they are no published
// figures, which have the colour of the curve.
func ink(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return p.OverrideByRegexp(`/^#.* · /`, []dashboard.DynamicConfigValue{property("color", fixed(colourText))})
}

// col is how a column of a table is shown.
type col struct {
	name       string
	properties []dashboard.DynamicConfigValue
}

// column sets a column's width in pixels, and whatever else is said.
func column(name string, width int, properties ...dashboard.DynamicConfigValue) col {
	return col{name, append([]dashboard.DynamicConfigValue{property("custom.width", width)}, properties...)}
}

// gauge fills a cell as far as its value goes from min to max.
func gauge() dashboard.DynamicConfigValue {
	return property("custom.cellOptions", map[string]string{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"})
}

// wrapped lets words take as many lines as they need.
func wrapped() dashboard.DynamicConfigValue {
	return property("custom.cellOptions", map[string]any{"type": "auto", "wrapText": true})
}

// neutral is for shares that are neither good nor bad.
func neutral() dashboard.DynamicConfigValue { return property("color", fixed(colourEvent)) }

// colouredWords colours the words of a column: good, warning and bad ones.
func colouredWords(colours map[string]string) []dashboard.DynamicConfigValue {
	labels := map[string]dashboard.ValueMappingResult{}
	for word, colour := range colours {
		labels[word] = dashboard.ValueMappingResult{Color: new(colour)}
	}
	return []dashboard.DynamicConfigValue{
		property("custom.cellOptions", map[string]string{"type": "color-text"}),
		property("mappings", []dashboard.ValueMapping{valueMap(labels)}),
	}
}

// table24 is a table with its columns.
func table24(a About, sql string, columns ...col) *table.PanelBuilder {
	p := Table(a, sql)
	for _, c := range columns {
		p = p.OverrideByName(c.name, c.properties)
	}
	return p
}

// lines gives lines that are no apps their colours, by name.
func lines(p *timeseries.PanelBuilder, colours ...[2]string) *timeseries.PanelBuilder {
	for _, c := range colours {
		p = p.OverrideByName(c[0], []dashboard.DynamicConfigValue{property("color", fixed(c[1]))})
	}
	return p
}
