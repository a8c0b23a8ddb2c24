package clickhouse

import (
	"context"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// Limits bound a query that somebody else wrote.
type Limits struct {
	// Timeout is how long it may run.
	Timeout time.Duration
	// MaxMemory is how many bytes it may use; MaxRows how many rows it may
	// return, more are an error. 0: as the server says.
	MaxMemory int64
	MaxRows   int
}

// context makes a query read only, within the limits. The query cannot lift
// them: what it sets itself is refused, or does not count.
func (l Limits) context(ctx context.Context) (context.Context, context.CancelFunc) {
	settings := ch.Settings{"readonly": 1}
	if l.MaxMemory > 0 {
		settings["max_memory_usage"] = l.MaxMemory
	}
	if l.MaxRows > 0 {
		settings["max_result_rows"] = l.MaxRows
		settings["result_overflow_mode"] = "throw"
	}
	ctx, cancel := context.WithTimeout(ctx, l.Timeout) // the driver tells the server
	return ch.Context(ctx, ch.WithSettings(settings)), cancel
}

// SelectLimited is Select within limits, and read only.
func SelectLimited[T any](ctx context.Context, c *Client, l Limits, sql string, args ...any) ([]T, error) {
	ctx, cancel := l.context(ctx)
	defer cancel()
	return Select[T](ctx, c, sql, args...)
}

// ColumnType is a column of a query's answer.
type ColumnType struct {
	Name string
	Type string // as ClickHouse names it
}

// Describe says which columns a query returns, without running it.
func (c *Client) Describe(ctx context.Context, l Limits, sql string) ([]ColumnType, error) {
	l.MaxRows = 0
	ctx, cancel := l.context(ctx)
	defer cancel()
	rows, err := c.Query(ctx, "DESCRIBE TABLE (\n"+sql+"\n)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ColumnType
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		name, _ := values[0].(string)
		kind, _ := values[1].(string)
		out = append(out, ColumnType{name, kind})
	}
	return out, rows.Err()
}
