package engine_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

// The library cuts inlined data at the first blank line. 2570 is 0x0A0A: a
// column of it is blank lines throughout.
func TestInsertedDataMayHoldBlankLines(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	for _, format := range []string{
		"Native", "RowBinary", "RowBinaryWithNamesAndTypes", "TabSeparated", "TSVWithNames", "CSV", "CSVWithNames", "Values", "JSONEachRow",
		"JSONCompactEachRow", "JSON", "Parquet", "Arrow", "ArrowStream", "ORC", "Avro", "MsgPack",
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			table := "blank_" + format
			const rows = "SELECT toUInt64(2570) AS n, '\\n\\nx\\n\\n' AS s FROM numbers(100000)"
			data := mustAsk(t, dsn, rows+" FORMAT "+format)
			for _, way := range []struct{ name, url, body string }{
				{"statement in the url", "INSERT INTO " + table + " FORMAT " + format, data},
				{"line in the url", "INSERT INTO " + table + " FORMAT " + format + "\n", data},
				{"statement in the body", "", "INSERT INTO " + table + " (n, s) FORMAT " + format + "\n" + data},
				{"cut between", "INSERT INTO " + table, " FORMAT " + format + "\n" + data},
			} {
				mustAsk(t, dsn, "DROP TABLE IF EXISTS "+table)
				mustAsk(t, dsn, "CREATE TABLE "+table+" (n UInt64, s String) ENGINE = Memory")
				mustAsk(t, dsn, "", param("query", way.url), body(way.body))
				if got := mustAsk(t, dsn, "SELECT count(), min(n), max(n), uniqExact(s), any(length(s)) FROM "+table); got != "100000\t2570\t2570\t1\t5\n" {
					t.Errorf("%s: %s", way.name, got)
				}
			}
		})
	}
}

// The library takes Go's signals when it boots; a nil dereference would hang
// the engine's process for ever. The child does what Serve does, then errs.
func TestNilDereferenceIsRecovered(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, exe, "-test.run=^TestRecoverInChild$", "-test.v")
	cmd.Env = append(os.Environ(), "RECOVER_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "recovered 3 times") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Without a folder `metadata` at boot the catalogue's tasks are not started,
// and DROP … SYNC hangs in the process that made the data directory.
func TestDropSyncOnFreshDirectory(t *testing.T) {
	t.Parallel()
	dsn, _ := spawn(t, engine.Config{DataDir: t.TempDir()})
	mustAsk(t, dsn, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
	mustAsk(t, dsn, "INSERT INTO t VALUES (1)")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	mustAsk(t, dsn, "DROP TABLE t SYNC", func(r *http.Request) { *r = *r.WithContext(ctx) })
	if got := mustAsk(t, dsn, "EXISTS t"); got != "0\n" {
		t.Errorf("table exists after DROP SYNC: %s", got)
	}
}

// Native over HTTP has revision 0 in the library, whatever the client says.
func TestNativeHasTheClientsRevision(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	const sql = "SELECT toUInt8(7) AS n FORMAT Native"
	plain := "\x01\x01\x01n\x05UInt8"
	info := "\x01\x00\x02\xff\xff\xff\xff\x00"
	for revision, want := range map[string]string{
		"":      plain + "\x07",
		"0":     plain + "\x07",
		"54000": info + plain + "\x07",
		"54460": info + plain + "\x00\x07",
	} {
		if got := mustAsk(t, dsn, sql, param("client_protocol_version", revision)); got != want {
			t.Errorf("revision %q: %q, want %q", revision, got, want)
		}
	}
	empty := info + "\x01\x00\x01n\x05UInt8\x00"
	for _, statement := range []string{
		"SELECT toUInt8(7) AS n WHERE 0 FORMAT Native", "SELECT {x:UInt8} AS n WHERE 0 -- nothing\nFORMAT Native;",
		"WITH 1 AS one SELECT toUInt8(7) AS n WHERE 0 FORMAT Native SETTINGS max_threads = 1", "(SELECT toUInt8(7) AS n WHERE 0) FORMAT Native",
	} {
		if got := mustAsk(t, dsn, statement, param("client_protocol_version", "54460", "param_x", "1")); got != empty {
			t.Errorf("%s: %q, want %q", statement, got, empty)
		}
	}
	if got := mustAsk(t, dsn, "SHOW TABLES LIKE 'none' FORMAT Native", param("client_protocol_version", "54460")); got != info+"\x01\x00\x04name\x06String\x00" {
		t.Errorf("SHOW TABLES: %q", got)
	}
}

// needLibrary skips where the library is missing; in CI it must not be.
func needLibrary(t testing.TB) {
	t.Helper()
	_, err := engine.FindLibrary("")
	testkit.Need(t, "the engine's library", "make engine", err == nil)
}

// spawn starts an engine of the test's own.
func spawn(t testing.TB, cfg engine.Config) (dsn string, p *engine.Process) {
	t.Helper()
	needLibrary(t)
	p, err := engine.SpawnTest(t.Context(), cfg, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return "http://" + p.Addr(), p
}
