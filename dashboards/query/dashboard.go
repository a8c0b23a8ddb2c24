package query

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"time"
)

// Kinds of data sources.
const (
	ClickHouse = "grafana-clickhouse-datasource"
	Prometheus = "prometheus"
)

// Formats of a ClickHouse query.
const (
	FormatTimeSeries = "timeseries"
	FormatTable      = "table"
)

// Dashboard is what is needed of a dashboard's file to ask its questions.
type Dashboard struct {
	UID, Title, Description string
	Tags                    []string
	// From and To are the default time, as the file has it: now-24h, 2025-01-10…
	From, To string
	// File is the whole file, byte for byte.
	File []byte

	panels      []Panel
	variables   []Variable
	annotations []Annotation
}

// Panel is one drawing of a dashboard. A row has no targets.
type Panel struct {
	ID          int
	Type, Title string
	Datasource  Datasource
	Targets     []Target
	// Interval is the least width of a bucket; MaxPoints the number of points to
	// draw, 0: as many as there is room.
	Interval  time.Duration
	MaxPoints int
}

// Datasource is whom a query asks. The UID is mostly a variable.
type Datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// Target is one query of a panel.
type Target struct {
	RefID      string
	Datasource Datasource // the panel's where the target names none
	Hide       bool
	// SQL and Format are for ClickHouse.
	SQL, Format string
	// Expr is for Prometheus. Instant asks for the last moment only.
	Expr, Legend string
	Instant      bool
	// MinStep is the least step of a Prometheus query.
	MinStep time.Duration
}

// Annotation is a query for what happened.
type Annotation struct {
	Name   string
	Enable bool
	Target Target
}

// Panels are all drawings, those in rows included, in the order of the file.
func (d *Dashboard) Panels() []Panel { return d.panels }

// Panel finds a drawing by its id.
func (d *Dashboard) Panel(id int) (Panel, bool) {
	i := slices.IndexFunc(d.panels, func(p Panel) bool { return p.ID == id })
	if i < 0 {
		return Panel{}, false
	}
	return d.panels[i], true
}

// Variables are in the order of the file.
func (d *Dashboard) Variables() []Variable { return d.variables }

// Annotations are in the order of the file; Grafana's own (alerts) are left out.
func (d *Dashboard) Annotations() []Annotation { return d.annotations }

// Load reads every *.json of a directory, in the order of the names.
func Load(dir fs.FS) ([]*Dashboard, error) {
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list dashboards: %w", err)
	}
	var out []*Dashboard
	for _, name := range names {
		body, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("read dashboard: %w", err)
		}
		d, err := Parse(body)
		if err != nil {
			return nil, fmt.Errorf("read dashboard %s: %w", path.Base(name), err)
		}
		if slices.ContainsFunc(out, func(o *Dashboard) bool { return o.UID == d.UID }) {
			return nil, fmt.Errorf("read dashboard %s: the uid %s is taken", path.Base(name), d.UID)
		}
		out = append(out, d)
	}
	return out, nil
}

type jsonDashboard struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	Time        struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"time"`
	Panels     []jsonPanel `json:"panels"`
	Templating struct {
		List []jsonVariable `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []jsonAnnotation `json:"list"`
	} `json:"annotations"`
}

type jsonPanel struct {
	ID            int             `json:"id"`
	Type          string          `json:"type"`
	Title         string          `json:"title"`
	Datasource    json.RawMessage `json:"datasource"`
	Interval      string          `json:"interval"`
	MaxDataPoints float64         `json:"maxDataPoints"`
	Targets       []jsonTarget    `json:"targets"`
	Panels        []jsonPanel     `json:"panels"`
}

type jsonTarget struct {
	RefID        string          `json:"refId"`
	Datasource   json.RawMessage `json:"datasource"`
	Hide         bool            `json:"hide"`
	RawSQL       string          `json:"rawSql"`
	Format       json.RawMessage `json:"format"`
	Expr         string          `json:"expr"`
	LegendFormat string          `json:"legendFormat"`
	Instant      bool            `json:"instant"`
	Range        *bool           `json:"range"`
	Interval     string          `json:"interval"`
}

type jsonAnnotation struct {
	Name       string          `json:"name"`
	Enable     bool            `json:"enable"`
	BuiltIn    int             `json:"builtIn"`
	Datasource json.RawMessage `json:"datasource"`
	Target     jsonTarget      `json:"target"`
	RawSQL     string          `json:"rawSql"`
}

// Parse reads one file.
func Parse(body []byte) (*Dashboard, error) {
	var in jsonDashboard
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if in.UID == "" || in.Title == "" {
		return nil, errors.New("has no uid or no title")
	}
	d := &Dashboard{
		UID: in.UID, Title: in.Title, Description: in.Description, Tags: in.Tags,
		From: cmp.Or(in.Time.From, "now-6h"), To: cmp.Or(in.Time.To, "now"), File: body,
	}
	if err := d.addPanels(in.Panels); err != nil {
		return nil, err
	}
	for _, v := range in.Templating.List {
		variable, err := v.variable()
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		d.variables = append(d.variables, variable)
	}
	for _, a := range in.Annotations.List {
		if a.BuiltIn != 0 {
			continue
		}
		source := datasource(a.Datasource, Datasource{})
		a.Target.RawSQL = cmp.Or(a.Target.RawSQL, a.RawSQL)
		t, err := a.Target.target(source)
		if err != nil {
			return nil, fmt.Errorf("annotation %q: %w", a.Name, err)
		}
		d.annotations = append(d.annotations, Annotation{Name: a.Name, Enable: a.Enable, Target: t})
	}
	return d, nil
}

func (d *Dashboard) addPanels(panels []jsonPanel) error {
	for _, in := range panels {
		p := Panel{ID: in.ID, Type: in.Type, Title: in.Title, Datasource: datasource(in.Datasource, Datasource{})}
		if n := in.MaxDataPoints; n > 0 && n <= math.MaxInt32 {
			p.MaxPoints = int(n)
		}
		if _, taken := d.Panel(in.ID); taken {
			return fmt.Errorf("panel %d (%s): the id is taken", in.ID, in.Title)
		}
		var err error
		if p.Interval, err = ParseInterval(in.Interval); err != nil {
			return fmt.Errorf("panel %d (%s): %w", in.ID, in.Title, err)
		}
		for _, t := range in.Targets {
			target, err := t.target(p.Datasource)
			if err != nil {
				return fmt.Errorf("panel %d (%s), query %s: %w", in.ID, in.Title, t.RefID, err)
			}
			p.Targets = append(p.Targets, target)
		}
		d.panels = append(d.panels, p)
		if err := d.addPanels(in.Panels); err != nil {
			return err
		}
	}
	return nil
}

// datasource reads {type, uid}; old files have a bare name, which says nothing.
func datasource(raw json.RawMessage, usual Datasource) Datasource {
	var d Datasource
	if json.Unmarshal(raw, &d) != nil || d.Type == "" {
		return usual
	}
	return d
}

func (t jsonTarget) target(usual Datasource) (Target, error) {
	step, err := ParseInterval(t.Interval)
	if err != nil {
		return Target{}, err
	}
	out := Target{
		RefID: t.RefID, Datasource: datasource(t.Datasource, usual), Hide: t.Hide,
		SQL: t.RawSQL, Format: FormatTable, Expr: t.Expr, Legend: t.LegendFormat, MinStep: step,
		Instant: t.Instant && (t.Range == nil || !*t.Range),
	}
	switch string(t.Format) {
	case "0", `"time_series"`, `"timeseries"`:
		out.Format = FormatTimeSeries
	case "1", `"table"`, "":
	default:
		return out, fmt.Errorf("the format %s is neither 0 (time series) nor 1 (table)", t.Format)
	}
	if out.Datasource.Type == Prometheus && string(t.Format) == "" {
		out.Format = FormatTimeSeries
	}
	return out, nil
}

// Range is the time of a panel's queries: the interval depends on how many
// points it draws. maxPoints is the room that it has.
func (p Panel) Range(from, to time.Time, zone string, maxPoints int) Range {
	if p.MaxPoints > 0 {
		maxPoints = p.MaxPoints
	}
	r := NewRange(from, to, maxPoints, p.Interval)
	r.Zone = zone
	return r
}

// Expand makes the SQL of one of the panel's queries; an error names panel,
// query and macro.
func (p Panel) Expand(t Target, r Range, vars Vars) (string, error) {
	sql, err := Expand(t.SQL, r, vars)
	if err != nil {
		return "", fmt.Errorf("panel %d (%s), query %s: %w", p.ID, p.Title, t.RefID, err)
	}
	return sql, nil
}
