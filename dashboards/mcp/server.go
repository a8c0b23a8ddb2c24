// Package mcp lets an assistant ask Tidemark: a server of the Model Context
// Protocol with tools that read only, as the login of analysts and within its
// limits.
package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tidemark/tidemark/dashboards/ask"
)

// Limits of an answer to an assistant, who reads all of it.
const (
	usualRows = 100
	mostRows  = 1000
	mostBytes = 256 << 10
)

const instructions = `Tidemark measures where crowds go: ranks in app stores, tags, news and other counts, and episodes (surges and
declines) found in them. Ask describe first: it has the tables, the views (v_..., made for reading) and what each column
means. SQL is ClickHouse's; times are UTC. A rank is missing where an app was not on the chart or where nobody looked:
that is never 0, so use the column state, and never average ranks. basis tells measured from backfill, imported and
modelled values: do not mix them. If an answer is truncated, ask for fewer rows or columns.`

// Limits are those of an asker for the tools.
func Limits() ask.Limits {
	l := ask.Usual()
	l.MaxRows, l.MaxBytes, l.AtOnce, l.Fresh = mostRows, mostBytes, 2, 0
	return l
}

// Server answers an assistant.
type Server struct {
	asker  *ask.Asker
	server *mcp.Server
}

// New makes the server; version is Tidemark's.
func New(asker *ask.Asker, version string, log *slog.Logger) *Server {
	s := &Server{asker: asker, server: mcp.NewServer(
		&mcp.Implementation{Name: "tidemark", Title: "Tidemark", Version: version},
		&mcp.ServerOptions{Instructions: instructions, Logger: log},
	)}
	mcp.AddTool(s.server, tool("query", "Ask in SQL", "Runs one SELECT (or SHOW, DESCRIBE, EXPLAIN) in ClickHouse's SQL and returns its rows. It can only read."), s.query)
	mcp.AddTool(s.server, tool("describe", "What there is to ask", "Lists tables and views with what they hold, or, given a name, that one's columns with types and meanings."), s.describe)
	mcp.AddTool(s.server, tool("episodes", "Surges and declines", "Lists the episodes that were found, the latest first: what rose or fell, since when, how far, and how that was computed; or the migrations that they hang together in."), s.episodes)
	mcp.AddTool(s.server, tool("sources", "How the sources fare", "Tells of each source whether it still looks and sees something, and since when not: whether figures can be trusted now."), s.sources)
	return s
}

func tool(name, title, description string) *mcp.Tool {
	no := false
	return &mcp.Tool{
		Name: name, Title: title, Description: description,
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: &no, DestructiveHint: &no},
	}
}

// Run answers over two streams until in or ctx ends.
func (s *Server) Run(ctx context.Context, in io.ReadCloser, out io.WriteCloser) error {
	if err := s.server.Run(ctx, &mcp.IOTransport{Reader: in, Writer: out}); ctx.Err() == nil {
		return err
	}
	return nil // it ended because it was told to
}

// Column is one of an answer.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type" jsonschema:"ClickHouse's own name of the type"`
}

// Answer is a table.
type Answer struct {
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows" jsonschema:"times are ISO 8601 in UTC, what is missing is null"`
	// Truncated tells that there are more rows.
	Truncated bool   `json:"truncated" jsonschema:"true: there are more rows than these"`
	RowsRead  uint64 `json:"rows_read,omitempty"`
	MS        int64  `json:"ms"`
	// Note says why there is nothing, where a name is unknown.
	Note string `json:"note,omitempty" jsonschema:"why there are no rows: nobody of the name that was asked for is known"`
}

func (s *Server) table(ctx context.Context, sql string, rows int) (*mcp.CallToolResult, Answer, error) {
	return s.tableOf(ctx, sql, rows, nil)
}

// tableOf is a table about those who were named: an empty one says of whom
// nothing is known.
func (s *Server) tableOf(ctx context.Context, sql string, rows int, given names) (*mcp.CallToolResult, Answer, error) {
	frame, err := s.asker.Ask(ctx, sql, rows)
	if err != nil {
		return nil, Answer{}, explain(err)
	}
	a := answerOf(frame)
	if len(a.Rows) == 0 {
		if a.Note, err = s.strangers(ctx, given); err != nil {
			return nil, a, explain(err)
		}
	}
	text, err := json.Marshal(a)
	if err != nil {
		return nil, a, err
	}
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: string(text)}}}, a, nil
}

func answerOf(frame *ask.Frame) Answer {
	a := Answer{Columns: []Column{}, Rows: make([][]any, frame.Rows()), Truncated: frame.Truncated, RowsRead: frame.RowsRead, MS: frame.MS}
	for _, f := range frame.Fields {
		a.Columns = append(a.Columns, Column{f.Name, f.ClickHouse})
		for i, v := range f.Values {
			if ms, ok := v.(int64); ok && f.Type == ask.TypeTime {
				v = time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z")
			}
			a.Rows[i] = append(a.Rows[i], v)
		}
	}
	return a
}

// explain adds where in the SQL the engine stumbled.
func explain(err error) error {
	var bad *ask.Error
	if !asError(err, &bad) || bad.Line == 0 {
		return err
	}
	return fmt.Errorf("line %d, column %d: %w", bad.Line, bad.Column, err)
}

// rowsOf is how many rows are asked for; nil: nobody said.
func rowsOf(name string, asked *int) (int, error) {
	switch {
	case asked == nil:
		return usualRows, nil
	case *asked < 1:
		return 0, fmt.Errorf("read %s: %d is less than 1; leave it out for %d", name, *asked, usualRows)
	default:
		return min(*asked, mostRows), nil
	}
}

// quoted is a text in SQL, whatever it says.
func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// moment reads a time.
func moment(name, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			if at.Year() < 1970 || at.Year() > 2200 {
				break
			}
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("read time %q of %s: want such as 2025-01-13 or 2025-01-13T12:00:00Z", text, name)
}

// inSQL is a time in SQL.
func inSQL(at time.Time) string {
	return fmt.Sprintf("toDateTime64('%s', 3, 'UTC')", at.Format("2006-01-02 15:04:05.000"))
}

func severity(v float64) (string, error) {
	if math.IsNaN(v) || v < 0 || v > 1 {
		return "", fmt.Errorf("read min_severity: %v is not between 0 and 1", v)
	}
	return fmt.Sprintf("%g", v), nil
}
