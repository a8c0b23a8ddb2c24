package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseInsert(t *testing.T) {
	t.Parallel()
	const path = "/proc/self/fd/9"
	for text, want := range map[string]struct{ sql, data string }{
		"INSERT INTO t FORMAT CSV\n1,2\n":                       {"INSERT INTO t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT CSV", "1,2\n"},
		"insert into t format csv 1":                            {"insert into t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT csv", "1"},
		"INSERT INTO t VALUES (1), (2)":                         {"INSERT INTO t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Values", " (1), (2)"},
		"INSERT INTO db.t (a, `b)`) VALUES(1)":                  {"INSERT INTO db.t (a, `b)`)\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Values", "(1)"},
		"/* x */ INSERT INTO t FORMAT Native \n\n\n":            {"INSERT INTO t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Native", "\n\n"},
		"INSERT INTO t FORMAT RowBinary\r\nx":                   {"INSERT INTO t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT RowBinary", "x"},
		"INSERT INTO TABLE t FORMAT CSV 1":                      {"INSERT INTO TABLE t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT CSV", "1"},
		"INSERT INTO table FORMAT CSV 1":                        {"INSERT INTO table\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT CSV", "1"},
		"INSERT INTO settings VALUES (1)":                       {"INSERT INTO settings\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Values", " (1)"},
		"INSERT INTO format.values VALUES (1)":                  {"INSERT INTO format.values\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Values", " (1)"},
		"INSERT INTO t (format, values) SETTINGS a=1 VALUES(1)": {"INSERT INTO t (format, values)\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nSETTINGS a=1\nFORMAT Values", "(1)"},
		"INSERT INTO t FORMAT CSV SETTINGS a = 'x', b = -1\n1":  {"INSERT INTO t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nSETTINGS a = 'x', b = -1\nFORMAT CSV", "1"},
		"INSERT INTO t FORMAT TSV SETTINGS is a word\n":         {"INSERT INTO t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT TSV", "SETTINGS is a word\n"},
		"INSERT INTO FUNCTION null('a UInt8') VALUES (1)":       {"INSERT INTO FUNCTION null('a UInt8')\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Values", " (1)"},
		"INSERT INTO {t:Identifier} FORMAT CSV 1":               {"INSERT INTO {t:Identifier}\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT CSV", "1"},
		"INSERT INTO t FORMAT VALUES (1)":                       {"INSERT INTO t\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Values", "(1)"},
		"INSERT INTO t -- SELECT\nVALUES (1)":                   {"INSERT INTO t -- SELECT\nFROM INFILE '/proc/self/fd/9' COMPRESSION 'none'\nFORMAT Values", " (1)"},
	} {
		st, err := parseStatement(text)
		if err != nil || st.insert == nil {
			t.Errorf("%q: %+v, %v", text, st, err)
			continue
		}
		if diff := cmp.Diff([]string{want.sql, want.data}, []string{st.insert.fromFile(path), text[st.insert.data:]}); diff != "" {
			t.Errorf("%q: -want +got\n%s", text, diff)
		}
	}
	for _, text := range []string{
		"INSERT INTO t SELECT 1", "INSERT INTO t (a) SELECT 1 FORMAT Null", "INSERT INTO t WITH 1 AS x SELECT x", "INSERT INTO FUNCTION file('x') SELECT 1",
		"INSERT INTO t (SELECT 1)", "INSERT INTO t",
	} {
		if st, err := parseStatement(text); err != nil || st.insert != nil {
			t.Errorf("%q: %+v, %v; want a statement without data", text, st, err)
		}
	}
}

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"SELECT 1 FORMAT JSON":                          {"JSON", "SELECT 1 "},
		"SELECT 1 FORMAT `JSON`;":                       {"JSON", "SELECT 1 "},
		"SELECT 1 FORMAT JSON SETTINGS a = 1":           {"JSON", "SELECT 1  SETTINGS a = 1"},
		"SELECT * FROM t FORMAT JSON -- end":            {"JSON", "SELECT * FROM t "},
		"SELECT format FROM t":                          {"", "SELECT format FROM t"},
		"SELECT a FROM t ORDER BY format DESC":          {"", "SELECT a FROM t ORDER BY format DESC"},
		"SELECT a AS format, b":                         {"", "SELECT a AS format, b"},
		"SELECT 'x FORMAT JSON'":                        {"", "SELECT 'x FORMAT JSON'"},
		"SELECT * FROM (SELECT 1 FORMAT JSON)":          {"", "SELECT * FROM (SELECT 1 FORMAT JSON)"},
		"SELECT format('{}', 1)":                        {"", "SELECT format('{}', 1)"},
		"SELECT 1 /* FORMAT CSV */ FORMAT TSV /* ; */;": {"TSV", "SELECT 1 /* FORMAT CSV */ "},
	} {
		st, err := parseStatement(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, [2]string{st.format, st.bare}); diff != "" {
			t.Errorf("%q: -want +got\n%s", text, diff)
		}
	}
}

// FuzzParseStatement looks for statements that slip past the gateway: whatever
// it lets through as one statement is one, and no data stays in it.
func FuzzParseStatement(f *testing.F) {
	for _, seed := range []string{
		"SELECT 1", "SELECT 1; SELECT 2", "INSERT INTO t FORMAT CSV\n1,2", "INSERT INTO t (a) SETTINGS x = 1 VALUES (1)", "SELECT 'a''b\\'c' -- x",
		"/* a /* b */ */ SELECT $tag$ ; $tag$", "SELECT `a;b`, \"c\\\"d\"", "WITH 1 AS x SELECT x FORMAT JSON SETTINGS a=1", "exit", "\u00a0SELECT 1",
		"INSERT INTO FUNCTION f(1) FORMAT CSV 1", "INSERT INTO {t:Identifier} VALUES", "SELECT 1 INTO OUTFILE 'x'", "#!x\nSELECT 1", "SELECT 0x1f, 1e5.3",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		st, err := parseStatement(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "Code: ") {
				t.Fatalf("%q: no exception: %v", text, err)
			}
			return
		}
		if st.insert != nil {
			if st.insert.data < 0 || st.insert.data > len(text) || st.insert.format == "" || !strings.Contains(text, st.insert.target) {
				t.Fatalf("%q: %+v", text, st.insert)
			}
			return
		}
		again, err := parseStatement(st.text)
		if err != nil || again.text != st.text || again.verb != st.verb || again.format != st.format {
			t.Fatalf("%q: %+v, then %+v, %v", text, st, again, err)
		}
		lex := &lexer{text: st.text}
		for tok := lex.next(); tok.kind != kindEnd; tok = lex.next() {
			if tok.to <= tok.from || tok.kind == kindOpen || lex.is(tok, ";") {
				t.Fatalf("%q: token %+v", st.text, tok)
			}
		}
	})
}
