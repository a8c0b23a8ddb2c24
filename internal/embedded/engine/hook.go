package engine

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// testHook names the environment variable that turns a test binary into an
// engine.
const testHook = "TIDEMARK_TEST_ENGINE"

// MainHook is called first in TestMain by packages whose tests need an engine:
// the test binary starts itself again as the engine's process. It returns at
// once in every other case.
func MainHook() {
	if os.Getenv(testHook) != "1" {
		return
	}
	if err := serveArgs(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tidemark:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// SpawnTest starts the test binary as an engine, quietly. Where remove is set the
// child empties its data directory at its end.
func SpawnTest(ctx context.Context, cfg Config, remove bool) (*Process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own binary: %w", err)
	}
	env := []string{testHook + "=1"}
	if remove {
		env = append(env, testRemove+"=1")
	}
	return spawn(ctx, cfg, slog.New(slog.DiscardHandler), exe, env)
}

// serveArgs is `tidemark engine` for test binaries.
func serveArgs(args []string) error {
	flags := flag.NewFlagSet("engine", flag.ContinueOnError)
	var cfg Config
	flags.StringVar(&cfg.DataDir, "data-dir", "", "")
	flags.StringVar(&cfg.Listen, "http", "", "")
	flags.StringVar(&cfg.Library, "library", "", "")
	flags.Int64Var(&cfg.MaxMemory, "max-memory", 0, "")
	flags.IntVar(&cfg.MaxQueries, "max-queries", 0, "")
	flags.DurationVar(&cfg.StuckAfter, "stuck-after", 0, "")
	flags.DurationVar(&cfg.Analyst.Time, "analyst-time", 0, "")
	flags.Int64Var(&cfg.Analyst.Rows, "analyst-rows", 0, "")
	flags.Int64Var(&cfg.Analyst.Memory, "analyst-memory", 0, "")
	flags.IntVar(&cfg.Analyst.Queries, "analyst-queries", 0, "")
	withStdin := flags.Bool("exit-with-stdin", false, "")
	if len(args) == 0 || args[0] != "engine" {
		return fmt.Errorf("parse arguments: want engine, got %q", args)
	}
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("parse arguments: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *withStdin {
		ctx = EndWithStdin(ctx, os.Stdin)
	}
	err := Serve(ctx, cfg, slog.New(slog.DiscardHandler), nil)
	if os.Getenv(testRemove) == "1" {
		err = errors.Join(err, removeContent(cfg.DataDir))
	}
	return err
}

// removeContent empties a folder. The folder itself lies outside of the jail.
func removeContent(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}

// testRemove asks the child to empty its data directory at the end.
const testRemove = "TIDEMARK_TEST_ENGINE_REMOVE"

// EndWithStdin returns a context that ends when stdin does: that is how a child
// learns that its parent is gone, whatever killed it.
func EndWithStdin(ctx context.Context, stdin io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, stdin)
	}()
	return ctx
}
