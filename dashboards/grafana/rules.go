package grafana

import (
	"errors"
	"strconv"
)

// runbook is where it is said what to do.
const runbook = "https://github.com/tidemark/tidemark/blob/main/docs/"

// ruleFile is a file of Grafana-managed alert rules. The SDK's types have the
// shape of the HTTP interface; files have this one.
type ruleFile struct {
	APIVersion int         `yaml:"apiVersion"`
	Groups     []ruleGroup `yaml:"groups"`
}

type ruleGroup struct {
	OrgID    int    `yaml:"orgId"`
	Name     string `yaml:"name"`
	Folder   string `yaml:"folder"`
	Interval string `yaml:"interval"`
	Rules    []rule `yaml:"rules"`
}

type rule struct {
	UID           string            `yaml:"uid"`
	Title         string            `yaml:"title"`
	Condition     string            `yaml:"condition"`
	Data          []ruleQuery       `yaml:"data"`
	NoDataState   string            `yaml:"noDataState"`
	ExecErrState  string            `yaml:"execErrState"`
	For           string            `yaml:"for"`
	KeepFiringFor string            `yaml:"keepFiringFor,omitempty"`
	Annotations   map[string]string `yaml:"annotations"`
	Labels        map[string]string `yaml:"labels"`
	IsPaused      bool              `yaml:"isPaused"`
	DashboardUID  string            `yaml:"dashboardUid"`
	PanelID       uint32            `yaml:"panelId"`
}

type ruleQuery struct {
	RefID         string         `yaml:"refId"`
	DatasourceUID string         `yaml:"datasourceUid"`
	Range         ruleRange      `yaml:"relativeTimeRange"`
	Model         map[string]any `yaml:"model"`
}

type ruleRange struct {
	From int `yaml:"from"` // seconds ago
	To   int `yaml:"to"`
}

// alert is a rule before it is written.
type alert struct {
	uid, title, summary, description string
	severity, runbook                string
	dashboard, panel                 string // uid and title of the panel that shows it
	queries                          []ruleQuery
	above                            float64 // fires where query A is above
	pending, keep                    string
	noData                           string
}

// rulesFile has all rules. A rule names a panel by its title: one that is not
// there cannot be generated.
func rulesFile(boards []*Board) ([]byte, error) {
	trends := ruleGroup{OrgID: 1, Name: "Tidemark trends", Folder: "Tidemark alerts", Interval: "5m"}
	operations := ruleGroup{OrgID: 1, Name: "Tidemark operations", Folder: "Tidemark alerts", Interval: "1m"}
	for group, alerts := range map[*ruleGroup][]alert{&trends: trendAlerts(), &operations: operationAlerts()} {
		for _, a := range alerts {
			r, err := a.rule(boards)
			if err != nil {
				return nil, err
			}
			group.Rules = append(group.Rules, r)
		}
	}
	return written(ruleFile{APIVersion: 1, Groups: []ruleGroup{trends, operations}})
}

func (a alert) rule(boards []*Board) (rule, error) {
	panel, err := panelOf(boards, a.dashboard, a.panel)
	if err != nil {
		return rule{}, err
	}
	return rule{
		UID: a.uid, Title: a.title, Condition: "condition",
		Data:        append(a.queries, aboveThreshold(a.above)),
		NoDataState: a.noData, ExecErrState: "Error", For: a.pending, KeepFiringFor: a.keep,
		Annotations: map[string]string{
			"summary": a.summary, "description": a.description, "runbook_url": runbook + a.runbook,
			"__dashboardUid__": a.dashboard, "__panelId__": strconv.FormatUint(uint64(panel), 10),
		},
		Labels:       map[string]string{"severity": a.severity, "from": "grafana"},
		DashboardUID: a.dashboard, PanelID: panel,
	}, nil
}

func panelOf(boards []*Board, uid, title string) (uint32, error) {
	for _, b := range boards {
		if b.UID == uid {
			return b.Panel(title)
		}
	}
	return 0, errors.New("find dashboard " + uid + ": there is none")
}

// askClickHouse asks for a table. Of query A exactly one column is a number: each
// row becomes an alert, named by the columns of strings, which therefore must not
// change from one evaluation to the next. Values that are only to be told are
// queries of their own with the same strings.
func askClickHouse(id, sql string, seconds int) ruleQuery {
	return ruleQuery{
		RefID: id, DatasourceUID: sourceClickHouse, Range: ruleRange{From: seconds},
		Model: map[string]any{
			"refId": id, "datasource": map[string]any{"type": ClickHousePlugin, "uid": sourceClickHouse},
			"editorType": "sql", "queryType": "table", "format": formatTable, "pluginVersion": PluginVersion,
			"meta": map[string]any{"timezone": "UTC"}, "rawSql": sql,
		},
	}
}

// askPrometheus asks for the value of now.
func askPrometheus(expression string) ruleQuery {
	return ruleQuery{
		RefID: "A", DatasourceUID: sourcePrometheus, Range: ruleRange{From: 900},
		Model: map[string]any{
			"refId": "A", "datasource": map[string]any{"type": "prometheus", "uid": sourcePrometheus},
			"expr": expression, "instant": true, "range": false,
		},
	}
}

// aboveThreshold is the condition: A is above a number.
func aboveThreshold(limit float64) ruleQuery {
	return ruleQuery{
		RefID: "condition", DatasourceUID: "__expr__",
		Model: map[string]any{
			"refId": "condition", "type": "threshold", "expression": "A",
			"datasource": map[string]any{"type": "__expr__", "uid": "__expr__"},
			"conditions": []any{map[string]any{"evaluator": map[string]any{"type": "gt", "params": []float64{limit}}}},
		},
	}
}
