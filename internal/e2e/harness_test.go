package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

// patience bounds every wait for a process; the machines of CI are slow.
const patience = 5 * time.Minute

// needSlow skips the test unless the slow suites were asked for.
func needSlow(t *testing.T) {
	t.Helper()
	if os.Getenv("TIDEMARK_E2E") == "" {
		t.Skip("slow: run `make e2e`")
	}
}

// binary builds the program once for a test, the way `make build` does.
func binary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("TIDEMARK_E2E_BINARY"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "tidemark")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	build.Dir = testkit.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build tidemark: %v\n%s", err, out)
	}
	return path
}

// process is a running tidemark.
type process struct {
	cmd    *exec.Cmd
	log    *transcript
	exited chan error
	gone   bool // we killed it: what it said before is of no interest
}

// transcript is what a process prints, which may be read while it does.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start runs tidemark in the repository's root, where it finds the engine.
func start(t *testing.T, bin string, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(bin, args...), log: &transcript{}, exited: make(chan error, 1)}
	p.cmd.Dir = testkit.Root(t)
	p.cmd.Env = append(environment(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start tidemark %v: %v", args, err)
	}
	go func() { p.exited <- p.cmd.Wait() }()
	t.Cleanup(func() {
		alive := !p.gone
		p.kill()
		if alive && t.Failed() {
			t.Logf("tidemark %v said:\n%s", args, tail(p.log.String(), 60))
		}
	})
	return p
}

// environment is ours without the switches of the tests, which tidemark, being
// strict, would refuse as settings that it does not know.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TIDEMARK_E2E") || strings.HasPrefix(v, "TIDEMARK_REAL_KAFKA") ||
			strings.HasPrefix(v, "TIDEMARK_CLICKHOUSE18")
	})
}

// kill ends the process at once and with it its children, by SIGKILL.
func (p *process) kill() {
	p.gone = true
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	select {
	case err := <-p.exited:
		p.exited <- err
	case <-time.After(patience):
	}
}

// stop asks the process to end and returns how long it took.
func (p *process) stop(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.exited:
		p.exited <- err
		if err != nil {
			t.Errorf("stop tidemark: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("tidemark does not stop")
	}
	return time.Since(begin)
}

// run runs tidemark to its end and returns what it printed.
func run(t *testing.T, bin string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir, cmd.Env = testkit.Root(t), environment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("tidemark %s: %w: %s", strings.Join(args, " "), err, tail(stderr.String(), 5))
	}
	return string(out), err
}

// status is what `tidemark status --json` prints.
type status struct {
	Broker     string            `json:"broker"`
	ClickHouse string            `json:"clickhouse_http"`
	Page       string            `json:"page"`
	Rows       map[string]uint64 `json:"rows"`
	Lag        []struct {
		Topic string `json:"topic"`
		Lag   int64  `json:"lag"`
	} `json:"lag"`
	Sources []struct {
		Source string `json:"source"`
		State  string `json:"state"`
	} `json:"sources"`
	Case struct {
		Name string `json:"name"`
		Done bool   `json:"done"`
	} `json:"case"`
}

func statusOf(t *testing.T, bin, dir string) (status, error) {
	t.Helper()
	var s status
	out, err := run(t, bin, "status", "--data-dir", dir, "--json")
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		return s, fmt.Errorf("read status: %w: %s", err, out)
	}
	return s, nil
}

// eventually waits until done says so, and tells the last reason if it never does.
func eventually(t *testing.T, what string, done func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("wait for %s: %v", what, err)
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// sql asks the running instance and returns the answer without its last newline.
func sql(t *testing.T, bin, dir, query string) (string, error) {
	t.Helper()
	out, err := run(t, bin, "sql", "--data-dir", dir, query, "--format", "TSV")
	return strings.TrimRight(out, "\n"), err
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
