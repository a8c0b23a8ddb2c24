package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/backup"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/instance"
)

// usedConfigFile is what `up` says it runs with, secrets masked.
const usedConfigFile = "config.used.yaml"

// freezePatience is longer than the engine's own.
const freezePatience = 2 * time.Minute

type backupOptions struct {
	where
	force  bool
	asJSON bool
}

func (a *app) backupCommand() *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup FILE|DIR",
		Short: "Write the whole data directory into one file or folder, also while it works",
		Long: `Backup writes all that 'tidemark up' keeps in its data directory: the tables, the
topics with the offsets of all processors, the state of the collectors, raw answers,
additions to the watchlist, and the configuration in force (` + usedConfigFile + `,
secrets masked). It may run meanwhile: nothing is paused, and what is written is one
moment from which everything goes on without loss and without doubles.

A name that ends in .tar or .tar.zst is a file (mode 0600), any other a folder. It has
its name only when it is whole; what a kill leaves is called NAME.part. Each file is
in manifest.json with its SHA-256, which 'tidemark restore' compares.

With --dsn a server is backed up instead, by its own BACKUP statement: the argument is
where to, as ClickHouse writes it, such as "Disk('backups', 'tidemark.tar')" or
"S3('https://…', 'key', 'secret')". The server must allow that place. Topics are
Kafka's: see docs/backup.md.
` + whereHelp,
		Example: `  tidemark backup /mnt/backups/tidemark.tar.zst
  tidemark backup --data-dir data --force /mnt/backups/tidemark
  tidemark backup --dsn http://default@ch.example.org:8123/tidemark "Disk('backups', 'tidemark.tar')"`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			if o.dsn != "" {
				return a.backupServer(cmd.Context(), &o.where, backup.StatementBackup, given[0])
			}
			return a.backup(cmd.Context(), &o, given[0])
		},
	}
	cmd.Flags().BoolVar(&o.force, "force", false, "replace a backup of that name")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "say what was written as JSON, without the list of files")
	o.dataDirFlag(cmd)
	o.dsnFlag(cmd)
	return cmd
}

func (a *app) backup(ctx context.Context, o *backupOptions, dest string) error {
	begin := time.Now()
	show := a.newByteProgress("backup")
	cfg := backup.Config{Data: o.dir(), Version: a.build.Version, Progress: show.set}
	run, err := instance.Find(o.dir())
	switch {
	case err == nil:
		cfg.Freeze = func(ctx context.Context, name string) (string, []backup.Table, error) {
			return freeze(ctx, run.ClickHouseHTTP, name)
		}
	case errors.Is(err, instance.ErrNotRunning) && holdsData(o.dir()):
		release, err := holdStill(o.dir())
		if err != nil {
			return err
		}
		defer release()
	default:
		_, err := o.instance()
		return err
	}
	m, err := backup.Write(ctx, cfg, dest, o.force)
	show.end(err == nil)
	if err != nil {
		return err
	}
	return a.tellBackup("wrote", dest, m, time.Since(begin), o.asJSON)
}

// holdStill takes the data directory, and waits for an engine that a kill has
// left behind.
func holdStill(data string) (release func(), err error) {
	dir, err := instance.Lock(data)
	if err != nil {
		return nil, err
	}
	let := func() { _ = dir.Release() }
	f, err := os.OpenFile(dir.Path(engineFolder, "lock"), os.O_RDWR, 0)
	if err != nil { // no engine has ever run
		return let, nil //nolint:nilerr // that is what it means
	}
	deadline := time.Now().Add(spawnPatience)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close(); let() }, nil
		}
		if time.Now().After(deadline) {
			f.Close()
			let()
			return nil, fmt.Errorf("open data directory %s: an engine that was left behind is still at work: %w", data, err)
		}
		time.Sleep(spawnPoll)
	}
}

// freeze asks a running engine.
func freeze(ctx context.Context, address, name string) (string, []backup.Table, error) {
	ctx, cancel := context.WithTimeout(ctx, freezePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/freeze?name="+name, http.NoBody)
	if err != nil {
		return "", nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", nil, fmt.Errorf("freeze tables: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(body)))
	}
	if err != nil {
		return "", nil, err
	}
	var f engine.Frozen
	if err := json.Unmarshal(body, &f); err != nil {
		return "", nil, fmt.Errorf("freeze tables: %w", err)
	}
	tables := make([]backup.Table, 0, len(f.Tables))
	for _, t := range f.Tables {
		if t.Rows > 0 {
			tables = append(tables, backup.Table(t))
		}
	}
	return f.Path, tables, nil
}

// tellBackup says what a backup holds.
func (a *app) tellBackup(did, place string, m *backup.Manifest, took time.Duration, asJSON bool) error {
	if asJSON {
		brief := *m
		brief.Files, brief.Links = nil, nil
		text, err := json.MarshalIndent(struct {
			*backup.Manifest
			Files   int     `json:"files"`
			Links   int     `json:"links"`
			Place   string  `json:"place"`
			Seconds float64 `json:"seconds"`
		}{&brief, len(m.Files), len(m.Links), place, took.Seconds()}, "", "  ")
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(append(text, '\n'))
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s in %.1f s\n", did, place, took.Seconds())
	fmt.Fprintf(a.stdout, "  made %s by tidemark %s, %s\n", m.MadeAt.Format(time.RFC3339), m.Version, map[bool]string{true: "while it worked", false: "while nothing ran"}[m.Running])
	for _, kind := range []string{"tables", "topics", "raw", "state"} {
		fmt.Fprintf(a.stdout, "  %-7s %s\n", kind, byteSize(m.Sizes[kind]))
	}
	size := ""
	if info, err := os.Stat(place); err == nil && info.Mode().IsRegular() {
		size = ", " + byteSize(info.Size()) + " in " + filepath.Base(place)
	}
	fmt.Fprintf(a.stdout, "  %d files, %s%s\n", len(m.Files), byteSize(m.Bytes()), size)
	var rows uint64
	for _, t := range m.Tables {
		rows += t.Rows
	}
	if rows > 0 {
		fmt.Fprintf(a.stdout, "  %d rows in %d tables\n", rows, len(m.Tables))
	}
	return nil
}

// byteSize writes a number of bytes for a person.
func byteSize(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	}
}
