// Package cli is the command line: one file per subcommand, each of which puts
// the project's parts together and lets them run.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/obs"
)

// Exit codes that scripts can rely on.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// app is what every subcommand is given.
type app struct {
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	environ []string
	build   obs.Build

	configPath string
	logLevel   string
	logFormat  string
}

// Main runs the program and returns its exit code. SIGINT and SIGTERM end what
// runs; a second one ends the process at once.
func Main(version string, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), build: obs.NewBuild(version)}
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE): // `tidemark … | head` is no failure
		return exitOK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	code, prefix := exitFailed, ""
	if config.IsInvalid(err) {
		code, prefix = exitUsage, "read configuration: "
	}
	if errors.As(err, new(*usageError)) {
		code = exitUsage
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(a.stderr, prefix+line)
	}
	return code
}

// usageError is a command line that cannot be meant.
type usageError struct{ text string }

// Error is one line, with what to do.
func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// args makes cobra's complaints about arguments our own.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			return usagef("read arguments of %s: %v; see %s --help", cmd.CommandPath(), err, cmd.CommandPath())
		}
		return nil
	}
}

// config loads the configuration which the flags and variables point to.
func (a *app) config() (*config.Config, error) {
	path := a.configPath
	if path == "" {
		path = a.environment(config.EnvConfig)
	}
	return config.Load(path, a.environ)
}

// environment is the value of a variable; the last one counts.
func (a *app) environment(name string) (value string) {
	for _, pair := range a.environ {
		if v, found := strings.CutPrefix(pair, name+"="); found {
			value = v
		}
	}
	return value
}

// logger writes to stderr, as the flags or else the configuration say.
func (a *app) logger(cfg *config.Config) (*slog.Logger, error) {
	level := cfg.LogLevel
	if a.logLevel != "" {
		level = a.logLevel
	}
	log, err := obs.NewLogger(a.stderr, level, a.logFormat)
	if err != nil {
		return nil, &usageError{text: err.Error()}
	}
	return log, nil
}

// setUp is the first step of every command that runs something.
func (a *app) setUp() (*config.Config, *slog.Logger, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	log, err := a.logger(cfg)
	if err != nil {
		return nil, nil, err
	}
	for _, notice := range cfg.Notices() {
		log.Debug("configuration notice", "notice", notice)
	}
	return cfg, log, nil
}
