package dashboards

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The rules are those of Grafana's dashboard-linter that fit us, and what it does
// not look at: annotations, links, other kinds of panels, places. Left out are its
// rules about job and instance, which are for dashboards about machines: ours names
// each metric by itself.
func TestDashboardsKeepTheRules(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, broken := range b.breaks() {
				t.Error(broken)
			}
			if name != b.UID+".json" {
				t.Errorf("the file of %s has another name", b.UID)
			}
		})
	}
}

// breaks says which rules a dashboard breaks.
func (b *board) breaks() []string {
	var out []string
	rule := func(kept bool, format string, args ...any) {
		if !kept {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	rule(strings.HasPrefix(b.UID, "tidemark-") && len(b.UID) <= 40, "its uid is %q", b.UID)
	rule(b.Title != "" && strings.HasSuffix(b.Description, "?"), "it has no title, or no question as its description")
	rule(!b.Editable, "it can be edited in Grafana, and the change would be lost")
	rule(b.SchemaVersion >= 39, "its schema is older than Grafana 11")
	rule(slices.Contains(b.Tags, "tidemark"), "it has not the tag tidemark")
	out = append(out, b.variableBreaks()...)
	out = append(out, b.noteBreaks()...)
	taken := map[string]string{}
	for _, p := range b.all() {
		for _, broken := range p.breaks() {
			out = append(out, fmt.Sprintf("panel %d (%s) %s", p.ID, p.Title, broken))
		}
		other, double := taken[p.Title]
		rule(!double, "two panels are called %q%s", p.Title, other)
		taken[p.Title] = ""
	}
	return append(out, b.overlaps()...)
}

func (b *board) variableBreaks() []string {
	var out []string
	found := false
	for _, v := range b.Templating.List {
		found = found || v.Type == "datasource" && v.Name == "datasource" && v.Label == "Data source"
		if v.Type != "query" {
			continue
		}
		if v.Refresh != 2 {
			out = append(out, fmt.Sprintf("the variable %s is not read anew when the time range changes", v.Name))
		}
		if !ours(v.Datasource) {
			out = append(out, fmt.Sprintf("the variable %s asks a fixed data source", v.Name))
		}
	}
	if !found {
		out = append(out, `it has no variable "datasource" labelled "Data source"`)
	}
	return out
}

// noteBreaks holds that each dashboard draws events and gaps, and lets them be
// switched off.
func (b *board) noteBreaks() []string {
	var out []string
	for _, name := range []string{"Events", "Nobody looked"} {
		i := slices.IndexFunc(b.Annotations.List, func(n boardNote) bool { return n.Name == name })
		if i < 0 {
			out = append(out, "it has no annotation "+name)
			continue
		}
		if n := b.Annotations.List[i]; !n.Enable || n.Hide || !ours(n.Datasource) || !ours(n.Target.Datasource) {
			out = append(out, "the annotation "+name+" is off, cannot be switched off, or asks a fixed data source")
		}
	}
	return out
}

// ours tells whether the data source is a variable of the dashboard.
func ours(s *source) bool {
	return s != nil && (s.UID == "${datasource}" && s.Type == "grafana-clickhouse-datasource" || s.UID == "${prometheus}" && s.Type == "prometheus")
}

// units are those of Grafana's list that we use: a word of our own would be shown
// as it stands, behind each number.
func units() []string {
	return []string{"short", "none", "percentunit", "percent", "s", "ms", "h", "d", "bytes", "dateTimeAsIso", "dateTimeFromNow", "string", "time:YYYY-MM-DD HH:mm", "time:D MMM HH:mm"}
}

func kinds() []string {
	return []string{"timeseries", "stat", "table", "bargauge", "state-timeline", "heatmap", "text"}
}

// overridable are the settings of single fields that the viewer draws as well.
func overridable() []string {
	return []string{
		"color", "displayName", "unit", "mappings", "thresholds", "links", "decimals", "min", "max", "noValue",
		"custom.lineStyle", "custom.drawStyle", "custom.showPoints", "custom.pointSize", "custom.lineWidth", "custom.fillOpacity",
		"custom.axisPlacement", "custom.axisLabel", "custom.scaleDistribution", "custom.hideFrom", "custom.width", "custom.cellOptions",
		"custom.spanNulls", "custom.insertNulls", "custom.align", "custom.lineInterpolation",
		"custom.hideFrom.viz", "custom.hidden",
	}
}

func (p boardPanel) breaks() []string {
	var out []string
	rule := func(kept bool, format string, args ...any) {
		if !kept {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	rule(slices.Contains(kinds(), p.Type), "is a %s", p.Type)
	rule(p.Title != "" && len(p.Description) > 20, "has no title or no description")
	rule(len(p.Transformations) == 0, "transforms its answer: let SQL do it")
	rule(p.Type == "text" || ours(p.Datasource), "asks a fixed data source")
	rule(p.Type == "text" || len(p.Targets) > 0, "has no query")
	rule(p.Type == "text" || slices.Contains(units(), p.FieldConfig.Defaults.Unit) || len(p.FieldConfig.Defaults.Mappings) > 0, "has the unit %q", p.FieldConfig.Defaults.Unit)
	for _, target := range p.Targets {
		rule(ours(target.Datasource), "has a query to a fixed data source")
	}
	out = append(out, p.misdrawn()...)
	for _, o := range p.FieldConfig.Overrides {
		rule(slices.Contains([]string{"byName", "byRegexp", "byType"}, o.Matcher.ID), "overrides %s", o.Matcher.ID)
		for _, property := range o.Properties {
			rule(slices.Contains(overridable(), property.ID), "overrides %s", property.ID)
			if property.ID == "unit" {
				unit, _ := property.Value.(string)
				rule(slices.Contains(units(), unit), "overrides a unit by %q", unit)
			}
		}
	}
	return out
}

// misdrawn finds what Grafana loads without a word and draws otherwise than meant.
func (p boardPanel) misdrawn() []string {
	var out []string
	if tip := p.Options.Tooltip; tip != nil && !slices.Contains([]string{"single", "multi", "none"}, tip.Mode) {
		out = append(out, fmt.Sprintf("has the tooltip mode %q", tip.Mode))
	}
	if p.Type == "bargauge" && p.FieldConfig.Defaults.Min == nil {
		out = append(out, "has no least value: its shortest bar would be none")
	}
	if p.Type == "state-timeline" && p.FieldConfig.Defaults.Color.Mode != "fixed" {
		out = append(out, "has no fixed colour: Grafana would leave out the legend")
	}
	words := slices.ContainsFunc(p.FieldConfig.Overrides, func(o boardOverride) bool {
		return o.Matcher.ID == "byType" && o.Matcher.Options == "string" && o.Properties[0].ID == "unit" && o.Properties[0].Value == "string"
	})
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			if ofTables := property.ID == "custom.hidden" || property.ID == "custom.hideFrom.viz"; ofTables != (p.Type == "table") && (ofTables || property.ID == "custom.hideFrom") {
				out = append(out, "is a "+p.Type+", which knows no "+property.ID)
			}
		}
	}
	if p.Type == "table" && !words {
		out = append(out, "writes words that are digits as numbers")
	}
	return out
}

// overlaps finds panels that lie on each other or beyond the edge.
func (b *board) overlaps() []string {
	var out []string
	for i, p := range b.Panels {
		a := p.GridPos
		if a.X < 0 || a.W <= 0 || a.X+a.W > 24 {
			out = append(out, fmt.Sprintf("panel %q is beyond the edge", p.Title))
		}
		for _, q := range b.Panels[i+1:] {
			c := q.GridPos
			if a.X < c.X+c.W && c.X < a.X+a.W && a.Y < c.Y+c.H && c.Y < a.Y+a.H {
				out = append(out, fmt.Sprintf("the panels %q and %q lie on each other", p.Title, q.Title))
			}
		}
	}
	return out
}

// A link leads to a dashboard that there is, and takes the time range along.
func TestLinksLeadSomewhereAndKeepTheTime(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	all := boards(t)
	for _, b := range all {
		if there[b.UID] {
			t.Errorf("the uid %s is there twice", b.UID)
		}
		there[b.UID] = true
	}
	path := regexp.MustCompile(`^/d/([^/?]+)(\?.*)?$`)
	for name, b := range all {
		if len(b.Links) < len(all)-1 {
			t.Errorf("%s links to %d dashboards, there are %d others", name, len(b.Links), len(all)-1)
		}
		for _, l := range b.links() {
			m := path.FindStringSubmatch(l.URL)
			if m == nil {
				if !strings.HasPrefix(l.URL, "https://") {
					t.Errorf("%s: the link %q leads to %q", name, l.Title, l.URL)
				}
				continue
			}
			if !there[m[1]] {
				t.Errorf("%s: the link %q leads to %s, which there is not", name, l.Title, m[1])
			}
			for _, v := range b.Templating.List {
				if v.Multi && strings.Contains(m[2], "=${"+v.Name) {
					t.Errorf("%s: the link %q takes %s along as one value; write ${%[3]s:queryparam}", name, l.Title, v.Name)
				}
			}
			if kept := l.KeepTime && l.IncludeVars; !kept && !strings.Contains(m[2], "${__url_time_range}") {
				t.Errorf("%s: the link %q loses the time range", name, l.Title)
			}
		}
	}
}

// The rules notice what breaks them.
func TestRulesAreNoticedWhenBroken(t *testing.T) {
	t.Parallel()
	for says, spoil := range map[string]func(*board){
		"its uid is":                  func(b *board) { b.UID = "x" },
		"no question":                 func(b *board) { b.Description = "All about it." },
		"can be edited":               func(b *board) { b.Editable = true },
		"is not read anew":            func(b *board) { chooser(b).Refresh = 1 },
		"the variable topic asks":     func(b *board) { chooser(b).Datasource = &source{"grafana-clickhouse-datasource", "P5C0"} },
		`no variable "datasource"`:    func(b *board) { b.Templating.List = b.Templating.List[1:] },
		"no annotation Nobody looked": func(b *board) { b.Annotations.List = b.Annotations.List[:1] },
		"is off":                      func(b *board) { b.Annotations.List[0].Enable = false },
		"is a piechart":               func(b *board) { drawn(b).Type = "piechart" },
		"no description":              func(b *board) { drawn(b).Description = "" },
		"asks a fixed":                func(b *board) { drawn(b).Datasource = nil },
		"query to a fixed":            func(b *board) { drawn(b).Targets[0].Datasource = nil },
		"has the unit": func(b *board) {
			p := drawn(b)
			p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.Mappings = "suffix:views", nil
		},
		"tooltip mode": func(b *board) { drawn(b).Options.Tooltip.Mode = "" },
		"has no least": func(b *board) {
			p := drawn(b)
			p.Type, p.FieldConfig.Defaults.Min = "bargauge", nil
		},
		"leave out the legend": func(b *board) { drawn(b).Type = "state-timeline" },
		"knows no custom.hideFrom": func(b *board) {
			var o boardOverride
			if err := json.Unmarshal([]byte(`{"matcher": {"id": "byName", "options": "id"}, "properties": [{"id": "custom.hideFrom"}]}`), &o); err != nil {
				t.Fatal(err)
			}
			p := drawn(b)
			p.Type, p.FieldConfig.Overrides = "table", []boardOverride{o}
		},
		"words that are digits": func(b *board) { drawn(b).Type = "table" },
		"has no query":          func(b *board) { drawn(b).Targets = nil },
		"transforms":            func(b *board) { drawn(b).Transformations = append(drawn(b).Transformations, nil) },
		"lie on each other":     func(b *board) { drawn(b).GridPos.Y = 0 },
		"beyond the edge":       func(b *board) { drawn(b).GridPos.X = 20 },
		"two panels are called": func(b *board) { drawn(b).Title = b.Panels[0].Title },
	} {
		b := boards(t)["tidemark-migration.json"]
		if broken := b.breaks(); len(broken) > 0 {
			t.Fatalf("before anything was broken: %v", broken)
		}
		spoil(b)
		if broken := strings.Join(b.breaks(), "\n"); !strings.Contains(broken, says) {
			t.Errorf("want %q, got %q", says, broken)
		}
	}
}

// chooser is the first query variable of a dashboard, drawn its first full width
// drawing.
func chooser(b *board) *boardVariable {
	i := slices.IndexFunc(b.Templating.List, func(v boardVariable) bool { return v.Type == "query" })
	return &b.Templating.List[i]
}

func drawn(b *board) *boardPanel {
	i := slices.IndexFunc(b.Panels, func(p boardPanel) bool { return p.Type == "timeseries" })
	return &b.Panels[i]
}
