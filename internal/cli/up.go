package cli

import (
	"context"
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
)

type upOptions struct {
	dataDir   string
	http      string
	noCollect bool
	recording string
}

func (a *app) upCommand() *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run everything here: broker, engine, collectors, processors, page",
		Long: `Up runs the whole of Tidemark on this machine, without servers and without keys: an
embedded Kafka-compatible broker, an embedded ClickHouse engine, the collectors of
keyless public sources, the processors, and a web page. The January 2025 case is
loaded at the first start. It runs until Ctrl-C or SIGTERM, and continues where it
was at the next start.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.recording != caseName && o.recording != "none" {
				return usagef("read --case %q: want %s or none", o.recording, caseName)
			}
			if err := checkAddress(o.http); err != nil {
				return err
			}
			return a.up(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dataDir, "data-dir", defaultDataDir, "`directory` of everything that is kept; one process at a time")
	f.StringVar(&o.http, "http", "127.0.0.1:8080", "`address` of the page, /metrics, /healthz and /readyz")
	f.BoolVar(&o.noCollect, "no-collect", false, "do not poll public places")
	f.StringVar(&o.recording, "case", caseName, "`recording` to load at the first start: "+caseName+" or none")
	return cmd
}

// up takes everything that can be refused first (configuration, directory,
// port, library), so that an error comes at once and leaves nothing running.
func (a *app) up(ctx context.Context, o upOptions) error {
	cfg, log, err := a.setUp()
	if err != nil {
		return err
	}
	if cfg.Engine.Library, err = engine.FindLibrary(cfg.Engine.Library); err != nil {
		return err
	}
	dir, err := instance.Lock(o.dataDir)
	if err != nil {
		return err
	}
	defer release(dir, log)
	if cfg.Watch.File == "" {
		cfg.Watch.File = dir.Path(watchFileName)
	}
	watch, cfg, err := newWatching(cfg)
	if err != nil {
		return err
	}
	server, err := obs.Listen(ctx, o.http, log)
	if err != nil {
		return err
	}
	defer server.Close() //nolint:errcheck // closed already when it was run
	if err := mayStartWebhook(cfg.Collect.Import.Webhook, server.Addr()); err != nil {
		return err
	}
	e, err := startEmbedded(ctx, cfg, dir, log)
	if ctx.Err() != nil { // told to end before it ran: nothing went wrong
		return nil
	}
	if err != nil {
		return err
	}
	if err := keepConfig(cfg, dir); err != nil {
		log.Warn("configuration in force is not kept for backups", "err", err)
	}
	u := &upRun{app: a, o: o, dir: dir, server: server, embedded: e, system: newSystem(e.config(cfg, dir), a.build, log)}
	u.watching = watch
	stages, err := u.stages()
	if err != nil {
		e.end(log)
		return err
	}
	return runStages(ctx, log, stages...)
}

// keepConfig writes what is in force into the data directory, secrets masked,
// so that a backup has it.
func keepConfig(cfg *config.Config, dir *instance.Dir) error {
	text, err := cfg.YAML()
	if err != nil {
		return err
	}
	path := dir.Path(usedConfigFile)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func release(dir *instance.Dir, log *slog.Logger) {
	if err := dir.Release(); err != nil {
		log.Warn("release data directory", "err", err)
	}
}

// stages are in the order in which they end.
func (u *upRun) stages() ([]stage, error) {
	s := u.system
	if err := s.connect(true); err != nil {
		return nil, err
	}
	s.remember()
	entries, err := s.sources()
	if err != nil {
		return nil, err
	}
	rules, err := s.sqlRules()
	if err != nil {
		return nil, err
	}
	first := stage{s.ticks(), u.casePart()}
	if u.o.noCollect {
		s.streams = nil
	} else {
		first = append(first, s.collectPart(entries))
	}
	detecting, err := s.detectParts(kafka.TruncatedReset)
	if err != nil {
		return nil, err
	}
	first = append(first, s.watchPart(), u.sizesPart())
	// The log begins anew where somebody removed the broker's directory: read
	// it from its start instead of waiting for a person.
	processors := append(s.storeParts(kafka.TruncatedReset), part{"start", u.start})
	tells, err := s.notifyParts(kafka.TruncatedReset)
	if err != nil {
		return nil, err
	}
	sampling, err := s.metricsParts(u.server.Addr())
	if err != nil {
		return nil, err
	}
	return []stage{
		first,
		slices.Concat(s.countParts(kafka.TruncatedReset), detecting, s.healthParts(entries, !u.o.noCollect), s.sqlruleParts(rules)),
		append(processors, tells...),
		append(sampling, u.pagePart()),
		{u.clientsPart()},
		{u.brokerPart()},
		{u.enginePart()},
	}, nil
}

// config points a copy of cfg to the embedded servers and to the data directory.
func (e *embedded) config(cfg *config.Config, dir *instance.Dir) *config.Config {
	c := *cfg
	c.Kafka = config.Kafka{Brokers: []string{e.broker.Addr()}, Partitions: cfg.Kafka.Partitions, ReplicationFactor: 1, Retention: cfg.Kafka.Retention}
	c.ClickHouse = embeddedClickHouse(cfg, e.clickhouseURL())
	c.Process.Assignment = kafka.AssignStatic
	if c.Collect.Raw.Dir == "" {
		c.Collect.Raw.Dir = dir.Path(rawFolder)
	}
	c.Collect.State = stateOfUp(cfg, dir)
	return &c
}

func (e *embedded) clickhouseURL() string { return "http://" + e.engineAddr }
