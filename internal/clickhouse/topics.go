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

// kindTopic is the kind of the row that names a topic; all others are members.
const kindTopic = "topic"

// topicRow is a row of the table topics.
type topicRow struct {
	Topic    string `ch:"topic"`
	Kind     string `ch:"kind"`
	Member   string `ch:"member"`
	Role     string `ch:"role"`
	Name     string `ch:"name"`
	Position uint16 `ch:"position"`
	Removed  uint64 `ch:"removed"`
	Version  uint64 `ch:"version"`
}

type topicKey struct{ Topic, Kind, Member string }

func (r *topicRow) key() topicKey { return topicKey{r.Topic, r.Kind, r.Member} }

// syncTopics writes the topics of the configuration. What is no longer
// configured disappears. If nothing changed, nothing is written.
func (c *Client) syncTopics(ctx context.Context, topics []config.Topic) error {
	want := topicRows(topics)
	rows, err := Select[topicRow](ctx, c, "SELECT topic, kind, member, role, name, position, removed, version FROM topics FINAL")
	if err != nil {
		return fmt.Errorf("read topics: %w", err)
	}
	version := uint64(time.Now().UnixMilli())
	var changes []topicRow
	for _, have := range rows {
		version = max(version, have.Version+1) // a clock may be wrong
		have.Version = 0
		wanted, found := want[have.key()]
		switch {
		case found && wanted == have:
			delete(want, have.key())
		case !found && have.Removed == 0:
			have.Removed = 1
			changes = append(changes, have)
		}
	}
	changes = slices.AppendSeq(changes, maps.Values(want))
	if len(changes) == 0 {
		return nil
	}
	if err := c.insertTopics(ctx, version, changes); err != nil {
		return fmt.Errorf("write topics: %w", err)
	}
	c.log.InfoContext(ctx, "topics written", "changed", len(changes), "topics", len(topics))
	return nil
}

func topicRows(topics []config.Topic) map[topicKey]topicRow {
	rows := map[topicKey]topicRow{}
	for i := range topics {
		t := &topics[i]
		first := topicRow{Topic: t.ID, Kind: kindTopic, Name: t.Name, Position: uint16(i)}
		rows[first.key()] = first
		for j, m := range t.Members() {
			r := topicRow{Topic: t.ID, Kind: m.Kind, Member: m.Name, Role: m.Role, Name: t.Name, Position: uint16(j)}
			if _, found := rows[r.key()]; !found {
				rows[r.key()] = r
			}
		}
	}
	return rows
}

func (c *Client) insertTopics(ctx context.Context, version uint64, rows []topicRow) error {
	var kind, role Words
	var topic, member, name Values[string]
	var position Values[uint16]
	var removed, versions Values[uint64]
	for _, r := range rows {
		topic.Add(r.Topic)
		kind.Add(r.Kind)
		member.Add(r.Member)
		role.Add(r.Role)
		name.Add(r.Name)
		position.Add(r.Position)
		removed.Add(r.Removed)
		versions.Add(version)
	}
	return c.Insert(ctx, Block{
		Table: "topics", ID: "topics:" + c.database + ":" + rand.Text(), // as in insertWatch
		Defs: []ColumnDef{
			{"topic", TypeString},
			{"kind", TypeWords},
			{"member", TypeString},
			{"role", TypeWords},
			{"name", TypeString},
			{"position", TypeUInt16},
			{"removed", TypeUInt64},
			{"version", TypeUInt64},
		},
		Columns: []Column{&topic, &kind, &member, &role, &name, &position, &removed, &versions},
	})
}
