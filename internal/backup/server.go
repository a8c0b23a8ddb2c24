package backup

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// Statement is what a ClickHouse server does with a backup.
type Statement string

// The two statements.
const (
	StatementBackup  Statement = "BACKUP"
	StatementRestore Statement = "RESTORE"
)

const pollEvery = 500 * time.Millisecond

// ServerState is what a server says about a backup that it makes or restores.
type ServerState struct {
	ID     string `ch:"id"`
	Status string `ch:"status"`
	Error  string `ch:"error"`
	Files  uint64 `ch:"num_files"`
	Total  uint64 `ch:"total_size"`
	Read   uint64 `ch:"bytes_read"`
	Size   uint64 `ch:"compressed_size"`
}

// Server lets a ClickHouse server back up, or restore, the database that the
// client works in. place is as ClickHouse writes it. It returns when the server
// is done; the server goes on where ctx ends.
func Server(ctx context.Context, ch *clickhouse.Client, what Statement, place string, tell func(ServerState)) (ServerState, error) {
	if !regexp.MustCompile(`^(Disk|File|S3|AzureBlobStorage|Memory)\s*\(.*\)$`).MatchString(place) {
		return ServerState{}, fmt.Errorf("read place of backup %q: want it as ClickHouse writes it, such as Disk('backups', 'tidemark.tar')", place)
	}
	toOrFrom := map[Statement]string{StatementBackup: "TO", StatementRestore: "FROM"}[what]
	started, err := clickhouse.Select[struct {
		ID     string `ch:"id"`
		Status string `ch:"status"`
	}](ctx, ch, fmt.Sprintf("%s DATABASE `%s` %s %s ASYNC", what, ch.Database(), toOrFrom, place))
	if err != nil {
		return ServerState{}, fmt.Errorf("%s database: %w", what, err)
	}
	if len(started) != 1 {
		return ServerState{}, fmt.Errorf("%s database: the server names no backup", what)
	}
	for {
		s, err := clickhouse.Select[ServerState](ctx, ch, `SELECT id, toString(status) AS status, error, num_files, total_size, bytes_read, compressed_size
FROM system.backups WHERE id = ?`, started[0].ID)
		if err != nil {
			return ServerState{}, fmt.Errorf("ask for the state of the backup: %w", err)
		}
		if len(s) == 1 {
			tell(s[0])
			switch s[0].Status {
			case "BACKUP_CREATED", "RESTORED":
				return s[0], nil
			case "BACKUP_FAILED", "RESTORE_FAILED", "BACKUP_CANCELLED", "RESTORE_CANCELLED":
				return s[0], fmt.Errorf("%s database: %w", what, errors.New(s[0].Error))
			}
		}
		select {
		case <-ctx.Done():
			return ServerState{}, fmt.Errorf("wait for the backup %s: %w; the server goes on with it (system.backups)", started[0].ID, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}
