package dashboards

import (
	"encoding/json"
	"io/fs"
	"testing"
)

// board is a dashboard's file, as far as the rules look at it.
type board struct {
	UID           string       `json:"uid"`
	Title         string       `json:"title"`
	Description   string       `json:"description"`
	Editable      bool         `json:"editable"`
	SchemaVersion int          `json:"schemaVersion"`
	Tags          []string     `json:"tags"`
	Links         []boardLink  `json:"links"`
	Panels        []boardPanel `json:"panels"`
	Templating    struct {
		List []boardVariable `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []boardNote `json:"list"`
	} `json:"annotations"`
}

type boardLink struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	KeepTime    bool   `json:"keepTime"`
	IncludeVars bool   `json:"includeVars"`
}

type source struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type boardPanel struct {
	ID          int     `json:"id"`
	Type        string  `json:"type"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Datasource  *source `json:"datasource"`
	GridPos     struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	} `json:"gridPos"`
	Targets []struct {
		Datasource *source `json:"datasource"`
	} `json:"targets"`
	Options struct {
		Tooltip *struct {
			Mode string `json:"mode"`
		} `json:"tooltip"`
	} `json:"options"`
	Transformations []json.RawMessage `json:"transformations"`
	Links           []boardLink       `json:"links"`
	FieldConfig     struct {
		Defaults struct {
			Unit     string            `json:"unit"`
			Min      *float64          `json:"min"`
			Mappings []json.RawMessage `json:"mappings"`
			Links    []boardLink       `json:"links"`
			Color    struct {
				Mode string `json:"mode"`
			} `json:"color"`
		} `json:"defaults"`
		Overrides []boardOverride `json:"overrides"`
	} `json:"fieldConfig"`
	Panels []boardPanel `json:"panels"`
}

type boardOverride struct {
	Matcher struct {
		ID      string `json:"id"`
		Options any    `json:"options"`
	} `json:"matcher"`
	Properties []struct {
		ID    string `json:"id"`
		Value any    `json:"value"`
	} `json:"properties"`
}

type boardVariable struct {
	Name       string  `json:"name"`
	Label      string  `json:"label"`
	Type       string  `json:"type"`
	Refresh    int     `json:"refresh"`
	Multi      bool    `json:"multi"`
	Datasource *source `json:"datasource"`
}

type boardNote struct {
	Name       string  `json:"name"`
	Enable     bool    `json:"enable"`
	Hide       bool    `json:"hide"`
	Datasource *source `json:"datasource"`
	Target     struct {
		Datasource *source `json:"datasource"`
	} `json:"target"`
}

// boards are all files by their names.
func boards(t *testing.T) map[string]*board {
	t.Helper()
	names, err := List()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*board{}
	for _, name := range names {
		body, err := fs.ReadFile(Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		b := &board{}
		if err := json.Unmarshal(body, b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = b
	}
	if len(out) == 0 {
		t.Fatal("there are no dashboards")
	}
	return out
}

// all are the panels of a dashboard, those in closed rows included, without the
// rows themselves.
func (b *board) all() []boardPanel {
	var out []boardPanel
	for _, p := range b.Panels {
		if p.Type != "row" {
			out = append(out, p)
		}
		out = append(out, p.Panels...)
	}
	return out
}

// links are all links of a dashboard: its own, those of panels and of values.
func (b *board) links() []boardLink {
	out := b.Links
	for _, p := range b.all() {
		out = append(append(out, p.Links...), p.FieldConfig.Defaults.Links...)
		for _, o := range p.FieldConfig.Overrides {
			for _, property := range o.Properties {
				if property.ID == "links" {
					out = append(out, linksOf(property.Value)...)
				}
			}
		}
	}
	return out
}

func linksOf(value any) []boardLink {
	var out []boardLink
	body, err := json.Marshal(value)
	if err != nil || json.Unmarshal(body, &out) != nil {
		return []boardLink{{Title: "a link that cannot be read"}}
	}
	return out
}
