package detect

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// keeper is where memories are kept.
type keeper interface {
	check(ctx context.Context) error
	// save returns when the rows are stored. After an error they may be.
	save(ctx context.Context, at place, rows []row) error
	// load gives the latest memory of each target, a few at a time.
	load(ctx context.Context, at place, each func(row) error) error
}

// place is a partition of a topic.
type place struct {
	topic     string
	partition int
}

// row is a memory as it is stored.
type row struct {
	key   key
	epoch uint64
	next  int64
	at    time.Time
	size  int // of the memory before it was squeezed, bytes
	state []byte
}

// A version is epoch and next in one number, so that the later memory holds.
const nextBits = 48

func (r *row) version() uint64 { return r.epoch<<nextBits | uint64(r.next)&(1<<nextBits-1) }

const tableName = "detector_states"

// table is the keeper in ClickHouse.
type table struct{ ch *clickhouse.Client }

// columns of the table, in the order of defs.
type columns struct {
	topic, source, target, basis clickhouse.Words
	partition                    clickhouse.Values[uint16]
	version                      clickhouse.Values[uint64]
	at                           clickhouse.Nullables[int64]
	size                         clickhouse.Values[uint32]
	state                        clickhouse.Values[string]
}

func (t *table) defs() []clickhouse.ColumnDef {
	return []clickhouse.ColumnDef{
		{Name: "topic", Type: clickhouse.TypeWords},
		{Name: "partition", Type: clickhouse.TypeUInt16},
		{Name: "source", Type: clickhouse.TypeWords},
		{Name: "target", Type: clickhouse.TypeWords},
		{Name: "basis", Type: clickhouse.TypeWords},
		{Name: "version", Type: clickhouse.TypeUInt64},
		{Name: "recorded", Type: clickhouse.TypeNullableTime},
		{Name: "size", Type: clickhouse.TypeUInt32},
		{Name: "state", Type: clickhouse.TypeString},
	}
}

func (t *table) check(ctx context.Context) error { return t.ch.CheckColumns(ctx, tableName, t.defs()) }

func (t *table) save(ctx context.Context, at place, rows []row) error {
	var c columns
	for i := range rows {
		r := &rows[i]
		c.topic.Add(at.topic)
		c.partition.Add(uint16(at.partition))
		c.source.Add(r.key.source)
		c.target.Add(r.key.target)
		c.basis.Add(r.key.basis.Word())
		c.version.Add(r.version())
		c.at.Add(recorded(r.at))
		c.size.Add(uint32(r.size))
		c.state.Add(string(r.state))
	}
	return t.ch.Insert(ctx, clickhouse.Block{
		Table: tableName, Defs: t.defs(),
		ID: fmt.Sprintf("%s:%s.%s:%s:%d:%d", Stage, t.ch.Database(), tableName, at.topic, at.partition, time.Now().UnixNano()),
		Columns: []clickhouse.Column{
			&c.topic, &c.partition, &c.source, &c.target, &c.basis, &c.version, &c.at, &c.size, &c.state,
		},
	})
}

func recorded(at time.Time) *int64 {
	if at.IsZero() {
		return nil
	}
	ms := at.UnixMilli()
	return &ms
}

// latest finds the latest memories by their versions alone and then reads just
// these, a few at a time: FINAL would hold thousands of them in memory.
const latest = `SELECT source, target, basis, version, recorded, size, state FROM ` + tableName + `
WHERE topic = ? AND partition = ? AND (source, target, basis, version) IN (
    SELECT source, target, basis, max(version) FROM ` + tableName + `
    WHERE topic = ? AND partition = ? GROUP BY source, target, basis)
SETTINGS max_block_size = 256, max_threads = 1`

func (t *table) load(ctx context.Context, at place, each func(row) error) error {
	rows, err := t.ch.Query(ctx, latest, at.topic, uint16(at.partition), at.topic, uint16(at.partition))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r struct {
			Source   string     `ch:"source"`
			Target   string     `ch:"target"`
			Basis    string     `ch:"basis"`
			Version  uint64     `ch:"version"`
			Recorded *time.Time `ch:"recorded"`
			Size     uint32     `ch:"size"`
			State    string     `ch:"state"`
		}
		if err := rows.ScanStruct(&r); err != nil {
			return fmt.Errorf("read row: %w", err)
		}
		one := row{
			key:   key{r.Source, r.Target, basisOf(r.Basis)},
			epoch: r.Version >> nextBits, next: int64(r.Version & (1<<nextBits - 1)),
			size: int(r.Size), state: []byte(r.State),
		}
		if r.Recorded != nil {
			one.at = *r.Recorded
		}
		if err := each(one); err != nil {
			return err
		}
	}
	return rows.Err()
}

func basisOf(word string) event.Basis {
	for n := range event.Basis_name {
		if b := event.Basis(n); b.Word() == word {
			return b
		}
	}
	return event.Basis_BASIS_UNSPECIFIED
}
