package evidence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// migration is what v_migrations says, as far as a pack needs it.
type migration struct {
	ID          string     `ch:"id"`
	Topic       string     `ch:"topic"`
	Name        string     `ch:"name"`
	Basis       string     `ch:"basis"`
	From        time.Time  `ch:"from"`
	To          *time.Time `ch:"to"`
	Explanation string     `ch:"explanation"`
}

// Migration makes the pack of a migration, by its id or by its topic: what is
// known of the whole, and the pack of each of its episodes.
func (m *Maker) Migration(ctx context.Context, id string, told func(done, total int)) (Pack, error) {
	p, err := m.migration(ctx, id, told)
	if err != nil {
		return nil, fmt.Errorf("make pack of migration %s: %w", id, err)
	}
	return p, p.seal()
}

func (m *Maker) migration(ctx context.Context, id string, told func(done, total int)) (Pack, error) {
	found, err := clickhouse.SelectLimited[migration](ctx, m.DB, limits(),
		"SELECT id, topic, name, basis, from, to, explanation FROM v_migrations WHERE id = ? OR topic = ? ORDER BY from", id, id)
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, errors.New("there is none; SELECT id, topic FROM v_migrations lists them all")
	case 1:
	default:
		ids := make([]string, len(found))
		for i, f := range found {
			ids[i] = f.ID
		}
		return nil, fmt.Errorf("there are %d of that topic: give one of %s", len(found), strings.Join(ids, ", "))
	}
	g := found[0]
	until := "toDateTime64('2299-12-31 00:00:00', 3, 'UTC')"
	if g.To != nil {
		until = moment(*g.To)
	}
	episodes, err := clickhouse.SelectLimited[episode](ctx, m.DB, limits(), "SELECT id, onset, subject, target FROM v_episodes WHERE kind = 'surge' AND topic = ? AND basis = ? AND onset >= ? AND onset <= "+until+
		" ORDER BY onset, id", g.Topic, g.Basis, g.From)
	if err != nil {
		return nil, err
	}
	pack := Pack{}
	c := &chapter{maker: m, pack: pack}
	if err := c.run(ctx, query{"migration", "The migration as one row.", "SELECT * FROM v_migrations WHERE id = " + literal(g.ID), nil, true}); err != nil {
		return nil, err
	}
	last := g.From
	var list strings.Builder
	for i, e := range episodes {
		one, err := m.episode(ctx, e.ID)
		if err != nil {
			return nil, fmt.Errorf("episode %s: %w", e.ID, err)
		}
		folder := "episodes/" + e.Onset.UTC().Format(time.DateOnly) + "-" + e.ID
		pack.under(folder, one)
		fmt.Fprintf(&list, "- [%s](%s/README.md)\n", firstHeading(one["README.md"]), folder)
		if e.Onset.After(last) {
			last = e.Onset
		}
		told(i+1, len(episodes))
	}
	pack["README.md"] = []byte("# " + g.Name + " (" + g.Basis + ")\n\nThe evidence for one migration that Tidemark found: `" + g.ID + "`. data/migration.csv is what is said of the whole; each of its episodes has a folder of its own.\n\n> " +
		g.Explanation + "\n\n" + basisWords(g.Basis) + "\n\n## Episodes\n\n" + list.String() + "\n`sha256sum -c SHA256SUMS` checks all files. Two packs of the same data are equal, byte for byte.\n")
	pack["CITATION.cff"] = []byte(citation(m.Version, "Evidence of the migration "+g.ID+": "+g.Name, last, []string{g.Topic, g.Basis}))
	return pack, nil
}

func firstHeading(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimPrefix(line, "# ")
}
