package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/internal/tabular"
)

const sqlLong = `Sql runs queries and prints the answers. The query is the argument, or a file (-f), or
stdin; several are separated by semicolons. On a terminal and without a query it is
a shell.

The formats are ClickHouse's own. Over http:// the server writes them, every one it
knows; over clickhouse:// (the native protocol) they are written here: TSV, CSV
(each also WithNames), JSON, JSONEachRow, Pretty, PrettyCompact, Vertical. FORMAT at the
end of a query wins over --format.

Where nothing runs in the data directory the engine is started for the query alone.
`

type sqlOptions struct {
	where
	file   string
	format string
}

func (a *app) sqlCommand() *cobra.Command {
	var o sqlOptions
	cmd := &cobra.Command{
		Use:   "sql [QUERY]",
		Short: "Ask ClickHouse",
		Long:  sqlLong + whereHelp,
		Example: `  tidemark sql "SELECT * FROM v_freshness"
  tidemark sql "SELECT entity, min(rank) FROM v_ranks GROUP BY entity" --format CSVWithNames
  tidemark sql --dsn clickhouse://analyst:secret@ch.example.org:9000/tidemark -f report.sql
  echo "SELECT 1" | tidemark sql --format JSONEachRow`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.sql(cmd.Context(), o, given)
		},
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "read the queries from this `file`; - is stdin")
	cmd.Flags().StringVar(&o.format, "format", "", "`name` of the format (default PrettyCompact on a terminal, TSV otherwise)")
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	return cmd
}

func (a *app) sql(ctx context.Context, o sqlOptions, given []string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	text, interactive, err := a.queries(o, given)
	if err != nil {
		return err
	}
	log, err := a.askLogger()
	if err != nil {
		return err
	}
	end, err := a.pointToClickHouse(ctx, &o.where, cfg)
	if err != nil {
		return err
	}
	defer end()
	ch, err := clickhouse.Open(cfg.ClickHouse, log)
	if err != nil {
		return err
	}
	return errors.Join(a.askAll(ctx, ch, cfg, o.format, text, interactive), ch.Close())
}

func (a *app) askAll(ctx context.Context, ch *clickhouse.Client, cfg *config.Config, format, text string, interactive bool) error {
	asker := &asker{ch: ch, native: strings.HasPrefix(cfg.ClickHouse.DSN.Reveal(), "clickhouse:"), out: a.stdout, format: format}
	if asker.format == "" {
		asker.format = "TSV"
		if obs.IsTerminal(a.stdout) {
			asker.format = "PrettyCompact"
		}
	}
	if interactive {
		return a.shell(ctx, asker)
	}
	for _, query := range splitStatements(text) {
		if err := asker.ask(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// queries reads what is to be asked; interactive means that a person will
// type it.
func (a *app) queries(o sqlOptions, given []string) (text string, interactive bool, err error) {
	switch {
	case len(given) == 1 && o.file != "":
		return "", false, usagef("read arguments of tidemark sql: a query and --file exclude each other")
	case len(given) == 1:
		text = given[0]
	case o.file != "" && o.file != "-":
		b, err := os.ReadFile(o.file)
		if err != nil {
			return "", false, fmt.Errorf("read queries: %w", err)
		}
		text = string(b)
	case o.file == "" && obs.IsTerminal(a.stdin):
		return "", true, nil
	default:
		b, err := io.ReadAll(a.stdin)
		if err != nil {
			return "", false, fmt.Errorf("read queries: %w", err)
		}
		text = string(b)
	}
	if len(splitStatements(text)) == 0 {
		return "", false, usagef("read arguments of tidemark sql: there is no query; see tidemark sql --help")
	}
	return text, false, nil
}

// pointToClickHouse sets the DSN. Where nothing runs in the data directory,
// but data is there, the engine runs until end is called.
func (a *app) pointToClickHouse(ctx context.Context, w *where, cfg *config.Config) (end func(), err error) {
	err = w.clickhouse(cfg)
	if err == nil {
		return func() {}, nil
	}
	if !errors.Is(err, instance.ErrNotRunning) || !holdsData(w.dir()) {
		return nil, err
	}
	dir, lockErr := instance.Lock(w.dir())
	if lockErr != nil {
		return nil, lockErr
	}
	log, err := a.askLogger()
	if err != nil {
		return nil, errors.Join(err, dir.Release())
	}
	p, err := engine.Spawn(ctx, engine.Config{
		Library: cfg.Engine.Library, DataDir: dir.Path(engineFolder),
		MaxMemory: int64(cfg.Engine.MaxMemory), MaxQueries: cfg.Engine.MaxQueries, Analyst: analystLimits(cfg),
	}, log)
	if err != nil {
		return nil, errors.Join(err, dir.Release())
	}
	cfg.ClickHouse = embeddedClickHouse(cfg, "http://"+p.Addr())
	return func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), engineStop)
		defer cancel()
		if err := errors.Join(p.Stop(grace), dir.Release()); err != nil {
			log.Warn("end engine", "err", err)
		}
	}, nil
}

func holdsData(dir string) bool {
	info, err := os.Stat(dir + string(os.PathSeparator) + engineFolder)
	return err == nil && info.IsDir()
}

// asker asks one query after the other.
type asker struct {
	ch     *clickhouse.Client
	native bool
	format string
	out    io.Writer
}

func (q *asker) ask(ctx context.Context, query string) error {
	err := q.askEither(ctx, query)
	if err == nil {
		return nil
	}
	// What the server said, whichever way it came.
	return saidBy{err, regexp.MustCompile(`^\[HTTP \d+\] `).ReplaceAllString(err.Error(), "")}
}

type saidBy struct {
	error
	text string
}

// Error is the server's text.
func (s saidBy) Error() string { return s.text }

// Unwrap keeps what the error is.
func (s saidBy) Unwrap() error { return s.error }

func (q *asker) askEither(ctx context.Context, query string) error {
	format := q.format
	query, own := splitFormat(query)
	if own != "" {
		format = own
	}
	if !q.native {
		return q.askHTTP(ctx, query, format)
	}
	w, err := tabular.New(format, q.out)
	if err != nil {
		return &usageError{text: err.Error()}
	}
	if !returnsRows(query) {
		return q.ch.Exec(ctx, query)
	}
	rows, err := q.ch.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	return tabular.Copy(w, rows)
}

// askHTTP passes on the bytes as the server writes them.
func (q *asker) askHTTP(ctx context.Context, query, format string) error {
	body, err := q.ch.QueryFormat(ctx, format, query)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(q.out, body)
	return err
}
