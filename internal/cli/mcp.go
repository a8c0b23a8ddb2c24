package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/mcp"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
)

const mcpLong = `Mcp is a server of the Model Context Protocol on stdin and stdout: an assistant starts it,
and can then ask for itself. Its tools only read, as the login of analysts and within its
limits: query (SQL), describe (tables, views, columns), episodes (surges and declines) and
sources (how they fare). It ends when the assistant closes stdin.

With --dsn give a login that may only read. Where nothing runs in the data directory the
engine is started, and runs as long as the assistant does.
`

func (a *app) mcpCommand() *cobra.Command {
	var w where
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Let an assistant ask (Model Context Protocol)",
		Long:  mcpLong + whereHelp,
		Example: `  tidemark mcp --data-dir data
  tidemark mcp --dsn https://reader@ch.example.org:8443/tidemark`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.mcp(cmd.Context(), w)
		},
	}
	w.dsnFlag(cmd)
	w.dataDirFlag(cmd)
	return cmd
}

func (a *app) mcp(ctx context.Context, w where) error {
	return a.pointed(ctx, &w, func(cfg *config.Config, log *slog.Logger) error {
		if w.dsn != "" { // the login that was given, and no other
			cfg.ClickHouse.ReaderDSN, cfg.ClickHouse.ReaderPasswordFile = "", ""
		}
		reader, err := clickhouse.OpenReader(cfg.ClickHouse, log)
		if err != nil {
			return err
		}
		server := mcp.New(ask.New(reader, mcp.Limits()), a.build.Version, log)
		return errors.Join(server.Run(ctx, closable(a.stdin), nopWriteCloser{a.stdout}), reader.Close())
	})
}

// closable lets the end of the program end its reading of stdin.
func closable(r io.Reader) io.ReadCloser {
	if c, ok := r.(io.ReadCloser); ok {
		return c
	}
	return io.NopCloser(r)
}

type nopWriteCloser struct{ io.Writer }

func (nopWriteCloser) Close() error { return nil }
