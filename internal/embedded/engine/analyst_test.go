package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

// analystEngine is an engine with one table, a file outside of its jail, and one
// inside.
func analystEngine(t *testing.T) (dsn, outside, inside string) {
	t.Helper()
	dir := t.TempDir()
	dsn, _ = spawn(t, engine.Config{DataDir: dir})
	mustAsk(t, dsn, "CREATE TABLE readings (a UInt32) ENGINE = MergeTree ORDER BY a")
	mustAsk(t, dsn, "INSERT INTO readings SELECT number FROM numbers(1000)")
	mustAsk(t, dsn, "CREATE DATABASE other")
	mustAsk(t, dsn, "CREATE TABLE other.t (a UInt8) ENGINE = Memory")
	outside = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("opensesame\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	inside = filepath.Join(dir, "inside")
	if err := os.WriteFile(inside, []byte("opensesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := mustAsk(t, dsn, "SELECT file({p:String})", param("param_p", inside)); !strings.Contains(got, "opensesame") {
		t.Errorf("the file inside: %q", got)
	}
	return dsn + "/tidemark", outside, inside
}

// The library lets a reader read and write files, and stop what others do.
// Roles, the check of the statement, clamped settings and the jail close that.
func TestAnalystReadsOnly(t *testing.T) {
	t.Parallel()
	dsn, outside, inside := analystEngine(t)
	if !engine.HasLandlock() {
		t.Log("this kernel has no Landlock: the other barriers stand alone")
	}
	refused := []string{
		"INSERT INTO readings VALUES (1)", "INSERT INTO FUNCTION file('x.csv') SELECT 1", "CREATE TABLE x (a UInt8) ENGINE = Memory",
		"CREATE TEMPORARY TABLE x (a UInt8)", "DROP TABLE readings", "TRUNCATE TABLE readings", "ALTER TABLE readings DELETE WHERE 1",
		"OPTIMIZE TABLE readings", "SET max_threads = 1", "SET ROLE writer", "SET readonly = 0", "USE other", "KILL QUERY WHERE 1",
		"SYSTEM STOP MERGES", "SYSTEM SHUTDOWN", "BACKUP DATABASE tidemark TO File('x')", "ATTACH TABLE x FROM '/' (a UInt8) ENGINE = Memory",
		"GRANT ALL ON *.* TO default", "CREATE FUNCTION f AS x -> x", "EXECUTE AS default SELECT 1", "BEGIN TRANSACTION",
		"SELECT 1 SETTINGS max_threads = 1", "SELECT 1 SETTINGS readonly = 0",
		"SELECT file('SECRET')", "SELECT File('SECRET')", "SELECT `file`('SECRET')", "SELECT \"file\" /* */ ('SECRET')", "SELECT f\u0069le('SECRET')",
		"SELECT 'SECRET' AS p APPLY(file)", "SELECT 'SECRET' AS p APPLY(`fi\\x6ce`)", "SELECT fi/**/le('SECRET'), file('SECRET')",
		"SELECT * FROM file('SECRET', 'LineAsString')", "SELECT * FROM 'SECRET'", "SELECT * FROM default.`SECRET`", "SELECT * FROM `SECRET`",
		"SELECT 1 INTO OUTFILE 'SECRET.out'", "SELECT 1 INTO OUTFILE 'SECRET.out' TRUNCATE FORMAT CSV",
		"SELECT * FROM other.t", "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')", "SELECT * FROM s3('http://127.0.0.1:1/x')",
		"SELECT * FROM remote('127.0.0.1', 'other.t')", "SELECT * FROM executable('x', 'TSV', 'a String')", "SELECT * FROM merge('other', '.*')",
		"SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')", "SELECT * FROM sqlite('SECRET', 'x')", "SELECT * FROM dictionary('x')",
		"SELECT * FROM system.processes", "SELECT * FROM system.{p:Identifier}", "SHOW PROCESSLIST", "SELECT hasColumnInTable('127.0.0.1', 'default', '', 'tidemark', 'readings', 'a')",
		"SELECT 1; DROP TABLE readings", "EXPLAIN ANALYZE INSERT INTO readings VALUES (1)",
	}
	for _, secret := range []string{outside, inside} {
		for _, sql := range refused {
			sql = strings.ReplaceAll(sql, "SECRET", secret)
			a := ask(t, dsn, sql, asAnalyst, param("param_p", "processes"))
			if a.status == http.StatusOK || strings.Contains(a.body, "opensesame") {
				t.Errorf("%s passes: %s", sql, a.body)
			}
		}
		if _, err := os.Stat(secret + ".out"); err == nil {
			t.Error("a file was written")
		}
	}
	for sql, want := range map[string]string{
		"SELECT count() FROM readings": "1000\n", "SELECT count() FROM tidemark.readings": "1000\n", "SHOW TABLES": "readings\n",
		"SHOW DATABASES": "tidemark\n", "SELECT name FROM system.tables WHERE database NOT IN ('system')": "readings\n",
		"WITH 1 AS x SELECT x": "1\n", "(SELECT 1)": "1\n", "SELECT 'file' AS profile": "file\n", "EXISTS TABLE readings": "1\n",
		"SELECT getSetting('readonly'), getSetting('max_execution_time')": "1\t30\n", "DESCRIBE TABLE readings": "a\tUInt32\t\t\t\t\t\n",
		"SELECT {p:String}": "x\n", "SELECT * FROM numbers(1)": "0\n",
	} {
		if got := mustAsk(t, dsn, sql, asAnalyst, param("param_p", "x")); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	if got := mustAsk(t, dsn, "SELECT count() FROM readings"); got != "1000\n" {
		t.Errorf("readings were changed: %s", got)
	}
}

// Clients send settings of their own accord: a reader's are clamped or
// dropped, not refused.
func TestAnalystSettingsAreClamped(t *testing.T) {
	t.Parallel()
	dsn, _, _ := analystEngine(t)
	ask5 := func(pairs ...string) string {
		t.Helper()
		return mustAsk(t, dsn, "SELECT getSetting('max_execution_time'), getSetting('readonly'), getSetting('join_use_nulls')", asAnalyst, param(pairs...))
	}
	for want, pairs := range map[string][]string{
		"5\t1\tfalse\n":  {"max_execution_time", "5"},
		"60\t1\tfalse\n": {"max_execution_time", "3600", "readonly", "0", "allow_ddl", "1"},
		"30\t1\ttrue\n":  {"max_execution_time", "0", "join_use_nulls", "1", "no_such_setting", "1"},
	} {
		if got := ask5(pairs...); got != want {
			t.Errorf("%v: %q, want %q", pairs, got, want)
		}
	}
	if a := ask(t, dsn, "SELECT sum(cityHash64(number)) FROM numbers(15000000000)", param("max_execution_time", "1"), asAnalyst); !strings.Contains(a.body, "Code: 159.") {
		t.Errorf("max_execution_time: %d %s", a.status, a.body)
	}
	options, err := clickhouse.ParseDSN(strings.Replace(dsn, "http://", "http://analyst:@", 1))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var n uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM readings").Scan(&n); err != nil || n != 1000 {
		t.Errorf("clickhouse-go as analyst: %d, %v", n, err)
	}
}

// The jail holds the owner too: SQL of whatever user reaches the engine's own
// folder, and no other file.
func TestJail(t *testing.T) {
	t.Parallel()
	testkit.Need(t, "Landlock", "a kernel of 5.13 or later that has it switched on (/sys/kernel/security/lsm)", engine.HasLandlock())
	dsn, secret, _ := analystEngine(t)
	for _, sql := range []string{
		"SELECT file('SECRET')", "SELECT * FROM file('SECRET', 'LineAsString')", "SELECT * FROM default.`SECRET`",
		"INSERT INTO FUNCTION file('SECRET.out', 'CSV', 'a UInt8') VALUES (1)", "BACKUP DATABASE tidemark TO File('SECRET.backup')",
		"SELECT file('/etc/passwd')",
	} {
		sql = strings.ReplaceAll(sql, "SECRET", secret)
		a := ask(t, dsn, sql)
		if a.status == http.StatusOK {
			t.Errorf("%s passes: %s", sql, a.body)
		}
	}
	mustAsk(t, dsn, "BACKUP DATABASE tidemark TO File('one/')")
	mustAsk(t, dsn, "DROP TABLE tidemark.readings SYNC")
	mustAsk(t, dsn, "RESTORE TABLE tidemark.readings FROM File('one/')")
	if got := mustAsk(t, dsn, "SELECT count() FROM readings"); got != "1000\n" {
		t.Errorf("restored %s", got)
	}
}

// The jail again: the owner too starts no program and reaches no other address,
// not even on this machine.
func TestJailHasNoDoor(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	place := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer place.Close()
	dsn, p := spawn(t, engine.Config{DataDir: t.TempDir()})
	for _, sql := range []string{
		"SELECT * FROM url('" + place.URL + "/', 'LineAsString', 'x String')", "INSERT INTO FUNCTION url('" + place.URL + "/', 'CSV', 'x UInt8') VALUES (1)",
		"SELECT * FROM remote('" + strings.TrimPrefix(place.URL, "http://") + "', system.one)",
		"SELECT * FROM mysql('" + strings.TrimPrefix(place.URL, "http://") + "', 'a', 'b', 'c', 'd')",
	} {
		if a := ask(t, dsn, sql, param("max_execution_time", "20", "http_max_tries", "1", "connections_with_failover_max_tries", "1", "external_storage_connect_timeout_sec", "1")); a.status == http.StatusOK && a.body != "[]\n" {
			t.Errorf("%s passes: %s", sql, a.body)
		}
	}
	if asked.Load() {
		t.Error("another address was reached")
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"NoNewPrivs:\t1", "Seccomp:\t2"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("the engine's process lacks %q", want)
		}
	}
}
