package repo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCommandsOfThePagesRun starts `tidemark up` and runs what the pages say
// one can do with it.
func TestCommandsOfThePagesRun(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("TIDEMARK_E2E_BINARY")
	if bin == "" {
		t.Skip("slow: run `make e2e`")
	}
	dir, page := t.TempDir(), freeAddress(t)
	stop := startUp(t, bin, dir, page)
	defer stop()

	examples, err := filepath.Abs(filepath.Join(root, "deploy/examples"))
	if err != nil {
		t.Fatal(err)
	}
	replace := strings.NewReplacer(
		" /tmp/", " "+t.TempDir()+"/", // where somebody has followed the page before
		"deploy/examples", examples,
		"bin/tidemark", bin,
		"--data-dir data", "--data-dir "+dir,
		"127.0.0.1:8080", page,
		"http://127.0.0.1:8123", addressOf(t, bin, dir),
		" --follow", "",
	)
	speed := regexp.MustCompile(`--speed \S+`)
	commands := commandsOf(t)
	if len(commands) < 10 {
		t.Errorf("only %d commands found in the pages", len(commands))
	}
	for _, command := range commands {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		run := exec.CommandContext(ctx, "sh", "-c", "exec "+speed.ReplaceAllString(replace.Replace(command), "--speed max"))
		run.Dir, run.Env, run.WaitDelay = dir, environment(), 5*time.Second
		out, err := run.CombinedOutput()
		if err == nil && regexp.MustCompile(`(?m)^Code: \d+|^\{"error"`).Match(out) {
			err = errors.New("the answer is an error")
		}
		if err != nil {
			t.Errorf("%s\n%v: %s", command, err, out)
		}
		cancel()
	}
}

// commandsOf returns the commands of the pages that ask a running instance.
func commandsOf(t *testing.T) []string {
	t.Helper()
	var commands []string
	block := regexp.MustCompile("(?s)```sh\\n(.*?)```")
	cell := regexp.MustCompile("\\| `((?:bin/tidemark|curl) [^`]+)`")
	for _, name := range pages(t) {
		text := read(t, name)
		for _, match := range block.FindAllStringSubmatch(text, -1) {
			commands = append(commands, strings.Split(match[1], "\n")...)
		}
		for _, match := range cell.FindAllStringSubmatch(text, -1) {
			commands = append(commands, match[1])
		}
	}
	commands = slices.DeleteFunc(commands, func(c string) bool {
		asks := strings.HasPrefix(c, "curl ") || strings.HasPrefix(c, "bin/tidemark check") ||
			strings.HasPrefix(c, "bin/tidemark") && strings.Contains(c, "--data-dir data")
		shell := regexp.MustCompile(`sql --data-dir data *(#|$)`).MatchString(c)
		return !asks || shell || strings.Contains(c, "tidemark up") || strings.Contains(c, "…")
	})
	slices.Sort(commands)
	return slices.Compact(commands)
}

// environment is that of the test without the tests' own variables, which the
// program would refuse.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "TIDEMARK_") })
}

// startUp runs `tidemark up` until the case is loaded.
func startUp(t *testing.T, bin, dir, page string) (stop func()) {
	t.Helper()
	up := exec.CommandContext(t.Context(), bin, "up", "--data-dir", dir, "--http", page, "--no-collect")
	up.Dir, up.Env = filepath.Dir(filepath.Dir(bin)), environment()
	up.Cancel = func() error { return up.Process.Signal(syscall.SIGTERM) }
	up.WaitDelay = 2 * time.Minute
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	up.Stdout, up.Stderr = log, log
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		if err := up.Cancel(); err == nil {
			err = up.Wait()
			if err != nil {
				t.Errorf("stop tidemark up: %v", err)
			}
		}
	}
	for deadline := time.Now().Add(8 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		err := ready(t.Context(), page)
		if err == nil {
			// What asks about the case wants it stored to its end.
			ask := exec.CommandContext(t.Context(), bin, "sql", "--data-dir", dir, "SELECT throwIf(max(slot) < '2025-02-27 23:00:00') FROM v_looks")
			ask.Env = environment()
			err = ask.Run()
		}
		if err == nil {
			return stop
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("tidemark up is not ready: %v\n%s", err, said)
		}
	}
}

func ready(ctx context.Context, page string) error {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+page+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("get readyz: %s", answer.Status)
	}
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
