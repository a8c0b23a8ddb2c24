package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/robfig/cron/v3"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/dashboards/viewer"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/processors/store"
)

const (
	ticksEvery = 5 * time.Second
	lagEvery   = 10 * time.Second
	// storeHangs is longer than the longest insert and its retry.
	storeHangs = 3 * clickhouse.InsertTimeout
	// embeddedHangs is for the broker and the engine in this process' care.
	embeddedHangs = time.Minute
)

// system is what the running commands have in common.
type system struct {
	cfg    *config.Config
	build  obs.Build
	log    *slog.Logger
	reg    prometheus.Registerer
	gather prometheus.Gatherer
	health *obs.Health
	kafka  *kafka.Client
	ch     *clickhouse.Client // nil where only collectors run
	reader *clickhouse.Reader // nil where there is no page
	own    metrics.Source     // nil: nobody answers PromQL

	startedAt time.Time
	// streams are what sources found beside the polled ones.
	streams []collectors.StreamEntry

	// page answers what the HTTP side does not answer by itself; it may be nil.
	page http.Handler

	// prepared is closed when topics, tables and watchlist are there.
	prepared chan struct{}

	// memory keeps over restarts what hosts have told us; nil: nothing does.
	memory fetch.Memory
	// asks is the one client of all collectors: manners are kept per client.
	asks     *fetch.Client
	watching *watching // nil: nothing can be added while it runs
	// rewatch are those who want to know of another watchlist.
	rewatch []func(ctx context.Context, cfg *config.Config, entries []collectors.Entry)

	mu      sync.Mutex
	entries []collectors.Entry // what is being collected now
}

func newSystem(cfg *config.Config, build obs.Build, log *slog.Logger) *system {
	reg := obs.NewRegistry(build)
	s := &system{
		cfg: cfg, build: build, log: log, reg: reg, gather: reg, health: obs.NewHealth(reg),
		prepared: make(chan struct{}), startedAt: time.Now().UTC(),
	}
	s.health.NotReady("start")
	return s
}

// connect makes the clients; they connect when they are used.
func (s *system) connect(withStore bool) (err error) {
	if s.kafka, err = kafka.New(s.cfg.Kafka, "tidemark", s.reg, s.log); err != nil {
		return err
	}
	if withStore {
		s.ch, err = clickhouse.Open(s.cfg.ClickHouse, s.log)
	}
	return err
}

func (s *system) close() {
	if s.reader != nil {
		if err := s.reader.Close(); err != nil {
			s.log.Warn("close clickhouse", "err", err)
		}
	}
	if s.ch != nil {
		if err := s.ch.Close(); err != nil {
			s.log.Warn("close clickhouse", "err", err)
		}
	}
	if s.kafka != nil {
		s.kafka.Close()
	}
}

// prepare waits for broker and store and makes what they need; all other parts
// wait for it.
func (s *system) prepare(ctx context.Context) error {
	if err := s.kafka.Wait(ctx); err != nil {
		return err
	}
	if err := s.kafka.EnsureTopics(ctx, event.Topics()); err != nil {
		return err
	}
	if s.ch != nil {
		if err := migrate(ctx, s.ch, s.cfg, s.log); err != nil {
			return err
		}
	}
	s.health.Ready("start")
	close(s.prepared)
	return nil
}

// migrate brings database, tables and watchlist up to date.
func migrate(ctx context.Context, ch *clickhouse.Client, cfg *config.Config, log *slog.Logger) error {
	if err := ch.Wait(ctx); err != nil {
		return err
	}
	if err := persist(ctx, log, "migrate", ch.Migrate); err != nil {
		return err
	}
	return persist(ctx, log, "write watchlist", func(ctx context.Context) error { return ch.SyncWatch(ctx, cfg.Watch) })
}

// after lets a part wait until everything is prepared.
func (s *system) after(name string, run func(ctx context.Context) error) part {
	return part{name: name, run: func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return nil
		case <-s.prepared:
			return run(ctx)
		}
	}}
}

// storeParts are the processor that writes into ClickHouse, and its rollups.
func (s *system) storeParts(truncated string) stage {
	reject := func(ctx context.Context, r *event.Rejected) error {
		return s.kafka.Publish(ctx, event.TopicRejected, r.GetStage(), r)
	}
	p := store.New(s.ch, reject, s.reg, s.log)
	var handler kafka.Handler = p
	if s.cfg.Process.Assignment == kafka.AssignStatic {
		// In a group a process may have no partition, and nothing to turn.
		handler = turning{p, s.health.Loop("store", storeHangs)}
	}
	consumer := kafka.NewConsumer(s.kafka, kafka.ConsumerConfig{
		Group: s.storeGroup(), Topics: store.Topics(), Assignment: s.cfg.Process.Assignment,
		MaxBytes: int(s.cfg.Process.Store.BatchBytes), MaxWait: s.cfg.Process.Store.BatchWait.D(),
		LagEvery: lagEvery, Truncated: truncated,
	}, handler, s.reg, s.log)
	return stage{
		s.after("store", func(ctx context.Context) error {
			if err := persist(ctx, s.log, "check tables", p.Check); err != nil {
				return err
			}
			return consumer.Run(ctx)
		}),
		s.after("rollups", func(ctx context.Context) error {
			return p.RunRollups(ctx, s.cfg.Process.Store.RollupEvery.D())
		}),
	}
}

func (s *system) storeGroup() string { return s.cfg.Process.Group + "-store" }

// sources are all collectors of the configuration: it returns those that are
// polled, and notes the streams.
func (s *system) sources() ([]collectors.Entry, error) {
	entries, err := s.polled(s.cfg)
	if err != nil {
		return nil, err
	}
	s.streams, err = collectors.NewStreams(s.cfg.Collect, s.asks)
	return entries, s.cfg.Locate(err)
}

// polled are the polled sources of a configuration, which may have another
// watchlist than that of the start.
func (s *system) polled(cfg *config.Config) ([]collectors.Entry, error) {
	c := cfg.Collect
	c.Contact = c.ContactOrProject()
	if s.asks == nil {
		client, err := fetch.New(fetch.Config{Collect: c, Version: s.build.Version, Memory: s.memory}, s.reg, s.log)
		if err != nil {
			return nil, err
		}
		s.asks = client
	}
	entries, err := collectors.New(c, cfg.Watch, s.asks)
	return entries, cfg.Locate(err)
}

// collectPart runs the enabled sources, and goes over to another watchlist.
func (s *system) collectPart(entries []collectors.Entry) part {
	s.collecting(entries)
	pub := turningPublisher{s.kafka, nil}
	if most := longestWait(entries); most > 0 {
		pub.loop = s.health.Loop("collect", most)
	}
	runner := collectors.NewRunner(entries, pub, s.cfg.Collect, s.reg, s.log)
	runner.AddStreams(s.streams, mentionSink{s.kafka, s.cfg.Process.Group})
	keeper := s.keeper()
	if keeper.On() {
		runner.KeepTapes(keeper)
	}
	changes := make(chan []collectors.Entry)
	s.rewatch = append(s.rewatch, func(ctx context.Context, _ *config.Config, entries []collectors.Entry) {
		select {
		case changes <- entries:
			s.collecting(entries)
		case <-ctx.Done():
		}
	})
	return s.after("collectors", func(ctx context.Context) error {
		return keepWhile(ctx, keeper, func(ctx context.Context) error { return runner.Follow(ctx, changes) })
	})
}

func (s *system) collecting(entries []collectors.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = entries
}

// longestWait is how long the most frequent source may be silent before the
// collectors hang: three of its intervals, and never less than five minutes.
func longestWait(entries []collectors.Entry) time.Duration {
	var shortest time.Duration
	for _, e := range entries {
		if every := interval(e.Every); e.Enabled && every > 0 && len(e.Source.Targets()) > 0 {
			if shortest == 0 || every < shortest {
				shortest = every
			}
		}
	}
	if shortest == 0 {
		return 0
	}
	return max(3*shortest, 5*time.Minute)
}

func interval(every string) time.Duration {
	schedule, err := cron.ParseStandard(every)
	if err != nil {
		return 0
	}
	next := schedule.Next(time.Now().UTC())
	return schedule.Next(next).Sub(next)
}

// expected are the looks that the page waits for.
func (s *system) expected() []viewer.Expected {
	s.mu.Lock()
	defer s.mu.Unlock()
	var looks []viewer.Expected
	for _, e := range s.streams {
		if e.Config.Enabled {
			every := uint32(collectors.StreamLookEvery / time.Second)
			looks = append(looks, viewer.Expected{Source: e.Name, Target: e.Target.Key(), EveryS: every})
		}
	}
	for _, e := range s.entries {
		if !e.Enabled {
			continue
		}
		every := uint32(interval(e.Every) / time.Second)
		for _, t := range e.Source.Targets() {
			looks = append(looks, viewer.Expected{Source: e.Name, Target: t.Key(), EveryS: every})
		}
	}
	return looks
}

// serve runs the HTTP side of a command that has no page of its own.
func (s *system) serve(server *obs.Server) part {
	return part{name: "http", run: func(ctx context.Context) error {
		return server.Run(ctx, s.gather, s.health, s.page)
	}}
}

func (s *system) ticks() part {
	return s.after("ticks", func(ctx context.Context) error {
		var topics []string
		for _, t := range event.Topics() {
			topics = append(topics, t.Name)
		}
		return s.kafka.RunTicks(ctx, topics, ticksEvery)
	})
}

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return usagef("read --http %q: want host:port, such as 127.0.0.1:8080", address)
	}
	return nil
}

// listen takes the address of --http; "off" means no HTTP at all.
func (a *app) listen(ctx context.Context, address string, log *slog.Logger) (*obs.Server, error) {
	if address == "off" {
		return nil, nil //nolint:nilnil // no server is what was asked for
	}
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	server, err := obs.Listen(ctx, address, log)
	if err != nil {
		return nil, err
	}
	log.Info("http listens", "metrics", fmt.Sprintf("http://%s/metrics", server.Addr()))
	return server, nil
}
