package repo

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/testkit"
)

// TestAnalystSQLIsParsed: no server is at hand that would run it, but the
// library has the server's parser.
func TestAnalystSQLIsParsed(t *testing.T) {
	t.Parallel()
	address := testkit.ClickHouse(t)
	statements := regexp.MustCompile(`;\s*(\n|$)`).Split(regexp.MustCompile(`(?m)^--.*$`).ReplaceAllString(read(t, "deploy/clickhouse/analyst.sql"), ""), -1)
	n := 0
	for _, sql := range statements {
		if sql = strings.TrimSpace(sql); sql == "" {
			continue
		}
		n++
		for _, text := range []string{sql, sql + " NONSENSE ("} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address[:strings.LastIndex(address, "/")], strings.NewReader("EXPLAIN AST "+text))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if (answer.StatusCode == http.StatusOK) != (text == sql) {
				t.Errorf("%s\n%d %s", text, answer.StatusCode, said)
			}
		}
	}
	if n < 7 {
		t.Errorf("only %d statements found", n)
	}
}

// TestAnalystIsTheSameInBothForms: as a file of users.d and as SQL.
func TestAnalystIsTheSameInBothForms(t *testing.T) {
	t.Parallel()
	users, sql := read(t, "deploy/clickhouse/users.d/tidemark.xml"), read(t, "deploy/clickhouse/analyst.sql")
	profile := regexp.MustCompile(`(?s)<analyst>(.*?)</analyst>`).FindStringSubmatch(users)[1]
	values, constraints, _ := strings.Cut(profile, "<constraints>")
	of := func(pattern, text string) map[string]string {
		found := map[string]string{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			found[m[1]] = strings.Join(m[2:], " ")
		}
		return found
	}
	same := func(what string, a, b map[string]string) {
		t.Helper()
		if len(a) < 5 {
			t.Errorf("only %v found of %s", a, what)
		}
		for name := range a {
			if a[name] != b[name] {
				t.Errorf("%s %s: %q in users.d, %q in SQL", what, name, a[name], b[name])
			}
		}
		for name := range b {
			if _, ok := a[name]; !ok {
				t.Errorf("%s %s is in SQL only", what, name)
			}
		}
	}
	same("value", of(`<(\w+)>(\d+)</\w+>`, values), of(`(?m)^    (\w+) = (\d+)`, sql))
	same("freedom", of(`<(\w+)>(?:<min>(\d+)</min><max>(\d+)</max>)?<changeable_in_readonly/>`, constraints),
		of(`(?m)^    (\w+)(?: = \d+)?(?: MIN (\d+) MAX (\d+))? CHANGEABLE_IN_READONLY`, sql))
	grant := regexp.MustCompile(`GRANT (SHOW .*? ON tidemark\.\*)`)
	for _, in := range grant.FindAllStringSubmatch(users, -1) {
		if in[1] != grant.FindStringSubmatch(sql)[1] {
			t.Errorf("users.d grants %s, SQL grants %s", in[1], grant.FindStringSubmatch(sql)[1])
		}
	}
	for _, name := range regexp.MustCompile(`<(queries|errors|execution_time)>(\d+)<`).FindAllStringSubmatch(users, -1) {
		if !strings.Contains(sql, name[1]+" = "+name[2]) {
			t.Errorf("the quota of %s is %s in users.d only", name[1], name[2])
		}
	}
}
