package engine

import (
	"strings"
	"testing"
)

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

// A misspelt first word is a mistake in the text, not an attempt to write.
func TestAllowedTellsSlipsFromWrites(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELEC 1":                      "Syntax error: failed at position 1 ('SELEC')",
		"-- a\n  shwo TABLES":          "Syntax error: failed at position 8 ('shwo')",
		"DROP TABLE t":                 "Cannot execute query in readonly mode",
		"optimize TABLE t":             "Cannot execute query in readonly mode",
		"INSERT INTO t VALUES (1)":     "Cannot execute query in readonly mode",
		"EXECUTE AS default SELECT 1":  "Cannot execute query in readonly mode",
		"UPDATE t SET a = 1 WHERE 1":   "Cannot execute query in readonly mode",
		"EXPLAIN INSERT INTO t SELECT": "Cannot execute query in readonly mode",
	} {
		for _, req := range []*request{{user: analyst, settings: map[string]string{}}, {user: owner, readOnly: true}} {
			st, err := parseStatement(text)
			if err != nil {
				t.Fatal(err)
			}
			if req.user == owner && st.verb == "EXPLAIN" {
				continue // the engine itself looks at those of the owner
			}
			if err := allowed(req, &st); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: %v, want %s", req.user, text, err, want)
			}
		}
	}
}

func TestSlipsAreNearWordsThatRead(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"SELEC", "SELCT", "SLECT", "SELECTT", "WIITH", "FORM", "SHWO", "DESCRIB", "EXPLIAN", "EXIST", "VALUE"} {
		if !slip(verb) {
			t.Errorf("%s is no slip", verb)
		}
	}
	for _, verb := range []string{
		"INSERT", "CREATE", "DROP", "TRUNCATE", "ALTER", "OPTIMIZE", "SET", "USE", "KILL", "SYSTEM", "BACKUP", "RESTORE", "ATTACH", "DETACH",
		"GRANT", "REVOKE", "EXECUTE", "BEGIN", "START", "COMMIT", "ROLLBACK", "CHECK", "RENAME", "EXCHANGE", "UNDROP", "DELETE", "UPDATE",
		"REPLACE", "WATCH", "MOVE", "COPY", "PARALLEL", "COMMENT", "DEALLOCATE", "LOCK", "CALL", "QUERY", "READINGS", "",
	} {
		if slip(verb) {
			t.Errorf("%s is a slip", verb)
		}
	}
}
