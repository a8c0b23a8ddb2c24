package repo

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

const dictionary = "docs/sql"

// note is what the comments of the schema do not say of a view.
type note struct {
	Grain string   `yaml:"grain"` // what one row is
	Key   string   `yaml:"key"`   // what identifies it
	Fresh string   `yaml:"fresh"` // how old it may be
	Mind  []string `yaml:"mind"`  // what has misled others
	Row   string   `yaml:"row"`   // asks for a row to show
}

// plumbing are views that other views are made of; docs/schema.md has them.
func plumbing() []string {
	return []string{
		"attention_between", "corroboration_now", "counts_hourly_between", "entity_apps", "entity_keys", "lead_lag_now",
		"look_days", "migrations_now", "ranks_hourly_between", "v_newcomers", "v_rising", "v_trending",
	}
}

// TestDictionary compares the pages of docs/sql with what the migrations make.
// The row that each shows is compared by TestAnalystsPages, on the January case.
func TestDictionary(t *testing.T) {
	t.Parallel()
	all := notes(t)
	views := viewsOf(t)
	for name := range views {
		if _, told := all[name]; !told && !slices.Contains(plumbing(), name) {
			t.Errorf("%s/notes.yaml says nothing of the view %s", dictionary, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		n := all[name]
		if n.Grain == "" || n.Key == "" || n.Fresh == "" {
			t.Errorf("%s/notes.yaml lacks grain, key or fresh of %s", dictionary, name)
		}
		if views[name] == nil {
			t.Errorf("%s/notes.yaml tells of %s, and there is no such view", dictionary, name)
			continue
		}
		path := dictionary + "/" + name + ".md"
		old := readIfThere(t, path)
		fresh := entry(name, &n, views[name], rowShown(old))
		same(t, path, old, fresh)
	}
	same(t, dictionary+"/README.md", readIfThere(t, dictionary+"/README.md"), contents(all, views))
	same(t, "docs/llms.txt", readIfThere(t, "docs/llms.txt"), forAssistants(all, views))
}

// sisters are the views that take parameters, with those of the same columns.
func sisters() map[string]string {
	return map[string]string{"gaps_between": "gaps", "kept_gaps_between": "gaps", "movers_between": "v_movers", "chart_movers_between": "v_movers", "v_coverage_between": "v_coverage"}
}

// noneEscapes: a view without columns in the database takes parameters, and is
// known to be one.
func noneEscapes(t *testing.T, ch *clickhouse.Client, views map[string][]column) {
	t.Helper()
	all, err := clickhouse.Select[column](t.Context(), ch, "SELECT name AS table FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")
	if err != nil {
		t.Fatalf("ask for views: %v", err)
	}
	for _, v := range all {
		if views[v.Table] == nil && sisters()[v.Table] == "" && !slices.Contains(plumbing(), v.Table) {
			t.Errorf("the view %s takes parameters, and the dictionary does not know it", v.Table)
		}
	}
}

// viewsOf are the columns of all views. Of those that take parameters the
// database knows none: they have the columns of the view that takes none, and
// the test asks whether that is so.
func viewsOf(t *testing.T) map[string][]column {
	t.Helper()
	ch := migrated(t)
	views := map[string][]column{}
	for _, c := range columnsOf(t, ch) {
		if c.Engine == "View" {
			views[c.Table] = append(views[c.Table], c)
		}
	}
	noneEscapes(t, ch, views)
	for name, sister := range sisters() {
		about, err := clickhouse.Select[column](t.Context(), ch, "SELECT comment AS about FROM system.tables WHERE database = currentDatabase() AND name = ?", name)
		if err != nil || len(about) != 1 {
			t.Fatalf("ask for the comment of %s: %v", name, err)
		}
		rows, err := ch.Query(t.Context(), "SELECT * FROM "+name+"(since = '2025-01-01', until = '2025-01-02') LIMIT 0")
		if err != nil {
			t.Fatalf("ask %s: %v", name, err)
		}
		got := rows.Columns()
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, c := range views[sister] {
			want = append(want, c.Name)
			c.About = about[0].About
			views[name] = append(views[name], c)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s has not the columns of %s\n%s", name, sister, diff)
		}
	}
	return views
}

func notes(t *testing.T) map[string]note {
	t.Helper()
	all := map[string]note{}
	if err := yaml.UnmarshalWithOptions([]byte(read(t, dictionary+"/notes.yaml")), &all, yaml.Strict()); err != nil {
		t.Fatalf("read notes of the dictionary: %v", err)
	}
	return all
}

func readIfThere(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

func same(t *testing.T, name, old, fresh string) {
	t.Helper()
	if old == fresh {
		return
	}
	if os.Getenv("TIDEMARK_GOLDEN") == "write" {
		write(t, name, fresh)
		return
	}
	t.Errorf("%s is not what the migrations make; run `make generate` (- there, + made)\n%s", name, cmp.Diff(old, fresh))
}

const aRow = "## A row\n\nOf the January 2025 case:\n\n"

// entry is the page of a view.
func entry(name string, n *note, columns []column, row string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", name, sentence(columns[0].About))
	fmt.Fprintf(&b, "| | |\n|---|---|\n| one row is | %s |\n| key | %s |\n| fresh | %s |\n\n", n.Grain, ticked(n.Key), n.Fresh)
	b.WriteString("| column | type | meaning |\n|---|---|---|\n")
	for _, c := range columns {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, c.Type, strings.ReplaceAll(c.Comment, "|", "\\|"))
	}
	if len(n.Mind) > 0 {
		b.WriteString("\n## Mind\n\n- " + strings.Join(n.Mind, "\n- ") + "\n")
	}
	if n.Row != "" {
		b.WriteString("\n" + aRow + "```sql\n" + n.Row + " LIMIT 1\n```\n\n" + "```text\n" + row + "```\n")
	}
	b.WriteString("\n[All views](README.md) · [SQL](../sql.md) · [cookbook](../cookbook.md)\n")
	return b.String()
}

// sentence ends with a full stop.
func sentence(s string) string { return strings.TrimSuffix(s, ".") + "." }

// ticked marks column names, and leaves alone what is no list of them.
func ticked(key string) string {
	if strings.Contains(key, "`") || key == "" {
		return key
	}
	return "`" + strings.ReplaceAll(key, ", ", "`, `") + "`"
}

// rowShown is the row that a page shows already.
func rowShown(page string) string {
	if found := regexp.MustCompile("(?s)## A row\n.*?```text\n(.*?)```").FindStringSubmatch(page); found != nil {
		return found[1]
	}
	return ""
}

func contents(all map[string]note, views map[string][]column) string {
	var b strings.Builder
	b.WriteString("# Data dictionary\n\nThe views for people: stable, each row once, nothing to merge by hand. Made from the comments of the schema and from\n" +
		"[notes.yaml](notes.yaml) by `make generate`. [schema](../schema.md) has the tables and helpers below them.\n\n| view | one row is | fresh |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if views[name] != nil {
			fmt.Fprintf(&b, "| [`%s`](%s.md) | %s | %s |\n", name, name, all[name].Grain, all[name].Fresh)
		}
	}
	return b.String()
}

// forAssistants is docs/llms.txt.
func forAssistants(all map[string]note, views map[string][]column) string {
	var b strings.Builder
	b.WriteString(`# Tidemark

> App-store ranks and public hashtag counts with history, in ClickHouse: how a crowd moves from one app to another.

Ask in ClickHouse SQL, as the user analyst (read-only, no password) at http://127.0.0.1:8123, database tidemark; or by
the MCP server of the program, tidemark mcp. Rules that keep answers true:

- Name the basis in every query (basis = 'measured', 'backfill', 'imported' or 'modelled') and never mix two.
- The January 2025 case is modelled: say so whenever you use it. Reported figures were published by others: name them.
- rank is NULL unless state = 'ranked'. Missing is not 0. Average ranks over state = 'ranked' only; compare log(rank).
- effective_rank is for ordering only. All times are UTC.
- Before you believe a mean, look whether anybody looked: v_coverage_between, gaps_between.

## Views

`)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if views[name] == nil {
			continue
		}
		names := make([]string, 0, len(views[name]))
		for _, c := range views[name] {
			names = append(names, c.Name)
		}
		fmt.Fprintf(&b, "- [%s](sql/%s.md): one row is %s. Columns: %s\n", name, name, strings.ReplaceAll(all[name].Grain, "`", ""), strings.Join(names, ", "))
	}
	b.WriteString("\n## More\n\n- [Questions with SQL and answers](cookbook.md)\n- [What the views mean](sql.md)\n- [Where numbers come from](sources.md)\n- [How surges are found](detection.md)\n")
	return b.String()
}

// noRow stands where the case has none.
const noRow = "no row"

func orNone(row string) string {
	if row == "" {
		return noRow
	}
	return row
}

// dictionaryRows compares the row of each page with what is asked now.
func dictionaryRows(t *testing.T, address string) {
	t.Helper()
	all := notes(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name].Row == "" {
			continue
		}
		path := dictionary + "/" + name + ".md"
		page := read(t, path)
		want := rowShown(page)
		got, err := answer(t, address, all[name].Row+" LIMIT 1 FORMAT Vertical", strings.TrimPrefix(strings.TrimSpace(want), noRow))
		if err != nil {
			t.Errorf("ask for a row of %s: %v", name, err)
			continue
		}
		if got = orNone(got) + "\n"; want != got {
			t.Errorf("%s shows another row (- there, + now)\n%s", path, cmp.Diff(want, got))
			write(t, path, strings.Replace(page, "```text\n"+want+"```", "```text\n"+got+"```", 1))
		}
	}
}
