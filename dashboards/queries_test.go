package dashboards

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/dashboards/query"
	"github.com/tidemark/tidemark/internal/clickhouse"
)

// room is how many points a panel has room for.
const room = 1000

// ofCase is the span of the case in a database.
func ofCase(db *clickhouse.Client) place {
	return place{db, time.Date(2025, 1, 10, 0, 0, 0, 0, time.UTC), time.Date(2025, 2, 20, 0, 0, 0, 0, time.UTC), &sync.Map{}}
}

func load(t testing.TB) []*query.Dashboard {
	t.Helper()
	all, err := query.Load(Files())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("there are no dashboards")
	}
	return all
}

// answer is what a query returned.
type answer struct {
	names, types []string
	rows         [][]any
}

// ask asks each question once: dashboards share events, gaps and variables.
func (p place) ask(ctx context.Context, sql string) (*answer, error) {
	if known, ok := p.asked.Load(sql); ok {
		return known.(*answer), nil //nolint:forcetypeassert // nothing else is kept
	}
	a, err := ask(ctx, p.db, sql)
	if err == nil {
		p.asked.Store(sql, a)
	}
	return a, err
}

func ask(ctx context.Context, db *clickhouse.Client, sql string) (*answer, error) {
	rows, err := db.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, sql)
	}
	defer rows.Close()
	a := &answer{names: rows.Columns(), types: rows.Types()}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		a.rows = append(a.rows, values)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, sql)
	}
	return a, nil
}

// column is the place of a column; -1: there is none.
func (a *answer) column(name string) int { return slices.Index(a.names, name) }

// empty tells whether there is nothing to draw: no row, or no number in any.
func (a *answer) empty(kind string) bool {
	if len(a.rows) == 0 {
		return true
	}
	if kind == "table" || kind == "annotation" {
		return false
	}
	return !slices.ContainsFunc(a.rows, func(row []any) bool {
		for i, v := range row {
			if v != nil && numeric(a.types[i]) {
				return true
			}
		}
		return false
	})
}

func bare(kind string) string {
	for _, around := range []string{"LowCardinality(", "Nullable("} {
		kind = strings.TrimSuffix(strings.TrimPrefix(kind, around), ")")
	}
	return kind
}

func numeric(kind string) bool {
	kind = bare(kind)
	return strings.HasPrefix(kind, "Float") || strings.HasPrefix(kind, "Int") || strings.HasPrefix(kind, "UInt") || strings.HasPrefix(kind, "Decimal")
}

func isTime(kind string) bool {
	return strings.HasPrefix(strings.TrimPrefix(kind, "Nullable("), "Date")
}

func isText(kind string) bool {
	return strings.HasPrefix(bare(kind), "String") || strings.HasPrefix(bare(kind), "Enum")
}

// place is a database and a span of time in it.
type place struct {
	db       *clickhouse.Client
	from, to time.Time
	asked    *sync.Map // answers by SQL
}

func (p place) resolve(t testing.TB, d *query.Dashboard, chosen map[string][]string) query.Vars {
	t.Helper()
	r := query.NewRange(p.from, p.to, room, 0)
	resolved, err := d.Resolve(t.Context(), r, chosen, func(ctx context.Context, v query.Variable, sql string) ([]query.Option, error) {
		if v.Datasource.Type != query.ClickHouse {
			return nil, nil
		}
		a, err := p.ask(ctx, sql)
		if err != nil {
			return nil, err
		}
		if len(a.names) > 2 {
			return nil, fmt.Errorf("it has %d columns, want value and text", len(a.names))
		}
		var out []query.Option
		for _, row := range a.rows {
			out = append(out, query.Option{Value: fmt.Sprint(row[0]), Text: fmt.Sprint(row[len(row)-1])})
		}
		return out, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", d.UID, err)
	}
	return query.VarsOf(resolved)
}

// wish says which of the questions to ask.
type wish func(name, sql string) bool

func everything(string, string) bool { return true }

// run asks the questions of a dashboard that go to ClickHouse.
func (p place) run(t *testing.T, d *query.Dashboard, chosen map[string][]string, want wish, each func(name, kind string, target query.Target, a *answer)) {
	t.Helper()
	vars := p.resolve(t, d, chosen)
	one := func(name, kind string, target query.Target, r query.Range) {
		if target.Datasource.Type != query.ClickHouse || !want(name, target.SQL) {
			return
		}
		sql, err := query.Expand(target.SQL, r, vars)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		a, err := p.ask(t.Context(), sql)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		each(name, kind, target, a)
	}
	for _, panel := range d.Panels() {
		for _, target := range panel.Targets {
			one(d.UID+"/"+panel.Title, panel.Type, target, panel.Range(p.from, p.to, "", room))
		}
	}
	for _, note := range d.Annotations() {
		one(d.UID+"/annotation "+note.Name, "annotation", note.Target, query.NewRange(p.from, p.to, room, 0))
	}
}

// wrong says what is wrong with the columns of an answer; empty: nothing. Of a
// time series Grafana makes lines out of time, the line's name and its value; a
// value that cannot be NULL would turn a hole into 0.
func wrong(kind string, target query.Target, a *answer) string {
	if i := slices.IndexFunc(a.types, func(kind string) bool {
		return !numeric(kind) && !isTime(kind) && !isText(kind) && bare(kind) != "Bool"
	}); i >= 0 {
		return fmt.Sprintf("has %s of the type %s, which the data source hands over as JSON", a.names[i], a.types[i])
	}
	switch {
	case kind == "annotation":
		for _, name := range []string{"time", "timeEnd", "title", "text", "tags"} {
			if a.column(name) < 0 {
				return "has no column " + name
			}
		}
	case target.Format == query.FormatTimeSeries:
		if len(a.names) != 3 || !isTime(a.types[0]) || !isText(a.types[1]) || !numeric(a.types[2]) {
			return fmt.Sprintf("has the columns %v %v, want a time, a text and a number", a.names, a.types)
		}
		if !strings.HasPrefix(a.types[2], "Nullable(") {
			return "has a value that cannot be NULL: a hole would be drawn as 0"
		}
		return disorder(a)
	case kind == "bargauge":
		if len(a.names) != 2 || a.names[0] != "name" || !numeric(a.types[1]) {
			return fmt.Sprintf("has the columns %v, want name and a number", a.names)
		}
	case kind == "heatmap":
		if a.names[0] != "time" || len(a.names) < 2 || slices.ContainsFunc(a.types[1:], func(kind string) bool { return !numeric(kind) }) {
			return fmt.Sprintf("has the columns %v %v, want time and numbers", a.names, a.types)
		}
	case kind == "stat":
		if len(a.rows) > 1 {
			return fmt.Sprintf("has %d rows, want one", len(a.rows))
		}
	}
	return ""
}

// disorder finds rows that Grafana cannot turn into lines.
func disorder(a *answer) string {
	seen := map[string]bool{}
	var last time.Time
	for _, row := range a.rows {
		at, ok := row[0].(time.Time)
		if !ok {
			return fmt.Sprintf("has the time %v", row[0])
		}
		if at.Before(last) {
			return "is not in order of time"
		}
		last = at
		key := fmt.Sprint(at.UnixNano(), row[1])
		if seen[key] {
			return fmt.Sprintf("has two values of %v at %s", row[1], at.UTC().Format(time.RFC3339))
		}
		seen[key] = true
	}
	return ""
}

// overridden are the columns of tables and single values that have a width, a
// unit or a colour of their own, by panel.
func overridden(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, b := range boards(t) {
		for _, p := range b.all() {
			if p.Type != "table" && p.Type != "stat" || !ours(p.Datasource) || p.Datasource.UID != "${datasource}" {
				continue
			}
			for _, o := range p.FieldConfig.Overrides {
				if name, ok := o.Matcher.Options.(string); ok && o.Matcher.ID == "byName" {
					out[b.UID+"/"+p.Title] = append(out[b.UID+"/"+p.Title], name)
				}
			}
		}
	}
	return out
}

// Every query runs where there is nothing yet, and has the columns that its
// drawing needs.
func TestQueriesRunOnAFreshDatabase(t *testing.T) {
	t.Parallel()
	p := ofCase(fresh(t))
	columns := overridden(t)
	for _, d := range load(t) {
		p.run(t, d, nil, everything, func(name, kind string, target query.Target, a *answer) {
			if w := wrong(kind, target, a); w != "" {
				t.Errorf("%s: the answer %s", name, w)
			}
			for _, column := range columns[name] {
				if a.column(column) < 0 {
					t.Errorf("%s: the column %q is to be shown in its own way, and there is none", name, column)
				}
			}
		})
	}
}

// Every query has something to show of January, or stands in nothingOfJanuary;
// and the choices that change the SQL itself run too.
func TestQueriesOnJanuary(t *testing.T) {
	t.Parallel()
	p := ofCase(january(t))
	// One after the other: subtests that run at once would wait for those who wait
	// for the engine.
	p.showsAll(t)
	p.rises(t)
	p.runsWithEveryChoice(t)
	p.runsWithSeveral(t)
	p.statesEnd(t)
	place{p.db, p.from.AddDate(0, 0, 5).Add(7 * time.Hour), p.from.AddDate(0, 0, 5).Add(9 * time.Hour), &sync.Map{}}.drawsPartOfADay(t)
}

func (p place) showsAll(t *testing.T) {
	t.Helper()
	unused := nothingOfJanuary(t)
	for _, d := range load(t) {
		p.run(t, d, nil, everything, func(name, kind string, target query.Target, a *answer) {
			if w := wrong(kind, target, a); w != "" {
				t.Errorf("%s: the answer %s", name, w)
			}
			why, expected := unused[name]
			delete(unused, name)
			switch none := a.empty(kind); {
			case none && !expected:
				t.Errorf("%s: shows nothing of January", name)
			case !none && expected:
				t.Errorf("%s: shows something of January, although it is said not to: %s", name, why)
			}
		})
		for name, v := range p.resolve(t, d, nil) {
			if len(v.Values) == 0 || v.Values[0] == "" {
				t.Errorf("%s: the variable %s has nothing to choose from", d.UID, name)
			}
		}
	}
	for name := range unused {
		t.Errorf("%s: there is no such panel; take it from the list", name)
	}
}

// nothingOfJanuary are the questions that the case does not answer, and why. They
// are asked again in TestQueriesShowTroubles.
func nothingOfJanuary(t *testing.T) map[string]string {
	t.Helper()
	const (
		modelled = "the case is modelled by the hour, so that nobody missed a look"
		live     = "nobody looks at anything now"
	)
	reasons := map[string]string{
		"tidemark-alerts/Mutes":                   "nothing was muted",
		"tidemark-quality/How long a look took":   "a look of a model takes no time",
		"tidemark-quality/How each target is now": live,
		"tidemark-quality/Gap ledger":             modelled,
		"tidemark-quality/Troubles of sources":    live,
		"tidemark-quality/Why looks saw nothing":  modelled,
		"tidemark-quality/Imports":                "nothing was imported",
	}
	for _, d := range load(t) {
		reasons[d.UID+"/annotation Nobody looked"] = modelled
	}
	return reasons
}

// What January does not answer is asked again where there is something to show: a
// source that looks every hour and has failed, was refused and has missed looks.
func TestQueriesShowTroubles(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Hour)
	p := place{troubled(t, now), now.Add(-24 * time.Hour), now, &sync.Map{}}
	asked := nothingOfJanuary(t)
	for _, d := range load(t) {
		wanted := func(name, _ string) bool { return asked[name] != "" }
		p.run(t, d, map[string][]string{"chart": {troubledChart}}, wanted, func(name, kind string, _ query.Target, a *answer) {
			if a.empty(kind) {
				t.Errorf("%s: shows nothing of the troubles", name)
			}
		})
	}
}
