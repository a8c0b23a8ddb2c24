package mcp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Episodes asks for surges and declines, migrations, or troubles.
type Episodes struct {
	Kind        string  `json:"kind,omitempty" jsonschema:"surge (what the crowd does, the default), migration (surges of a topic that hang together: who lost, who gained; columns of v_migrations), or health (troubles of the sources)"`
	Topic       string  `json:"topic,omitempty" jsonschema:"id of a topic of the watchlist"`
	Entity      string  `json:"entity,omitempty" jsonschema:"id of an app or platform of the watchlist, such as tiktok; of a migration its origin or one of its destinations"`
	Since       string  `json:"since,omitempty" jsonschema:"only those that lasted after this time, ISO 8601, UTC"`
	Until       string  `json:"until,omitempty" jsonschema:"only those that began before this time, ISO 8601, UTC"`
	Open        bool    `json:"open,omitempty" jsonschema:"only those that last"`
	MinSeverity float64 `json:"min_severity,omitempty" jsonschema:"0 to 1"`
	Limit       *int    `json:"limit,omitempty" jsonschema:"how many to return, 100 by default and 1000 at most"`
}

// asking is how one kind of episodes is asked for.
type asking struct {
	sql, order string
	// where are conditions that always hold.
	where []string
	// entity is a condition with %s for the name; onset and end are columns.
	entity, open, onset, end string
}

const episodesSQL = `SELECT id, kind, rule, source, target, subject, entity, topic, metric, basis, state, onset, peak_at, closed,
    value, baseline, peak, unit, multiple, severity, half_life_s, coverage, explanation
FROM v_episodes WHERE `

// askingOf knows the kinds: migrations are in a view of their own.
func askingOf(kind string) (asking, error) {
	switch kind {
	case "":
		return askingOf("surge")
	case "surge", "health":
		return asking{
			sql: episodesSQL, order: "onset DESC, severity DESC, id", where: []string{"kind = " + quoted(kind)},
			entity: "entity = %s", open: "state != 'closed'", onset: "onset", end: "closed",
		}, nil
	case "migration":
		return asking{
			sql: "SELECT * FROM v_migrations WHERE ", order: "`from` DESC, severity DESC, id",
			entity: "(origin = %[1]s OR arrayExists(d -> d.entity = %[1]s, destinations))", open: "state = 'open'", onset: "`from`", end: "`to`",
		}, nil
	default:
		return asking{}, fmt.Errorf("read kind: there is no kind %.40q; there are surge, migration and health", kind)
	}
}

func (s *Server) episodes(ctx context.Context, _ *mcp.CallToolRequest, in Episodes) (*mcp.CallToolResult, Answer, error) {
	ask, err := askingOf(in.Kind)
	if err != nil {
		return nil, Answer{}, err
	}
	rows, err := rowsOf("limit", in.Limit)
	if err != nil {
		return nil, Answer{}, err
	}
	least, err := severity(in.MinSeverity)
	if err != nil {
		return nil, Answer{}, err
	}
	span, err := ask.between(in.Since, in.Until)
	if err != nil {
		return nil, Answer{}, err
	}
	where := append(append(ask.where, "severity >= "+least), span...)
	var given names
	if in.Topic != "" {
		where = append(where, "topic = "+quoted(in.Topic))
		given = append(given, name{"topic", in.Topic, knownTopics})
	}
	if in.Entity != "" {
		where = append(where, fmt.Sprintf(ask.entity, quoted(in.Entity)))
		given = append(given, name{"entity", in.Entity, knownEntities})
	}
	if in.Open {
		where = append(where, ask.open)
	}
	return s.tableOf(ctx, ask.sql+strings.Join(where, " AND ")+" ORDER BY "+ask.order, rows, given)
}

// between are the conditions of a span; an empty end is open.
func (a asking) between(since, until string) ([]string, error) {
	var where []string
	var from, to time.Time
	var err error
	if since != "" {
		if from, err = moment("since", since); err != nil {
			return nil, err
		}
		where = append(where, "ifNull("+a.end+", now64(3)) >= "+inSQL(from))
	}
	if until != "" {
		if to, err = moment("until", until); err != nil {
			return nil, err
		}
		where = append(where, a.onset+" < "+inSQL(to))
	}
	if since != "" && until != "" && !from.Before(to) {
		return nil, fmt.Errorf("read times: since %s is not before until %s; swap them", since, until)
	}
	return where, nil
}
