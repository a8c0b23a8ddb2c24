package grafana

import (
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

// Each dashboard is mounted as a file into the folder that its provider reads:
// the folder dashboards as a whole has other files too, which Grafana would take
// for broken dashboards.
func TestComposeMountsEachDashboardIntoItsFolder(t *testing.T) {
	t.Parallel()
	grafana := testkit.ReadCompose(t).Services["grafana"]
	for _, board := range All() {
		want := "./dashboards/" + board.UID + ".json:" + DashboardsIn + "/" + board.Folder + "/" + board.UID + ".json:ro"
		if !slices.Contains(grafana.Volumes, want) {
			t.Errorf("docker-compose.yml: the service grafana does not mount %s", want)
		}
	}
	// Grafana warns about a zone that the system has not, and takes the browser's.
	if _, err := time.LoadLocation(grafana.Environment["GF_DATE_FORMATS_DEFAULT_TIMEZONE"]); err != nil {
		t.Errorf("docker-compose.yml: %v", err)
	}
	home := DashboardsIn + "/" + FolderTrends + "/tidemark-migration.json"
	if got := grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]; got != home {
		t.Errorf("docker-compose.yml: the home dashboard is %q, want %q", got, home)
	}
}

// A rule that names a panel that is not there, or a dashboard, is not generated.
func TestRulesNamePanelsThatExist(t *testing.T) {
	t.Parallel()
	for _, a := range append(trendAlerts(), operationAlerts()...) {
		if _, err := a.rule(All()); err != nil {
			t.Error(err)
		}
		a.panel = "No such panel"
		if _, err := a.rule(All()); err == nil {
			t.Errorf("rule %s was made with a panel that is not there", a.uid)
		}
		a.dashboard = "tidemark-nothing"
		if _, err := a.rule(All()); err == nil {
			t.Errorf("rule %s was made with a dashboard that is not there", a.uid)
		}
	}
}
