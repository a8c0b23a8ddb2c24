package viewer

import (
	"context"
	"fmt"
	"net/url"
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

// basesOf turns the parameter bases into a condition: what was recorded, or
// what is seen live. What was back-filled stands beside both.
func basesOf(q url.Values) (string, error) {
	switch q.Get("bases") {
	case "", "all":
		return "1", nil
	case "live":
		return "basis IN ('measured', 'backfill')", nil
	case "recorded":
		return "basis != 'measured'", nil
	}
	return "", badRequest{"bases is " + q.Get("bases") + ", want live, recorded or all"}
}
