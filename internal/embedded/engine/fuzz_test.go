package engine

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds are the statements of both lists.
func seeds(f *testing.F) []string {
	f.Helper()
	var list []string
	for _, name := range []string{"testdata/attacks.txt", "testdata/legit.txt"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			if strings.HasSuffix(name, "attacks.txt") {
				_, line, _ = strings.Cut(line, " ")
				line = strings.TrimSpace(line)
			}
			if plain, err := strconv.Unquote(line); err == nil {
				line = plain
			}
			list = append(list, line)
		}
	}
	return list
}

// FuzzJudge: whatever is written, the lexer comes to an end and covers the text,
// and what passes as a reader's statement is one reading statement, without the
// names that are never allowed, and without settings but harmless ones. Judged
// again it passes again.
func FuzzJudge(f *testing.F) {
	for _, sql := range seeds(f) {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		lex, at := &lexer{text: sql}, 0
		for {
			token := lex.next()
			if token.from < at || token.to > len(sql) {
				t.Fatalf("token %+v behind %d", token, at)
			}
			if token.kind == kindEnd || token.kind == kindOpen {
				break
			}
			if token.to <= token.from {
				t.Fatalf("an empty token at %d", token.from)
			}
			lex.name(token)
			at = token.to
		}
		st, err := parseStatement(sql)
		if err != nil {
			return
		}
		req := &request{user: analyst, settings: map[string]string{}}
		if allowed(req, &st) != nil {
			return
		}
		if !streams(st.verb) || st.insert != nil {
			t.Fatalf("%s passes: %q", st.verb, sql)
		}
		for name := range req.settings {
			if !harmless(name) {
				t.Fatalf("the setting %s passes: %q", name, sql)
			}
		}
		checkPassed(t, st)
		again := &request{user: analyst, settings: map[string]string{}}
		once := st
		if err := allowed(again, &once); err != nil || len(again.settings) > 0 || once.text != st.text {
			t.Fatalf("judged again %q is %q, %v: %v", st.text, once.text, again.settings, err)
		}
	})
}

// checkPassed looks at a statement that passed in another way than the judge.
func checkPassed(t *testing.T, st statement) {
	t.Helper()
	lex, before := &lexer{text: st.text}, ""
	for token := lex.next(); token.kind != kindEnd; token = lex.next() {
		name := strings.ToLower(lex.name(token))
		if token.kind == kindOpen || lex.textOf(token) == ";" || name == "file" || name == "processes" || before == "into" && name == "outfile" {
			t.Fatalf("%q passes, with %q", st.text, lex.textOf(token))
		}
		before = name
	}
}

// FuzzGateway: whatever comes as a request of an analyst, with whatever user,
// method, encoding and settings, is answered without the engine or reaches it as
// one reading statement of the analyst, within the limits.
func FuzzGateway(f *testing.F) {
	for i, sql := range seeds(f) {
		f.Add([]string{"POST", "GET", "PUT"}[i%3], "database=tidemark&max_execution_time=5&param_p=x", "", []byte(sql))
		if i%7 == 0 {
			f.Add("POST", "query="+url.QueryEscape(sql)+"&decompress=1&session_id=s&role=writer", "gzip", []byte(" 1"))
		}
	}
	f.Add("POST", "max_execution_time=1e-9&max_memory_usage=NaN&readonly=0", "", []byte("SELECT 1 SETTINGS join_use_nulls = 1"))
	f.Add("POST", "decompress=1", "", append(bytes.Repeat([]byte{0}, 16), 0x82, 10, 0, 0, 0, 1, 0, 0, 0, 1))
	for _, encoding := range []string{"gzip", "deflate", "br", "zstd", "lz4"} {
		f.Add("POST", "", encoding, []byte("\x1f\x8b\x08\x00"))
	}
	limits := Limits{}.withDefaults(defaultMaxMemory, defaultMaxQueries)
	f.Fuzz(func(t *testing.T, method, query, encoding string, body []byte) {
		if method == "" || strings.ContainsFunc(method, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || len(query) > 1<<16 || !utf8.ValidString(encoding) {
			return
		}
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", bytes.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		r.Header.Set("Content-Encoding", encoding)
		r.SetBasicAuth(analyst, "")
		req, err := parseRequest(r)
		if err != nil {
			return
		}
		if req.user != analyst {
			t.Fatalf("the user is %s", req.user)
		}
		if req.confine(limits) != nil {
			return
		}
		plain, err := decodedBody(r, req.framesIn)
		if err != nil {
			return
		}
		st, _, err := readStatement(req, plain)
		if err != nil || allowed(req, &st) != nil {
			return
		}
		if !streams(st.verb) || st.insert != nil || req.database != database || req.sessionID != "" {
			t.Fatalf("%q passes, in %q, session %q", st.text, req.database, req.sessionID)
		}
		checkPassed(t, st)
		for name, most := range map[string]int64{
			"max_execution_time": 60, "max_result_rows": limits.Rows, "max_memory_usage": limits.Memory, "max_threads": analystThreads,
			"max_result_bytes": analystResultBytes,
		} {
			if v, err := strconv.ParseInt(req.settings[name], 10, 64); err != nil || v < 1 || v > most {
				t.Fatalf("%s is %q", name, req.settings[name])
			}
		}
		if req.settings["readonly"] != "1" {
			t.Fatalf("readonly is %q", req.settings["readonly"])
		}
	})
}
