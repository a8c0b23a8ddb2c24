package dashboards

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/testkit"
)

// told are the labels that the texts of a rule tell.
func told(r testkit.GrafanaRule) []string {
	var out []string
	for _, text := range r.Annotations {
		for _, label := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(text, -1) {
			out = append(out, label[1])
		}
	}
	return out
}

// threshold is what the question A of a rule has to be above, as its condition
// says.
func threshold(t *testing.T, r testkit.GrafanaRule) float64 {
	t.Helper()
	for _, q := range r.Data {
		if q.RefID == r.Condition && q.Model.Expression == "A" && len(q.Model.Conditions) == 1 {
			return q.Model.Conditions[0].Evaluator.Params[0]
		}
	}
	t.Fatalf("%s: its condition is not over A", r.UID)
	return 0
}

// alertRows asks what a rule asks. Grafana wants exactly one column of numbers,
// and of each row texts that no other row has.
func alertRows(t *testing.T, db *clickhouse.Client, name, sql string, told []string) map[string]float64 {
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
	for _, label := range told {
		if i := a.column(label); i < 0 || !isText(a.types[i]) {
			t.Errorf("%s: it has no column of texts %s, which the rule tells", name, label)
		}
	}
	rows := map[string]float64{}
	for _, row := range a.rows {
		var text []string
		var value float64
		for i, v := range row {
			if isText(a.types[i]) {
				text = append(text, fmt.Sprint(v))
			} else if value, err = strconv.ParseFloat(fmt.Sprint(v), 64); err != nil {
				t.Errorf("%s: %v is no number", name, v)
			}
		}
		label := strings.Join(text, ", ")
		if _, twice := rows[label]; twice {
			t.Errorf("%s: two rows are called %s", name, label)
		}
		rows[label] = value
	}
	return rows
}

// firing asks the questions of a rule that go to ClickHouse and returns the names
// that it would alert about. Values that are told beside have the same names.
func firing(t *testing.T, db *clickhouse.Client, r testkit.GrafanaRule, change func(string) string) (names []string) {
	t.Helper()
	answers := map[string]map[string]float64{}
	for _, q := range r.Data {
		if q.Model.SQL != "" {
			answers[q.RefID] = alertRows(t, db, r.UID+"/"+q.RefID, change(q.Model.SQL), told(r))
		}
	}
	above := threshold(t, r)
	for name, value := range answers["A"] {
		if value > above {
			names = append(names, name)
		}
	}
	for letter, rows := range answers {
		if !maps.EqualFunc(rows, answers["A"], func(float64, float64) bool { return true }) {
			t.Errorf("%s: %s has the rows %v and A has %v", r.UID, letter, rows, answers["A"])
		}
	}
	slices.Sort(names)
	return names
}

// ruleQueries are the SQL queries of the rules, by rule and letter.
func ruleQueries(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range testkit.ReadGrafanaRules(t) {
		for _, q := range r.Data {
			if q.Model.SQL != "" {
				out[r.UID+"/"+q.RefID] = q.Model.SQL
			}
		}
	}
	return out
}

func asksClickHouse(r testkit.GrafanaRule) bool {
	return slices.ContainsFunc(r.Data, func(q testkit.GrafanaQuery) bool { return q.Model.SQL != "" })
}

func unchanged(sql string) string { return sql }

// on puts a rule that asks about now, and about what was measured, into January.
func on(moment string) func(string) string {
	return strings.NewReplacer("now()", "toDateTime('"+moment+"', 'UTC')", "'measured'", "'modelled'").Replace
}

func TestRulesAskForOneNumberPerName(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	for _, r := range testkit.ReadGrafanaRules(t) {
		if asksClickHouse(r) {
			if rows := firing(t, db, r, unchanged); len(rows) > 0 {
				t.Errorf("%s: %v of an empty database", r.UID, rows)
			}
		}
	}
}

// quietRules are the rules over ClickHouse that do not fire in a database, and
// why. Each has to fire in one of the two.
func quietRules() (inJanuary, inTroubles map[string]string) {
	inJanuary = map[string]string{"tidemark-stale": "its view looks at the present and at what was measured, and nobody looks at anything now"}
	inTroubles = map[string]string{"tidemark-rise": "the one app keeps its place"}
	return inJanuary, inTroubles
}

// fire asks every rule over ClickHouse: it fires, or stands among the quiet.
func (p place) fire(t *testing.T, change func(string) string, quiet map[string]string) {
	t.Helper()
	unused := maps.Clone(quiet)
	for _, r := range testkit.ReadGrafanaRules(t) {
		if !asksClickHouse(r) {
			continue
		}
		why, expected := quiet[r.UID]
		delete(unused, r.UID)
		switch names := firing(t, p.db, r, change); {
		case len(names) == 0 && !expected:
			t.Errorf("%s: does not fire", r.UID)
		case len(names) > 0 && expected:
			t.Errorf("%s: fires of %q, although it is said not to: %s", r.UID, names, why)
		}
	}
	for name := range unused {
		t.Errorf("%s: there is no such rule; take it from the list", name)
	}
}

// rises looks at January: the rule of rises fires on RedNote's, and not on
// another day.
func (p place) rises(t *testing.T) {
	t.Helper()
	const apple = "RedNote, App Store US, top free (overall)"
	quiet, _ := quietRules()
	p.fire(t, on("2025-01-13 10:00:00"), quiet)
	for _, r := range testkit.ReadGrafanaRules(t) {
		if r.UID != "tidemark-rise" {
			continue
		}
		for moment, want := range map[string]bool{"2025-01-13 10:00:00": true, "2025-01-30 10:00:00": false} {
			if names := firing(t, p.db, r, on(moment)); slices.Contains(names, apple) != want {
				t.Errorf("%s: at %s it names %q; %s among them: want %t", r.UID, moment, names, apple, want)
			}
		}
	}
}

// What January does not set off is asked again where not all goes well.
func TestRulesFireOnTroubles(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Hour)
	_, quiet := quietRules()
	place{db: troubled(t, now)}.fire(t, unchanged, quiet)
}

func TestEveryRuleOverClickHouseFiresSomewhere(t *testing.T) {
	t.Parallel()
	january, troubles := quietRules()
	for name := range january {
		if _, ok := troubles[name]; ok {
			t.Errorf("%s: no test has seen it fire", name)
		}
	}
}
