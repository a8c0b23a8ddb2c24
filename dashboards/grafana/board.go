package grafana

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Folders of the dashboards.
const (
	FolderTrends     = "Trends"
	FolderOperations = "Operations"
)

// Board collects what a dashboard has, and refuses what is incomplete.
type Board struct {
	UID, Title, Folder string
	b                  *dashboard.DashboardBuilder //nolint:staticcheck // files of the newer format name their folder by id, and break where it is made anew
	err                error
	ids                map[uint32]string
	rows               uint32
}

// NewBoard begins a dashboard. The description is its question: lists of
// dashboards show it. Those of the folder Trends open on the January case, the
// others on the last day.
func NewBoard(uid, title, description, folder string) *Board {
	from, to := "2025-01-10T00:00:00.000Z", "2025-02-20T00:00:00.000Z"
	if folder == FolderOperations {
		from, to = "now-24h", "now"
	}
	b := dashboard.NewDashboardBuilder(title). //nolint:staticcheck // see Board
							Uid(uid).Description(description).
							Tags([]string{"tidemark", folder}).Readonly().Timezone("utc").Time(from, to).
							Tooltip(dashboard.DashboardCursorSyncCrosshair).
							WithVariable(sourceVariable("datasource", "Data source", ClickHousePlugin))
	for _, l := range dashboards() {
		if l.uid != uid {
			b.Link(toDashboard(l.title, l.uid))
		}
	}
	return &Board{UID: uid, Title: title, Folder: folder, b: b, ids: map[uint32]string{}}
}

// Opens sets the time that it opens on, where that of its folder does not fit.
func (d *Board) Opens(from, to string) *Board {
	d.b.Time(from, to)
	return d
}

// Variables adds what a reader can choose, in the order of the page. A variable
// stands after those that its query names.
func (d *Board) Variables(variables ...Variable) *Board {
	for _, v := range variables {
		d.b.WithVariable(v)
	}
	return d
}

// Annotations adds what is drawn over every time panel.
func (d *Board) Annotations(annotations ...Annotation) *Board {
	for _, a := range annotations {
		d.b.Annotation(a)
	}
	return d
}

// firstRow is beyond the ids of panels: a row has an id too, which nobody names.
const firstRow = 1000

// Row begins a new row with a heading.
func (d *Board) Row(title string) *Board {
	d.rows++
	d.b.WithRow(dashboard.NewRowBuilder(title).Id(firstRow + d.rows))
	return d
}

// Panels adds panels from left to right; the widths of a row add up to 24.
func (d *Board) Panels(panels ...cog.Builder[dashboard.Panel]) *Board {
	for _, p := range panels {
		d.check(p)
		d.b.WithPanel(p)
	}
	return d
}

// check keeps the first thing that is wrong, for JSON to say.
func (d *Board) check(builder cog.Builder[dashboard.Panel]) {
	p, err := builder.Build()
	if err != nil {
		d.err = errors.Join(d.err, err)
		return
	}
	title := deref(p.Title)
	missing := ""
	switch {
	case title == "":
		missing = "title"
	case deref(p.Description) == "":
		missing = "description"
	case p.Id == nil || *p.Id == 0:
		missing = "id"
	case p.Type == "text":
	case p.Datasource == nil || len(p.Targets) == 0:
		missing = "datasource or query"
	case p.FieldConfig == nil || deref(p.FieldConfig.Defaults.Unit) == "":
		missing = "unit"
	}
	if missing != "" {
		d.err = errors.Join(d.err, fmt.Errorf("check panel %q of %s: it has no %s", title, d.UID, missing))
		return
	}
	if other, taken := d.ids[*p.Id]; taken {
		d.err = errors.Join(d.err, fmt.Errorf("check panel %q of %s: its id %d is that of %q", title, d.UID, *p.Id, other))
	}
	d.ids[*p.Id] = title
}

// Panel gives the id of the panel with a title, for whom names it elsewhere.
func (d *Board) Panel(title string) (uint32, error) {
	for id, t := range d.ids {
		if t == title {
			return id, nil
		}
	}
	return 0, fmt.Errorf("find panel %q of %s: there is none", title, d.UID)
}

// JSON is the dashboard as Grafana reads it from a file.
func (d *Board) JSON() ([]byte, error) {
	if d.err != nil {
		return nil, d.err
	}
	built, err := d.b.Build()
	if err != nil {
		return nil, fmt.Errorf("build dashboard %s: %w", d.UID, err)
	}
	// The SDK puts links and switches of annotations into a menu of Grafana 13;
	// they belong where they are seen.
	for i := range built.Links {
		built.Links[i].Placement = nil
	}
	for i := range built.Annotations.List {
		built.Annotations.List[i].Placement = nil
	}
	out, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write dashboard %s: %w", d.UID, err)
	}
	return append(out, '\n'), nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
