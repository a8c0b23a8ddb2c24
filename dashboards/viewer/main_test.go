package viewer

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/fstest"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// small is a freshly migrated database with a small story in it: five hourly
// looks at one chart. RedNote climbs from beyond the list to #1; TikTok leaves
// the store; in the fourth hour nobody could look.
func small(t *testing.T) *clickhouse.Client {
	t.Helper()
	return fill(t, testkit.ClickHouse(t))
}

func fill(t testing.TB, dsn string) *clickhouse.Client {
	t.Helper()
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ch.Close() })
	if err := ch.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, sql := range story() {
		if err := ch.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	return ch
}

const (
	chart = "chart/apple/us/top-free/overall"
	hour0 = 1736726400 // 2025-01-13T00:00:00Z
)

func story() []string {
	const reading = `INSERT INTO readings (at, source, target, subject, metric, basis, value, slot, seen_at, parser_version, _topic, _partition, _offset) `
	const look = `INSERT INTO looks (slot, source, target, basis, seen_at, outcome, depth, readings, reason, every_s, _topic, _partition, _offset) `
	return []string{
		`INSERT INTO watchlist (kind, entity, place, value, colour, position, removed, version) VALUES
('entity','rednote','','RedNote','#e5243b',1,0,1), ('entity','tiktok','','TikTok','#111111',0,0,1), ('alias','rednote','','Xiaohongshu','',0,0,1),
('app','rednote','apple','741292507','',0,0,1), ('app','tiktok','apple','835599320','',0,0,1)`,
		look + `SELECT toDateTime64(1736726400 + number * 3600, 3, 'UTC') AS s, 'replay', '` + chart + `', 'modelled', s,
if(number = 3, 'failed', 'ok'), if(number = 3, 0, 200), 2, if(number = 3, 'HTTP 503', ''), 3600, 't', 0, number FROM numbers(5)`,
		reading + `SELECT toDateTime64(1736726400 + n * 3600, 3, 'UTC') AS s, 'replay', '` + chart + `', subject, 'rank', 'modelled', v, s, s, 1, 't', 0, n
FROM values('n UInt32, subject String, v Float64', (0,'835599320',4), (1,'835599320',5), (1,'741292507',11), (2,'741292507',1), (4,'741292507',1))`,
		look + `SELECT toDateTime64(1736726400 + number * 3600, 3, 'UTC') AS s, 'replay', 'listing/apple/us/apps', 'modelled', s, 'ok', 0, 1, '', 3600, 't', 0, 10 + number FROM numbers(5)`,
		reading + `SELECT toDateTime64(1736726400 + number * 3600, 3, 'UTC') AS s, 'replay', 'listing/apple/us/apps', '835599320', 'listed', 'modelled', if(number < 2, 1, 0), s, s, 1, 't', 0, 10 + number FROM numbers(5)`,
		reading + `SELECT toDateTime64(1736726400 + number * 60, 3, 'UTC') AS s, 'replay', 'tag/xiaohongshu//tiktokrefugee', 'tiktokrefugee', 'views_total', 'modelled', number, s, s, 1, 't', 0, 1000 + number FROM numbers(5000)`,
		`INSERT INTO facts (id, kind, topic, subject, metric, value, value_text, unit, scope, at_from, at_to, publisher, confidence) VALUES
('1','event','january-2025','tiktok','removed from the stores',NULL,'','event','US','2025-01-18 05:00:00','2025-01-19 05:21:37','widely reported','high'),
('2','event','january-2025','lemon8','removed from the stores',NULL,'','event','US','2025-01-18 05:00:00','2025-01-19 05:21:37','widely reported','high'),
('3','figure','january-2025','rednote','rank',1,'','rank','` + chart + `','2025-01-13 00:00:00','2025-01-13 09:27:13','TechCrunch','high'),
('4','figure','january-2025','rednote','monthly active users',300000000,'','users','global',NULL,NULL,'Qian Gua','high')`,
	}
}

// bundle stands for a built page.
func bundle() fstest.MapFS {
	return fstest.MapFS{
		"index.html":           {Data: []byte("<!doctype html><title>Tidemark</title>" + spaces)},
		"tidemark-ABCD1234.js": {Data: []byte("console.log(1)" + spaces)},
		"icon.svg":             {Data: []byte("<svg/>")},
		".gitkeep":             {},
	}
}

const spaces = "                                                                                                                                " +
	"                                                                                                                                " +
	"                                                                                                                                " +
	"                                                                                                                                "

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// answered decodes a good answer.
func answered[T any](t *testing.T, h http.Handler, path string) T {
	t.Helper()
	w := get(t, h, path)
	var v T
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return v
}
