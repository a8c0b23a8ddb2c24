package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is an engine that runs as a child of this process.
type Process struct {
	addr  string
	cmd   *exec.Cmd
	stdin io.Closer
	log   *slog.Logger

	done chan struct{}
	err  error
}

const (
	// startTimeout is long: the first start after a boot reads 500 MB of library.
	startTimeout = 60 * time.Second
	pollEvery    = 10 * time.Millisecond
)

// Spawn starts this program again as `engine …` and returns once it answers.
// The child ends when this process does, even by SIGKILL: it watches its stdin.
func Spawn(ctx context.Context, cfg Config, log *slog.Logger) (*Process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own binary: %w", err)
	}
	return spawn(ctx, cfg, log, exe, nil)
}

func spawn(ctx context.Context, cfg Config, log *slog.Logger, exe string, env []string) (*Process, error) {
	cfg = cfg.withDefaults()
	// The port is taken here and handed down, so that it is known at once and
	// nobody can take it in between.
	listener, err := listen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	socket, err := listenerFile(listener)
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	cfg.Listen = listener.Addr().String()

	p := &Process{addr: cfg.Listen, log: log.With("component", "engine"), done: make(chan struct{})}
	p.cmd = exec.Command(exe, childArgs(cfg)...) //nolint:noctx // this program itself; it outlives ctx until Stop
	p.cmd.Env = append(os.Environ(), append(env, "TZ=UTC", inheritedFD+"=3")...)
	p.cmd.ExtraFiles = []*os.File{socket}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the parent, which stops the child last
	said := &startLog{}
	p.cmd.Stderr = said
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start engine process: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start engine process: %w", err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := p.waitReady(ctx, said); err != nil {
		p.kill()
		return nil, err
	}
	said.passOn(os.Stderr)
	return p, nil
}

func childArgs(cfg Config) []string {
	args := []string{
		"engine", "--data-dir", cfg.DataDir, "--http", cfg.Listen,
		"--max-memory", strconv.FormatInt(cfg.MaxMemory, 10),
		"--max-queries", strconv.Itoa(cfg.MaxQueries), "--exit-with-stdin", "--stuck-after", cfg.StuckAfter.String(),
		"--analyst-time", cfg.Analyst.Time.String(), "--analyst-rows", strconv.FormatInt(cfg.Analyst.Rows, 10),
		"--analyst-memory", strconv.FormatInt(cfg.Analyst.Memory, 10), "--analyst-queries", strconv.Itoa(cfg.Analyst.Queries),
	}
	if cfg.Library != "" {
		args = append(args, "--library", cfg.Library)
	}
	return args
}

func (p *Process) waitReady(ctx context.Context, said *startLog) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ready := make(chan error, 1)
	go func() { ready <- ping(ctx, p.addr) }()
	select {
	case err := <-ready:
		if err == nil {
			return nil
		}
		return fmt.Errorf("start engine process: no answer: %w", err)
	case <-p.done:
		if reason := said.reason(); strings.Contains(reason, ErrInUse.Error()) {
			return &inUseError{"start engine process: " + reason}
		} else if reason != "" {
			return fmt.Errorf("start engine process: %s", reason)
		}
		return fmt.Errorf("start engine process: it ended at once (%w)", orElse(p.err, errNoEngineCommand))
	}
}

// ErrInUse means that another engine has the data directory.
var ErrInUse = errors.New("in use by another engine process")

// inUseError is ErrInUse in the words of the child.
type inUseError struct{ said string }

func (e *inUseError) Error() string { return e.said }
func (e *inUseError) Unwrap() error { return ErrInUse }

// errNoEngineCommand is what a test binary without MainHook looks like.
var errNoEngineCommand = errors.New("the program does not know the command engine; in tests call engine.MainHook first in TestMain")

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// ping asks until the engine answers. The socket is open before the engine is:
// a request waits in its queue.
func ping(ctx context.Context, addr string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ping", http.NoBody)
		if err != nil {
			return fmt.Errorf("make ping: %w", err)
		}
		res, err := client.Do(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// Addr is the engine's HTTP address.
func (p *Process) Addr() string { return p.addr }

// Wait returns when the engine has ended, and why.
func (p *Process) Wait() error {
	<-p.done
	if p.err != nil {
		return fmt.Errorf("engine process ended: %w", p.err)
	}
	return nil
}

// Stop asks the engine to end and waits for it; when ctx ends first, it is
// killed. Killing loses nothing that was acknowledged.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop engine process: %w", err)
	}
	select {
	case <-p.done:
		p.stdin.Close()
		return nil
	case <-ctx.Done():
		p.kill()
		return fmt.Errorf("stop engine process: killed: %w", ctx.Err())
	}
}

// Dump makes the engine write on stderr where each goroutine stands, and end.
func (p *Process) Dump() {
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.log.Warn("engine process is not asked where it stands", "err", err)
	}
}

func (p *Process) kill() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.log.Warn("engine process is not killed", "err", err)
	}
	<-p.done
	p.stdin.Close()
}

// startLog keeps what the child says until it is ready, and passes it on from
// then on.
type startLog struct {
	mu   sync.Mutex
	text bytes.Buffer
	to   io.Writer
}

// Write takes what the child says.
func (l *startLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to != nil {
		return l.to.Write(p)
	}
	return l.text.Write(p)
}

func (l *startLog) passOn(to io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
	fmt.Fprint(to, l.text.String())
}

// reason is the last line said, without the program's name before it.
func (l *startLog) reason() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(l.text.String()), "\n")
	line := lines[len(lines)-1]
	for _, prefix := range []string{"tidemark: ", "Error: ", "error: "} {
		line = strings.TrimPrefix(line, prefix)
	}
	return line
}
