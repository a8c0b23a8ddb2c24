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

Processors: store (snapshots and facts into ClickHouse, with rollups), count (mentions
into readings per minute and per hour; it needs no ClickHouse), health (tells when a
source is dead or odd, and when it is well again), detect (judges every look, and
publishes surges and declines as episodes), sqlrule (your own rules in SQL; of several
processes let one run it), notify (tells people of episodes).`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range only {
				if !slices.Contains(processors(), name) {
					return usagef("read --only %q: want one of %s", name, strings.Join(processors(), ", "))
				}
			}
			runs := func(name string) bool { return len(only) == 0 || slices.Contains(only, name) }
			withStore := runs("store") || runs("health") || runs("detect") || runs("sqlrule") || runs("notify")
			return a.runServers(cmd.Context(), http, withStore, func(s *system) ([]stage, error) {
				return s.processorStages(only, runs)
			})
		},
	}
	cmd.Flags().StringVar(&http, "http", defaultHTTP, httpUsage)
	cmd.Flags().StringSliceVar(&only, "only", nil, "run only these `processors`, separated by commas")
	return cmd
}

func processors() []string {
	return []string{"store", "count", "health", "detect", "sqlrule", "notify"}
}

// processorStages are the processors that were asked for.
func (s *system) processorStages(only []string, runs func(name string) bool) ([]stage, error) {
	for name, set := range map[string]struct {
		path    string
		enabled bool
	}{
		"count": {"process.count", s.cfg.Process.Count.Enabled}, "health": {"process.health", s.cfg.Process.Health.Enabled},
		"detect":  {"process.detect", s.cfg.Process.Detect.Enabled},
		"sqlrule": {"process.sqlrule", s.cfg.Process.SQLRule.Enabled}, "notify": {"notify", s.cfg.Notify.Enabled},
	} {
		if slices.Contains(only, name) && !set.enabled {
			return nil, usagef("read --only %s: %s.enabled is false", name, set.path)
		}
	}
	// Who counts or judges publishes what is stored: it ends first.
	stages := []stage{{}}
	if runs("count") {
		stages[0] = s.countParts(kafka.TruncatedRefuse)
	}
	if runs("health") {
		entries, err := s.sources()
		if err != nil {
			return nil, err
		}
		stages[0] = append(stages[0], s.healthParts(entries, true)...)
	}
	if runs("detect") {
		parts, err := s.detectParts(kafka.TruncatedRefuse)
		if err != nil {
			return nil, err
		}
		stages[0] = append(stages[0], parts...)
	}
	if runs("sqlrule") {
		rules, err := s.sqlRules()
		if err != nil {
			return nil, err
		}
		stages[0] = append(stages[0], s.sqlruleParts(rules)...)
	}
	if runs("store") {
		stages = append(stages, s.storeParts(kafka.TruncatedRefuse))
	}
	if runs("notify") {
		parts, err := s.notifyParts(kafka.TruncatedRefuse)
		if err != nil {
			return nil, err
		}
		stages = append(stages, parts)
	}
	return stages, nil
}
