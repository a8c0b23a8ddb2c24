package backup_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/backup"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// A ClickHouse of its own (the engine answers as a server does) is backed up
// and restored by its own statements.
func TestServerBacksItselfUp(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ch.Close(); err != nil {
			t.Error(err)
		}
	})
	exec := func(sql string) {
		t.Helper()
		if err := ch.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE numbers (n UInt64 COMMENT 'a number') ENGINE = MergeTree ORDER BY n")
	exec("INSERT INTO numbers SELECT number FROM numbers(1000)")
	place := "File('" + ch.Database() + ".tar')"
	told := 0
	s, err := backup.Server(t.Context(), ch, backup.StatementBackup, place, func(backup.ServerState) { told++ })
	if err != nil || s.Status != "BACKUP_CREATED" || s.Total == 0 || told == 0 {
		t.Fatalf("backup: %+v, %v", s, err)
	}
	if _, err := backup.Server(t.Context(), ch, backup.StatementBackup, place, func(backup.ServerState) {}); err == nil {
		t.Error("a backup was overwritten")
	}
	exec("DROP TABLE numbers SYNC")
	if s, err := backup.Server(t.Context(), ch, backup.StatementRestore, place, func(backup.ServerState) {}); err != nil || s.Status != "RESTORED" {
		t.Fatalf("restore: %+v, %v", s, err)
	}
	if sum, err := clickhouse.SelectOne[uint64](t.Context(), ch, "SELECT sum(n) FROM numbers"); err != nil || sum != 499500 {
		t.Errorf("restored: %d, %v", sum, err)
	}
	for _, wrong := range []string{"backup.tar", "Disk('a', 'b'); DROP DATABASE x", ""} {
		if _, err := backup.Server(t.Context(), ch, backup.StatementBackup, wrong, nil); err == nil || !strings.Contains(err.Error(), "as ClickHouse writes it") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
