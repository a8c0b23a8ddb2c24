package clickhouse

import (
	"context"
	"fmt"
	"strings"
)

// ColumnDef is a column as the code that writes it knows it.
type ColumnDef struct {
	Name string `ch:"name"`
	Type string `ch:"type"`
}

// CheckColumns compares the columns that the code writes with the live table.
// A missing column or another type is an error; further columns are nobody's
// business.
func (c *Client) CheckColumns(ctx context.Context, table string, want []ColumnDef) error {
	live, err := Select[ColumnDef](ctx, c,
		"SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = ?", table)
	if err != nil {
		return fmt.Errorf("read columns of table %s: %w", table, err)
	}
	if len(live) == 0 {
		return fmt.Errorf("check table %s: there is none in database %s: run `tidemark migrate`", table, c.database)
	}
	types := make(map[string]string, len(live))
	for _, l := range live {
		types[l.Name] = l.Type
	}
	var wrong []string
	for _, w := range want {
		switch have, found := types[w.Name]; {
		case !found:
			wrong = append(wrong, "column "+w.Name+" is missing")
		case have != w.Type:
			wrong = append(wrong, "column "+w.Name+" is "+have+", want "+w.Type)
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("check table %s: %s: run `tidemark migrate`", table, strings.Join(wrong, ", "))
	}
	return nil
}
