package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/backup"
	"github.com/tidemark/tidemark/internal/instance"
)

type restoreOptions struct {
	where
	force, check, asJSON bool
}

func (a *app) restoreCommand() *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore FILE|DIR",
		Short: "Put a backup back, after comparing every file of it",
		Long: `Restore makes a data directory out of what 'tidemark backup' wrote. Nothing may run
there. The backup is unpacked beside it and compared file by file with its manifest;
only what is whole takes the place of the data directory, in one step. What lies in a
data directory is replaced with --force only, and removed last.

Start 'tidemark up' on it then: it goes on from the offsets of the backup.

With --dsn a server is restored by its own RESTORE statement; the argument is what was
given to 'tidemark backup'. Its tables must not exist (DROP DATABASE first).`,
		Example: `  tidemark restore /mnt/backups/tidemark.tar.zst --check
  tidemark restore /mnt/backups/tidemark.tar.zst --data-dir data --force
  tidemark restore --dsn http://default@ch.example.org:8123/tidemark "Disk('backups', 'tidemark.tar')"`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			if o.dsn != "" {
				return a.backupServer(cmd.Context(), &o.where, backup.StatementRestore, given[0])
			}
			return a.restore(cmd.Context(), &o, given[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dataDir, "data-dir", "", "data `directory` to make (default ./data)")
	f.BoolVar(&o.force, "force", false, "replace what is in the data directory")
	f.BoolVar(&o.check, "check", false, "compare the backup with its manifest, and write nothing")
	f.BoolVar(&o.asJSON, "json", false, "say what was restored as JSON")
	o.dsnFlag(cmd)
	return cmd
}

func (a *app) restore(ctx context.Context, o *restoreOptions, from string) error {
	begin := time.Now()
	if o.check {
		show := a.newByteProgress("check")
		m, err := backup.Check(ctx, from, func(done int64) { show.set(done, 0) })
		show.end(err == nil)
		if err != nil {
			return err
		}
		return a.tellBackup("checked", from, m, time.Since(begin), o.asJSON)
	}
	if _, err := backup.Find(from); err != nil {
		return fmt.Errorf("restore %s: %w", from, err)
	}
	full, err := holdsAnything(o.dir())
	switch {
	case err != nil:
		return fmt.Errorf("restore: %w", err)
	case full && !o.force:
		return fmt.Errorf("restore: %s is not empty; give another --data-dir, or --force to replace what is there", o.dir())
	case full:
		release, err := holdStill(o.dir())
		if err != nil {
			return err
		}
		defer release()
	}
	show := a.newByteProgress("restore")
	m, err := backup.Restore(ctx, from, o.dir(), func(done int64) { show.set(done, 0) })
	show.end(err == nil)
	if err != nil {
		return err
	}
	if err := a.tellBackup("restored", from, m, time.Since(begin), o.asJSON); err != nil || o.asJSON {
		return err
	}
	fmt.Fprintf(a.stdout, "start it with `tidemark up --data-dir %s`\n", o.dir())
	return nil
}

// holdsAnything tells whether a data directory has more than locks in it.
func holdsAnything(dir string) (bool, error) {
	if _, err := instance.Find(dir); err == nil {
		return true, nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() != "tidemark.lock" }), err
}
