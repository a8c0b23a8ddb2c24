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

// Table is a table or view that can be asked.
type Table struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"` // table or view
	Comment string   `json:"comment"`
	Columns []Column `json:"columns"`
}

// Column is one of a table.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

const schemaSQL = `SELECT t.name AS name, if(t.engine LIKE '%View', 'view', 'table') AS kind, t.comment AS comment,
    c.name AS column, c.type AS type, c.comment AS about
FROM (SELECT name, engine, comment FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE '.%') AS t
LEFT JOIN (SELECT table, name, type, comment, position FROM system.columns WHERE database = currentDatabase()) AS c ON c.table = t.name
ORDER BY t.name, c.position`

// schema says what there is to ask.
func (s *server) schema(ctx context.Context) ([]Table, error) {
	if s.asker == nil {
		return nil, errNoStore
	}
	frame, err := s.asker.Ask(ctx, schemaSQL, 0)
	if err != nil {
		return nil, err
	}
	out := []Table{}
	for i := range frame.Rows() {
		cell := func(column int) string { return textOf(frame.Fields[column].Values[i]) }
		if n := len(out); n == 0 || out[n-1].Name != cell(0) {
			out = append(out, Table{Name: cell(0), Kind: cell(1), Comment: cell(2), Columns: []Column{}})
		}
		if cell(3) != "" {
			t := &out[len(out)-1]
			t.Columns = append(t.Columns, Column{Name: cell(3), Type: cell(4), Comment: cell(5)})
		}
	}
	return out, nil
}

func (s *server) sendSchema(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	tables, err := s.schema(ctx)
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
