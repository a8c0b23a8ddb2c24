package grafana

import (
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// A panel that leaves out what every panel has to say cannot be generated.
func TestBoardRefusesIncompletePanels(t *testing.T) {
	t.Parallel()
	whole := About{ID: 1, Title: "Title", Description: "Description", Unit: "none", W: 12, H: 8}
	without := func(forget func(*About)) About {
		a := whole
		forget(&a)
		return a
	}
	for name, c := range map[string]struct {
		about About
		says  string
	}{
		"title":       {without(func(a *About) { a.Title = "" }), "has no title"},
		"description": {without(func(a *About) { a.Description = "" }), "has no description"},
		"unit":        {without(func(a *About) { a.Unit = "" }), "has no unit"},
		"id":          {without(func(a *About) { a.ID = 0 }), "has no id"},
		"nothing":     {whole, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, panel := range map[string]cog.Builder[dashboard.Panel]{
				"timeseries": TimeSeries(c.about, "SELECT 1"), "stat": Stat(c.about, "SELECT 1"),
				"table": Table(c.about, "SELECT 1"), "bargauge": BarGauge(c.about, "SELECT 1"),
				"state-timeline": StateTimeline(c.about, Bands(), "SELECT 1"), "heatmap": Heatmap(c.about, "SELECT 1"),
			} {
				_, err := NewBoard("tidemark-x", "X", "X?", FolderTrends).Panels(panel).JSON()
				if got := errorText(err); !strings.Contains(got, c.says) || (c.says == "") != (err == nil) {
					t.Errorf("%s: %q, want %q", kind, got, c.says)
				}
			}
		})
	}
}

func TestBoardRefusesWhatHasNoQueryOrASecondID(t *testing.T) {
	t.Parallel()
	about := About{ID: 1, Title: "Title", Description: "Description", Unit: "none", W: 12, H: 8}
	if _, err := NewBoard("tidemark-x", "X", "X?", FolderTrends).Panels(Stat(about, "")).JSON(); err == nil {
		t.Error("a panel without SQL was taken")
	}
	_, err := NewBoard("tidemark-x", "X", "X?", FolderTrends).Panels(Stat(about, "SELECT 1"), Stat(about, "SELECT 1")).JSON()
	if got := errorText(err); !strings.Contains(got, "its id 1 is that of") {
		t.Errorf("two panels with one id: %q", got)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
