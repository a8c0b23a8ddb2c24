package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
)

const (
	defaultDataDir = "data"
	whereHelp      = `
Where: --data-dir names the data directory of a running 'tidemark up'. Without
it, the servers of the configuration are asked if it names any, and otherwise
the instance in ./data.`
)

// where says which broker and which ClickHouse a command means: those of a
// running instance, or servers.
type where struct {
	dataDir string
	dsn     string
	brokers []string
}

func (w *where) dataDirFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.dataDir, "data-dir", "", "data `directory` of a running instance (default ./data, unless the configuration names servers)")
}

func (w *where) brokersFlag(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&w.brokers, "brokers", nil, "Kafka brokers as `host:port`, separated by commas")
}

func (w *where) dsnFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.dsn, "dsn", "", "ClickHouse as `URL`: clickhouse://user:password@host:9000/db or http(s)://…:8123/db; without a database it is tidemark")
}

// kafka points cfg to the broker that is meant.
func (w *where) kafka(cfg *config.Config) error {
	switch {
	case len(w.brokers) > 0 && w.dataDir != "":
		return usagef("read flags: --brokers and --data-dir exclude each other")
	case len(w.brokers) > 0:
		cfg.Kafka.Brokers = w.brokers
		return valid(cfg, "--brokers")
	case w.dataDir == "" && namesServers(func(c *config.Config) string { return fmt.Sprint(c.Kafka.Brokers) }, cfg):
		return nil
	}
	run, err := w.instance()
	if err != nil {
		return err
	}
	cfg.Kafka = config.Kafka{Brokers: []string{run.Broker}, Partitions: cfg.Kafka.Partitions, ReplicationFactor: 1, Retention: cfg.Kafka.Retention}
	return nil
}

// clickhouse points cfg to the ClickHouse that is meant.
func (w *where) clickhouse(cfg *config.Config) error {
	switch {
	case w.dsn != "" && w.dataDir != "":
		return usagef("read flags: --dsn and --data-dir exclude each other")
	case w.dsn != "":
		cfg.ClickHouse.DSN, cfg.ClickHouse.PasswordFile = config.Secret(w.dsn), "" // which is of the configured one
		return valid(cfg, "--dsn")
	case w.dataDir == "" && namesServers(func(c *config.Config) string { return c.ClickHouse.DSN.Reveal() }, cfg):
		return nil
	}
	run, err := w.instance()
	if err != nil {
		return err
	}
	cfg.ClickHouse = embeddedClickHouse(cfg, run.ClickHouseHTTP)
	return nil
}

func embeddedClickHouse(cfg *config.Config, url string) config.ClickHouse {
	reader := strings.Replace(url, "://", "://analyst@", 1)
	return config.ClickHouse{
		DSN: config.Secret(url + "/" + embeddedDatabase), ReaderDSN: config.Secret(reader + "/" + embeddedDatabase),
		Retention: cfg.ClickHouse.Retention, Fsync: cfg.ClickHouse.Fsync,
	}
}

// embeddedDatabase is the one that the engine makes at its start.
const embeddedDatabase = "tidemark"

func (w *where) dir() string {
	if w.dataDir == "" {
		return defaultDataDir
	}
	return w.dataDir
}

// instance finds what runs in the data directory, and otherwise says what a
// person can do.
func (w *where) instance() (instance.Run, error) {
	run, err := instance.Find(w.dir())
	if err == nil || !errors.Is(err, instance.ErrNotRunning) {
		return run, err
	}
	if _, statErr := os.Stat(w.dir()); statErr != nil {
		return run, fmt.Errorf("%w; there is no such directory: give the --data-dir of a running `tidemark up`", err)
	}
	return run, fmt.Errorf("%w; start it with `tidemark up --data-dir %s`", err, w.dir())
}

func namesServers(of func(*config.Config) string, cfg *config.Config) bool {
	builtIn, err := config.Default()
	return err != nil || of(cfg) != of(builtIn)
}

func valid(cfg *config.Config, flag string) error {
	if err := cfg.Validate(); err != nil {
		return usagef("read %s: %v", flag, err)
	}
	return nil
}

// askLogger is for commands whose answer is the point: only warnings are told.
func (a *app) askLogger() (*slog.Logger, error) {
	level := a.logLevel
	if level == "" {
		level = "warn"
	}
	log, err := obs.NewLogger(a.stderr, level, a.logFormat)
	if err != nil {
		return nil, &usageError{text: err.Error()}
	}
	return log, nil
}

// asking is the configuration and the logger of such a command.
func (a *app) asking() (*config.Config, *slog.Logger, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	log, err := a.askLogger()
	return cfg, log, err
}

// kafkaOf makes the client for a command that asks.
func (a *app) kafkaOf(w *where) (*kafka.Client, error) {
	cfg, log, err := a.asking()
	if err != nil {
		return nil, err
	}
	if err := w.kafka(cfg); err != nil {
		return nil, err
	}
	return kafka.New(cfg.Kafka, "tidemark", nil, log)
}

// pointed lets do work with a configuration that points to the ClickHouse that is
// meant, and with the logger of a command that asks. An engine that had to be
// started for it runs as long.
func (a *app) pointed(ctx context.Context, w *where, do func(*config.Config, *slog.Logger) error) error {
	cfg, log, err := a.asking()
	if err != nil {
		return err
	}
	end, err := a.pointToClickHouse(ctx, w, cfg)
	if err != nil {
		return err
	}
	defer end()
	return do(cfg, log)
}

// withClickHouse lets do ask the ClickHouse that is meant.
func (a *app) withClickHouse(ctx context.Context, w *where, do func(*clickhouse.Client, *config.Config) error) error {
	return a.pointed(ctx, w, func(cfg *config.Config, log *slog.Logger) error {
		ch, err := clickhouse.Open(cfg.ClickHouse, log)
		if err != nil {
			return err
		}
		return errors.Join(do(ch, cfg), ch.Close())
	})
}
