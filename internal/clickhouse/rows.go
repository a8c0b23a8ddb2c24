package clickhouse

import (
	"context"
	"fmt"
	"reflect"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Rows is the answer to a query, row by row.
type Rows struct {
	rows driver.Rows
}

// Query runs a query. Arguments fill ?, $1 or @name.
func (c *Client) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	rows, err := c.conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, c.plainly(err)
	}
	return &Rows{rows: rows}, nil
}

// Next moves to the next row; false means the end, or an error that Err knows.
func (r *Rows) Next() bool { return r.rows.Next() }

// Scan copies the columns of the row into variables.
func (r *Rows) Scan(dest ...any) error { return r.rows.Scan(dest...) }

// ScanStruct copies the row into the fields of a struct which are tagged
// `ch:"column"`.
func (r *Rows) ScanStruct(dest any) error { return r.rows.ScanStruct(dest) }

// Columns are the names of the columns.
func (r *Rows) Columns() []string { return r.rows.Columns() }

// Types are the types of the columns, as ClickHouse names them.
func (r *Rows) Types() []string {
	columns := r.rows.ColumnTypes()
	types := make([]string, len(columns))
	for i, c := range columns {
		types[i] = c.DatabaseTypeName()
	}
	return types
}

// Values returns the columns of the row as they are, for somebody who does
// not know them beforehand. NULL is nil.
func (r *Rows) Values() ([]any, error) {
	columns := r.rows.ColumnTypes()
	dest := make([]any, len(columns))
	for i, c := range columns {
		dest[i] = reflect.New(c.ScanType()).Interface()
	}
	if err := r.rows.Scan(dest...); err != nil {
		return nil, fmt.Errorf("read row: %w", err)
	}
	for i := range dest {
		v := reflect.ValueOf(dest[i]).Elem()
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				dest[i] = nil
				continue
			}
			v = v.Elem()
		}
		dest[i] = v.Interface()
	}
	return dest, nil
}

// Err is why Next ended early.
func (r *Rows) Err() error { return r.rows.Err() }

// Close lets go of the connection.
func (r *Rows) Close() error { return r.rows.Close() }

// Select returns all rows of a query as structs whose fields are tagged
// `ch:"column"`.
func Select[T any](ctx context.Context, c *Client, sql string, args ...any) ([]T, error) {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var row T
		if err := rows.ScanStruct(&row); err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// SelectOne returns the single value of a query with one row and one column.
func SelectOne[T any](ctx context.Context, c *Client, sql string, args ...any) (T, error) {
	var value T
	err := c.conn.QueryRow(ctx, sql, args...).Scan(&value)
	return value, err
}
