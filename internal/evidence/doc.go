// Package evidence makes a pack of everything that an episode rests on: the
// looks and the gaps, what was judged, what others saw and what was published,
// with the SQL that made each file, pictures, a dictionary of the columns and
// checksums. The same database gives the same pack, byte for byte: nothing in
// it depends on when, where or by whom it was made.
package evidence

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// margin is how much of the series before and after an episode belongs to the
// evidence: the longest baseline is 7 days.
const (
	before = 7 * 24 * time.Hour
	after  = 2 * 24 * time.Hour
)

// Pack is the content of a pack by path, with slashes.
type Pack map[string][]byte

// names are the paths in the order in which they are written.
func (p Pack) names() []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Maker reads what a pack holds.
type Maker struct {
	// DB is read over HTTP: the server writes Parquet.
	DB      *clickhouse.Client
	Version string
}

// limits are wide; the login has its own.
func limits() clickhouse.Limits { return clickhouse.Limits{Timeout: 5 * time.Minute} }

// Episode makes the pack of one episode.
func (m *Maker) Episode(ctx context.Context, id string) (Pack, error) {
	p, err := m.episode(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("make pack of episode %s: %w", id, err)
	}
	return p, p.seal()
}

func (m *Maker) episode(ctx context.Context, id string) (Pack, error) {
	e, err := m.read(ctx, id)
	if err != nil {
		return nil, err
	}
	c := &chapter{maker: m, e: e, pack: Pack{}}
	for _, q := range c.queries() {
		if err := c.run(ctx, q); err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
	}
	if err := c.pictures(); err != nil {
		return nil, err
	}
	if err := c.facts(); err != nil {
		return nil, err
	}
	c.pack["README.md"] = []byte(c.readme())
	c.pack["CITATION.cff"] = []byte(citation(m.Version, "Evidence of the episode "+e.ID+": "+e.title(), e.last(), []string{e.Topic, e.Subject, e.Metric, e.Basis}))
	return c.pack, nil
}

// chapter is the part of a pack about one episode.
type chapter struct {
	maker *Maker
	e     *episode
	pack  Pack
	done  []query
	sums  summary
}

// run asks one query, and keeps its answer and its words.
func (c *chapter) run(ctx context.Context, q query) error {
	c.pack["sql/"+q.name+".sql"] = []byte("-- " + q.about + "\n" + q.sql + "\n")
	formats := map[string]string{"csv": "CSVWithNames"}
	if q.parquet {
		formats["parquet"] = "Parquet"
	}
	for ending, format := range formats {
		body, err := c.maker.DB.QueryFormat(ctx, format, q.sql)
		if err != nil {
			return err
		}
		content, err := io.ReadAll(body)
		if closed := body.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
		c.pack["data/"+q.name+"."+ending] = content
	}
	c.done = append(c.done, q)
	return nil
}

// literal writes a text for SQL.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func moment(t time.Time) string {
	return "toDateTime64('" + t.UTC().Format("2006-01-02 15:04:05.000") + "', 3, 'UTC')"
}
