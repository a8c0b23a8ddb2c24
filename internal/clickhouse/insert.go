package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// InsertTimeout bounds one insert, here and on the server. The rollups rely on
// it: a row appears at most this long after its _inserted_at.
const InsertTimeout = 2 * time.Minute

// Block is rows for one table, column by column, and the id of the insert.
type Block struct {
	Table string
	// ID is the query id: the same insert always has the same.
	ID      string
	Defs    []ColumnDef
	Columns []Column
}

// check holds what the driver does not: over HTTP it turns columns of different
// length into an empty insert, and says that all is well.
func (b Block) check() error {
	if len(b.Defs) != len(b.Columns) || len(b.Columns) == 0 {
		return fmt.Errorf("insert into %s: %d columns are defined, %d are given", b.Table, len(b.Defs), len(b.Columns))
	}
	for i, c := range b.Columns {
		if c.Rows() != b.Columns[0].Rows() {
			return fmt.Errorf("insert into %s: column %s has %d rows, column %s has %d",
				b.Table, b.Defs[i].Name, c.Rows(), b.Defs[0].Name, b.Columns[0].Rows())
		}
	}
	return nil
}

// Insert sends a block as one insert. It returns when the server has the rows.
// After an error they may be there or not: read back before you try again.
func (c *Client) Insert(ctx context.Context, b Block) error {
	if err := b.check(); err != nil {
		return err
	}
	settings, err := c.insertSettings(ctx)
	if err != nil {
		return fmt.Errorf("read settings of the server: %w", err)
	}
	if _, known := settings["log_comment"]; known {
		settings["log_comment"] = b.ID
	}
	ctx, cancel := context.WithTimeout(ctx, InsertTimeout)
	defer cancel()
	names := make([]string, len(b.Defs))
	types := make([]ch.ColumnNameAndType, len(b.Defs))
	for i, d := range b.Defs {
		names[i], types[i] = d.Name, ch.ColumnNameAndType{Name: d.Name, Type: d.Type}
	}
	ctx = ch.Context(ctx, ch.WithQueryID(b.ID), ch.WithSettings(settings), ch.WithColumnNamesAndTypes(types))
	batch, err := c.conn.PrepareBatch(ctx, "INSERT INTO "+b.Table+" ("+strings.Join(names, ", ")+")")
	if err != nil {
		return fmt.Errorf("insert into %s: %w", b.Table, err)
	}
	defer func() { _ = batch.Close() }() // what was sent is closed already
	raw := batch.Columns()
	for i, col := range b.Columns {
		if err := col.fill(batch.Column(i), raw[i]); err != nil {
			return errors.Join(fmt.Errorf("insert into %s: column %s: %w", b.Table, names[i], err), batch.Abort())
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert into %s: %w", b.Table, err)
	}
	return nil
}

// insertSettings returns what every insert asks for, as far as the server
// knows it. It asks once.
func (c *Client) insertSettings(ctx context.Context) (ch.Settings, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settings == nil {
		settings, err := c.knownSettings(ctx)
		if err != nil {
			return nil, err
		}
		c.settings = settings
	}
	return maps.Clone(c.settings), nil
}

func (c *Client) knownSettings(ctx context.Context) (ch.Settings, error) {
	want := ch.Settings{
		// An insert that is acknowledged is in the table.
		"async_insert": 0,
		// What is there is known by reading it back. Tokens and hashes of blocks
		// can swallow rows after a crash.
		"insert_deduplicate": 0,
		// Rows of one message stay together, and each keeps its offset until a
		// merge.
		"optimize_on_insert": 0,
		// A batch of old days may touch any number of months.
		"max_partitions_per_insert_block": 0,
		// Filled in per insert, for those who look at running queries.
		"log_comment": "",
	}
	if c.cluster != "" {
		want["distributed_foreground_insert"] = 1 // return when the shards have it
	}
	names, err := Select[struct {
		Name string `ch:"name"`
	}](ctx, c, "SELECT name FROM system.settings")
	if err != nil {
		return nil, err
	}
	known := ch.Settings{}
	for _, n := range names {
		if value, wanted := want[n.Name]; wanted {
			known[n.Name] = value
		}
	}
	return known, nil
}

// plain is a context for small inserts of the client's own, as SQL text.
func (c *Client) plain(ctx context.Context) context.Context {
	return ch.Context(ctx, ch.WithSettings(ch.Settings{"async_insert": 0, "insert_deduplicate": 0}))
}

// ExecInsertSelect runs an INSERT … SELECT with the settings of inserts.
func (c *Client) ExecInsertSelect(ctx context.Context, sql string, args ...any) error {
	settings, err := c.insertSettings(ctx)
	if err != nil {
		return fmt.Errorf("read settings of the server: %w", err)
	}
	delete(settings, "log_comment")
	return c.conn.Exec(ch.Context(ctx, ch.WithSettings(settings)), sql, args...)
}
