package viewer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/query"
	"github.com/tidemark/tidemark/internal/clickhouse"
)

// answerer makes the answer to one request of the API.
type answerer func(ctx context.Context) (any, error)

// badRequest is an error that the asker can mend.
type badRequest struct{ msg string }

func (e badRequest) Error() string { return e.msg }

var errNoStore = errors.New("the store is not connected")

// api answers in JSON, with a deadline, compressed where the asker can read it.
func (s *server) api(answer answerer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
		defer cancel()
		v, err := answer(ctx)
		if err == nil {
			writeJSON(w, r, http.StatusOK, v)
			return
		}
		s.fail(w, r, err)
	})
}

// problem is the answer to what cannot be answered.
type problem struct {
	Error string `json:"error"`
	// Code is ClickHouse's own; Line and Column say where in the SQL it stumbled.
	Code   int32 `json:"code,omitempty"`
	Line   int   `json:"line,omitempty"`
	Column int   `json:"column,omitempty"`
}

// fail says what went wrong, to who can mend it.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil { // nobody waits any more
		return
	}
	if bad, ok := errors.AsType[*ask.Error](err); ok {
		writeJSON(w, r, http.StatusBadRequest, problem{Error: s.words(err), Code: bad.Code, Line: bad.Line, Column: bad.Column})
		return
	}
	code := http.StatusServiceUnavailable
	if _, ok := errors.AsType[badRequest](err); ok {
		code = http.StatusBadRequest
	}
	if _, ok := errors.AsType[*query.Mistake](err); ok {
		code = http.StatusBadRequest
	}
	switch {
	case errors.Is(err, errTooLarge):
		code = http.StatusRequestEntityTooLarge
	case errors.Is(err, context.DeadlineExceeded):
		code = http.StatusGatewayTimeout
	case code == http.StatusServiceUnavailable:
		s.deps.Log.Warn("answer page", "path", r.URL.Path, "err", err)
	}
	writeProblem(w, r, code, s.words(err))
}

// words are those for a person.
func (s *server) words(err error) string {
	_, bad := errors.AsType[badRequest](err)
	_, told := errors.AsType[*ask.Error](err)
	_, mistake := errors.AsType[*query.Mistake](err)
	switch {
	case bad, told, mistake, errors.Is(err, errTooLarge):
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "The store did not answer in time."
	case errors.Is(err, errMetrics):
		return err.Error()
	default:
		if gone, ok := errors.AsType[*clickhouse.Unreachable](err); ok {
			err = gone // what was asked of it is no help
		}
		return "The store does not answer: " + err.Error()
	}
}

func notFoundAPI(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, http.StatusNotFound, "There is no such page of the API.")
}

func writeProblem(w http.ResponseWriter, r *http.Request, code int, msg string) {
	writeJSON(w, r, code, problem{Error: msg})
}

func writeJSON(w http.ResponseWriter, r *http.Request, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "encode answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	writeRaw(w, r, code, body)
}

// writeRaw sends what is JSON already.
func writeRaw(w http.ResponseWriter, r *http.Request, code int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r) {
		if zipped := zip(body); zipped != nil {
			h.Set("Content-Encoding", "gzip")
			body = zipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // a reader who has gone cannot be told
}
