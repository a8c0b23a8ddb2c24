package engine

import "testing"

// The check of the statement stands alone: whatever the engine's own grants
// would say.
func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		user     string
		readOnly bool
		text     string
		want     bool
	}{
		{owner, false, "DROP TABLE t", true},
		{owner, false, "SELECT file('x')", true},
		{owner, true, "SELECT file('x')", true},
		{owner, true, "DROP TABLE t", false},
		{owner, true, "INSERT INTO t VALUES (1)", false},
		{analyst, false, "SELECT 1", true},
		{analyst, false, "WITH 1 AS x SELECT x", true},
		{analyst, false, "EXPLAIN SELECT 1", true},
		{analyst, false, "INSERT INTO t VALUES (1)", false},
		{analyst, false, "INSERT INTO t SELECT 1", false},
		{analyst, false, "KILL QUERY WHERE 1", false},
		{analyst, false, "SYSTEM STOP MERGES", false},
		{analyst, false, "SET ROLE writer", false},
		{analyst, false, "USE default", false},
		{analyst, false, "CHECK TABLE t", false},
		{analyst, false, "SELECT 'file' AS profile", true},
		{analyst, false, "SELECT fILE/**/('x')", false},
		{analyst, false, "SELECT 'x' AS p APPLY(\"f\\x69le\")", false},
		{analyst, false, "SELECT * FROM system.`processes`", false},
	} {
		st, err := parseStatement(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if err := allowed(&request{user: c.user, readOnly: c.readOnly, settings: map[string]string{}}, &st); (err == nil) != c.want {
			t.Errorf("%s, GET %t: %s: %v", c.user, c.readOnly, c.text, err)
		}
	}
}
