package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// server answers the ClickHouse HTTP interface.
type server struct {
	core     *core
	cfg      Config
	log      *slog.Logger
	sessions *sessions
	// slots is as large as statements may run at once.
	slots chan struct{}
	// writers counts the statements that write, so that a freeze can wait for
	// them and hold back others.
	writers *semaphore.Weighted
	// analystSlots are those that analysts may have of them, waiting those of them
	// who have sent a statement.
	analystSlots, waiting chan struct{}

	mu      sync.Mutex
	running map[string]struct{}
	// stuck gets the id of a statement that goes on long after it was killed.
	stuck chan string
	// used is set by every statement, and cleared when memory is given back.
	used atomic.Bool
}

// tidyEvery is how often memory is given back that statements have left behind:
// without, an idle engine keeps what its busiest moment took.
const tidyEvery = 30 * time.Second

// stopGrace is how long running statements have when the engine is asked to
// stop; then they are killed.
const stopGrace = 1500 * time.Millisecond

// Serve runs the engine in this process until ctx ends: it takes the data
// directory, boots the library and answers HTTP. ready is called with the
// address once queries are answered.
func Serve(ctx context.Context, cfg Config, log *slog.Logger, ready func(addr string)) error {
	cfg = cfg.withDefaults()
	log = log.With("component", "engine")
	if err := confineProcess(ctx, cfg, log); err != nil {
		return err
	}
	listener, err := listenOrInherit(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := renounce(); err != nil {
		log.WarnContext(ctx, "engine could start programs and reach other machines", "err", err)
	}
	c, err := boot(cfg)
	if err != nil {
		return err
	}
	s := &server{
		core: c, cfg: cfg, log: log, slots: make(chan struct{}, cfg.MaxQueries), writers: semaphore.NewWeighted(maxWriters), running: map[string]struct{}{},
		analystSlots: make(chan struct{}, cfg.Analyst.Queries), waiting: make(chan struct{}, analystWaiting),
		stuck:    make(chan string, 1),
		sessions: &sessions{core: c, kept: map[string]*session{}, now: time.Now},
	}
	log.InfoContext(ctx, "engine is ready", "version", c.version, "addr", listener.Addr().String(), "data_dir", cfg.DataDir)
	if ready != nil {
		ready(listener.Addr().String())
	}
	err = s.serve(ctx, listener)
	if !errors.Is(err, errStuck) { // the library would wait for that statement
		c.close()
	}
	return err
}

// errStuck ends an engine in which a statement stands still: once in some
// hundred lives of an engine an insert does, inside the library, and would hold
// its slot, its memory and its id for ever. What was acknowledged is on disk.
var errStuck = errors.New("a statement stands still inside the library long after it was killed")

// confineProcess puts the process into its jail, which starts it anew. Where
// there is none to be had the other barriers must do.
func confineProcess(ctx context.Context, cfg Config, log *slog.Logger) error {
	if cfg.DataDir == "" {
		return errors.New("start engine: no data directory given")
	}
	library, err := FindLibrary(cfg.Library)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return fmt.Errorf("find data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	if err := jail(dir, library); err != nil {
		log.WarnContext(ctx, "engine runs without a jail: sql can read the files of this user", "err", err)
	}
	return nil
}

func (s *server) serve(ctx context.Context, listener net.Listener) error {
	queries, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	web := &http.Server{
		Handler:           guard(s),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    1 << 20,
		BaseContext:       func(net.Listener) context.Context { return queries },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	reaper, tidy := time.NewTicker(time.Second), time.NewTicker(tidyEvery)
	defer reaper.Stop()
	defer tidy.Stop()
	for {
		select {
		case <-reaper.C:
			s.sessions.reap(false)
		case <-tidy.C:
			if s.used.Swap(false) {
				s.core.giveBack(ctx, s.log)
			}
		case err := <-failed:
			return fmt.Errorf("serve http: %w", err)
		case id := <-s.stuck:
			return fmt.Errorf("run statement %s: %w (%s)", id, errStuck, s.cfg.StuckAfter)
		case <-ctx.Done():
			return s.stop(queries, web, cancel)
		}
	}
}

// stop lets running statements end, then kills what still runs: before the
// library is closed no session may be in use.
func (s *server) stop(queries context.Context, web *http.Server, cancel func()) error {
	s.log.Info("engine is stopping")
	grace, done := context.WithTimeout(queries, stopGrace)
	defer done()
	err := web.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		cancel()
		s.killAll()
		last, done := context.WithTimeout(context.WithoutCancel(queries), stopGrace)
		defer done()
		err = web.Shutdown(last)
	}
	s.sessions.reap(true)
	if err != nil {
		return fmt.Errorf("stop http: %w", errors.Join(err, web.Close()))
	}
	return nil
}

func (s *server) killAll() {
	s.mu.Lock()
	ids := make([]string, 0, len(s.running))
	for id := range s.running {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	for _, id := range ids {
		if err := s.sessions.kill(id); err != nil {
			s.log.Warn("query is not killed", "query_id", id, "err", err)
		}
	}
}
