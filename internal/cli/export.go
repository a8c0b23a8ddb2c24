package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
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

With --episode or --migration it makes a pack of evidence instead, a zip file or a
folder: data, pictures, SQL, events, reported figures with their sources, gaps, the
meaning of the columns, checksums, and a README. The same data gives the same bytes.
`

type exportOptions struct {
	where
	out, format, by, time, from, to, name string
	episode, migration                    string
	force                                 bool
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export [TABLE|QUERY]",
		Short: "Write tables into files by day, with checksums",
		Long:  exportLong + whereHelp,
		Example: `  tidemark export readings
  tidemark export v_ranks --format csv --from 2025-01-10 --to 2025-01-31
  tidemark export "SELECT * FROM v_readings WHERE metric = 'rank'" --name ranks
  tidemark export entities --by none --format ndjson
  tidemark export --episode 695d133cd7d2aa6cb8ddb85e --out rednote.zip
  tidemark export looks --dsn http://reader:secret@ch.example.org:8123/tidemark`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			if err := o.check(cmd.Flags().Changed, given); err != nil {
				return err
			}
			if o.pack() != "" {
				return a.exportEvidence(cmd.Context(), &o)
			}
			return a.export(cmd.Context(), &o, given[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "`directory` to write into (default exports); of evidence: the file NAME.zip, or the folder")
	f.StringVar(&o.episode, "episode", "", "make the evidence of the episode with this `id`")
	f.StringVar(&o.migration, "migration", "", "make the evidence of a migration and all its episodes, by its `id` or topic")
	f.BoolVar(&o.force, "force", false, "replace other evidence of that name")
	f.StringVar(&o.format, "format", "parquet", "parquet, csv or ndjson")
	f.StringVar(&o.by, "by", "day", "one file per day, month or none (one file of all)")
	f.StringVar(&o.time, "time", "", "`column` of moments or days that divides the rows (default: found by its name)")
	f.StringVar(&o.from, "from", "", "first `day`, such as 2025-01-10; by month that of its month")
	f.StringVar(&o.to, "to", "", "last `day`, included; by month that of its month")
	f.StringVar(&o.name, "name", "", "`name` of the folder (default: that of the table)")
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	return cmd
}

// pack is the flag that asks for evidence; empty: none does.
func (o *exportOptions) pack() string {
	switch {
	case o.episode != "":
		return "--episode"
	case o.migration != "":
		return "--migration"
	default:
		return ""
	}
}

// check refuses what excludes each other, and flags without effect.
func (o *exportOptions) check(changed func(flag string) bool, given []string) error {
	pack := o.pack()
	switch {
	case pack != "" && len(given) > 0, o.episode != "" && o.migration != "":
		return usagef("read arguments of tidemark export: a table, --episode and --migration exclude each other")
	case pack == "" && len(given) == 0:
		return usagef("read arguments of tidemark export: the name of a table, a query, or --episode is missing; see tidemark export --help")
	case pack == "" && changed("force"):
		return usagef("read flags: --force is for evidence; the files of a table are written anew where the database has changed")
	case pack == "":
		return nil
	}
	for _, flag := range []string{"format", "by", "time", "from", "to", "name"} {
		if changed(flag) {
			return usagef("read flags: --%s is for tables; %s makes a pack of one shape, and --out names it", flag, pack)
		}
	}
	return nil
}

// question is the one statement of an argument, or the name of a table.
func question(text string) (string, error) {
	statements := splitStatements(text)
	switch len(statements) {
	case 0:
		return "", usagef("read arguments of tidemark export: the name of a table, or a query, is missing")
	case 1:
	default:
		return "", usagef("read query: there are %d statements; an export is of one", len(statements))
	}
	query := statements[0]
	if rest, format := splitFormat(query); rest != query {
		return "", usagef("read query: FORMAT %s is said by --format parquet, csv or ndjson; leave it out of the query", format)
	}
	asks := slices.Contains([]string{"SELECT", "WITH", "FROM", "EXPLAIN"}, strings.ToUpper(firstWord(query)))
	if !asks && !regexp.MustCompile(`^\w+$`).MatchString(query) {
		return "", usagef("read query: only questions can be exported; give the name of a table, or a SELECT")
	}
	return query, nil
}

func (o *exportOptions) config(what string, now time.Time) (export.Config, error) {
	c := export.Config{Name: o.name, Dir: cmp.Or(o.out, "exports"), Time: o.time, Now: now}
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
	var err error
	c.What, err = question(what)
	return c, err
}

func (a *app) export(ctx context.Context, o *exportOptions, what string) error {
	c, err := o.config(what, time.Now().UTC())
	if err != nil {
		return err
	}
	c.Version = a.build.Version
	if c.Widen() {
		fmt.Fprintf(a.stderr, "by month whole months are written: %s\n", monthsOf(c.From, c.To))
	}
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

// monthsOf names the months of a span, which may have an open end.
func monthsOf(from, to time.Time) string {
	const month = "2006-01"
	switch first, last := from.Format(month), to.Format(month); {
	case to.IsZero():
		return first + " and later"
	case from.IsZero():
		return "up to " + last
	case first == last:
		return first
	default:
		return first + " to " + last
	}
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

// reading opens ClickHouse for a command that only reads: by the read-only login
// where there is one, as an embedded one has.
func (a *app) reading(ctx context.Context, w *where, do func(ch *clickhouse.Client, native bool) error) error {
	return a.pointed(ctx, w, func(cfg *config.Config, log *slog.Logger) error {
		if w.dsn == "" && cfg.ClickHouse.ReaderDSN != "" { // also that of an embedded one
			cfg.ClickHouse.DSN, cfg.ClickHouse.PasswordFile = cfg.ClickHouse.ReaderDSN, cfg.ClickHouse.ReaderPasswordFile
		}
		ch, err := clickhouse.Open(cfg.ClickHouse, log)
		if err != nil {
			return err
		}
		return errors.Join(do(ch, strings.HasPrefix(cfg.ClickHouse.DSN.Reveal(), "clickhouse:")), ch.Close())
	})
}
