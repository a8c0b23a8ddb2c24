package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/obs"
)

func (a *app) engineCommand() *cobra.Command {
	var cfg engine.Config
	var withStdin bool
	cmd := &cobra.Command{
		Use:   "engine",
		Short: "Run the embedded ClickHouse engine alone",
		Long: `Engine answers the ClickHouse HTTP interface on loopback, with the engine of
libchdb in its own process. 'tidemark up' starts one by itself; alone it is a small
ClickHouse for one machine, without users and passwords.

It reads no configuration: everything is a flag (and TIDEMARK_ENGINE_LIBRARY is
understood).`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !withStdin { // the parent has checked what the child inherits
				if err := config.CheckNames(a.environ); err != nil {
					return err
				}
			}
			if cfg.DataDir == "" {
				return usagef("read flags of %s: --data-dir is missing", cmd.CommandPath())
			}
			if cfg.Library == "" {
				cfg.Library = a.environment("TIDEMARK_ENGINE_LIBRARY")
			}
			level := a.logLevel
			if level == "" {
				level = "info"
				if withStdin { // the parent tells what there is to tell
					level = "warn"
				}
			}
			log, err := obs.NewLogger(a.stderr, level, a.logFormat)
			if err != nil {
				return &usageError{text: err.Error()}
			}
			ctx := cmd.Context()
			if withStdin {
				ctx = engine.EndWithStdin(ctx, a.stdin)
			}
			return engine.Serve(ctx, cfg, log, func(addr string) {
				if !withStdin {
					fmt.Fprintf(a.stdout, "engine answers at http://%s\n", addr)
				}
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.DataDir, "data-dir", "", "`directory` of the data; one process at a time")
	f.StringVar(&cfg.Listen, "http", "127.0.0.1:8123", "`address` to listen on; loopback only, port 0 takes a free one")
	f.StringVar(&cfg.Library, "library", "", "`path` of libchdb.so; empty: look in the usual places")
	f.Int64Var(&cfg.MaxMemory, "max-memory", 2<<30, "`bytes` that the engine may allocate")
	f.IntVar(&cfg.MaxQueries, "max-queries", 8, "`number` of statements that run at once; others wait")
	f.DurationVar(&cfg.StuckAfter, "stuck-after", 2*time.Minute, "end where a statement goes on so `long` after it was killed")
	f.DurationVar(&cfg.Analyst.Time, "analyst-time", time.Minute, "how `long` a statement of the user analyst may run")
	f.Int64Var(&cfg.Analyst.Rows, "analyst-rows", 10_000_000, "`rows` that its result may have")
	f.Int64Var(&cfg.Analyst.Memory, "analyst-memory", 0, "`bytes` that it may take; 0: a quarter of --max-memory")
	f.IntVar(&cfg.Analyst.Queries, "analyst-queries", 0, "`number` of them that run at once; 0: half of --max-queries")
	f.BoolVar(&withStdin, "exit-with-stdin", false, "end when stdin does")
	f.Lookup("exit-with-stdin").Hidden = true
	return cmd
}
