package clickhouse

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/config"
)

// watchKey is the key of a row of the watchlist; watchRow all of it.
type watchKey struct {
	Kind, Entity, Place, Value string
}

type watchRow struct {
	Kind     string `ch:"kind"`
	Entity   string `ch:"entity"`
	Place    string `ch:"place"`
	Value    string `ch:"value"`
	Colour   string `ch:"colour"`
	Position uint16 `ch:"position"`
	Removed  uint64 `ch:"removed"`
	Version  uint64 `ch:"version"`
}

func (r watchRow) key() watchKey { return watchKey{r.Kind, r.Entity, r.Place, r.Value} }

// SyncWatch writes the configuration's entities, aliases, app ids, tags,
// keywords, articles and topics into the database. What is no longer configured
// disappears. If nothing changed, nothing is written.
func (c *Client) SyncWatch(ctx context.Context, w config.Watch) error {
	want := watchRows(w)
	rows, err := Select[watchRow](ctx, c,
		"SELECT kind, entity, place, value, colour, position, removed, version FROM watchlist FINAL")
	if err != nil {
		return fmt.Errorf("read watchlist: %w", err)
	}
	version := uint64(time.Now().UnixMilli())
	for i := range rows {
		version = max(version, rows[i].Version+1) // a clock may be wrong
		rows[i].Version = 0
	}
	if changes := watchChanges(rows, want); len(changes) > 0 {
		if err := c.insertWatch(ctx, version, changes); err != nil {
			return fmt.Errorf("write watchlist: %w", err)
		}
		c.log.InfoContext(ctx, "watchlist written", "changed", len(changes), "entities", len(w.Entities))
	}
	return c.syncTopics(ctx, w.Topics)
}

func watchRows(w config.Watch) map[watchKey]watchRow {
	rows := map[watchKey]watchRow{}
	add := func(r watchRow) {
		if _, found := rows[r.key()]; !found {
			rows[r.key()] = r
		}
	}
	for i, e := range w.Entities {
		add(watchRow{Kind: "entity", Entity: e.ID, Value: e.Name, Colour: e.Colour, Position: uint16(i)})
		for j, alias := range e.Aliases {
			add(watchRow{Kind: "alias", Entity: e.ID, Value: alias, Position: uint16(j)})
		}
		for _, store := range slices.Sorted(maps.Keys(e.Apps)) {
			add(watchRow{Kind: "app", Entity: e.ID, Place: store, Value: e.Apps[store]})
		}
	}
	for kind, words := range map[string][]string{"tag": w.Tags, "keyword": w.Keywords, "article": w.Articles} {
		for i, word := range words {
			add(watchRow{Kind: kind, Value: word, Position: uint16(i)})
		}
	}
	return rows
}

// watchChanges returns the rows to write so that have becomes want.
func watchChanges(have []watchRow, want map[watchKey]watchRow) []watchRow {
	var changes []watchRow
	same := map[watchKey]bool{}
	for _, h := range have {
		w, wanted := want[h.key()]
		switch {
		case wanted && h == w:
			same[h.key()] = true
		case !wanted && h.Removed == 0:
			h.Removed = 1
			changes = append(changes, h)
		}
	}
	for key, w := range want {
		if !same[key] {
			changes = append(changes, w)
		}
	}
	return changes
}

func (c *Client) insertWatch(ctx context.Context, now uint64, rows []watchRow) error {
	var kind Words
	var entity, place, value, colour Values[string]
	var position Values[uint16]
	var removed, version Values[uint64]
	for _, r := range rows {
		kind.Add(r.Kind)
		entity.Add(r.Entity)
		place.Add(r.Place)
		value.Add(r.Value)
		colour.Add(r.Colour)
		position.Add(r.Position)
		removed.Add(r.Removed)
		version.Add(now)
	}
	return c.Insert(ctx, Block{
		// Two processes may start in the same millisecond, and a server refuses
		// an id that is in use.
		Table: "watchlist", ID: "watchlist:" + c.database + ":" + rand.Text(),
		Defs: []ColumnDef{
			{"kind", TypeWords},
			{"entity", TypeString},
			{"place", TypeString},
			{"value", TypeString},
			{"colour", TypeString},
			{"position", TypeUInt16},
			{"removed", TypeUInt64},
			{"version", TypeUInt64},
		},
		Columns: []Column{&kind, &entity, &place, &value, &colour, &position, &removed, &version},
	})
}
