package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/obs"
)

const (
	defaultHTTP = "127.0.0.1:9464"
	httpUsage   = "`address` of /metrics, /healthz and /readyz, or off"
)

func (a *app) collectCommand() *cobra.Command {
	var http string
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Run the collectors against Kafka servers",
		Long: `Collect polls the public places of the configuration and publishes every look to
the brokers of kafka.brokers. It waits for a broker that is not there yet. Several
may run, with different sources enabled.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runServers(cmd.Context(), http, false, func(s *system) ([]stage, error) {
				if raw := s.cfg.Collect.Raw; raw.Dir == "" && raw.Keep > 0 {
					fmt.Fprintln(a.stderr, "notice: collect.raw.dir is empty: raw answers are not kept, and a mended parser cannot read them again")
				}
				s.remember()
				entries, err := s.sources()
				if err != nil {
					return nil, err
				}
				for _, notice := range append(traffic(s.cfg), forgets(s, entries)...) {
					fmt.Fprintln(a.stderr, "notice:", notice)
				}
				return []stage{{s.collectPart(entries), s.ticks()}}, nil
			})
		},
	}
	cmd.Flags().StringVar(&http, "http", defaultHTTP, httpUsage)
	return cmd
}

// runServers is what collect and process have in common: everything against
// servers, with an HTTP side that ends last.
func (a *app) runServers(ctx context.Context, http string, withStore bool, stages func(*system) ([]stage, error)) error {
	cfg, log, err := a.setUp()
	if err != nil {
		return err
	}
	watch, cfg, err := newWatching(cfg)
	if err != nil {
		return err
	}
	for _, notice := range cfg.Notices() {
		fmt.Fprintln(a.stderr, "notice:", notice)
	}
	server, err := a.listen(ctx, http, log)
	if err != nil {
		return err
	}
	s := newSystem(cfg, a.build, log)
	s.watching = watch
	defer s.close()
	if err := s.connect(withStore); err != nil {
		return err
	}
	if !withStore { // processors take nothing in
		if s.page, err = s.imports(addressOf(server), nil); err != nil {
			return err
		}
	}
	run, err := stages(s)
	if err != nil {
		return err
	}
	if withStore && server != nil && cfg.ClickHouse.ReaderDSN != "" {
		sampling, err := s.metricsParts(server.Addr())
		if err != nil {
			return err
		}
		if s.page, err = s.pageOf(s.serverStatus); err != nil {
			return err
		}
		run = append(run, sampling)
	}
	run[0] = append(run[0], part{"start", s.prepare}, s.watchPart())
	return runStages(ctx, log, append(run, s.httpStage(server))...)
}

// addressOf is where the HTTP side listens.
func addressOf(server *obs.Server) string {
	if server == nil {
		return "off"
	}
	return server.Addr()
}

func (s *system) httpStage(server *obs.Server) stage {
	if server == nil {
		return nil
	}
	return stage{s.serve(server)}
}
