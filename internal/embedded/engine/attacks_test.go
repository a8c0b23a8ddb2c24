package engine_test

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// attack is a line of testdata/attacks.txt.
type attack struct{ kind, sql string }

// attacks reads the list; SECRET becomes the file.
func attacks(t testing.TB, secret string) []attack {
	t.Helper()
	var list []attack
	for _, line := range linesOf(t, "attacks.txt") {
		kind, sql, _ := strings.Cut(line, " ")
		list = append(list, attack{kind, strings.ReplaceAll(unquoted(t, strings.TrimSpace(sql)), "SECRET", secret)})
	}
	return list
}

// linesOf are the lines of a file of testdata that say something.
func linesOf(t testing.TB, name string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []string
	for in := bufio.NewScanner(file); in.Scan(); {
		if line := in.Text(); line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "#  ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// unquoted is a statement that is written as a Go string, or the text itself.
func unquoted(t testing.TB, text string) string {
	t.Helper()
	if !strings.HasPrefix(text, `"`) || !strings.HasSuffix(text, `"`) {
		return text
	}
	sql, err := strconv.Unquote(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return sql
}

// refusals are the codes that a kind of refusal may have.
func refusals(kind string) []string {
	return map[string][]string{
		"readonly": {"164"}, "denied": {"497"}, "syntax": {"62"}, "outfile": {"80"}, "infile": {"78"},
		"unknown": {"36", "46", "47", "60", "81", "291"},
		// Also: too many times to repeat, and patterns that would take for ever.
		"capped": {"158", "159", "160", "241", "306", "307", "396", "128", "131", "427", "447"},
	}[kind]
}

// TestAttacksAreRefused sends the whole list to one engine, as the analyst: each
// is refused in its own way, none shows or changes anything, and the engine
// answers all the time.
func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	dsn, outside, inside := analystEngine(t)
	mustAsk(t, dsn, "CREATE VIEW v AS SELECT a FROM readings")
	before := mustAsk(t, dsn, "SELECT database, name, engine FROM system.tables WHERE database NOT IN ('system') ORDER BY ALL")
	for i, secret := range []string{outside, inside} {
		list := attacks(t, secret)
		if len(list) < 400 {
			t.Fatalf("only %d attacks in the list", len(list))
		}
		for _, attack := range list {
			if i > 0 && attack.kind == "capped" {
				continue
			}
			a := ask(t, dsn, attack.sql, asAnalyst, param("param_p", secret, "param_d", "system", "max_execution_time", "1"))
			if problem := attack.passes(a); problem != "" {
				t.Errorf("%s %q: %s: %d %.300s", attack.kind, attack.sql, problem, a.status, a.body)
			}
		}
		if got := mustAsk(t, dsn, "SELECT count(), sum(a) FROM readings"); got != "1000\t499500\n" {
			t.Errorf("readings were changed: %s", got)
		}
		if files, _ := filepath.Glob(secret + "?*"); len(files) > 0 {
			t.Errorf("files were written: %v", files)
		}
	}
	if got := mustAsk(t, dsn, "SELECT database, name, engine FROM system.tables WHERE database NOT IN ('system') ORDER BY ALL"); got != before {
		t.Errorf("tables were changed:\n%s\nwere\n%s", got, before)
	}
}

// passes says what is wrong with the answer to an attack, or "".
func (k attack) passes(a answer) string {
	switch {
	case strings.Contains(a.body, "opensesame"):
		return "shows the secret"
	case k.kind == "nothing":
		if a.status != http.StatusOK || a.body != "" {
			return "shows something"
		}
		return ""
	case a.status == http.StatusOK && !strings.Contains(a.body, "__exception__"):
		return "passes"
	}
	_, said, _ := strings.Cut(a.body, "Code: ")
	code, _, _ := strings.Cut(said, ".")
	if !slices.Contains(refusals(k.kind), code) {
		return "is refused in another way"
	}
	return ""
}

// TestLegitimateStatementsPass: what people, Grafana, clickhouse-go,
// clickhouse-connect and the JDBC driver ask.
func TestLegitimateStatementsPass(t *testing.T) {
	t.Parallel()
	dsn, _, _ := analystEngine(t)
	mustAsk(t, dsn, "CREATE VIEW v AS SELECT a FROM readings")
	list := linesOf(t, "legit.txt")
	if len(list) < 60 {
		t.Fatalf("only %d statements in the list", len(list))
	}
	for _, line := range list {
		a := ask(t, dsn, unquoted(t, line), asAnalyst, param("param_low", "3", "param_t", "readings", "param_c", "a", "param_s", "file"))
		if a.status != http.StatusOK || strings.Contains(a.body, "__exception__") {
			t.Errorf("%s: %d %.300s", line, a.status, a.body)
		}
	}
}

// TestAnalystsTakeNoSlotOfTheProgram: many slow statements, and the program
// still writes; nor can they take or kill a statement by its id.
func TestAnalystsTakeNoSlotOfTheProgram(t *testing.T) {
	t.Parallel()
	dsn, _ := spawn(t, engine.Config{DataDir: t.TempDir(), MaxQueries: 2})
	mustAsk(t, dsn, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
	done := make(chan answer)
	for range 6 {
		go func() {
			done <- ask(t, dsn+"/tidemark", "SELECT sleep(3)", asAnalyst, param("max_execution_time", "1"))
		}()
	}
	go func() {
		done <- ask(t, dsn+"/tidemark", "SELECT sleep(3)", asAnalyst, param("max_execution_time", "1", "query_id", "mine"))
	}()
	for range 3 {
		mustAsk(t, dsn, "INSERT INTO t VALUES (1)", param("query_id", "mine"))
	}
	for range 7 {
		if a := <-done; !strings.Contains(a.body, "Code: 159.") {
			t.Errorf("a slow statement: %d %s", a.status, a.body)
		}
	}
}
