package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/kafka"
)

func (a *app) processCommand() *cobra.Command {
	var http string
	var only []string
	cmd := &cobra.Command{
		Use:   "process",
		Short: "Run the processors against Kafka and ClickHouse servers",
		Long: `Process reads the topics of kafka.brokers and writes to clickhouse.dsn, each message
exactly once. It waits for servers that are not there yet, and applies migrations.
With process.assignment: group any number of processes share the partitions; with
static, run one.

Processors: store (snapshots and facts into ClickHouse, with rollups).`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range only {
				if !slices.Contains(processors(), name) {
					return usagef("read --only %q: want one of %s", name, strings.Join(processors(), ", "))
				}
			}
			return a.runServers(cmd.Context(), http, true, func(s *system) ([]stage, error) {
				return []stage{s.storeParts(kafka.TruncatedRefuse)}, nil
			})
		},
	}
	cmd.Flags().StringVar(&http, "http", defaultHTTP, httpUsage)
	cmd.Flags().StringSliceVar(&only, "only", nil, "run only these `processors`, separated by commas")
	return cmd
}

func processors() []string { return []string{"store"} }
