package sqlrule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"b.sql":      "-- over: 10\nSELECT 1;\n",
		"a-1.sql":    "-- description: Words: with a colon\n--under: -10\n-- looks: 3\n-- every: 1h\n-- severity: 0\n-- topic: x\n-- entity: y\n-- unit: m\n-- basis: imported\n-- missing: clear\n\n-- over: words\nSELECT 1 -- over",
		"README.md":  "no rule",
		"readme.txt": "",
	})
	cfg := standard(t)
	cfg.Paths = []string{filepath.Join(dir, "b.sql"), dir}
	_, err := Load(cfg)
	if err == nil || !strings.Contains(err.Error(), "a-1.sql:1") { // a colon wants quotes
		t.Fatalf("error is %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "a-1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a-1.sql"), []byte(strings.Replace(string(text), "Words: with a colon", "'Words: with a colon'", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{
		{
			Name: "a-1", Path: filepath.Join(dir, "a-1.sql"), SQL: "\n-- over: words\nSELECT 1 -- over", Description: "Words: with a colon",
			Threshold: -10, Clear: -9, Under: true, Looks: 3, Every: time.Hour, Topic: "x", Entity: "y", Unit: "m",
			Basis: event.Basis_BASIS_IMPORTED, MissingClears: true,
		},
		{
			Name: "b", Path: filepath.Join(dir, "b.sql"), SQL: "SELECT 1", Threshold: 10, Clear: 9, Looks: 1, Every: 5 * time.Minute, Severity: 0.5,
			Basis: event.Basis_BASIS_MEASURED,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// TestMistakes: each names file and line, and all are said at once.
func TestMistakes(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"none.sql":    "SELECT 1",
		"both.sql":    "-- looks: 2\n-- over: 1\n-- under: 1\nSELECT 1",
		"word.sql":    "-- over: many\nSELECT 1",
		"clear.sql":   "-- over: 5\n-- clear: 6\nSELECT 1",
		"clears.sql":  "-- under: 5\n-- clear: 4\nSELECT 1",
		"typo.sql":    "-- over: 5\n-- lokks: 6\nSELECT 1",
		"ranges.sql":  "-- over: 5\n-- looks: 0\n-- every: 1s\n-- severity: 2\n-- basis: reported\n-- missing: never\nSELECT 1",
		"empty.sql":   "-- over: 5\n",
		"Capital.sql": "-- over: 5\nSELECT 1",
	})
	cfg := standard(t)
	cfg.Paths = []string{dir, filepath.Join(dir, "absent"), filepath.Join(dir, "absent.sql")}
	_, err := Load(cfg)
	if !config.IsInvalid(err) {
		t.Fatalf("error is %v", err)
	}
	got := strings.ReplaceAll(err.Error(), dir+"/", "")
	for _, want := range []string{
		"none.sql: over: is to be given, or under, and not both",
		"both.sql:2: over: is to be given",
		`word.sql:1: over: is "many", want a number`,
		"clear.sql:2: clear: is 6, want 5 or less",
		"clears.sql:2: clear: is 4, want 5 or more",
		"typo.sql:2: lokks: is not known; did you mean looks?",
		"ranges.sql:2: looks: is 0", "ranges.sql:3: every: is 1s", "ranges.sql:4: severity: is 2", "ranges.sql:5: basis: is", "ranges.sql:6: missing: is",
		"empty.sql: has no query",
		"Capital.sql: is no rule",
		"process.sqlrule.paths[1]: is ", "process.sqlrule.paths[2]: is ",
	} {
		if !strings.Contains("\n"+got, "\n"+want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if lines := strings.Count(got, "\n") + 1; lines != 15 {
		t.Errorf("%d mistakes, want 15:\n%s", lines, got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-- over: 5\nSELECT 1")
	f.Add("-- under: -1e300\n-- clear: 1\n--\n--")
	f.Add("-- [\n-- over: 5")
	f.Fuzz(func(t *testing.T, text string) {
		cfg := config.SQLRule{Every: config.Duration(time.Minute)}
		r, err := parse("x", "x.sql", text, cfg)
		if err != nil {
			return
		}
		if r.SQL == "" || r.Looks < 1 || r.crosses(r.Threshold) || r.crosses(r.Clear) || !r.clears(r.Clear) {
			t.Errorf("%q gives %+v", text, r)
		}
	})
}

func TestIntervalsAreAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		10 * time.Second: "10s", time.Minute: "1m", 10 * time.Minute: "10m", 90 * time.Second: "1m30s",
		time.Hour: "1h", 10 * time.Hour: "10h", 90 * time.Minute: "1h30m", 7 * 24 * time.Hour: "168h",
	} {
		if got := interval(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
