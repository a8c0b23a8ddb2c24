package viewer

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

// upMetrics knows one series.
type upMetrics struct{}

func (upMetrics) Scrape() time.Duration { return 15 * time.Second }

func (upMetrics) Query(_ context.Context, q metrics.Question) ([]metrics.Series, error) {
	return []metrics.Series{{
		Labels: map[string]string{"job": "tidemark", "expr": q.Expr},
		At:     []int64{q.From.UnixMilli(), q.To.UnixMilli()}, Values: []float64{1, 0},
	}}, nil
}

func (upMetrics) Values(context.Context, string, string, time.Time, time.Time) ([]string, error) {
	return []string{"tidemark"}, nil
}

// boards is the API over the small story.
func boards(t testing.TB) http.Handler {
	t.Helper()
	dsn := testkit.ClickHouse(t)
	fill(t, dsn)
	return newHandler(Deps{Reader: openReader(t, dsn), Dashboards: os.DirFS("testdata"), Metrics: upMetrics{}, Hosts: []string{"tidemark.example.org"}}, bundle())
}

func openReader(t testing.TB, dsn string) *clickhouse.Reader {
	t.Helper()
	r, err := clickhouse.OpenReader(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func post(t testing.TB, h http.Handler, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// told decodes a good answer to a question.
func told[T any](t testing.TB, h http.Handler, path, body string) T {
	t.Helper()
	w := post(t, h, path, body)
	var v T
	if w.Code != http.StatusOK {
		t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	return v
}

type panels struct {
	Panels map[string]struct {
		Frames []ask.Frame `json:"frames"`
		Error  string      `json:"error"`
	} `json:"panels"`
}

const day = `"from":1736726400000,"to":1736812800000`

func TestDashboardsAreListedAndSentAsTheyAre(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{Dashboards: os.DirFS("testdata")}, bundle())
	want := []Board{{UID: "test-ranks", Title: "Ranks of a test", Folder: "Trends", Tags: []string{"tidemark", "Trends"}, Description: "Who is where?"}}
	if diff := cmp.Diff(want, answered[[]Board](t, h, "/api/dashboards")); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	file, err := os.ReadFile("testdata/test-ranks.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, h, "/api/dashboards/test-ranks").Body.Bytes(); !bytes.Equal(file, got) {
		t.Errorf("the file is not the same: %d bytes of %d", len(got), len(file))
	}
	if w := get(t, h, "/api/dashboards/nobody"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"error"`) {
		t.Errorf("an unknown dashboard: %d %s", w.Code, w.Body)
	}
}

func TestPanelsAnswerTheirQueries(t *testing.T) {
	t.Parallel()
	h := boards(t)
	all := told[panels](t, h, "/api/dashboards/test-ranks/query", `{`+day+`,"maxPoints":500}`).Panels
	if len(all) != 5 {
		t.Errorf("%d panels, want all 5 with queries", len(all))
	}
	ranks := all["2"]
	if ranks.Error != "" || len(ranks.Frames) != 2 {
		t.Fatalf("ranks: %+v", ranks)
	}
	f := ranks.Frames[0]
	if f.RefID != "A" || f.Format != "timeseries" || f.RowsRead == 0 || !strings.Contains(f.SQL, "INTERVAL 3600 second") || !strings.Contains(f.SQL, "AND 1=1 GROUP") {
		t.Errorf("frame: %+v", f)
	}
	want := []ask.Field{
		{Name: "time", Type: "time", ClickHouse: "DateTime", Values: []any{1736726400000.0, 1736730000000.0, 1736730000000.0, 1736733600000.0, 1736740800000.0}},
		{Name: "entity", Type: "string", Values: []any{"tiktok", "tiktok", "rednote", "rednote", "rednote"}},
		{Name: "rank", Type: "number", Values: []any{4.0, 5.0, 11.0, 1.0, 1.0}},
	}
	for i := range want {
		want[i].ClickHouse = f.Fields[i].ClickHouse
	}
	if diff := cmp.Diff(want, f.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if got := all["3"]; !strings.Contains(got.Error, "Query A: ") || !strings.Contains(got.Error, "nobody") || got.Frames == nil {
		t.Errorf("a broken query: %+v", got)
	}
	if got := all["4"]; got.Error != "Query A: expand $__timeFilter: want 1 argument(s), got 2" {
		t.Errorf("a wrong macro: %+v", got)
	}
	up := all["5"].Frames[0]
	if up.Name != "tidemark is up" || up.SQL != `up{job=~"tidemark"}` || up.Fields[1].Values[0] != 1.0 || up.Fields[0].Type != "time" {
		t.Errorf("metrics: %+v", up)
	}
	some := told[panels](t, h, "/api/dashboards/test-ranks/query", `{`+day+`,"vars":{"app":["rednote"],"order":"entity"},"panels":[2,77]}`).Panels
	if n := len(some["2"].Frames[0].Fields[0].Values); n != 3 || some["77"].Error == "" || len(some) != 2 {
		t.Errorf("of RedNote alone: %d rows; an unknown panel: %+v", n, some["77"])
	}
}

func TestVariablesAndAnnotations(t *testing.T) {
	t.Parallel()
	h := boards(t)
	got := told[map[string]Choices](t, h, "/api/dashboards/test-ranks/variables", `{`+day+`,"vars":{"prefix":"red","app":["tiktok"]}}`)
	want := `{"app":{"options":[{"value":"rednote","text":"RedNote"}],"current":["$__all"],"dropped":["tiktok"]},"job":{"options":[{"value":"tidemark","text":"tidemark"}],"current":["tidemark"]},` +
		`"order":{"options":[{"value":"rank","text":"Place"},{"value":"entity","text":"Name"}],"current":["rank"]},"prefix":{"options":[{"value":"red","text":"red"}],"current":["red"]}}`
	if b, _ := json.Marshal(got); string(b) != want {
		t.Errorf("variables: %s\nwant %s", b, want)
	}
	notes := told[map[string][]Happening](t, h, "/api/dashboards/test-ranks/annotations", `{"from":1737072000000,"to":1737417600000}`)["Events"]
	if len(notes) != 2 || notes[0].Time != 1737176400000 || *notes[0].TimeEnd != 1737264097000 || notes[0].Title != "removed from the stores" {
		t.Fatalf("annotations: %+v", notes)
	}
	if diff := cmp.Diff([]string{"a", "lemon8"}, notes[0].Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

// What a person types must stay what they typed, whatever it is.
func TestNothingIsInjectedThroughAVariable(t *testing.T) {
	t.Parallel()
	h := boards(t)
	for _, evil := range []string{
		`'`, `\`, `\'`, `'; DROP TABLE looks; --`, `' OR 1=1 -- `, `') UNION ALL SELECT 1 --`, `/* */ -- #`, "`", `"`, `$__timeFilter(x)`,
		`$__dateFilter(x)`, `${app}`, `{p:String}`, "a\nb", "a\x00b", `小红书`, strings.Repeat(`\'`, 50), `' || version() || '`, `\x27 OR 1`,
	} {
		body, err := json.Marshal(map[string]any{"from": 1736726400000, "to": 1736812800000, "panels": []int{6}, "vars": map[string]string{"prefix": evil}})
		if err != nil {
			t.Fatal(err)
		}
		p := told[panels](t, h, "/api/dashboards/test-ranks/query", string(body)).Panels["6"]
		if p.Error != "" {
			t.Errorf("%q: %s", evil, p.Error)
			continue
		}
		for _, f := range p.Frames[0].Fields {
			if f.Values[0] != evil {
				t.Errorf("%q came as %q in %s", evil, f.Values[0], p.Frames[0].SQL)
			}
		}
	}
	for _, evil := range []string{"1; DROP TABLE looks", "rank DESC", "(SELECT 1)", "rank--"} {
		w := post(t, h, "/api/dashboards/test-ranks/query", `{`+day+`,"panels":[2],"vars":{"order":"`+evil+`"}}`)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "in this span of time; it has rank, entity") {
			t.Errorf("%q: %d %s", evil, w.Code, w.Body)
		}
	}
	if w := get(t, h, "/api/dashboards/test-ranks/panels/6.csv?refId=B&var-prefix=1%20OR%201"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "stands unquoted") {
		t.Errorf("typed text stands unquoted: %d %s", w.Code, w.Body)
	}
}

func TestCSVForCurl(t *testing.T) {
	t.Parallel()
	h := boards(t)
	w := get(t, h, "/api/dashboards/test-ranks/panels/2.csv?from=2025-01-13&to=1736812800000&var-app=rednote&var-order=entity")
	want := "time,entity,rank\r\n2025-01-13T01:00:00Z,rednote,11\r\n2025-01-13T02:00:00Z,rednote,1\r\n2025-01-13T04:00:00Z,rednote,1\r\n"
	if w.Code != http.StatusOK || w.Body.String() != want || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("CSV: %d %s\n%s", w.Code, w.Header(), w.Body)
	}
	if w := get(t, h, "/api/dashboards/test-ranks/panels/5.csv"); !strings.HasPrefix(w.Body.String(), "time,series,value\r\n2025-01-13T00:00:00Z,tidemark is up,1\r\n") {
		t.Errorf("CSV of metrics: %s", w.Body)
	}
	for path, code := range map[string]int{
		"/panels/3.csv": http.StatusBadRequest, "/panels/99.csv": http.StatusNotFound, "/panels/2.xls": http.StatusNotFound,
		"/panels/2.csv?from=never": http.StatusBadRequest, "/panels/1.csv": http.StatusBadRequest, "/panels/2.csv?refId=Z": http.StatusBadRequest,
		"/panels/2.csv?from=2025-01-13&to=2025-01-14&var-app=nosuch": http.StatusBadRequest, "/panels/2.csv?var-nosuch=1": http.StatusBadRequest,
	} {
		if w := get(t, h, "/api/dashboards/test-ranks"+path); w.Code != code || !strings.Contains(w.Body.String(), `"error"`) {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, code)
		}
	}
}

func TestSQLAndSchema(t *testing.T) {
	t.Parallel()
	h := boards(t)
	type answer struct {
		Frames []ask.Frame
	}
	got := told[answer](t, h, "/api/sql", `{"sql":"SELECT id, name FROM entities ORDER BY position;","maxRows":1}`)
	if f := got.Frames[0]; len(f.Fields[0].Values) != 1 || f.Fields[1].Values[0] != "TikTok" || !f.Truncated {
		t.Errorf("answer: %+v", f)
	}
	var bad problem
	w := post(t, h, "/api/sql", `{"sql":"SELECT 1\nFORM looks WHERE"}`)
	if err := json.Unmarshal(w.Body.Bytes(), &bad); err != nil || w.Code != http.StatusBadRequest || bad.Code != 62 || bad.Line != 2 || bad.Column == 0 {
		t.Errorf("a syntax error: %d %+v", w.Code, bad)
	}
	for _, sql := range []string{"INSERT INTO looks (slot) VALUES (now())", "DROP TABLE looks", "SELECT 1 SETTINGS readonly = 0", "SYSTEM STOP MERGES", "SELECT 1 INTO OUTFILE 'x'", ""} {
		body, _ := json.Marshal(map[string]string{"sql": sql})
		if w := post(t, h, "/api/sql", string(body)); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", sql, w.Code, w.Body)
		}
	}
	schema := answered[struct {
		Database string
		Tables   []ask.Table
	}](t, h, "/api/schema")
	kinds := map[string]string{}
	for _, table := range schema.Tables {
		kinds[table.Name] = table.Kind
		if table.Comment == "" || len(table.Columns) > 0 && table.Columns[0].Type == "" {
			t.Errorf("%s says nothing of itself: %+v", table.Name, table.Columns)
		}
	}
	if kinds["readings"] != "table" || kinds["v_ranks"] != "view" {
		t.Errorf("tables: %v", kinds)
	}
}

func TestQuestionsThatAreRefused(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{Dashboards: os.DirFS("testdata")}, bundle())
	const path = "/api/dashboards/test-ranks/query"
	huge := `{"sql":"` + strings.Repeat("x", biggestBody) + `"}`
	for _, c := range []struct {
		path, body string
		header     []string
		code       int
	}{
		{path, `{`, nil, 400},
		{path, `{}`, nil, 400},
		{path, `{"from":2,"to":1}`, nil, 400},
		{path, `{` + day + `} {}`, nil, 400},
		{path, `{` + day + `,"vars":{"a":7}}`, nil, 400},
		{path, `{` + day + `,"zone":"' OR"}`, nil, 400},
		{path, `{` + day + `}`, []string{"Content-Type", "text/plain"}, 400},
		{"/api/dashboards/nobody/query", `{` + day + `}`, nil, 404},
		{"/api/nothing", `{}`, nil, 404},
		{"/api/sql", huge, nil, 413},
		{"/api/sql", `{"sql":"SELECT 1"}`, nil, 503}, // no store
		{"/api/sql", `{"sql":"SELECT 1"}`, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/api/sql", `{"sql":"SELECT 1"}`, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"/api/sql", `{"sql":"SELECT 1"}`, []string{"Origin", "https://evil.example"}, 403},
	} {
		if w := post(t, h, c.path, c.body, c.header...); w.Code != c.code || !strings.Contains(w.Body.String(), `{"error":"`) {
			t.Errorf("POST %s %.40s %v: %d %s, want %d", c.path, c.body, c.header, w.Code, w.Body, c.code)
		}
	}
	if w := get(t, h, "/api/dashboards/test-ranks/panels/2.csv", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"); w.Code != http.StatusForbidden {
		t.Errorf("a foreign page has a CSV made: %d", w.Code)
	}
}

// A foreign page can reach loopback by a name of its own that leads to it.
func TestForeignNamesForLoopbackAreRefused(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{Dashboards: os.DirFS("testdata"), Hosts: []string{"tidemark.example.org"}}, bundle())
	for host, code := range map[string]int{
		"127.0.0.1:8080": 200, "[::1]:8080": 200, "localhost:8080": 200, "LOCALHOST": 200, "tidemark.example.org": 200, "192.168.1.2:8080": 200,
		"evil.example:8080": 403, "127.0.0.1.evil.example": 403, "": 403,
	} {
		for local, want := range map[string]int{"127.0.0.1": code, "192.168.1.2": 200} {
			r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.ParseIP(local)})),
				http.MethodGet, "/api/dashboards", nil)
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("host %q at %s: %d, want %d", host, local, w.Code, want)
			}
		}
	}
}

// slow counts the questions that run.
type slow struct {
	ask.Reader
	running atomic.Int32
}

func (s *slow) Query(ctx context.Context, _ string, _ time.Duration, _ *atomic.Uint64) (*clickhouse.Rows, func(), error) {
	s.running.Add(1)
	defer s.running.Add(-1)
	<-ctx.Done()
	return nil, nil, ctx.Err()
}

func TestWhoLeavesEndsTheirQuestions(t *testing.T) {
	t.Parallel()
	s := &slow{}
	h := newHandler(Deps{Reader: s, Dashboards: os.DirFS("testdata")}, bundle())
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/dashboards/test-ranks/query", strings.NewReader(`{`+day+`,"panels":[3]}`))
	r.Header.Set("Content-Type", "application/json")
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	for s.running.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	leave()
	<-done
	for s.running.Load() != 0 {
		time.Sleep(time.Millisecond)
	}
}

// FuzzQuestion holds that no body makes the API fall or answer other than in
// JSON.
func FuzzQuestion(f *testing.F) {
	for _, s := range []string{`{` + day + `}`, `{` + day + `,"vars":{"app":["$__all"],"prefix":"'"},"panels":[2,6]}`, `{"sql":"SELECT 1"}`, `[]`, `{"from":-1}`, `{"from":1e99}`} {
		f.Add(s)
	}
	h := newHandler(Deps{Dashboards: os.DirFS("testdata"), Metrics: upMetrics{}}, bundle())
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/api/dashboards/test-ranks/query", "/api/dashboards/test-ranks/variables", "/api/sql"} {
			w := post(t, h, path, body)
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("POST %s %q: %d %s", path, body, w.Code, w.Body)
			}
		}
	})
}

func TestABrokenDashboardHoldsUpNoPage(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{Dashboards: fstest.MapFS{"a.json": {Data: []byte("{")}}}, bundle())
	if w := get(t, h, "/api/dashboards"); w.Code != http.StatusOK || w.Body.String() != "[]" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
