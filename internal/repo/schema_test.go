package repo

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// schemaHead begins the page of tables and columns.
const schemaHead = `# Tables and columns

Generated from a freshly migrated database; do not edit: ` + "`make generate`" + `. [SQL](sql.md) says where to begin.
Columns with a leading underscore are bookkeeping.
`

type column struct {
	Table   string `ch:"table"`
	About   string `ch:"about"`
	Engine  string `ch:"engine"`
	Name    string `ch:"name"`
	Type    string `ch:"type"`
	Comment string `ch:"comment"`
}

// migrated is a database as the migrations leave it.
func migrated(t *testing.T) *clickhouse.Client {
	t.Helper()
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ch.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := ch.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ch
}

// TestEveryQueryOfThePagesRuns: those in sql blocks, and those that are handed
// to `tidemark sql`.
func TestEveryQueryOfThePagesRuns(t *testing.T) {
	t.Parallel()
	ch := migrated(t)
	block := regexp.MustCompile("(?s)```sql\n(.*?)```")
	inline := regexp.MustCompile(`tidemark sql [^"\n]*"([^"]+)"`)
	ran := 0
	for _, name := range pages(t) {
		text := read(t, name)
		for _, match := range slices.Concat(block.FindAllStringSubmatch(text, -1), inline.FindAllStringSubmatch(text, -1)) {
			for query := range strings.SplitSeq(match[1], ";") {
				if query = strings.TrimSpace(query); query == "" || strings.HasSuffix(query, "…") {
					continue
				}
				if err := runs(t, ch, query); err != nil {
					t.Errorf("%s has a query that fails: %v\n%s", name, err, query)
				}
				ran++
			}
		}
	}
	if ran < 10 {
		t.Errorf("only %d queries found in the pages", ran)
	}
}

func runs(t *testing.T, ch *clickhouse.Client, query string) error {
	t.Helper()
	rows, err := ch.Query(t.Context(), query)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

// columnsOf are all columns of all tables and views, the views first.
func columnsOf(t *testing.T, ch *clickhouse.Client) []column {
	t.Helper()
	columns, err := clickhouse.Select[column](t.Context(), ch, `
		SELECT t.name AS table, t.comment AS about, t.engine AS engine, c.name AS name, c.type AS type, c.comment AS comment
		FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
		WHERE t.database = currentDatabase() AND t.name != 'tidemark_migrations'
		ORDER BY t.engine = 'View' DESC, t.name, c.position`)
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// TestSchemaPageIsCurrent compares docs/schema.md with what the migrations
// make, and holds that every table and every column says what it is.
func TestSchemaPageIsCurrent(t *testing.T) {
	t.Parallel()
	ch := migrated(t)
	columns := columnsOf(t, ch)
	got := schemaPage(t, columns)
	page := filepath.Join(root, "docs/schema.md")
	if os.Getenv("TIDEMARK_GOLDEN") == "write" {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil { //nolint:gosec // a page for everybody
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/schema.md is not current, run `make generate` (-page +database):\n%s", diff)
	}
}

func schemaPage(t *testing.T, columns []column) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(schemaHead)
	last := ""
	for _, c := range columns {
		if c.Table != last {
			last = c.Table
			if c.About == "" {
				t.Errorf("table %s does not say what it is", c.Table)
			}
			kind := "Table"
			if c.Engine == "View" {
				kind = "View"
			}
			fmt.Fprintf(&b, "\n## %s\n\n%s. %s\n\n| column | type | meaning |\n|---|---|---|\n", c.Table, kind, c.About)
		}
		if c.Comment == "" {
			t.Errorf("column %s.%s does not say what it is", c.Table, c.Name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, c.Type, strings.ReplaceAll(c.Comment, "|", "\\|"))
	}
	return b.String()
}
