package viewer

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/dashboards/query"
	"github.com/tidemark/tidemark/internal/clickhouse"
)

//go:embed all:dist
var dist embed.FS

// queryTimeout is how long a person may wait in front of the page. A machine
// that is busy with other things answers late, and late is better than never.
const queryTimeout = 30 * time.Second

// DB asks ClickHouse; *clickhouse.Client is one.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (*clickhouse.Rows, error)
}

// Expected is a look that the configuration asks for, so that the page can
// also show what has not looked yet.
type Expected struct {
	Source string
	Target string
	EveryS uint32
}

// Deps is what the page needs from the process around it.
type Deps struct {
	// DB answers the queries; nil while there is no store.
	DB DB
	// Status tells what only the process knows: addresses, version, start,
	// lag, progress of the case. Rows, sources and the clock are filled in here.
	Status func(ctx context.Context) (Status, error)
	// Expected are the looks that the configuration asks for now; nil: unknown.
	Expected func() []Expected
	// Reader asks as a login that may only read: what the panels and the SQL page
	// ask. nil while there is no store.
	Reader ask.Reader
	// Dashboards are the files of the dashboards, UID.json each.
	Dashboards fs.FS
	// Metrics answers PromQL; nil: nobody does.
	Metrics metrics.Source
	// Hosts are names under which browsers may reach the API over loopback, beside
	// localhost and addresses.
	Hosts []string
	Log   *slog.Logger
}

type server struct {
	deps   Deps
	files  *assets
	boards []*query.Dashboard
	asker  *ask.Asker // nil: there is no store
}

// New makes the handler of the page and of its API. It starts nothing.
func New(deps Deps) http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		built = embed.FS{}
	}
	return newHandler(deps, built)
}

func newHandler(deps Deps, built fs.FS) http.Handler {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	deps.Log = deps.Log.With("component", "viewer")
	s := &server{deps: deps, files: loadAssets(built)}
	s.load()
	mux := http.NewServeMux()
	mux.Handle("GET /api/status", s.api(s.status))
	mux.HandleFunc("GET /api/dashboards", s.listBoards)
	mux.HandleFunc("GET /api/dashboards/{uid}", s.sendBoard)
	mux.Handle("POST /api/dashboards/{uid}/query", s.asked(s.queryPanels))
	mux.Handle("POST /api/dashboards/{uid}/variables", s.asked(s.variables))
	mux.Handle("POST /api/dashboards/{uid}/annotations", s.asked(s.annotations))
	mux.HandleFunc("GET /api/dashboards/{uid}/panels/{file}", s.sendCSV)
	mux.HandleFunc("POST /api/sql", s.sql)
	mux.HandleFunc("GET /api/schema", s.sendSchema)
	mux.HandleFunc("/api/", notFoundAPI)
	whole := http.NewServeMux()
	whole.Handle("/api/", s.guard(mux))
	whole.Handle("/", s.files)
	return secure(whole)
}

// load reads the dashboards. A file that is wrong is said, and holds up no page:
// the tests of the dashboards keep such out.
func (s *server) load() {
	if s.deps.Reader != nil {
		s.asker = ask.New(s.deps.Reader, ask.Usual())
	}
	if s.deps.Dashboards == nil {
		return
	}
	boards, err := query.Load(s.deps.Dashboards)
	if err != nil {
		s.deps.Log.Error("load dashboards", "err", err)
	}
	s.boards = boards
}

// secure sets what a browser must know about every answer: nothing foreign is
// loaded, run or framed.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
