package engine_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	rawHook()
	os.Exit(m.Run())
}

// answer is what came back over HTTP.
type answer struct {
	status int
	head   http.Header
	body   string
}

// ask sends a statement as curl would: dsn is what testkit.ClickHouse gave.
func ask(t testing.TB, dsn, sql string, with ...func(*http.Request)) answer {
	t.Helper()
	base, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := strings.TrimPrefix(base.Path, "/")
	base.Path = "/"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base.String(), strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if db != "" {
		param("database", db)(req)
	}
	for _, change := range with {
		change(req)
	}
	return send(t, req)
}

func send(t testing.TB, req *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// mustAsk wants a 200.
func mustAsk(t testing.TB, dsn, sql string, with ...func(*http.Request)) string {
	t.Helper()
	a := ask(t, dsn, sql, with...)
	if a.status != http.StatusOK {
		t.Fatalf("%s\nstatus %d: %s", sql, a.status, a.body)
	}
	return a.body
}

// param sets parameters of the URL: name, value, and so on.
func param(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		r.URL.RawQuery = q.Encode()
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func method(name string) func(*http.Request) {
	return func(r *http.Request) { r.Method = name }
}

func body(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	}
}

func asAnalyst(r *http.Request) { r.SetBasicAuth("analyst", "") }
