package repo

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/testkit"
)

// TestAnalystSQLRunsAsFarAsItCan: the library has a server's parser and the
// names of its settings and grants, but nowhere to keep a user. So each statement
// must end for want of that and for no other reason, and with a slip in it for
// the slip. What the logins may is tried by TestTheLoginsOfAServerReadOnly.
func TestAnalystSQLRunsAsFarAsItCan(t *testing.T) {
	t.Parallel()
	address := testkit.ClickHouse(t)
	address = address[:strings.LastIndex(address, "/")]
	statements := regexp.MustCompile(`;\s*(\n|$)`).Split(regexp.MustCompile(`(?m)^--.*$`).ReplaceAllString(read(t, "deploy/clickhouse/analyst.sql"), ""), -1)
	n := 0
	for _, sql := range statements {
		if sql = strings.TrimSpace(sql); sql == "" {
			continue
		}
		n++
		if strings.HasPrefix(sql, "CREATE SETTINGS PROFILE") {
			refused(t, address, sql, "48") // CHANGEABLE_IN_READONLY is a matter of the server's config.d
			sql = regexp.MustCompile(`(?m),\n +\w+ CHANGEABLE_IN_READONLY`).ReplaceAllString(sql, "")
			sql = strings.ReplaceAll(sql, " CHANGEABLE_IN_READONLY", "")
			refused(t, address, strings.Replace(sql, "allow_ddl", "allow_dll", 1), "115")
		}
		refused(t, address, sql, "514", "180", "511") // no storage; so no profile, and no role
		refused(t, address, sql+" NONSENSE (", "62")
	}
	if n < 8 {
		t.Errorf("only %d statements found", n)
	}
}

// refused tells whether the owner's statement ends with one of the codes.
func refused(t *testing.T, address, sql string, codes ...string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(answer.Body)
	if code := answer.Header.Get("X-ClickHouse-Exception-Code"); !slices.Contains(codes, code) {
		t.Errorf("%s\n%s is not one of %v: %s", sql, code, codes, said)
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

// TestGrafanaAsksForWhatItsLoginMay: of the time of a query, which the plugin's
// driver (clickhouse-go) sends as its own time and 5 s, and which a server
// refuses beyond the bound of the profile. The embedded engine cuts it instead.
func TestGrafanaAsksForWhatItsLoginMay(t *testing.T) {
	t.Parallel()
	users := read(t, "deploy/clickhouse/users.d/tidemark.xml")
	number := func(pattern, text string) int {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("there is no %s", pattern)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	bound := number(`<max_execution_time><min>1</min><max>(\d+)</max>`, users)
	asked := number(`queryTimeout: "(\d+)"`, read(t, "deploy/grafana/provisioning/datasources/clickhouse.yaml"))
	for who, seconds := range map[string]int{"the provisioned data source": asked, "one that was made by hand": 60} {
		if seconds+5 > bound {
			t.Errorf("%s asks for %d s, the profile allows %d", who, seconds+5, bound)
		}
	}
	if n := number(`(?s)<grafana>\s*<profile>analyst</profile>\s*<max_concurrent_queries_for_user>(\d+)<`, users); n < 4*6 {
		t.Errorf("Grafana may ask %d questions at once: not enough for four people", n)
	}
	if !regexp.MustCompile(`(?s)GRAFANA_SHA256"/>.*?<profile>grafana</profile>`).MatchString(users) {
		t.Error("the login of Grafana has another profile")
	}
}
