package engine_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

const drop = "DROP TABLE readings"

// packed sends a body in a Content-Encoding.
func packed(encoding, text string) func(*http.Request) {
	var out bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, _ = zstd.NewWriter(&out)
	case "lz4":
		w = lz4.NewWriter(&out)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return func(r *http.Request) {
		body(out.String())(r)
		r.Header.Set("Content-Encoding", encoding)
	}
}

func raw(query string) func(*http.Request) {
	return func(r *http.Request) { r.URL.RawQuery = query }
}

func path(name string) func(*http.Request) {
	return func(r *http.Request) { r.URL.Path = name }
}

func chunked(r *http.Request) { r.ContentLength = -1 }

// TestAttacksOnTheGateway: the same by the other ways into a request.
func TestAttacksOnTheGateway(t *testing.T) {
	t.Parallel()
	dsn, secret, _ := analystEngine(t)
	file := "SELECT file('" + secret + "')"
	var heredocs strings.Builder
	for i := range 20_000 { // each is looked for to the end
		fmt.Fprintf(&heredocs, "$t%d$ ", i)
	}
	bomb := strings.Repeat(" ", 50<<20) + drop
	for name, c := range map[string]struct {
		sql  string
		code string // or the status
		with []func(*http.Request)
	}{
		"statement in the URL":                  {"", "164", list(param("query", drop))},
		"second statement in the body":          {drop, "62", list(param("query", "SELECT 1;"))},
		"body goes on with the URL's comment":   {"*/ ; " + drop, "62", list(param("query", "SELECT 1 /* "))},
		"body goes on with the URL's string":    {"' ; " + drop, "62", list(param("query", "SELECT '"))},
		"body behind the URL's line comment":    {drop, "62", list(param("query", "SELECT 1 ; -- "))},
		"name cut in two by URL and body":       {"le('x')", "62", list(param("query", "SELECT fi"), raw("query=SELECT+(fi&database=tidemark"))},
		"values in the body":                    {"(1)", "164", list(param("query", "INSERT INTO readings VALUES"))},
		"rows in the body":                      {"{\"a\":1}", "164", list(param("query", "INSERT INTO readings FORMAT JSONEachRow"))},
		"GET":                                   {"", "164", list(method("GET"), param("query", drop))},
		"GET with a body":                       {drop, "164", list(method("GET"), param("query", "DROP"), raw("query=DROP+TABLE+readings+--+"))},
		"HEAD":                                  {"", "status 500", list(method("HEAD"), param("query", drop))},
		"PUT":                                   {drop, "164", list(method("PUT"))},
		"DELETE":                                {drop, "status 405", list(method("DELETE"))},
		"PATCH":                                 {drop, "status 405", list(method("PATCH"))},
		"gzip":                                  {"", "164", list(packed("gzip", drop))},
		"deflate":                               {"", "164", list(packed("deflate", drop))},
		"br":                                    {"", "164", list(packed("br", drop))},
		"zstd":                                  {"", "164", list(packed("zstd", drop))},
		"lz4":                                   {"", "164", list(packed("lz4", drop))},
		"gzip of a bomb":                        {"", "62", list(packed("gzip", bomb))},
		"br of a bomb":                          {"", "62", list(packed("br", bomb))},
		"zstd of a bomb":                        {"", "62", list(packed("zstd", bomb))},
		"two encodings":                         {"x", "48", list(header("Content-Encoding", "gzip, gzip"))},
		"unknown encoding":                      {"x", "48", list(header("Content-Encoding", "rot13"))},
		"no gzip":                               {drop, "271", list(header("Content-Encoding", "gzip"))},
		"frames that are none":                  {drop, "271", list(param("decompress", "1"))},
		"frame of 4 GB":                         {strings.Repeat("\x00", 16) + "\x82\xff\xff\xff\xff\xff\xff\xff\xff", "271", list(param("decompress", "1"))},
		"chunked":                               {drop, "164", list(chunked)},
		"a statement of 300 KB":                 {"SELECT " + strings.Repeat("1+", 150_000) + "1", "62", nil},
		"brackets without end":                  {"SELECT " + strings.Repeat("(", 100_000), "", nil},
		"brackets, deep":                        {"SELECT " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000), "", nil},
		"comments without end":                  {strings.Repeat("/*", 100_000), "62", nil},
		"many heredocs":                         {"SELECT " + heredocs.String(), "62", nil},
		"external table":                        {"--b\r\n\r\nx", "48", list(header("Content-Type", "multipart/form-data; boundary=b"), param("query", "SELECT * FROM x", "x_structure", "a String"))},
		"form":                                  {"query=" + url.QueryEscape(drop), "164", list(header("Content-Type", "application/x-www-form-urlencoded"))},
		"session":                               {"CREATE TEMPORARY TABLE x (a UInt8)", "164", list(param("session_id", "s"))},
		"role":                                  {drop, "164", list(param("role", "writer"))},
		"another user in a header":              {drop, "164", list(header("X-ClickHouse-User", "default"))},
		"another user in the URL":               {drop, "164", list(param("user", "default"))},
		"a user who is not there":               {"SELECT 1", "516", list(func(r *http.Request) { r.SetBasicAuth("ANALYST", "") })},
		"a user with a blank":                   {"SELECT 1", "516", list(func(r *http.Request) { r.SetBasicAuth("analyst ", "") })},
		"a user with a NUL":                     {"SELECT 1", "516", list(func(r *http.Request) { r.SetBasicAuth("analyst\x00default", "") })},
		"a password":                            {"SELECT 1", "516", list(func(r *http.Request) { r.SetBasicAuth("analyst", "x") })},
		"database system":                       {"SELECT * FROM errors", "497", list(param("database", "system"))},
		"database other":                        {"SELECT * FROM t", "497", list(param("database", "other"))},
		"database in a header":                  {"SELECT * FROM t", "497", list(raw(""), header("X-ClickHouse-Database", "other"))},
		"database with a statement":             {"SELECT 1", "497", list(param("database", "tidemark`; DROP TABLE `readings"))},
		"two databases":                         {"SELECT * FROM other.t", "497", list(raw("database=tidemark&database=other"))},
		"two statements as two parameters":      {"", "62", list(raw("query=SELECT+1%3B" + url.QueryEscape(drop) + "&query=SELECT+1"))},
		"format with a statement":               {"SELECT 1", "73", list(param("default_format", "CSV; "+drop))},
		"format in a header":                    {"SELECT 1", "73", list(header("X-ClickHouse-Format", "CSV INTO OUTFILE '/tmp/x'"))},
		"setting that is an injection":          {"SELECT 1", "115", list(param("output_format_x` = 1, `readonly", "0"))},
		"value that is an injection":            {"SELECT 1", "467", list(param("join_use_nulls", "1, readonly = 0"))},
		"zone that is an injection":             {"SELECT 1", "36", list(param("session_timezone", "UTC'; "+drop+" --"))},
		"identifier that is a function":         {"SELECT {f:Identifier}('" + secret + "')", "497", list(param("param_f", "file"))},
		"identifier that is a function, quoted": {"SELECT {f:Identifier}('" + secret + "')", "", list(param("param_f", "`file`"))},
		"identifier that is a table of system":  {"SELECT * FROM {d:Identifier}.errors", "497", list(param("param_d", "system"))},
		"identifier that is a table, in capitals": {"SELECT * FROM {d:Identifier}.ERRORS", "497", list(param("param_d", "SYSTEM"))},
		"identifier that is a table function":     {"SELECT * FROM {f:Identifier}('other', 't')", "497", list(param("param_f", "merge"))},
		"parameter that is SQL":                   {"SELECT {x:String} FROM other.t", "497", list(param("param_x", "'; "+drop))},
		"invalid UTF-8":                           {"SELECT \xff\xfe\x80 FROM readings", "", nil},
		"overlong slash":                          {"SELECT file('\xc0\xafetc\xc0\xafpasswd')", "497", nil},
		"UTF-16":                                  {"\xff\xfeD\x00R\x00O\x00P\x00 \x00", "62", nil},
		"NUL in front":                            {"\x00" + drop, "62", nil},
		"NUL in the URL":                          {"", "", list(param("query", "SELECT 1\x00; "+drop))},
		"another path":                            {drop, "status 404", list(path("/play"))},
		"another path, with dots":                 {drop, "status 404", list(path("/query/../x"))},
		"another path, to the metrics":            {drop, "status 404", list(path("/metrics"))},
		"another host":                            {"SELECT 1", "status 403", list(func(r *http.Request) { r.Host = "example.com" })},
		"a page of another site":                  {"SELECT 1", "status 403", list(header("Origin", "https://example.com"))},
		"a file by a format's schema":             {"SELECT 1 AS a FORMAT Protobuf", "", list(param("format_schema", secret+":M"))},
		"a file by a template":                    {"SELECT 1 AS a FORMAT Template", "", list(param("format_template_row", secret, "format_template_resultset", secret))},
		"a file by output_format_schema":          {file, "497", list(param("output_format_schema", secret))},
		"GET of a file":                           {"", "497", list(method("GET"), param("query", file))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, dsn, c.sql, append(list(asAnalyst), c.with...)...)
			_, said, _ := strings.Cut(a.body, "Code: ")
			code, _, _ := strings.Cut(said, ".")
			want, ok := strings.CutPrefix(c.code, "status ")
			switch {
			case strings.Contains(a.body, "opensesame"):
				t.Errorf("it shows the secret: %s", a.body)
			case ok && fmt.Sprint(a.status) != want, !ok && c.code != "" && code != c.code, a.status == http.StatusOK:
				t.Errorf("want %s, got %d %.300s", c.code, a.status, a.body)
			}
		})
	}
	t.Cleanup(func() { // behind all of them
		if a, err := http.Get(strings.TrimSuffix(dsn, "/tidemark") + "/?query=SELECT+count()+FROM+tidemark.readings"); err == nil {
			defer a.Body.Close()
			if got, _ := io.ReadAll(a.Body); string(got) != "1000\n" {
				t.Errorf("readings were changed, or the engine is gone: %s", got)
			}
		}
	})
}

func list(with ...func(*http.Request)) []func(*http.Request) { return with }

// TestLimitsCannotBeTurnedOff by what a client sends as settings.
func TestLimitsCannotBeTurnedOff(t *testing.T) {
	t.Parallel()
	dsn, _, _ := analystEngine(t)
	for name, most := range map[string]string{
		"max_execution_time": "60", "max_result_rows": "10000000", "max_memory_usage": "536870912", "max_threads": "4",
		"max_result_bytes": "1073741824", "readonly": "1", "allow_ddl": "0", "max_query_size": "262144",
	} {
		for _, value := range []string{"0", "-1", "1e-9", "0.4", "NaN", "nan", "Inf", "-inf", "1e400", "0x1p80", "18446744073709551615", "99999999999999999999999", "auto", "", " 0", "0 ", "1_0", "'0'", "\x00"} {
			got := mustAsk(t, dsn, "SELECT toUInt64(getSetting('"+name+"')) BETWEEN "+map[bool]string{true: "0", false: "1"}[name == "allow_ddl"]+" AND "+most, asAnalyst, param(name, value))
			if got != "1\n" {
				t.Errorf("%s = %q: it is not within 1 and %s", name, value, most)
			}
		}
	}
}

// TestRequestsWithTwoEnds: who makes two requests out of one gets no second.
func TestRequestsWithTwoEnds(t *testing.T) {
	t.Parallel()
	dsn, _, _ := analystEngine(t)
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	head := "POST / HTTP/1.1\r\nHost: " + address.Host + "\r\nX-ClickHouse-User: analyst\r\n"
	second := "POST /?query=DROP+TABLE+tidemark.readings HTTP/1.1\r\nHost: " + address.Host + "\r\nContent-Length: 0\r\n\r\n"
	for name, request := range map[string]string{
		"two lengths":               head + "Content-Length: 8\r\nContent-Length: 9\r\n\r\nSELECT 1" + second,
		"length with a sign":        head + "Content-Length: +8\r\n\r\nSELECT 1" + second,
		"unknown transfer encoding": head + "Transfer-Encoding: xchunked\r\n\r\n8\r\nSELECT 1\r\n0\r\n\r\n" + second,
		"two transfer encodings":    head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + second,
		"chunk with a bad size":     head + "Transfer-Encoding: chunked\r\n\r\n8x\r\nSELECT 1\r\n0\r\n\r\n" + second,
		"header with a blank":       head + "Content-Length : 8\r\n\r\nSELECT 1" + second,
		"header of two megabytes":   head + "X: " + strings.Repeat("x", 2<<20) + "\r\n\r\n" + second,
		"no host":                   strings.Replace(head, "Host: "+address.Host+"\r\n", "", 1) + "Content-Length: 0\r\n\r\n" + second,
	} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address.Host)
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(conn, request) //nolint:errcheck // it may be closed before the end
		in := bufio.NewReader(conn)
		for answers := 0; ; answers++ {
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				break
			}
			io.Copy(io.Discard, res.Body) //nolint:errcheck // only the status counts
			res.Body.Close()
			if answers > 0 || res.StatusCode == http.StatusOK {
				t.Errorf("%s: answer %d is %s", name, answers+1, res.Status)
			}
		}
		conn.Close()
	}
	if got := mustAsk(t, dsn, "SELECT count() FROM readings"); got != "1000\n" {
		t.Errorf("readings were changed: %s", got)
	}
}
