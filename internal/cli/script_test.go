package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tidemark/tidemark/internal/cli"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	testscript.Main(m, map[string]func(){
		"tidemark": func() { os.Exit(cli.Main("v1.2.3", os.Args[1:])) },
		"fetch":    fetch,
		"send":     send,
	})
}

// patience bounds every wait; machines are slow and busy.
const patience = 6 * time.Minute

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("testdata/script"))
}

// TestEngineScripts run `tidemark up` with the real engine.
func TestEngineScripts(t *testing.T) {
	t.Parallel()
	library, err := engine.FindLibrary("")
	testkit.Need(t, "the engine's library", "make engine", err == nil)
	p := params("testdata/engine")
	p.Setup = func(e *testscript.Env) error {
		e.Values[placeKey{}] = testkit.NewFakeSourceInMemory()
		e.Setenv("TIDEMARK_ENGINE_LIBRARY", library)
		for _, name := range []string{"FREE", "FREE2"} {
			_, port, err := net.SplitHostPort(testkit.FreePort(t))
			if err != nil {
				return err
			}
			e.Setenv(name, port)
		}
		return nil
	}
	testscript.Run(t, p)
}

func params(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("TIDEMARK_GOLDEN") == "write",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status":      exitStatus,
			"await":       await,
			"kill-engine": killEngine,
			"terminate":   terminate,
			"occupy":      occupy,
			"eventually":  eventually,
			"place":       place,
			"remember":    remember,
		},
	}
}

// exitStatus runs a command and wants exactly this exit code, as in `status 2 tidemark check`.
func exitStatus(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		if _, err := fmt.Sscanf(err.Error(), "exit status %d", &got); err != nil {
			ts.Fatalf("%v: %v", args, err)
		}
	}
	if got != want {
		ts.Fatalf("exit status of %v is %d, want %d", args[1:], got, want)
	}
}

// await waits until the instance in a directory is ready, and puts its
// addresses into the environment: await DIR.
func await(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	until(ts, "the instance in "+args[0], func() error {
		run, err := instance.Find(dir)
		if err != nil {
			return err
		}
		ts.Setenv("PAGE", run.Page)
		ts.Setenv("CLICKHOUSE", run.ClickHouseHTTP)
		ts.Setenv("BROKER", run.Broker)
		ts.Setenv("PID", strconv.Itoa(run.PID))
		resp, err := http.Get(run.Page + "/readyz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz: %s", resp.Status)
		}
		return nil
	})
}

// eventually runs a command until it succeeds, and its output has the text, if
// one is given: eventually TEXT COMMAND….
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, strings.Join(args[1:], " "), func() error {
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			return err
		}
		if out := ts.ReadFile("stdout"); !strings.Contains(out, args[0]) {
			return fmt.Errorf("no %q in %s", args[0], out)
		}
		return nil
	})
}

func until(ts *testscript.TestScript, what string, done func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("wait for %s: %v", what, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// killEngine kills the engine of an instance by SIGKILL: kill-engine DIR.
func killEngine(ts *testscript.TestScript, _ bool, args []string) {
	data := filepath.Join(args[0], "clickhouse")
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	ts.Check(err)
	parent := ts.Getenv("PID")
	for _, file := range files {
		line, err := os.ReadFile(file)
		words := strings.Split(string(bytes.TrimRight(line, "\x00")), "\x00")
		if err != nil || len(words) < 4 || words[1] != "engine" || !strings.HasSuffix(words[3], data) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(file), "stat"))
		if err != nil || !strings.Contains(string(stat), ") S "+parent+" ") && !strings.Contains(string(stat), ") R "+parent+" ") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		ts.Check(err)
		ts.Check(syscall.Kill(pid, syscall.SIGKILL))
		return
	}
	ts.Fatalf("no engine runs in %s", args[0])
}

// terminate sends SIGTERM to the tidemark in the background that runs this
// subcommand: terminate up.
func terminate(ts *testscript.TestScript, _ bool, args []string) {
	for _, cmd := range ts.BackgroundCmds() {
		if len(cmd.Args) > 1 && cmd.Args[1] == args[0] {
			ts.Check(cmd.Process.Signal(syscall.SIGTERM))
			return
		}
	}
	ts.Fatalf("no tidemark %s runs", args[0])
}

// fetch prints what a URL answers, whatever the status is.
func fetch() {
	resp, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, err = io.Copy(os.Stdout, resp.Body)
	resp.Body.Close()
	if err != nil {
		os.Exit(1)
	}
}

// send posts a file with a token, and prints status and answer: send URL FILE TOKEN.
func send() {
	body, err := os.Open(os.Args[2])
	if err == nil {
		defer body.Close()
		var req *http.Request
		if req, err = http.NewRequest(http.MethodPost, os.Args[1], body); err == nil {
			req.Header.Set("Authorization", "Bearer "+os.Args[3])
			var resp *http.Response
			if resp, err = http.DefaultClient.Do(req); err == nil {
				fmt.Print(resp.StatusCode, " ")
				_, err = io.Copy(os.Stdout, resp.Body)
				resp.Body.Close()
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// occupy takes a port until the end of the test, as $OCCUPIED.
func occupy(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv("OCCUPIED", l.Addr().String())
}
