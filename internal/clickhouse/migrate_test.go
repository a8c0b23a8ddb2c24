package clickhouse

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/config"
)

// TestRenderings holds to testdata what a cluster's schema has otherwise than a
// single node's: the rest is the migrations as they stand. Write it anew with
// TIDEMARK_GOLDEN=write.
func TestRenderings(t *testing.T) {
	t.Parallel()
	node, err := loadMigrations(layout{})
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := loadMigrations(layout{cluster: "tide"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for i, m := range node {
		out.WriteString("-- " + m.name + "\n")
		writeWithout(&out, "- ", m.sql, cluster[i].sql)
		writeWithout(&out, "+ ", cluster[i].sql, m.sql)
	}
	golden(t, filepath.Join("testdata", "cluster.diff"), out.String())
}

// writeWithout writes the lines of text that the other has not.
func writeWithout(out *strings.Builder, mark, text, other string) {
	has := strings.Split(other, "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !slices.Contains(has, line) {
			out.WriteString(mark + line + "\n")
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("TIDEMARK_GOLDEN") == "write" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// TestClusterStatementsParse is as near to a cluster as we come: the engine
// reads every statement, but cannot run it.
func TestClusterStatementsParse(t *testing.T) {
	t.Parallel()
	c := open(t)
	l := layout{cluster: "tide"}
	all, err := loadMigrations(l)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := l.render(ledgerTable, createLedger)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range append(all, migration{name: ledgerTable, sql: ledger}) {
		if m.sql == "" {
			t.Errorf("%s does nothing on a cluster", m.name)
			continue
		}
		formatted, err := SelectOne[string](t.Context(), c, "SELECT formatQuerySingleLine(?)", m.sql)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if !strings.Contains(formatted, "ON CLUSTER") {
			t.Errorf("%s does not run on the cluster: %s", m.name, formatted)
		}
	}
}

func TestMigrateRecordsAndRepeats(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	if err := c.Migrate(t.Context()); err != nil {
		t.Fatalf("second time: %v", err)
	}
	all, err := loadMigrations(layout{})
	if err != nil {
		t.Fatal(err)
	}
	var skipped uint64
	for _, m := range all {
		if m.sql == "" {
			skipped++
		}
	}
	got, err := Select[struct {
		State string `ch:"state"`
		N     uint64 `ch:"n"`
	}](t.Context(), c, "SELECT toString(state) AS state, count() AS n FROM tidemark_migrations GROUP BY state ORDER BY state")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].N != uint64(len(all))-skipped || got[1].N != skipped || skipped == 0 {
		t.Errorf("ledger has %v, want %d applied and %d skipped", got, uint64(len(all))-skipped, skipped)
	}
}

func TestMigrateByTwoAtOnce(t *testing.T) {
	t.Parallel()
	a := open(t)
	b, err := Open(config.ClickHouse{DSN: config.Secret(a.Addr())}, a.log)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	g, ctx := errgroup.WithContext(t.Context())
	g.Go(func() error { return a.Migrate(ctx) })
	g.Go(func() error { return b.Migrate(ctx) })
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestMigrateMakesTheDatabase(t *testing.T) {
	t.Parallel()
	c := open(t, func(cfg *config.ClickHouse) { cfg.DSN += "_new" })
	if err := c.Wait(t.Context()); err != nil {
		t.Fatalf("wait: %v", err)
	}
	if err := c.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(t.Context(), "DROP DATABASE "+quoteName(c.Database())+" SYNC"); err != nil {
		t.Fatal(err)
	}
}

func TestMigrateRefusesAnEditedFile(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	if err := c.Exec(t.Context(), "INSERT INTO tidemark_migrations (name, checksum, layout, state, applied_at) VALUES ('001_readings.sql', 'abc', 'node', 'applied', now64(3) + 1)"); err != nil {
		t.Fatal(err)
	}
	err := c.Migrate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "001_readings.sql: the file was edited after it was applied") {
		t.Errorf("error is %v", err)
	}
}

func TestMigrateRefusesAnotherLayout(t *testing.T) {
	t.Parallel()
	done := map[string]entry{"a": {Name: "a", Checksum: "x", Layout: "node"}}
	err := checkLedger([]migration{{name: "a", checksum: "x"}}, done, layout{cluster: "tide"})
	if err == nil || !strings.Contains(err.Error(), `layout "node", the configuration says "cluster tide"`) {
		t.Errorf("error is %v", err)
	}
}

// TestEverythingHasAComment: the schema explains itself in SQL.
func TestEverythingHasAComment(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	bare, err := Select[struct {
		What string `ch:"what"`
	}](t.Context(), c, `
		SELECT concat(table, '.', name) AS what FROM system.columns WHERE database = currentDatabase() AND comment = ''
		UNION ALL
		SELECT name FROM system.tables WHERE database = currentDatabase() AND comment = ''`)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bare {
		t.Errorf("%s has no comment", b.What)
	}
}

// TestNoPersonInAnyTable: counts and ranks only.
func TestNoPersonInAnyTable(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	n, err := SelectOne[uint64](t.Context(), c, `SELECT count() FROM system.columns
		WHERE database = currentDatabase() AND multiSearchAnyCaseInsensitive(name, ['author', 'user', 'account', 'person', 'handle', 'body_text'])`)
	if err != nil || n != 0 {
		t.Errorf("%d columns are named after people (%v)", n, err)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	c := migrated(t)
	engines := func() string {
		s, err := SelectOne[string](t.Context(), c, `SELECT arrayStringConcat(arraySort(groupArray(concat(name, ': ', extract(engine_full, 'TTL [^)]+\\)[^)]+\\)')))), ', ')
			FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND position(engine_full, 'TTL') > 0
				AND name != 'notify_outbox'`) // what was delivered is kept for a while, whatever the retention
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, step := range []struct {
		retention time.Duration
		want      string
	}{
		{week, "looks: TTL toDateTime(_inserted_at) + toIntervalSecond(604800), readings: TTL toDateTime(_inserted_at) + toIntervalSecond(604800)"},
		{2 * week, "looks: TTL toDateTime(_inserted_at) + toIntervalSecond(1209600), readings: TTL toDateTime(_inserted_at) + toIntervalSecond(1209600)"},
		{0, ""},
		{week, "looks: TTL toDateTime(_inserted_at) + toIntervalSecond(604800), readings: TTL toDateTime(_inserted_at) + toIntervalSecond(604800)"},
	} {
		c.retention = step.retention
		if err := c.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := engines(); got != step.want {
			t.Errorf("retention %v: TTLs are %q, want %q", step.retention, got, step.want)
		}
	}
	// A row that is about January 2025 and came today stays; one that came a
	// month ago goes.
	for _, sql := range []string{
		"INSERT INTO readings (at, slot, subject, _inserted_at) VALUES ('2025-01-14 00:00:00', '2025-01-14 00:00:00', 'new', now64(3)), ('2025-01-14 00:00:00', '2025-01-14 00:00:00', 'old', now64(3) - toIntervalDay(30))",
		"OPTIMIZE TABLE readings FINAL",
	} {
		if err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := SelectOne[string](t.Context(), c, "SELECT toString(groupArray(subject)) FROM readings"); err != nil || left != "['new']" {
		t.Errorf("left are %s (%v), want the new row", left, err)
	}
}

func TestFsync(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	for _, on := range []bool{true, false} {
		c.fsync = on
		if err := c.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		n, err := SelectOne[uint64](t.Context(), c, `SELECT count() FROM system.tables WHERE database = currentDatabase()
			AND position(engine_full, 'fsync_after_insert = 1, fsync_part_directory = 1') > 0`)
		if err != nil {
			t.Fatal(err)
		}
		if want := uint64(len(lookTables())); on && n != want || !on && n != 0 {
			t.Errorf("fsync %v: %d tables have it", on, n)
		}
	}
}
