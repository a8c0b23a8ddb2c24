package ask

import (
	"context"
	"fmt"
)

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

// Schema says what there is to ask: tables and views in the order of their names.
func (a *Asker) Schema(ctx context.Context) ([]Table, error) {
	frame, err := a.Ask(ctx, schemaSQL, 0)
	if err != nil {
		return nil, err
	}
	out := []Table{}
	for i := range frame.Rows() {
		cell := func(column int) string { return Text(frame.Fields[column].Values[i]) }
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

// Text is a cell as a text; what is missing is empty.
func Text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
