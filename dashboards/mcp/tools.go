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
	MaxRows int    `json:"max_rows,omitempty" jsonschema:"how many rows to return, 100 by default and 1000 at most"`
}

func (s *Server) query(ctx context.Context, _ *mcp.CallToolRequest, in Query) (*mcp.CallToolResult, Answer, error) {
	return s.table(ctx, in.SQL, rowsOf(in.MaxRows))
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

// Episodes asks for surges and declines.
type Episodes struct {
	Kind        string  `json:"kind,omitempty" jsonschema:"surge (what the crowd does, the default), migration, or health (troubles of the sources)"`
	Topic       string  `json:"topic,omitempty" jsonschema:"id of a topic of the watchlist"`
	Entity      string  `json:"entity,omitempty" jsonschema:"id of an app or platform of the watchlist, such as tiktok"`
	Since       string  `json:"since,omitempty" jsonschema:"only those that lasted after this time, ISO 8601, UTC"`
	Until       string  `json:"until,omitempty" jsonschema:"only those that began before this time, ISO 8601, UTC"`
	Open        bool    `json:"open,omitempty" jsonschema:"only those that last"`
	MinSeverity float64 `json:"min_severity,omitempty" jsonschema:"0 to 1"`
	Limit       int     `json:"limit,omitempty" jsonschema:"how many to return, 100 by default"`
}

const episodesSQL = `SELECT id, kind, rule, source, target, subject, entity, topic, metric, basis, state, onset, peak_at, closed,
    value, baseline, peak, unit, multiple, severity, half_life_s, coverage, explanation
FROM v_episodes WHERE `

func (s *Server) episodes(ctx context.Context, _ *mcp.CallToolRequest, in Episodes) (*mcp.CallToolResult, Answer, error) {
	if in.Kind == "" {
		in.Kind = "surge"
	}
	where := []string{"kind = " + quoted(in.Kind)}
	if in.Topic != "" {
		where = append(where, "topic = "+quoted(in.Topic))
	}
	if in.Entity != "" {
		where = append(where, "entity = "+quoted(in.Entity))
	}
	if in.Open {
		where = append(where, "state != 'closed'")
	}
	least, err := severity(in.MinSeverity)
	if err != nil {
		return nil, Answer{}, err
	}
	where = append(where, "severity >= "+least)
	for _, c := range []struct{ text, before string }{{in.Since, "ifNull(closed, now64(3)) >= "}, {in.Until, "onset < "}} {
		if c.text == "" {
			continue
		}
		at, err := moment(c.text)
		if err != nil {
			return nil, Answer{}, err
		}
		where = append(where, c.before+at)
	}
	return s.table(ctx, episodesSQL+strings.Join(where, " AND ")+" ORDER BY onset DESC, severity DESC, id", rowsOf(in.Limit))
}

// Sources asks how the sources fare.
type Sources struct {
	Source string `json:"source,omitempty" jsonschema:"name of one source, such as appstore; without it all"`
}

func (s *Server) sources(ctx context.Context, _ *mcp.CallToolRequest, in Sources) (*mcp.CallToolResult, Answer, error) {
	where := ""
	if in.Source != "" {
		where = " WHERE source = " + quoted(in.Source)
	}
	return s.table(ctx, "SELECT source, target, state, since, why, last_look, last_ok, every_s FROM v_freshness"+where+
		" ORDER BY state = 'fresh', source, target", mostRows)
}
