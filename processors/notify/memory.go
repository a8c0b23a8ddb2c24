package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// insertID is a new one each time: what is inserted twice is told apart by the
// keys of the tables.
func insertID(table string) string { return "notify:" + table + ":" + rand.Text() }

// memoryRow is the memory of a group; Version 0: there is none.
type memoryRow struct {
	Version    uint64   `ch:"version"`
	NextOffset uint64   `ch:"next_offset"`
	State      string   `ch:"state"`
	Pending    []string `ch:"pending"`
}

func (p *Processor) recall(ctx context.Context) (memoryRow, error) {
	rows, err := clickhouse.Select[memoryRow](ctx, p.db,
		"SELECT version, next_offset, state, pending FROM notify_state FINAL WHERE name = ?", p.group)
	if err != nil || len(rows) == 0 {
		return memoryRow{}, err
	}
	return rows[0], nil
}

func (p *Processor) remember(ctx context.Context, m memoryRow) error {
	var name clickhouse.Words
	var version, next clickhouse.Values[uint64]
	var state clickhouse.Values[string]
	var pending clickhouse.Values[[]string]
	name.Add(p.group)
	version.Add(m.Version)
	next.Add(m.NextOffset)
	state.Add(m.State)
	pending.Add(m.Pending)
	return p.db.Insert(ctx, clickhouse.Block{
		Table: "notify_state", ID: insertID("notify_state"),
		Defs: []clickhouse.ColumnDef{
			{Name: "name", Type: clickhouse.TypeWords},
			{Name: "version", Type: clickhouse.TypeUInt64},
			{Name: "next_offset", Type: clickhouse.TypeUInt64},
			{Name: "state", Type: clickhouse.TypeString},
			{Name: "pending", Type: clickhouse.TypeStrings},
		},
		Columns: []clickhouse.Column{&name, &version, &next, &state, &pending},
	})
}

// keep stores messages until they are delivered. Without the memory that names
// them they mean nothing.
func (p *Processor) keep(ctx context.Context, made []parcel) error {
	if len(made) == 0 {
		return nil
	}
	var id, text clickhouse.Values[string]
	var receiver clickhouse.Words
	for i := range made {
		id.Add(made[i].m.ID)
		receiver.Add(made[i].m.Receiver)
		text.Add(made[i].text)
	}
	return p.db.Insert(ctx, clickhouse.Block{
		Table: "notify_outbox", ID: insertID("notify_outbox"),
		Defs: []clickhouse.ColumnDef{
			{Name: "id", Type: clickhouse.TypeString},
			{Name: "receiver", Type: clickhouse.TypeWords},
			{Name: "message", Type: clickhouse.TypeString},
		},
		Columns: []clickhouse.Column{&id, &receiver, &text},
	})
}

// untold leaves out what the delivery log calls delivered: whoever removed the
// memory has not removed what people know.
func (p *Processor) untold(ctx context.Context, made []parcel) ([]parcel, error) {
	if len(made) == 0 {
		return nil, nil
	}
	ids := make([]string, len(made))
	for i := range made {
		ids[i] = made[i].m.ID
	}
	rows, err := clickhouse.Select[struct {
		ID string `ch:"id"`
	}](ctx, p.db, "SELECT DISTINCT id FROM deliveries WHERE outcome = 'delivered' AND id IN (?)", ids)
	if err != nil {
		return nil, fmt.Errorf("read delivery log: %w", err)
	}
	told := map[string]bool{}
	for _, r := range rows {
		told[r.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(made), func(pa parcel) bool { return told[pa.m.ID] }), nil
}

type outboxRow struct {
	ID      string    `ch:"id"`
	Message string    `ch:"message"`
	Since   time.Time `ch:"_inserted_at"`
}

// pendingOf reads those of the messages that are not delivered yet, in their
// order.
func (p *Processor) pendingOf(ctx context.Context, ids []string) ([]parcel, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := clickhouse.Select[outboxRow](ctx, p.db, `SELECT id, message, _inserted_at FROM notify_outbox FINAL WHERE id IN (?)
		AND id NOT IN (SELECT id FROM deliveries WHERE outcome IN ('delivered', 'failed'))`, ids)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(rows, func(a, b outboxRow) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	parcels := make([]parcel, 0, len(rows))
	for _, r := range rows {
		m, err := message.Decode([]byte(r.Message))
		if err != nil {
			return nil, fmt.Errorf("read message %s: %w; remove the row from the table notify_outbox to go on without it", r.ID, err)
		}
		parcels = append(parcels, parcel{m: m, text: r.Message, since: r.Since})
	}
	return parcels, nil
}

// outcome is what became of a message.
type outcome struct {
	word, err string
	attempts  uint32
}

// Outcomes in the delivery log.
const (
	outcomeRetrying  = "retrying"
	outcomeDelivered = "delivered"
	outcomeFailed    = "failed"
)

// record writes the delivery log.
func (p *Processor) record(ctx context.Context, m *message.Message, o outcome) error {
	var id, about, failed clickhouse.Values[string]
	var receiver, kind, level, topic, result clickhouse.Words
	var episodes clickhouse.Values[[]string]
	var at clickhouse.Values[int64]
	var delayed clickhouse.Values[uint16]
	var tries clickhouse.Values[uint32]
	var delivered clickhouse.Nullables[int64]
	id.Add(m.ID)
	receiver.Add(m.Receiver)
	kind.Add(string(m.Kind))
	level.Add(m.Level)
	topic.Add(m.Topic)
	episodes.Add(episodeIDs(m))
	about.Add(p.style().About(m))
	at.Add(m.At.UnixMilli())
	delayed.Add(map[bool]uint16{true: 1}[m.Delayed])
	tries.Add(o.attempts)
	result.Add(o.word)
	failed.Add(o.err)
	delivered.Add(nil)
	if o.word == outcomeDelivered {
		delivered.Reset()
		now := time.Now().UnixMilli()
		delivered.Add(&now)
	}
	w, s := clickhouse.TypeWords, clickhouse.TypeString
	return p.db.Insert(ctx, clickhouse.Block{
		Table: "deliveries", ID: insertID("deliveries"),
		Defs: []clickhouse.ColumnDef{
			{Name: "id", Type: s},
			{Name: "receiver", Type: w},
			{Name: "kind", Type: w},
			{Name: "level", Type: w},
			{Name: "topic", Type: w},
			{Name: "episodes", Type: clickhouse.TypeStrings},
			{Name: "about", Type: s},
			{Name: "at", Type: clickhouse.TypeTime},
			{Name: "delayed", Type: clickhouse.TypeUInt16},
			{Name: "attempts", Type: clickhouse.TypeUInt32},
			{Name: "outcome", Type: w},
			{Name: "error", Type: s},
			{Name: "delivered_at", Type: clickhouse.TypeNullableTime},
		},
		Columns: []clickhouse.Column{&id, &receiver, &kind, &level, &topic, &episodes, &about, &at, &delayed, &tries, &result, &failed, &delivered},
	})
}

func episodeIDs(m *message.Message) []string {
	ids := []string{}
	for _, it := range m.Items {
		ids = append(ids, it.Episode.GetId())
	}
	return ids
}
