package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/export"
)

const exportLong = `Export writes a table, a view or what a query returns into files by day (UTC), which
DuckDB, ClickHouse, Spark and pandas read as one table:

  OUT/NAME/date=2025-01-13/part.parquet
  OUT/NAME/manifest.json     rows, bytes, SHA-256 and span of each file; the query
  OUT/NAME/schema.json       the columns, with what they mean
  OUT/NAME/SHA256SUMS        for sha256sum -c

It can be killed at any moment and run again: files that are whole, and the same as in
the database, are kept; a file has its name only when it is whole. The same rows give
the same bytes. A day that is not over is marked as partial. Days go through one by
one, so memory does not grow with the table. An embedded ClickHouse is read by its
read-only login, with the limits of that.
`

type exportOptions struct {
	where
	out, format, by, time, from, to, name string
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export TABLE|QUERY",
		Short: "Write tables into files by day, with checksums",
		Long:  exportLong + whereHelp,
		Example: `  tidemark export readings
  tidemark export v_ranks --format csv --from 2025-01-10 --to 2025-01-31
  tidemark export "SELECT * FROM v_readings WHERE metric = 'rank'" --name ranks
  tidemark export entities --by none --format ndjson
  tidemark export looks --dsn http://reader:secret@ch.example.org:8123/tidemark`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.export(cmd.Context(), &o, given[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "exports", "`directory` to write into")
	f.StringVar(&o.format, "format", "parquet", "parquet, csv or ndjson")
	f.StringVar(&o.by, "by", "day", "one file per day, month or none (one file of all)")
	f.StringVar(&o.time, "time", "", "`column` of moments or days that divides the rows (default: found by its name)")
	f.StringVar(&o.from, "from", "", "first `day`, such as 2025-01-10")
	f.StringVar(&o.to, "to", "", "last `day`, included")
	f.StringVar(&o.name, "name", "", "`name` of the folder (default: that of the table)")
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	return cmd
}

func (o *exportOptions) config(what string, now time.Time) (export.Config, error) {
	c := export.Config{What: what, Name: o.name, Dir: o.out, Time: o.time, Now: now}
	switch c.Format = export.Format(o.format); c.Format {
	case export.Parquet, export.CSV, export.NDJSON:
	default:
		return c, usagef("read --format %q: want parquet, csv or ndjson", o.format)
	}
	switch c.By = export.By(o.by); c.By {
	case export.ByDay, export.ByMonth, export.ByNone:
	default:
		return c, usagef("read --by %q: want day, month or none", o.by)
	}
	for flag, day := range map[string]struct {
		text string
		to   *time.Time
	}{"--from": {o.from, &c.From}, "--to": {o.to, &c.To}} {
		if day.text == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, day.text)
		if err != nil {
			return c, usagef("read %s %q: want a day such as 2025-01-10", flag, day.text)
		}
		*day.to = t
	}
	if !c.From.IsZero() && !c.To.IsZero() && c.To.Before(c.From) {
		return c, usagef("read --to %s: is before --from %s", o.to, o.from)
	}
	if strings.TrimSpace(what) == "" {
		return c, usagef("read arguments of tidemark export: the name of a table, or a query, is missing")
	}
	return c, nil
}

func (a *app) export(ctx context.Context, o *exportOptions, what string) error {
	c, err := o.config(what, time.Now().UTC())
	if err != nil {
		return err
	}
	c.Version = a.build.Version
	return a.reading(ctx, &o.where, func(ch *clickhouse.Client, native bool) error {
		c.Client, c.Native = ch, native
		var show *progress
		c.Progress = func(done, total int) {
			if show == nil {
				show = a.newProgress("export", total)
				show.noun = "files"
			}
			show.set(done)
		}
		begin := time.Now()
		r, err := export.Run(ctx, c)
		if show != nil {
			show.end(err == nil)
		}
		if err != nil {
			return withHint(err)
		}
		fmt.Fprintf(a.stdout, "%s: %d rows in %d files, %s; %d written, %d were there already", r.Folder, r.Rows, r.Written+r.Kept, byteSize(r.Bytes), r.Written, r.Kept)
		if r.Removed > 0 {
			fmt.Fprintf(a.stdout, ", %d removed: the database has them no longer", r.Removed)
		}
		fmt.Fprintf(a.stdout, " (%.1f s)\n", time.Since(begin).Seconds())
		if len(r.Partial) > 0 {
			fmt.Fprintf(a.stdout, "not over yet, run it again later: %s\n", strings.Join(r.Partial, ", "))
		}
		return nil
	})
}

// withHint says what to do where a limit of the login ended a query.
func withHint(err error) error {
	switch clickhouse.Code(err) {
	case 159: // TIMEOUT_EXCEEDED
		return fmt.Errorf("%w; ask for fewer days (--from, --to): what is done is kept", err)
	case 396, 158: // TOO_MANY_ROWS_OR_BYTES, TOO_MANY_ROWS
		return fmt.Errorf("%w; a day has more rows than the login may read: export a query that leaves some out", err)
	default:
		return err
	}
}

// reading opens ClickHouse for a command that only reads: an embedded one by
// its read-only login.
func (a *app) reading(ctx context.Context, w *where, do func(ch *clickhouse.Client, native bool) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	log, err := a.askLogger()
	if err != nil {
		return err
	}
	configured := cfg.ClickHouse.DSN
	end, err := a.pointToClickHouse(ctx, w, cfg)
	if err != nil {
		return err
	}
	defer end()
	if w.dsn == "" && cfg.ClickHouse.DSN != configured { // embedded
		cfg.ClickHouse.DSN = config.Secret(strings.Replace(cfg.ClickHouse.DSN.Reveal(), "http://", "http://"+analystLogin+"@", 1))
	}
	ch, err := clickhouse.Open(cfg.ClickHouse, log)
	if err != nil {
		return err
	}
	return errors.Join(do(ch, strings.HasPrefix(cfg.ClickHouse.DSN.Reveal(), "clickhouse:")), ch.Close())
}

// analystLogin is the engine's user who only reads.
const analystLogin = "analyst"
