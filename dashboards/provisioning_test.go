package dashboards

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/testkit"
)

// Grafana takes what it is provisioned with: it knows every key, and what the
// files refer to is there.
func TestProvisioningIsWhatGrafanaTakes(t *testing.T) {
	t.Parallel()
	w := ourWorld(t)
	checks := map[string]func([]byte) complaints{
		"alerting/tidemark.yaml":      w.rules,
		"dashboards/tidemark.yaml":    w.providers,
		"datasources/clickhouse.yaml": w.datasources,
	}
	for name, check := range checks {
		for _, wrong := range check(provisioned(t, name)) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
	there, err := filepath.Glob(filepath.FromSlash(provisioning + "*/*"))
	if err != nil || len(there) < len(checks) {
		t.Fatalf("there are %d files: %v", len(there), err)
	}
	for _, path := range there {
		name := strings.TrimPrefix(filepath.ToSlash(path), provisioning)
		if checks[name] == nil {
			t.Errorf("nobody checks %s", name)
		}
	}
}

// breakage is a change that makes a file wrong, and what is said of it.
type breakage struct{ old, new, says string }

func TestBrokenProvisioningIsNoticed(t *testing.T) {
	t.Parallel()
	w := ourWorld(t)
	for _, b := range []breakage{
		{"interval: 5m", "interval: 5", "not a valid duration"},
		{"interval: 5m", "interval: 15s", "multiple of 10 s"},
		{"interval: 5m", "interval: 0s", "multiple of 10 s"},
		{"for: 10m", "for: ten", "not a valid duration"},
		{"keepFiringFor: 1h", "keepFiringFor: 1 hour", "keepFiringFor: unknown unit"},
		{"keepFiringFor: 1h", "keepFiringfor: 1h", "unknown field"},
		{"noDataState: OK", "noDataState: Alert", `the noDataState "Alert"`},
		{"execErrState: Error", "execErrState: NoData", `the execErrState "NoData"`},
		{"datasourceUid: tidemark-prometheus", "datasourceUid: tidemark-prom", "there is no datasource"},
		{"uid: tidemark-prometheus\n", "uid: tidemark-clickhouse\n", "its model is of"},
		{"uid: tidemark-lag\n", "uid: tidemark-stale\n", "there twice"},
		{"uid: tidemark-lag\n", "uid: tidemark lag\n", "is no uid"},
		{"uid: tidemark-lag\n", "uid: " + strings.Repeat("x", 41) + "\n", "is no uid"},
		{"title: Consumers lag behind", "title: Messages are rejected", "there twice"},
		{"condition: condition", "condition: C2", "is none of its questions"},
		{"expression: A", "expression: Z", "is none of its questions"},
		{"expression: A", "expression: condition", "is none of its questions"},
		{"from: 900", "from: 0", "it asks from 0 to 0"},
		{"panelId: 20\n", "panelId: 999\n", "has no panel 999"},
		{"__panelId__: \"20\"", "__panelId__: \"21\"", "another panel"},
		{"dashboardUid: tidemark-quality", "dashboardUid: tidemark-qualities", "has no panel"},
		{"instant: true", "instant: false", "it asks for a range"},
		{"format: 1", "format: 0", "it is no table"},
		{"rawSql: |-", "rawSQL: |-", "unknown field"},
		{"isPaused: false", "isPaused: true", "it is paused"},
		{"$values.B.Value", "$values.D.Value", "tells the value of D"},
		{"type: gt", "type: above", "the evaluator"},
	} {
		b.noticed(t, testkit.GrafanaRulesFile(t), w.rules)
	}
	for _, b := range []breakage{
		{"isDefault: true", "default: true", "unknown field"},
		{"host: clickhouse", "host: clickhouse-1", "nobody is at"},
		{"port: 8123", "port: 9000", "nobody is at"},
		{"queryTimeout: \"30\"", "queryTimeout: 30s", "the timeout"},
		{"uid: tidemark-prometheus", "uid: tidemark-clickhouse", "there twice"},
		{"type: prometheus", "type: prom", "the type"},
	} {
		b.noticed(t, provisioned(t, "datasources/clickhouse.yaml"), w.datasources)
	}
	for _, b := range []breakage{
		{"folderUid: tidemark-trends", "folderUID: tidemark-trends", "unknown field"},
		{"path: /etc/grafana/dashboards/Trends", "path: /etc/grafana/dashboards/trends", "it reads"},
		{"folder: Operations", "folder: Trends", "nobody reads the folder Operations"},
		{"type: file", "type: files", "the type"},
	} {
		b.noticed(t, provisioned(t, "dashboards/tidemark.yaml"), w.providers)
	}
}

func (b breakage) noticed(t *testing.T, file []byte, check func([]byte) complaints) {
	t.Helper()
	broken := bytes.Replace(file, []byte(b.old), []byte(b.new), 1)
	if bytes.Equal(broken, file) {
		t.Errorf("%q is not in the file", b.old)
		return
	}
	if got := strings.Join(check(broken), "\n"); !strings.Contains(got, b.says) {
		t.Errorf("%q instead of %q: it says %q, want %q", b.new, b.old, got, b.says)
	}
}
