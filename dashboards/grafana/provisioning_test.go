package grafana

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// Each folder of provisioning files is mounted over the image's own of that name. A
// mount over all of them hides those that we do not have, and Grafana writes an
// error for each that it cannot read (its Dockerfile makes the six).
func TestComposeMountsProvisioningFolders(t *testing.T) {
	t.Parallel()
	const inside = "/etc/grafana/provisioning"
	there, err := os.ReadDir(filepath.Join("..", "..", filepath.FromSlash(provisioning)))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, folder := range there {
		if !slices.Contains([]string{"access-control", "alerting", "dashboards", "datasources", "notifiers", "plugins"}, folder.Name()) {
			t.Errorf("%s%s: Grafana reads nothing of that name", provisioning, folder.Name())
		}
		want = append(want, "./"+provisioning+folder.Name()+":"+inside+"/"+folder.Name()+":ro")
	}
	for _, volume := range testkit.ReadCompose(t).Services["grafana"].Volumes {
		if strings.Contains(volume, ":"+inside) {
			got = append(got, volume)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("docker-compose.yml: the service grafana mounts\n%q, want\n%q", got, want)
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
