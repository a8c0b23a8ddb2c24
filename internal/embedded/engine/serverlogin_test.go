package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// rawLogin names the data directory of a child that asks the library itself.
const rawLogin = "TIDEMARK_TEST_RAW_LOGIN"

// said is what the library answered.
type said struct {
	SQL     string `json:"sql"`
	Text    string `json:"text"`
	Failure string `json:"failure"`
}

// rawHook makes a child of the test binary ask what it was given, and end.
func rawHook() {
	dir := os.Getenv(rawLogin)
	if dir == "" {
		return
	}
	var statements []string
	text, err := os.ReadFile(filepath.Join(dir, "ask.json"))
	if err == nil {
		err = json.Unmarshal(text, &statements)
	}
	out, errOut := os.Create(filepath.Join(dir, "said.json"))
	if err == nil && errOut == nil {
		to := json.NewEncoder(out)
		err = engine.AskRaw(dir, statements, func(sql, text, failure string) error { return to.Encode(said{sql, text, failure}) })
	}
	if err != nil || errOut != nil {
		fmt.Fprintln(os.Stderr, err, errOut)
		os.Exit(1)
	}
	os.Exit(0)
}

// askRaw asks as the only user whom the library has.
func askRaw(t *testing.T, dir string, statements []string) []said {
	t.Helper()
	text, err := json.Marshal(statements)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ask.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe)
	child.Env = append(os.Environ(), rawLogin+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("the library did not survive: %v\n%.2000s", err, out)
	}
	answers, err := os.ReadFile(filepath.Join(dir, "said.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []said
	for from := json.NewDecoder(bytes.NewReader(answers)); from.More(); {
		var s said
		if err := from.Decode(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if len(list) != len(statements) {
		t.Fatalf("only %d of %d answers; the last statement was %q", len(list), len(statements), statements[min(len(list), len(statements)-1)])
	}
	return list
}

// asServer lets the library read the server's users.d, with the login of that
// name in the place of the only user whom the library knows. Three things differ:
// no password; limits that are reached sooner; and settings that stay changeable
// under readonly, which the library refuses, cannot be changed.
func asServer(t *testing.T, dir, login string) {
	t.Helper()
	text, err := os.ReadFile("../../../deploy/clickhouse/users.d/tidemark.xml")
	if err != nil {
		t.Fatal(err)
	}
	users := strings.NewReplacer(`<default remove="remove"/>`, "", "<changeable_in_readonly/>", "",
		"<max_execution_time>30<", "<max_execution_time>3<", "<max_memory_usage>1000000000<", "<max_memory_usage>100000000<",
		"<max_result_rows>10000000<", "<max_result_rows>1000<").Replace(string(text))
	users = regexp.MustCompile(`<password_sha256_hex from_env="\w+"/>`).ReplaceAllString(users, "<password></password>")
	before, after, found := strings.Cut(users, "<users>")
	if !found || !strings.Contains(after, "<"+login+">") {
		t.Fatalf("users.d has no login %s", login)
	}
	after = strings.NewReplacer("<"+login+">", `<default replace="replace">`, "</"+login+">", "</default>").Replace(after)
	if err := os.MkdirAll(filepath.Join(dir, "users.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "users.d", "tidemark.xml"), []byte(before+"<users>"+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// onAServerToo picks the attacks that the grants and readonly of a login must
// hold alone. The others are the gateway's: several statements, files that only
// the library's local mode would open, and what asks for memory or time without
// an end. Of system tables the library shows more than a server does, whose
// config.d wants a grant for each; and what a server lets through is named in
// docs/sql-login.md: SETTINGS of a part of a query, and the names of columns.
func onAServerToo(k attack, secret string) bool {
	switch k.kind {
	case "readonly", "denied", "unknown":
	default:
		return false
	}
	ours := []string{
		"SYSTEM STOP MERGES",                            // of the tables where that is granted: none
		"KILL QUERY WHERE 1", "KILL QUERY WHERE 1 SYNC", // one's own
		"KILL MUTATION WHERE 1", "CHECK GRANT SELECT ON *.*", "SET ROLE ALL", "SET param_p = 'x'",
		"SHOW PROCESSLIST", "SHOW GRANTS", "SHOW ENGINES", "SHOW CLUSTERS", "SHOW MERGES", "SHOW FILESYSTEM CACHES",
		"SELECT * FROM merge(REGEXP('.*'), '.*')", "SELECT * FROM mergeTreeAnalyzeIndexes('tidemark', 'readings')", // of what is granted
		"SELECT * FROM viewIfPermitted(SELECT * FROM other.t ELSE null('a UInt8'))", // nothing
		"SELECT hasColumnInTable('other', 't', 'a')",
	}
	switch {
	case slices.Contains(ours, k.sql), regexp.MustCompile(`^EXPLAIN (AST|SYNTAX) `).MatchString(k.sql):
		return false
	case strings.HasPrefix(k.sql, "SELECT * FROM file("), strings.HasPrefix(k.sql, "INSERT "):
		return true
	case strings.HasPrefix(k.sql, "SELECT ") && strings.Contains(k.sql, secret) && !strings.Contains(k.sql, " FROM "):
		return false
	}
	local := regexp.MustCompile("(?i)\\(file\\)|\\bfile[\"`]?(/\\* \\*/)?\\s*[(,]|\\bsystem[\"`]?\\.|base58|Levenshtein|SETTINGS|getServerSetting|fuzzJSON|'tidemark', 'readings', 'a'")
	return !local.MatchString(k.sql)
}

// TestTheLoginsOfAServerReadOnly runs the logins of deploy/clickhouse/users.d,
// which analyst.sql repeats, in the library itself, with no gateway before it:
// the grants and the profile alone refuse what writes, defines, reaches out or
// reads elsewhere, and keep time, rows and memory.
func TestTheLoginsOfAServerReadOnly(t *testing.T) {
	t.Parallel()
	for _, login := range []string{"analyst", "grafana"} {
		t.Run(login, func(t *testing.T) {
			t.Parallel()
			dir, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(secret, []byte("opensesame\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			before := storeToAttack(t, dir)
			asServer(t, dir, login)
			attackTheServer(t, dir, secret)
			if err := os.RemoveAll(filepath.Join(dir, "users.d")); err != nil {
				t.Fatal(err)
			}
			dsn, _ := spawn(t, engine.Config{DataDir: dir})
			if got := stateOf(t, dsn+"/tidemark"); got != before {
				t.Errorf("the store was changed:\n%s\nwas\n%s", got, before)
			}
			if files, _ := filepath.Glob(secret + "?*"); len(files) > 0 {
				t.Errorf("files were written: %v", files)
			}
		})
	}
}

// storeToAttack makes what the attacks are after, and ends the engine.
func storeToAttack(t *testing.T, dir string) (state string) {
	t.Helper()
	needLibrary(t)
	p, err := engine.SpawnTest(t.Context(), engine.Config{DataDir: dir}, false)
	if err != nil {
		t.Fatal(err)
	}
	dsn := "http://" + p.Addr() + "/tidemark"
	for _, sql := range []string{
		"CREATE TABLE readings (a UInt32) ENGINE = MergeTree ORDER BY a", "INSERT INTO readings SELECT number FROM numbers(1000)",
		"CREATE VIEW v AS SELECT a FROM readings", "CREATE DATABASE other", "CREATE TABLE other.t (a UInt8) ENGINE = MergeTree ORDER BY a",
	} {
		mustAsk(t, dsn, sql)
	}
	state = stateOf(t, dsn)
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	return state
}

// stateOf is all that an attack could have changed.
func stateOf(t *testing.T, dsn string) string {
	t.Helper()
	return mustAsk(t, dsn, "SELECT count(), sum(a) FROM readings") +
		mustAsk(t, dsn, "SELECT database, name, engine, comment FROM system.tables WHERE database NOT IN ('system') ORDER BY ALL") +
		mustAsk(t, dsn, "SELECT name FROM system.users ORDER BY ALL") + mustAsk(t, dsn, "SELECT name FROM system.functions WHERE origin = 'SQLUserDefined'")
}

// attackTheServer asks what the login may, what passes its limits, and what it
// must not.
func attackTheServer(t *testing.T, dir, secret string) {
	t.Helper()
	may := map[string]string{
		"SELECT count(), sum(a) FROM readings": "1000\t499500\n", "SELECT count() FROM v": "1000\n", "SHOW TABLES": "readings\nv\n",
		"SELECT getSetting('readonly'), getSetting('max_threads') <= 4": "1\t1\n", "SHOW GRANTS": "GRANT SHOW, SELECT, dictGet ON tidemark.* TO default\n",
		"SELECT name FROM system.databases WHERE name IN ('tidemark', 'other')": "tidemark\n",
	}
	capped := map[string]string{
		"SELECT count() FROM numbers(3000000000)": "158", "SELECT number FROM numbers(2000)": "396", "SELECT length(range(100000000))": "241",
		"SELECT sleep(2.9), sleep(2.8)": "159", "SET max_execution_time = 0": "164", "SET readonly = 0": "164",
		"SELECT 1 SETTINGS max_memory_usage = 0": "164", "SELECT 1 SETTINGS max_execution_time = 1000": "164",
	}
	var statements []string
	for sql := range may {
		statements = append(statements, sql)
	}
	for sql := range capped {
		statements = append(statements, sql)
	}
	attacked := 0
	for _, k := range attacks(t, secret) {
		if onAServerToo(k, secret) {
			attacked++
			statements = append(statements, k.sql)
		}
	}
	if attacked < 200 {
		t.Errorf("only %d attacks", attacked)
	}
	for _, a := range askRaw(t, dir, statements) {
		code, _, _ := strings.Cut(strings.TrimPrefix(a.Failure, "Code: "), ".")
		switch want, ok := may[a.SQL]; {
		case ok && (a.Text != want || a.Failure != ""):
			t.Errorf("%s: %q %s, want %q", a.SQL, a.Text, a.Failure, want)
		case ok:
		case capped[a.SQL] != "" && code != capped[a.SQL]:
			t.Errorf("%s: %.100q %s, want code %s", a.SQL, a.Text, a.Failure, capped[a.SQL])
		case strings.Contains(a.Text+a.Failure, "opensesame"):
			t.Errorf("%s shows the secret", a.SQL)
		case capped[a.SQL] == "" && a.Failure == "":
			t.Errorf("%s passes: %.200q", a.SQL, a.Text)
		}
	}
}
