package engine_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

func TestFindLibrary(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	library, err := engine.FindLibrary("")
	if err != nil {
		t.Fatal(err)
	}
	start := make([]byte, 1<<20)
	file, err := os.Open(library)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.ReadAt(start, 0); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"missing": filepath.Join(dir, "none.so"), "empty": write("empty.so", nil), "text": write("text.so", []byte("not a library")),
		"cut off": write("cut.so", start), "folder": dir,
	} {
		_, err := engine.FindLibrary(path)
		if err == nil || !strings.Contains(err.Error(), "make engine") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want one line that says what to run", name, err)
		}
		if _, err := engine.SpawnTest(t.Context(), engine.Config{DataDir: t.TempDir(), Library: path}, false); err == nil || !strings.Contains(err.Error(), "make engine") {
			t.Errorf("%s: spawn: %v", name, err)
		}
	}
	if got, err := engine.FindLibrary(library); err != nil || got != library {
		t.Errorf("explicit library: %q, %v", got, err)
	}
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	used := t.TempDir()
	spawn(t, engine.Config{DataDir: used})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "db"), []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		cfg  engine.Config
		want string
	}{
		{"second process", engine.Config{DataDir: used}, "in use by another engine process (pid "},
		{"port in use", engine.Config{DataDir: t.TempDir(), Listen: listener.Addr().String()}, "port in use"},
		{"other machines", engine.Config{DataDir: t.TempDir(), Listen: "0.0.0.0:0"}, "loopback only"},
		{"every address", engine.Config{DataDir: t.TempDir(), Listen: ":0"}, "loopback only"},
		{"no port", engine.Config{DataDir: t.TempDir(), Listen: "127.0.0.1"}, "missing port"},
		{"data directory is a file", engine.Config{DataDir: file}, "not a directory"},
		{"data directory is broken", engine.Config{DataDir: broken}, "not a directory"},
		{"not writable", engine.Config{DataDir: "/proc/nowhere"}, "make data directory"},
		{"no data directory", engine.Config{}, "data directory"},
	} {
		p, err := engine.SpawnTest(t.Context(), c.cfg, false)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			_ = p.Stop(context.Background())
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want one line with %q", c.name, err, c.want)
		}
	}
}

// The same port and directory are free again at once, and what was written is
// there.
func TestRestart(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	dir := t.TempDir()
	first, err := engine.SpawnTest(t.Context(), engine.Config{DataDir: dir}, false)
	if err != nil {
		t.Fatal(err)
	}
	dsn := "http://" + first.Addr()
	mustAsk(t, dsn, "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a")
	mustAsk(t, dsn, "INSERT INTO t VALUES (7)")
	stopWithin(t, first, time.Minute)
	spawn(t, engine.Config{DataDir: dir, Listen: first.Addr()})
	if got := mustAsk(t, dsn, "SELECT a FROM t"); got != "7\n" {
		t.Errorf("after restart: %q", got)
	}
}

// SIGTERM ends the engine though statements run and clients hold connections.
func TestStopEndsWhatRuns(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	p, err := engine.SpawnTest(t.Context(), engine.Config{DataDir: t.TempDir()}, false)
	if err != nil {
		t.Fatal(err)
	}
	dsn := "http://" + p.Addr()
	ended := make(chan string, 2)
	for _, sql := range []string{
		"SELECT sum(cityHash64(number)) FROM numbers(1000000000000)",
		"CREATE TABLE t ENGINE = MergeTree ORDER BY n AS SELECT sum(cityHash64(number)) AS n FROM numbers(1000000000000)",
	} {
		go func() { ended <- tryAsk(dsn, sql) }()
	}
	waitFor(t, dsn, "SELECT count() FROM system.processes WHERE query LIKE '%cityHash64(number)%' AND query NOT LIKE '%system.processes%'", "2\n")
	stopWithin(t, p, time.Minute)
	for range 2 {
		if got := <-ended; !strings.Contains(got, "Code: 394.") {
			t.Errorf("a running statement ended with %q", got)
		}
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

func stopWithin(t *testing.T, p *engine.Process, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// waitFor asks until the answer is the wanted one.
func waitFor(t *testing.T, dsn, sql, want string) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		got := mustAsk(t, dsn, sql)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %q, still not %q", sql, got, want)
		}
	}
}
