package clickhouse

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ledgerTable says which migrations were applied.
const ledgerTable = "tidemark_migrations"

const createLedger = `CREATE TABLE IF NOT EXISTS {{.Local "` + ledgerTable + `"}} {{.OnCluster}} (
    name String COMMENT 'File name of the migration',
    checksum String COMMENT 'SHA-256 of the file as it was applied; a later edit is refused',
    layout String COMMENT 'node, or cluster NAME',
    state LowCardinality(String) COMMENT 'applied, or skipped where the file has nothing to do in the layout',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied'
)
ENGINE = {{.Everywhere "applied_at"}}
ORDER BY name
COMMENT 'Which migrations were applied'`

// migration is one file: one statement that may run twice.
type migration struct {
	name     string
	sql      string // empty: nothing to do in this layout
	checksum string
}

// Migrate brings the schema up to date. Several processes may do it at once:
// every statement can run twice.
func (c *Client) Migrate(ctx context.Context) error {
	l := layout{cluster: c.cluster}
	all, err := loadMigrations(l)
	if err != nil {
		return err
	}
	if err := c.ensureDatabase(ctx, l); err != nil {
		return err
	}
	if err := c.applyMigrations(ctx, l, all); err != nil {
		return err
	}
	return c.applyOptions(ctx, l)
}

func (c *Client) applyMigrations(ctx context.Context, l layout, all []migration) error {
	sql, err := l.render(ledgerTable, createLedger)
	if err != nil {
		return err
	}
	if err := c.Exec(ctx, sql); err != nil {
		return fmt.Errorf("create table %s: %w", ledgerTable, err)
	}
	done, err := c.ledger(ctx, l)
	if err != nil {
		return err
	}
	if err := checkLedger(all, done, l); err != nil {
		return err
	}
	for _, m := range all {
		if _, found := done[m.name]; found {
			continue
		}
		if err := c.apply(ctx, l, m); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) apply(ctx context.Context, l layout, m migration) error {
	state := "skipped"
	if m.sql != "" {
		state = "applied"
		if err := c.Exec(ctx, m.sql); err != nil {
			return fmt.Errorf("apply migration %s: %w", m.name, err)
		}
	}
	if err := c.record(ctx, l, m, state); err != nil {
		return fmt.Errorf("record migration %s: %w", m.name, err)
	}
	c.log.InfoContext(ctx, "migration done", "migration", m.name, "state", state)
	return nil
}

const (
	recordTimeout  = time.Minute
	recordAttempts = 3
)

// record writes a line of the ledger. A line that is there twice is one, so what
// takes too long is written again.
func (c *Client) record(ctx context.Context, l layout, m migration, state string) (err error) {
	// No VALUES: the embedded engine reads those from a file, and once in some
	// hundred lives of an engine such a read has stood still.
	sql := "INSERT INTO " + l.Local(ledgerTable) + " (name, checksum, layout, state) SELECT ?, ?, ?, ?"
	for range recordAttempts {
		attempt, cancel := context.WithTimeout(ctx, recordTimeout)
		err = c.Exec(c.plain(attempt), sql, m.name, m.checksum, l.word(), state)
		cancel()
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return err
}

// entry is a line of the ledger.
type entry struct {
	Name     string `ch:"name"`
	Checksum string `ch:"checksum"`
	Layout   string `ch:"layout"`
}

func (c *Client) ledger(ctx context.Context, l layout) (map[string]entry, error) {
	entries, err := Select[entry](ctx, c, "SELECT name, checksum, layout FROM "+l.Local(ledgerTable)+" FINAL")
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", ledgerTable, err)
	}
	done := make(map[string]entry, len(entries))
	for _, e := range entries {
		done[e.Name] = e
	}
	return done, nil
}

// checkLedger refuses what would leave a schema behind that no version of the
// program knows.
func checkLedger(all []migration, done map[string]entry, l layout) error {
	for _, m := range all {
		e, found := done[m.name]
		switch {
		case !found:
		case e.Layout != l.word():
			return fmt.Errorf("apply migrations: the database was made for the layout %q, the configuration says %q: use another database",
				e.Layout, l.word())
		case e.Checksum != m.checksum:
			return fmt.Errorf("apply migration %s: the file was edited after it was applied (checksum %.12s, applied %.12s): undo the edit and write a new migration",
				m.name, m.checksum, e.Checksum)
		}
	}
	return nil
}

func (l layout) word() string {
	if l.cluster == "" {
		return "node"
	}
	return "cluster " + l.cluster
}

// loadMigrations returns the embedded files in order, filled in for a layout.
func loadMigrations(l layout) ([]migration, error) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	all := make([]migration, 0, len(entries))
	for _, e := range entries {
		text, err := migrationFiles.ReadFile(path.Join("migrations", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", e.Name(), err)
		}
		sql, err := l.render(e.Name(), string(text))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{name: e.Name(), sql: sql, checksum: hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(all, func(a, b migration) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// ensureDatabase makes the database if it is not there. A user who may not
// make databases needs one that exists, and nothing more.
func (c *Client) ensureDatabase(ctx context.Context, l layout) error {
	err := c.ping(ctx)
	if err == nil {
		return nil
	}
	if Code(err) != codeUnknownDatabase {
		return fmt.Errorf("connect to clickhouse at %s: %w", c.Addr(), err)
	}
	options := *c.options
	options.Auth.Database = "system" // the one that is always there
	conn, err := ch.Open(&options)
	if err != nil {
		return fmt.Errorf("open clickhouse: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoteName(c.database)+" "+l.OnCluster()); err != nil {
		return fmt.Errorf("create database %s: %w", c.database, err)
	}
	return nil
}

// quoteName makes an identifier of any string.
func quoteName(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}
