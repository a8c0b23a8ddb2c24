package viewer

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/dashboards/ask"
)

// usualRows is how many rows of an answer a person gets who does not say.
const usualRows = 1000

// sql answers a question that a person wrote.
func (s *server) sql(w http.ResponseWriter, r *http.Request) {
	var q struct {
		SQL     string `json:"sql"`
		MaxRows int    `json:"maxRows"`
	}
	if err := readBody(w, r, &q); err != nil {
		s.fail(w, r, err)
		return
	}
	if q.MaxRows <= 0 {
		q.MaxRows = usualRows
	}
	if s.asker == nil {
		s.fail(w, r, errNoStore)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), boardTimeout)
	defer cancel()
	frame, err := s.asker.Ask(ctx, q.SQL, q.MaxRows)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	own := *frame
	own.Format = "table"
	writeJSON(w, r, http.StatusOK, map[string]any{"frames": []ask.Frame{own}})
}

func (s *server) sendSchema(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	if s.asker == nil {
		s.fail(w, r, errNoStore)
		return
	}
	tables, err := s.asker.Schema(ctx)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, r, http.StatusOK, map[string]any{
		"database": s.asker.Database(), "tables": tables, "limits": "Reads only. A question may take " + ask.Usual().Timeout.String() +
			" and return " + strconv.Itoa(ask.Usual().MaxRows) + " rows.",
	})
}

// sendCSV answers one query of a panel as a file: /panels/ID.csv, with the time
// and the variables as in the page's address.
func (s *server) sendCSV(w http.ResponseWriter, r *http.Request) {
	d := s.board(w, r)
	if d == nil {
		return
	}
	name, isCSV := strings.CutSuffix(r.PathValue("file"), ".csv")
	id, err := strconv.Atoi(name)
	p, known := d.Panel(id)
	if err != nil || !isCSV || !known {
		writeProblem(w, r, http.StatusNotFound, "There is no such panel.")
		return
	}
	q, err := questionOf(d, r.URL.Query(), time.Now())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), boardTimeout)
	defer cancel()
	frame, err := s.oneFrame(ctx, d, p.ID, &q, r.URL.Query().Get("refId"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.UID + "-" + name + ".csv"}))
	if frame.Truncated {
		h.Set("Tidemark-Truncated", "true")
	}
	_ = frame.CSV(w) // a reader who has gone cannot be told
}
