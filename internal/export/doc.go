// Package export writes a table, or what a query returns, into files by day:
//
//	DIR/NAME/date=YYYY-MM-DD/part.parquet
//	DIR/NAME/manifest.json    what each file holds, with its checksum
//	DIR/NAME/schema.json      the columns, with what they mean
//	DIR/NAME/SHA256SUMS       for sha256sum -c
//
// Days are those of UTC. A file has its name only when it is whole, so an export
// can be killed at any moment and run again: a day that is there, whole, and
// the same as in the database is kept, every other one is written anew. Rows
// are sorted by all their columns: the same rows give the same bytes.
package export

import (
	"encoding/json"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// Format is how files are written.
type Format string

// Formats.
const (
	Parquet Format = "parquet"
	CSV     Format = "csv"
	NDJSON  Format = "ndjson"
)

// clickhouse is the name that ClickHouse has for the format.
func (f Format) clickhouse() string {
	switch f {
	case CSV:
		return "CSVWithNames"
	case NDJSON:
		return "JSONEachRow"
	default:
		return "Parquet"
	}
}

// By is how rows are divided into files.
type By string

// Divisions.
const (
	ByDay   By = "day"
	ByMonth By = "month"
	ByNone  By = "none"
)

// Config says what to export, and where to.
type Config struct {
	Client *clickhouse.Client
	// Native says that the client speaks the native protocol, which knows no
	// formats: then there is no Parquet.
	Native bool
	// What is the name of a table or view, or a query.
	What string
	// Name is that of the folder; empty: that of the table.
	Name   string
	Dir    string
	Format Format
	By     By
	// Time is the column by which rows are divided; empty: found by its name.
	Time string
	// From and To are the first and the last day; zero: all there are. By month
	// they become those of whole months.
	From, To time.Time
	Version  string
	// Now decides which days may still be written.
	Now time.Time
	// Progress is told after each file; it may be nil.
	Progress func(done, total int)
}

// Widen makes whole months of what is divided by month: a file of half a month
// would take the place of one of the other half. It tells whether it did.
func (c *Config) Widen() bool {
	if c.By != ByMonth {
		return false
	}
	from, to := c.From, c.To
	if !from.IsZero() {
		c.From = time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	if !to.IsZero() {
		c.To = time.Date(to.Year(), to.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return !c.From.Equal(from) || !c.To.Equal(to)
}

// Result is what an export did.
type Result struct {
	Folder string
	// Written, Kept and Removed count files.
	Written, Kept, Removed int
	Rows                   uint64
	Bytes                  int64
	// Partial are files of days that are not over.
	Partial []string
}

// Manifest is manifest.json.
type Manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"` // of Tidemark
	Query   string `json:"query"`
	OrderBy string `json:"order_by"`
	Format  Format `json:"format"`
	By      By     `json:"by"`
	Time    string `json:"time_column,omitempty"`
	Zone    string `json:"time_zone"`
	// First and Last are the days that were asked for, of a single file.
	First string `json:"first_day,omitempty"`
	Last  string `json:"last_day,omitempty"`
	Rows  uint64 `json:"rows"`
	Bytes int64  `json:"bytes"`
	From  string `json:"from,omitempty"` // first moment in it
	To    string `json:"to,omitempty"`   // last moment in it
	Parts []Part `json:"parts"`
}

// Part is one file.
type Part struct {
	// Key is the day or month; empty: rows without a time, or all.
	Key    string `json:"key,omitempty"`
	File   string `json:"file"`
	Rows   uint64 `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	// Partial: the day was not over, more may come.
	Partial bool `json:"partial,omitempty"`
	// Content tells whether the rows in the database are still the same: their
	// number and the sum of cityHash64 of each.
	Content string `json:"content"`
}

// Schema is schema.json.
type Schema struct {
	Name    string   `json:"name"`
	Comment string   `json:"comment,omitempty"`
	Query   string   `json:"query"`
	Columns []Column `json:"columns"`
}

// Column is one column.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // as ClickHouse names it
	Comment string `json:"comment,omitempty"`
}

// days says in words which were asked for.
func (m *Manifest) days() string {
	switch {
	case m.First == "" && m.Last == "":
		return "all days"
	case m.Last == "":
		return m.First + " and later"
	case m.First == "":
		return "up to " + m.Last
	default:
		return m.First + " to " + m.Last
	}
}

func asJSON(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}
