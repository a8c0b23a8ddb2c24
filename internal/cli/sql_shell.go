package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/chzyer/readline"
)

const (
	shellPrompt = "tidemark> "
	shellMore   = "       -> "
	shellHelp   = `A query ends with ; and may have several lines. Ctrl-C throws it away.
  \q            leave (also exit, quit, Ctrl-D)
  \d            tables and views
  \d NAME       columns of one
  \f FORMAT     write answers as TSV, CSVWithNames, JSON, JSONEachRow, Vertical, …
  \h            this help
`
)

// shell reads queries from a person until that person leaves.
func (a *app) shell(ctx context.Context, q *asker) error {
	r, err := readline.NewEx(&readline.Config{
		Prompt: shellPrompt, HistoryFile: historyFile(), HistoryLimit: 1000, DisableAutoSaveHistory: true,
		Stdout: a.stdout, Stderr: a.stderr,
	})
	if err != nil {
		return fmt.Errorf("open terminal: %w", err)
	}
	defer r.Close() //nolint:errcheck // the terminal is as it was, and nothing is kept
	// Ctrl-C during a query ends the query, not the shell; SIGTERM ends the shell.
	term, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM)
	defer stop()
	ctx = term
	defer context.AfterFunc(term, func() { _ = r.Close() })()
	fmt.Fprintf(a.stdout, "%s; \\h for help, \\q to leave\n", q.ch.Addr())
	typed := ""
	for {
		r.SetPrompt(shellPrompt)
		if typed != "" {
			r.SetPrompt(shellMore)
		}
		line, err := r.Readline()
		switch {
		case errors.Is(err, readline.ErrInterrupt):
			typed = ""
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read terminal: %w", err)
		}
		if typed == "" && strings.TrimSpace(line) == "" {
			continue
		}
		if typed == "" && isShellCommand(line) {
			if done := a.shellCommand(ctx, q, strings.Fields(strings.TrimSuffix(strings.TrimSpace(line), ";"))); done {
				return nil
			}
			continue
		}
		if typed += line + "\n"; isComplete(typed) {
			if err := r.SaveHistory(strings.Join(strings.Fields(typed), " ")); err != nil {
				fmt.Fprintln(a.stderr, "save history:", err)
			}
			a.shellAsk(ctx, q, typed)
			typed = ""
		}
	}
}

func isShellCommand(line string) bool {
	word := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(line), ";"))
	return strings.HasPrefix(word, `\`) || word == "exit" || word == "quit" || word == "help"
}

// shellCommand returns true when the person wants to leave.
func (a *app) shellCommand(ctx context.Context, q *asker, words []string) bool {
	switch strings.ToLower(words[0]) {
	case `\q`, "exit", "quit":
		return true
	case `\d`:
		query := "SELECT name, engine, ifNull(total_rows, 0) AS rows, comment FROM system.tables WHERE database = currentDatabase() AND NOT startsWith(name, '.') ORDER BY name"
		if len(words) > 1 {
			query = "SELECT name, type, comment FROM system.columns WHERE database = currentDatabase() AND table = '" +
				strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(words[1]) + "' ORDER BY position"
		}
		a.shellAsk(ctx, q, query)
	case `\f`:
		if len(words) == 2 {
			q.format = words[1]
		}
		fmt.Fprintln(a.stdout, "format is", q.format)
	default:
		fmt.Fprint(a.stdout, shellHelp)
	}
	return false
}

// shellAsk shows an error and goes on.
func (a *app) shellAsk(ctx context.Context, q *asker, text string) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	for _, query := range splitStatements(text) {
		if err := q.ask(ctx, query); err != nil {
			fmt.Fprintln(a.stderr, err)
			return
		}
	}
}

// historyFile is empty, which means none, where a person has no home.
func historyFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	dir = filepath.Join(dir, "tidemark")
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return filepath.Join(dir, "sql_history")
}
