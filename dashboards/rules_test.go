package dashboards

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

const rulesFile = "../deploy/grafana/provisioning/alerting/tidemark.yaml"

// ruleQueries are the SQL queries of the provisioned rules, by rule and letter.
func ruleQueries(t testing.TB) map[string]string {
	t.Helper()
	body, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				UID  string `yaml:"uid"`
				Data []struct {
					RefID string         `yaml:"refId"`
					Model map[string]any `yaml:"model"`
				} `yaml:"data"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(body, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			for _, q := range r.Data {
				if sql, ok := q.Model["rawSql"].(string); ok {
					out[r.UID+"/"+q.RefID] = sql
				}
			}
		}
	}
	if len(out) == 0 {
		t.Fatal("no rule asks ClickHouse")
	}
	return out
}

// alertRows asks what a rule asks. Grafana wants exactly one column of numbers,
// and of each row texts that no other row has.
func alertRows(t *testing.T, db *clickhouse.Client, name, sql string) []string {
	t.Helper()
	a, err := ask(t.Context(), db, sql)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	numbers := 0
	for i, kind := range a.types {
		switch {
		case numeric(kind):
			numbers++
		case !isText(kind):
			t.Errorf("%s: the column %s is a %s, want a number or a text", name, a.names[i], kind)
		}
	}
	if numbers != 1 {
		t.Errorf("%s: it has %d columns of numbers, want 1", name, numbers)
	}
	var labels []string
	for _, row := range a.rows {
		var text []string
		for i, v := range row {
			if isText(a.types[i]) {
				text = append(text, fmt.Sprint(v))
			}
		}
		labels = append(labels, strings.Join(text, ", "))
	}
	for i, l := range labels {
		if i > 0 && labels[i-1] == l {
			t.Errorf("%s: two rows are called %s", name, l)
		}
	}
	return labels
}

func TestRulesAskForOneNumberPerName(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	for name, sql := range ruleQueries(t) {
		if rows := alertRows(t, db, name, sql); len(rows) > 0 {
			t.Errorf("%s: %v of an empty database", name, rows)
		}
	}
}

// The rule fires on RedNote's rise, and not on another day.
// It asks about now and about what was measured, so both are put into January.
func (p place) rises(t *testing.T) {
	t.Helper()
	const apple = "RedNote, App Store US, top free (overall)"
	for moment, want := range map[string][]string{
		"2025-01-13 10:00:00": {apple},
		"2025-01-30 10:00:00": nil,
	} {
		for _, letter := range []string{"A", "B", "C"} {
			sql := strings.NewReplacer("now()", "toDateTime('"+moment+"', 'UTC')", "'measured'", "'modelled'").Replace(ruleQueries(t)["tidemark-rise/"+letter])
			rows := alertRows(t, p.db, letter, sql)
			if strings.Contains(strings.Join(rows, "\n"), apple) != (want != nil) {
				t.Errorf("%s: at %s it names %q, want %q", letter, moment, rows, want)
			}
		}
	}
}
