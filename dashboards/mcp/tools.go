package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tidemark/tidemark/dashboards/ask"
)

func asError(err error, target **ask.Error) bool { return errors.As(err, target) }

// Query asks in SQL.
type Query struct {
	SQL     string `json:"sql" jsonschema:"one statement in ClickHouse's SQL that reads, without FORMAT"`
	MaxRows *int   `json:"max_rows,omitempty" jsonschema:"how many rows to return, 100 by default and 1000 at most"`
}

func (s *Server) query(ctx context.Context, _ *mcp.CallToolRequest, in Query) (*mcp.CallToolResult, Answer, error) {
	rows, err := rowsOf("max_rows", in.MaxRows)
	if err != nil {
		return nil, Answer{}, err
	}
	return s.table(ctx, in.SQL, rows)
}

// Describe asks what there is.
type Describe struct {
	Name string `json:"name,omitempty" jsonschema:"a table or view; without it all are listed"`
}

// Described are tables; columns only of the one that was named.
type Described struct {
	Database string      `json:"database"`
	Tables   []ask.Table `json:"tables"`
}

func (s *Server) describe(ctx context.Context, _ *mcp.CallToolRequest, in Describe) (*mcp.CallToolResult, Described, error) {
	out := Described{Database: s.asker.Database(), Tables: []ask.Table{}}
	tables, err := s.asker.Schema(ctx)
	if err != nil {
		return nil, out, explain(err)
	}
	var near []string
	for _, t := range tables {
		if in.Name == "" {
			t.Columns = []ask.Column{}
			out.Tables = append(out.Tables, t)
			continue
		}
		if t.Name == strings.TrimSpace(in.Name) {
			out.Tables = append(out.Tables, t)
		}
		if strings.Contains(t.Name, strings.ToLower(strings.TrimPrefix(in.Name, "v_"))) {
			near = append(near, t.Name)
		}
	}
	if len(out.Tables) == 0 {
		if len(near) > 0 {
			return nil, out, fmt.Errorf("there is no table or view %q; there are %s", in.Name, strings.Join(near, ", "))
		}
		return nil, out, fmt.Errorf("there is no table or view %q; describe without a name lists all", in.Name)
	}
	return nil, out, nil
}

// Sources asks how the sources fare.
type Sources struct {
	Source string `json:"source,omitempty" jsonschema:"name of one source, such as appstore; without it all"`
}

func (s *Server) sources(ctx context.Context, _ *mcp.CallToolRequest, in Sources) (*mcp.CallToolResult, Answer, error) {
	where, given := "", names{}
	if in.Source != "" {
		where = " WHERE source = " + quoted(in.Source)
		given = names{{"source", in.Source, knownSources}}
	}
	return s.tableOf(ctx, "SELECT source, target, state, since, why, last_look, last_ok, every_s FROM v_freshness"+where+
		" ORDER BY state = 'fresh', source, target", mostRows, given)
}
