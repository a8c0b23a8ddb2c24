package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/backup"
	"github.com/tidemark/tidemark/internal/clickhouse"
)

// backupServer lets a ClickHouse server back itself up, or restore itself.
func (a *app) backupServer(ctx context.Context, w *where, what backup.Statement, place string) error {
	cfg, log, err := a.asking()
	if err != nil {
		return err
	}
	if err := w.clickhouse(cfg); err != nil {
		return err
	}
	ch, err := clickhouse.Open(cfg.ClickHouse, log)
	if err != nil {
		return err
	}
	begin := time.Now()
	show := a.newByteProgress(string(what))
	s, err := backup.Server(ctx, ch, what, place, func(s backup.ServerState) {
		show.set(int64(s.Read), int64(s.Total)) //nolint:gosec // sizes of disks
	})
	show.end(err == nil)
	err = errors.Join(err, ch.Close())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s: %d files, %s, in %.1f s\n", s.Status, place, s.Files, byteSize(int64(s.Total)), time.Since(begin).Seconds()) //nolint:gosec // sizes of disks
	return nil
}
