package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
)

// GrafanaRules is a file of rules that Grafana evaluates by itself, as its
// provisioning reads it (pkg/services/provisioning/alerting).
type GrafanaRules struct {
	APIVersion int                `yaml:"apiVersion"`
	Groups     []GrafanaRuleGroup `yaml:"groups"`
}

// GrafanaRuleGroup are rules that are evaluated together.
type GrafanaRuleGroup struct {
	OrgID    int           `yaml:"orgId"`
	Name     string        `yaml:"name"`
	Folder   string        `yaml:"folder"`
	Interval string        `yaml:"interval"`
	Rules    []GrafanaRule `yaml:"rules"`
}

// GrafanaRule is one rule: its questions, and which of them decides.
type GrafanaRule struct {
	UID           string            `yaml:"uid"`
	Title         string            `yaml:"title"`
	Condition     string            `yaml:"condition"`
	Data          []GrafanaQuery    `yaml:"data"`
	NoDataState   string            `yaml:"noDataState"`
	ExecErrState  string            `yaml:"execErrState"`
	For           string            `yaml:"for"`
	KeepFiringFor string            `yaml:"keepFiringFor"`
	Annotations   map[string]string `yaml:"annotations"`
	Labels        map[string]string `yaml:"labels"`
	IsPaused      bool              `yaml:"isPaused"`
	DashboardUID  string            `yaml:"dashboardUid"`
	PanelID       int               `yaml:"panelId"`
}

// GrafanaQuery is one question of a rule.
type GrafanaQuery struct {
	RefID         string `yaml:"refId"`
	DatasourceUID string `yaml:"datasourceUid"`
	Range         struct {
		From int `yaml:"from"` // seconds ago
		To   int `yaml:"to"`
	} `yaml:"relativeTimeRange"`
	Model GrafanaModel `yaml:"model"`
}

// GrafanaModel is what the datasource reads of a question. Each kind of
// datasource has its own part.
type GrafanaModel struct {
	RefID      string `yaml:"refId"`
	Datasource struct {
		Type string `yaml:"type"`
		UID  string `yaml:"uid"`
	} `yaml:"datasource"`

	// ClickHouse.
	EditorType    string            `yaml:"editorType"`
	QueryType     string            `yaml:"queryType"`
	Format        int               `yaml:"format"`
	PluginVersion string            `yaml:"pluginVersion"`
	Meta          map[string]string `yaml:"meta"`
	SQL           string            `yaml:"rawSql"`

	// Prometheus.
	Expr    string `yaml:"expr"`
	Instant bool   `yaml:"instant"`
	Range   bool   `yaml:"range"`

	// Expressions over the other questions.
	Type       string             `yaml:"type"`
	Expression string             `yaml:"expression"` // refId
	Conditions []GrafanaCondition `yaml:"conditions"`
}

// GrafanaCondition compares with numbers.
type GrafanaCondition struct {
	Evaluator struct {
		Type   string    `yaml:"type"`
		Params []float64 `yaml:"params"`
	} `yaml:"evaluator"`
}

// GrafanaRulesFile is the file of rules that is given to Grafana.
func GrafanaRulesFile(t testing.TB) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(Root(t), "deploy", "grafana", "provisioning", "alerting", "tidemark.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// ParseGrafanaRules refuses what Grafana does not know: it passes it over in
// silence.
func ParseGrafanaRules(body []byte) (file GrafanaRules, err error) {
	err = yaml.UnmarshalWithOptions(body, &file, yaml.Strict())
	return file, err
}

// ReadGrafanaRules reads the rules that are given to Grafana.
func ReadGrafanaRules(t testing.TB) (rules []GrafanaRule) {
	t.Helper()
	file, err := ParseGrafanaRules(GrafanaRulesFile(t))
	if err != nil {
		t.Fatalf("read Grafana's rules: %v", err)
	}
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) == 0 {
		t.Fatal("read Grafana's rules: there are none")
	}
	return rules
}
