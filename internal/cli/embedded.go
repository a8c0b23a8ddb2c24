package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/broker"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/instance"
)

const (
	engineFolder = "clickhouse"
	brokerFolder = "broker"

	engineStop = 4 * time.Second
	// spawnPatience is more than what an engine needs to end under load.
	spawnPatience = time.Minute
	spawnPoll     = 250 * time.Millisecond
	// engineSteady is how long a restarted engine must run before the next
	// restart is a first one again.
	engineSteady = time.Minute
)

// embedded is the broker in this process and the engine in a child of it.
type embedded struct {
	broker     *broker.Broker
	engineCfg  engine.Config
	engineAddr string

	mu     sync.Mutex
	engine *engine.Process
}

// startEmbedded starts both at the same time, on the ports of the last run
// where these are free and the same ones are wanted.
func startEmbedded(ctx context.Context, cfg *config.Config, dir *instance.Dir, log *slog.Logger) (*embedded, error) {
	ports := dir.Ports()
	if ports.Wanted != cfg.Engine.Listen {
		ports.ClickHouse = cfg.Engine.Listen
	}
	e := &embedded{engineCfg: engine.Config{
		Library: cfg.Engine.Library, DataDir: dir.Path(engineFolder), Listen: freeOr(ctx, ports.ClickHouse),
		MaxMemory: int64(cfg.Engine.MaxMemory), MaxQueries: cfg.Engine.MaxQueries, Analyst: analystLimits(cfg),
	}}
	var group errgroup.Group
	group.Go(func() (err error) {
		e.broker, err = broker.Open(broker.Config{
			DataDir: dir.Path(brokerFolder), Listen: freeOr(ctx, ports.Broker),
			Partitions: cfg.Kafka.Partitions, Topics: event.Topics(), SyncWrites: cfg.ClickHouse.Fsync,
		}, log)
		return err
	})
	group.Go(func() (err error) {
		e.engine, err = spawnEngine(ctx, e.engineCfg, log)
		if errors.Is(err, syscall.EADDRINUSE) { // somebody was faster
			e.engineCfg.Listen = anyPort
			e.engine, err = spawnEngine(ctx, e.engineCfg, log)
		}
		return err
	})
	err := group.Wait()
	if err == nil {
		e.engineAddr = e.engine.Addr()
		e.engineCfg.Listen = e.engineAddr
		err = dir.KeepPorts(instance.Ports{Broker: e.broker.Addr(), ClickHouse: e.engineAddr, Wanted: cfg.Engine.Listen})
	}
	if err != nil {
		e.end(log)
		return nil, err
	}
	return e, nil
}

// spawnEngine starts the engine in spite of kills. An engine that is there
// already was left behind by a process that was killed: we hold the lock of the
// data directory, so it can be no other, and it ends by itself once it has
// finished what it was doing. An engine that is killed while it starts is
// started again.
func spawnEngine(ctx context.Context, cfg engine.Config, log *slog.Logger) (*engine.Process, error) {
	deadline := time.Now().Add(spawnPatience)
	for said := ""; ; {
		p, err := engine.Spawn(ctx, cfg, log)
		if err == nil || !errors.Is(err, engine.ErrInUse) && !killed(err) || time.Now().After(deadline) {
			return p, err
		}
		if said != err.Error() {
			said = err.Error()
			log.Warn("engine does not start yet, trying again", "err", err)
		}
		if sleep(ctx, spawnPoll) != nil {
			return nil, err
		}
	}
}

// killed says whether a child was ended by SIGKILL: by somebody, not by itself.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// end is for a start that failed halfway.
func (e *embedded) end(log *slog.Logger) {
	var errs []error
	if e.broker != nil {
		errs = append(errs, e.broker.Close())
	}
	if e.engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), engineStop)
		defer cancel()
		errs = append(errs, e.engine.Stop(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		log.Warn("end embedded servers", "err", err)
	}
}

// anyPort lets the system choose.
const anyPort = "127.0.0.1:0"

// freeOr returns the address if nobody has it, and otherwise one with any port.
func freeOr(ctx context.Context, address string) string {
	if address == "" {
		return anyPort
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil || l.Close() != nil {
		return anyPort
	}
	return address
}

// runEngine starts the engine again whenever it ends, at the same address,
// until ctx ends; then it ends the engine too.
func (e *embedded) runEngine(ctx context.Context, log *slog.Logger) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 200*time.Millisecond, 15*time.Second
	for {
		began := time.Now()
		ended := make(chan error, 1)
		p := e.process()
		go func() { ended <- p.Wait() }()
		select {
		case <-ctx.Done():
			return e.stopEngine(ctx)
		case err := <-ended:
			log.Error("engine ended, starting it again", "err", err, "after", time.Since(began).Round(time.Second).String())
		}
		if time.Since(began) > engineSteady {
			pauses.Reset()
		}
		if !e.respawn(ctx, pauses, log) {
			return nil
		}
	}
}

// respawn tries until an engine runs; false means that ctx ended first.
func (e *embedded) respawn(ctx context.Context, pauses backoff.BackOff, log *slog.Logger) bool {
	for {
		if sleep(ctx, pauses.NextBackOff()) != nil {
			return false
		}
		p, err := spawnEngine(ctx, e.engineCfg, log)
		if err == nil {
			e.mu.Lock()
			e.engine = p
			e.mu.Unlock()
			log.Info("engine runs again", "addr", p.Addr())
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		log.Error("engine does not start, trying again", "err", err)
	}
}

func (e *embedded) process() *engine.Process {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.engine
}

func (e *embedded) stopEngine(ctx context.Context) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), engineStop)
	defer cancel()
	return e.process().Stop(grace)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func analystLimits(cfg *config.Config) engine.Limits {
	a := cfg.Engine.Analyst
	return engine.Limits{Time: a.MaxTime.D(), Rows: int64(a.MaxRows), Memory: int64(a.MaxMemory), Queries: a.MaxQueries}
}
