package clickhouse

import (
	"strings"
	"testing"
)

func TestCheckColumns(t *testing.T) {
	t.Parallel()
	c := open(t)
	if err := c.Exec(t.Context(), "CREATE TABLE live (a String, b UInt32, further String) ENGINE = MergeTree ORDER BY a"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		table string
		defs  []ColumnDef
		want  string
	}{
		"same":    {"live", []ColumnDef{{"a", "String"}, {"b", "UInt32"}}, ""},
		"missing": {"live", []ColumnDef{{"a", "String"}, {"c", "UInt32"}}, "check table live: column c is missing: run `tidemark migrate`"},
		"type":    {"live", []ColumnDef{{"b", "UInt64"}}, "check table live: column b is UInt32, want UInt64: run `tidemark migrate`"},
		"table":   {"dead", []ColumnDef{{"b", "UInt64"}}, "check table dead: there is none in database "},
	} {
		err := c.CheckColumns(t.Context(), test.table, test.defs)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error is %v, want %q", name, err, test.want)
		}
	}
}
