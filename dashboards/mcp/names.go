package mcp

import (
	"context"
	"fmt"
	"strings"

	"github.com/tidemark/tidemark/dashboards/ask"
)

// name is a name that somebody asked for.
type name struct {
	// kind is what it is a name of, for a person.
	kind, value string
	// known are the names that there are: SQL with the columns id, which is how
	// it is asked for, and word, by which it may have been meant.
	known string
}

type names []name

const (
	knownTopics   = "SELECT topic AS id, arrayJoin([topic, name]) AS word FROM v_topics"
	knownEntities = `SELECT id, arrayJoin(arrayConcat([id, name], aliases)) AS word FROM entities
    UNION ALL SELECT DISTINCT entity AS id, entity AS word FROM v_episodes WHERE entity != ''`
	knownSources = "SELECT DISTINCT source AS id, source AS word FROM v_freshness"
)

// near is how many names are told to who asked for another.
const near = 5

// strangers says which of the names nobody has, and who has one that is like it.
// It says nothing where all are known: then there is merely nothing.
func (s *Server) strangers(ctx context.Context, given names) (string, error) {
	var notes []string
	for _, n := range given {
		found, err := s.nearest(ctx, n)
		switch {
		case err != nil:
			return "", err
		case len(found) == 0:
			notes = append(notes, fmt.Sprintf("no %s is known yet, so none of the name %.60q", n.kind, n.value))
		case found[0] != n.value:
			notes = append(notes, fmt.Sprintf("no %s of the name %.60q is known; the nearest are %s", n.kind, n.value, strings.Join(found, ", ")))
		}
	}
	return strings.Join(notes, "; "), nil
}

// nearest are the names that are most like it, itself first.
func (s *Server) nearest(ctx context.Context, n name) ([]string, error) {
	word := "lowerUTF8(substringUTF8(" + quoted(n.value) + ", 1, 60))"
	sql := fmt.Sprintf(`SELECT toString(id) AS name FROM (%s) GROUP BY name
ORDER BY name = %s DESC, min(ngramDistanceCaseInsensitiveUTF8(toString(word), %s)), min(abs(lengthUTF8(word) - lengthUTF8(%[3]s))), name`,
		n.known, quoted(n.value), word)
	frame, err := s.asker.Ask(ctx, sql, near)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range frame.Rows() {
		out = append(out, ask.Text(frame.Fields[0].Values[i]))
	}
	return out, nil
}
