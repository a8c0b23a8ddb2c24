package engine_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/testkit"
)

func TestStatements(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	mustAsk(t, dsn, "CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a")
	for _, c := range []struct {
		name, url, body, want string
		status                int
		with                  []func(*http.Request)
	}{
		{"body", "", "SELECT 1", "1\n", 200, nil},
		{"semicolon and comment", "", "SELECT 1; -- done", "1\n", 200, nil},
		{"url", "SELECT 1", "", "1\n", 200, nil},
		{"url and body are joined", "SELECT 1,", "2", "1\t2\n", 200, nil},
		{"get", "SELECT 1", "", "1\n", 200, []func(*http.Request){method("GET")}},
		{"get cannot write", "CREATE TABLE x (a UInt8) ENGINE = Memory", "", "Code: 164.", 500, []func(*http.Request){method("GET")}},
		{"get cannot insert", "INSERT INTO t VALUES (1, 'a')", "", "Code: 164.", 500, []func(*http.Request){method("GET")}},
		{"format clause", "", "SELECT 1 AS a FORMAT JSONEachRow", "{\"a\":1}\n", 200, nil},
		{"head without rows", "", "SELECT 1 AS a WHERE 0 FORMAT TSVWithNames", "a\n", 200, nil},
		{"head and types without rows", "", "SELECT 1 AS a WHERE 0 FORMAT CSVWithNamesAndTypes", "\"a\"\n\"UInt8\"\n", 200, nil},
		{"binary head without rows", "", "SELECT 1 AS a WHERE 0 FORMAT RowBinaryWithNamesAndTypes", "\x01\x01a\x05UInt8", 200, nil},
		{"JSON without rows", "", "SELECT 1 AS a WHERE 0 FORMAT JSONCompactEachRowWithNames", "[\"a\"]\n", 200, nil},
		{"no rows at all", "", "SELECT 1 AS a WHERE 0 FORMAT JSONEachRow", "", 200, nil},
		{"default format", "", "SELECT 1 AS a", "{\"a\":1}\n", 200, []func(*http.Request){param("default_format", "JSONEachRow")}},
		{"format header", "", "SELECT 1 AS a", "{\"a\":1}\n", 200, []func(*http.Request){header("X-ClickHouse-Format", "JSONEachRow")}},
		{"setting", "", "SELECT getSetting('max_block_size')", "77\n", 200, []func(*http.Request){param("max_block_size", "77")}},
		{"unknown setting", "", "SELECT 1", "Code: 115.", 404, []func(*http.Request){param("no_such_setting", "1")}},
		{"parameter", "", "SELECT {x:String}, {y:Array(UInt8)}", "a\\tb\t[1,2]\n", 200, []func(*http.Request){param("param_x", "a\\tb", "param_y", "[1,2]")}},
		{"identifier parameter", "", "SELECT {c:Identifier} FROM numbers(1)", "0\n", 200, []func(*http.Request){param("param_c", "number")}},
		{"missing parameter", "", "SELECT {x:String}", "Code: 456.", 500, nil},
		{"several statements", "", "SELECT 1; SELECT 2", "Code: 62.", 400, nil},
		{"several statements without a result", "", "DROP TABLE IF EXISTS none; DROP TABLE IF EXISTS other", "Code: 62.", 400, nil},
		{"empty", "", "", "Code: 62.", 400, nil},
		{"only a comment", "", "/* nothing */", "Code: 62.", 400, nil},
		{"exit", "", "exit", "Code: 62.", 400, nil},
		{"quit", "", "quit;", "Code: 62.", 400, nil},
		{"shell's command", "", "\\q", "Code: 62.", 400, nil},
		{"open quote", "", "SELECT 'x", "Code: 62.", 400, nil},
		{"external table", "SELECT count() FROM ext", "--b", "Code: 48.", 501, []func(*http.Request){header("Content-Type", "multipart/form-data; boundary=b")}},
		{"outfile", "", "SELECT 1 INTO OUTFILE '/tmp/x'", "Code: 80.", 500, nil},
		{"infile", "", "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", "Code: 78.", 404, nil},
		{"table function of a file", "", "SELECT * FROM file('/etc/passwd', 'LineAsString')", "Code: 76.", 503, nil},
		{"unknown table", "", "SELECT * FROM none", "Code: 60.", 404, nil},
		{"bare name is no statement", "", "a", "Code: 62.", 400, nil},
		{"values inline", "", "INSERT INTO t VALUES (1, 'x'), (2, 'FORMAT; SELECT')", "", 200, nil},
		{"values in url", "INSERT INTO t (b, a) VALUES", "('y', 3)", "", 200, nil},
		{"settings before format", "", "INSERT INTO t SETTINGS input_format_null_as_default = 1 FORMAT CSV\n4,z\n", "", 200, nil},
		{"settings after format", "", "INSERT INTO t FORMAT JSONEachRow SETTINGS input_format_skip_unknown_fields = 1\n{\"a\":5,\"no\":1}\n", "", 200, nil},
		{"setting in url for insert", "INSERT INTO t FORMAT JSONEachRow", "{\"a\":6,\"no\":1}", "", 200, []func(*http.Request){param("input_format_skip_unknown_fields", "1")}},
		{"comment before data", "", "INSERT INTO t -- not SELECT\nSETTINGS max_threads = 1 -- this\nVALUES (0, '')", "", 200, nil},
		{"no rows", "INSERT INTO t FORMAT JSONEachRow", "", "", 200, nil},
		{"no rows in Native", "INSERT INTO t FORMAT Native", "", "", 200, nil},
		{"insert select", "", "INSERT INTO t SELECT number + 7, 'q' FROM numbers(2)", "", 200, nil},
		{"insert function", "", "INSERT INTO FUNCTION null('a UInt8') VALUES (1)", "", 200, nil},
		{"insert by parameter", "INSERT INTO {t:Identifier} FORMAT CSV", "10,p\n", "", 200, []func(*http.Request){param("param_t", "t")}},
		{"broken row", "INSERT INTO t FORMAT CSV", "x,y\n", "Code: 27.", 400, nil},
		{"what is there", "", "SELECT count(), sum(a) FROM t", "10\t46\n", 200, nil},
		{"ddl", "", "ALTER TABLE t DELETE WHERE a > 8 SETTINGS mutations_sync = 1", "", 200, nil},
		{"optimize", "", "OPTIMIZE TABLE t FINAL", "", 200, nil},
		{"explain", "", "EXPLAIN SYNTAX SELECT 1", "SELECT 1\nFROM system.one\n", 200, nil},
		{"exists", "", "EXISTS TABLE t", "1\n", 200, nil},
		{"set", "", "SET max_threads = 1", "", 200, nil},
		{"implicit select is off, as on a server", "", "1 + 1", "Code: 62.", 400, nil},
		{"big statement", "", "SELECT length('" + strings.Repeat("x", 250_000) + "')", "250000\n", 200, nil},
		{"too big statement", "", "SELECT length('" + strings.Repeat("x", 300_000) + "')", "Code: 62.", 400, nil},
		{"larger limit", "", "SELECT length('" + strings.Repeat("x", 300_000) + "')", "300000\n", 200, []func(*http.Request){param("max_query_size", "1000000")}},
	} {
		with := append([]func(*http.Request){param("query", c.url), body(c.body)}, c.with...)
		a := ask(t, dsn, "", with...)
		if a.status != c.status || !strings.HasPrefix(a.body, c.want) || c.status == 200 && a.body != c.want {
			t.Errorf("%s: %d %q, want %d %q", c.name, a.status, a.body, c.status, c.want)
		}
		if c.status != 200 && !strings.Contains(a.body, "(version 26.") {
			t.Errorf("%s: error without version: %s", c.name, a.body)
		}
	}
}

func TestHeads(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	a := ask(t, dsn, "SELECT number FROM numbers(10) FORMAT JSON", param("query_id", "heads-1"))
	for name, want := range map[string]string{
		"X-ClickHouse-Query-Id": "heads-1", "X-ClickHouse-Format": "JSON", "X-ClickHouse-Timezone": "UTC",
		"Content-Type": "application/json; charset=UTF-8", "X-ClickHouse-Server-Display-Name": "tidemark",
	} {
		if got := a.head.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := summary(t, a)["read_rows"]; got != "10" {
		t.Errorf("summary: read_rows %q", got)
	}
	mustAsk(t, dsn, "CREATE TABLE t (a UInt32) ENGINE = Memory")
	if got := summary(t, ask(t, dsn, "INSERT INTO t VALUES (1), (2), (3)"))["written_rows"]; got != "3" {
		t.Errorf("summary: written_rows %q", got)
	}
	a = ask(t, dsn, "SELECT * FROM none")
	if a.status != http.StatusNotFound || a.head.Get("X-ClickHouse-Exception-Code") != "60" || a.head.Get("X-ClickHouse-Query-Id") == "" {
		t.Errorf("error: %d %v", a.status, a.head)
	}
	a = ask(t, dsn, "SELECT throwIf(number = 500000) FROM numbers(1000000)")
	tag := a.head.Get("X-ClickHouse-Exception-Tag")
	if a.status != http.StatusOK || len(tag) != 16 || !strings.Contains(a.body, "\r\n__exception__\r\n"+tag+"\r\nCode: 395.") || !strings.HasSuffix(a.body, " "+tag+"\r\n__exception__\r\n") {
		t.Errorf("error in the middle: %d %q", a.status, a.body[max(0, len(a.body)-300):])
	}
	a = ask(t, dsn, "SELECT throwIf(number = 500000) FROM numbers(1000000)", param("wait_end_of_query", "1"))
	if a.status == http.StatusOK || !strings.HasPrefix(a.body, "Code: 395.") {
		t.Errorf("error with wait_end_of_query: %d %q", a.status, a.body[:min(len(a.body), 100)])
	}
}

func summary(t *testing.T, a answer) map[string]string {
	t.Helper()
	var m map[string]string
	if err := json.Unmarshal([]byte(a.head.Get("X-ClickHouse-Summary")), &m); err != nil {
		t.Fatalf("summary %q: %v", a.head.Get("X-ClickHouse-Summary"), err)
	}
	return m
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	base, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, place := range []string{"GET /ping", "GET /", "HEAD /", "GET /replicas_status", "GET /play", "POST /ping", "DELETE /", "OPTIONS /"} {
		verb, path, _ := strings.Cut(place, " ")
		req, err := http.NewRequestWithContext(t.Context(), verb, "http://"+base.Host+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		a := send(t, req)
		line, _, _ := strings.Cut(a.body, "\n")
		got[place] = fmt.Sprint(a.status, " ", line)
	}
	want := map[string]string{
		"GET /ping": "200 Ok.", "GET /": "200 Ok.", "HEAD /": "200 ", "GET /replicas_status": "200 Ok.", "POST /ping": "200 Ok.",
		"GET /play": "404 There is no handle /play", "DELETE /": "405 method not allowed", "OPTIONS /": "204 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	for _, c := range []struct {
		name   string
		with   func(*http.Request)
		status int
	}{
		{"nobody is default", func(*http.Request) {}, 200},
		{"basic", func(r *http.Request) { r.SetBasicAuth("default", "") }, 200},
		{"headers", header("X-ClickHouse-User", "default"), 200},
		{"url", param("user", "default"), 200},
		{"analyst", func(r *http.Request) { asAnalyst(r); param("database", "tidemark")(r) }, 200},
		{"analyst in another database", asAnalyst, 500},
		{"stranger", func(r *http.Request) { r.SetBasicAuth("root", "") }, 403},
		{"password", func(r *http.Request) { r.SetBasicAuth("default", "x") }, 403},
		{"key", header("X-ClickHouse-Key", "x"), 403},
	} {
		a := ask(t, dsn, "SELECT 1", c.with)
		if a.status != c.status || c.status == 403 && a.head.Get("X-ClickHouse-Exception-Code") != "516" {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
}

// A page of another site, open in a browser on this machine, must not reach the
// engine: neither by its own name for 127.0.0.1 nor across origins.
func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	for _, c := range []struct {
		name   string
		with   func(*http.Request)
		status int
	}{
		{"localhost", func(r *http.Request) { r.Host = "localhost:8123" }, 200},
		{"ipv6", func(r *http.Request) { r.Host = "[::1]:8123" }, 200},
		{"other name", func(r *http.Request) { r.Host = "rebind.example.com:8123" }, 403},
		{"name that looks like it", func(r *http.Request) { r.Host = "127.0.0.1.example.com" }, 403},
		{"other machine", func(r *http.Request) { r.Host = "192.168.1.7:8123" }, 403},
		{"origin", header("Origin", "https://example.com"), 403},
		{"no origin", header("Origin", "null"), 403},
		{"other port", header("Origin", "http://127.0.0.1:1"), 403},
		{"cross-site", header("Sec-Fetch-Site", "cross-site"), 403},
		{"typed by hand", header("Sec-Fetch-Site", "none"), 200},
	} {
		if a := ask(t, dsn, "SELECT 1", c.with); a.status != c.status {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	in := func(id string, more ...string) func(*http.Request) {
		return param(append([]string{"session_id", id}, more...)...)
	}
	mustAsk(t, dsn, "CREATE TEMPORARY TABLE mine (a UInt8)", in("one"))
	mustAsk(t, dsn, "INSERT INTO mine VALUES (7)", in("one"))
	if got := mustAsk(t, dsn, "SELECT a FROM mine", in("one")); got != "7\n" {
		t.Errorf("temporary table: %q", got)
	}
	if a := ask(t, dsn, "SELECT a FROM mine", in("two")); a.status != http.StatusNotFound {
		t.Errorf("another session sees the table: %d %s", a.status, a.body)
	}
	mustAsk(t, dsn, "SET max_block_size = 55", in("one"))
	if got := mustAsk(t, dsn, "SELECT getSetting('max_block_size')", in("one", "max_block_size", "66")); got != "66\n" {
		t.Errorf("setting of the request: %q", got)
	}
	if got := mustAsk(t, dsn, "SELECT getSetting('max_block_size')", in("one")); got != "55\n" {
		t.Errorf("setting of the session: %q", got)
	}
	if got := mustAsk(t, dsn, "SELECT 1", in("one"), method("GET"), param("query", "SELECT a FROM mine"), body("")); got != "7\n" {
		t.Errorf("reading by GET: %q", got)
	}
	mustAsk(t, dsn, "INSERT INTO mine VALUES (8)", in("one"))
	if a := ask(t, dsn, "SELECT 1", in("none", "session_check", "1")); a.head.Get("X-ClickHouse-Exception-Code") != "372" {
		t.Errorf("session_check: %d %s", a.status, a.body)
	}
	if a := ask(t, dsn, "SELECT 1", in("one", "session_timeout", "99999")); a.status != http.StatusBadRequest {
		t.Errorf("session_timeout: %d %s", a.status, a.body)
	}
	mustAsk(t, dsn, "SELECT 1", in("one", "close_session", "1"))
	if a := ask(t, dsn, "SELECT a FROM mine", in("one")); a.status != http.StatusNotFound {
		t.Errorf("closed session: %d %s", a.status, a.body)
	}
}

// A body that ends too early leaves nothing behind.
func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	mustAsk(t, dsn, "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(strings.Repeat("1\n", 100_000))); err != nil {
		t.Fatal(err)
	}
	w.Close()
	whole := packed.String()
	into := param("query", "INSERT INTO t FORMAT CSV")
	for name, with := range map[string][]func(*http.Request){
		"cut gzip":         {header("Content-Encoding", "gzip"), body(whole[:len(whole)/2])},
		"no gzip":          {header("Content-Encoding", "gzip"), body("1\n2\n")},
		"unknown encoding": {header("Content-Encoding", "rot13"), body("1\n")},
		"no frame":         {param("decompress", "1"), body("1\n2\n3\n")},
		"broken frame":     {param("decompress", "1"), body(strings.Repeat("x", 100))},
		"cut row":          {body("1\n2\nx")},
	} {
		if a := ask(t, dsn, "", append(with, into)...); a.status == http.StatusOK {
			t.Errorf("%s passes", name)
		}
	}
	if got := mustAsk(t, dsn, "SELECT count() FROM t"); got != "0\n" {
		t.Errorf("%s rows are left behind", got)
	}
	mustAsk(t, dsn, "", into, header("Content-Encoding", "gzip"), body(whole))
	if got := mustAsk(t, dsn, "SELECT count() FROM t"); got != "100000\n" {
		t.Errorf("%s rows", got)
	}
}
