package tabular

// Rows is an answer that is read row by row.
type Rows interface {
	Next() bool
	Values() ([]any, error)
	Err() error
}

// Described is Rows that know their columns; *clickhouse.Rows are.
type Described interface {
	Rows
	Columns() []string
	Types() []string
}

// Copy writes all rows.
func Copy(w Writer, rows Described) error {
	names, types := rows.Columns(), rows.Types()
	columns := make([]Column, len(names))
	for i := range columns {
		columns[i] = Column{Name: names[i], Type: types[i]}
	}
	if err := w.Begin(columns); err != nil {
		return err
	}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		if err := w.Row(values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return w.End()
}
