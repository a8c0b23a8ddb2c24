package viewer

import (
	"context"
	"fmt"
)

// rowsOf reads a whole answer into structs whose fields carry the tag
// ch:"column".
func rowsOf[T any](ctx context.Context, db DB, sql string, args ...any) ([]T, error) {
	if db == nil {
		return nil, errNoStore
	}
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		var row T
		if err := rows.ScanStruct(&row); err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
