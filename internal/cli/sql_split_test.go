package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitStatements(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"SELECT 1":                   {"SELECT 1"},
		"SELECT 1;":                  {"SELECT 1"},
		" SELECT 1 ; SELECT ';' ;\n": {"SELECT 1", "SELECT ';'"},
		"SELECT 1 -- one; two\n; /* ; */ SELECT 2": {"SELECT 1 -- one; two", "/* ; */ SELECT 2"},
		"SELECT 'it''s;'":                          {"SELECT 'it''s;'"},
		"-- nothing\n;;":                           nil,
		"SELECT 'open;":                            {"SELECT 'open;"},
		"":                                         nil,

		`SELECT 'it\'s;' ; SELECT "a;b", ` + "`c;`": {`SELECT 'it\'s;'`, `SELECT "a;b", ` + "`c;`"},
	} {
		if diff := cmp.Diff(want, splitStatements(text)); diff != "" && (len(want) > 0 || len(splitStatements(text)) > 0) {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestIsComplete(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"SELECT 1":              false,
		"SELECT 1;":             true,
		"SELECT 1; -- done":     true,
		"SELECT 1 -- not; ":     false,
		"SELECT 'a;":            false,
		"SELECT 'a;'":           false,
		"SELECT 'a';\n":         true,
		`SELECT 'a\';`:          false,
		"SELECT 1; SELECT 2":    false,
		"/* ; */ SELECT 1 /* ;": false,
	} {
		if got := isComplete(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestSplitFormat(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][2]string{
		"SELECT 1 FORMAT JSON":                  {"SELECT 1", "JSON"},
		"select 1\nformat\tcsv ":                {"select 1", "csv"},
		"(SELECT 1)FORMAT TSV":                  {"(SELECT 1)", "TSV"},
		"SELECT 'FORMAT x'":                     {"SELECT 'FORMAT x'", ""},
		"INSERT INTO t FORMAT TSV":              {"INSERT INTO t FORMAT TSV", ""},
		"SELECT reFORMAT x":                     {"SELECT reFORMAT x", ""},
		"/* a */ -- b\nWITH 1 AS x SELECT x":    {"/* a */ -- b\nWITH 1 AS x SELECT x", ""},
		"/* a */ -- b\nSELECT 2 FORMAT Parquet": {"/* a */ -- b\nSELECT 2", "Parquet"},
	} {
		rest, format := splitFormat(query)
		if rest != want[0] || format != want[1] {
			t.Errorf("%q: got %q, %q", query, rest, format)
		}
	}
}

func FuzzSplitStatements(f *testing.F) {
	f.Add("SELECT ';' ; -- a\n/* b */ SELECT `c;` \\")
	f.Fuzz(func(t *testing.T, text string) {
		statements := splitStatements(text)
		for _, s := range statements {
			if !strings.Contains(text, s) || isBlank(s) {
				t.Errorf("%q is cut into %q", text, statements)
			}
			splitFormat(s)
			if again := splitStatements(s); len(again) != 1 {
				t.Errorf("%q is cut once more into %q", s, again)
			}
		}
		isComplete(text)
	})
}
