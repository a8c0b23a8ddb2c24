package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// shared is the one engine of a test binary. It ends with the binary, as it
// watches a pipe of its parent.
//
//nolint:gochecknoglobals // one engine for all tests of a binary: each needs 150 MB and half a second
var shared struct {
	once   sync.Once
	engine *engine.Process
	err    error
}

const (
	// stuckAfter is longer than any statement of a test takes, also on a busy
	// machine. How long a test takes there nobody can say.
	stuckAfter = 3 * time.Minute
	watchEvery = time.Minute
)

// ClickHouse gives the test a database of its own in a real engine, and the DSN
// of it (http://127.0.0.1:PORT/DB). The database ends with the engine, which
// ends with the test binary. The package's TestMain must call engine.MainHook
// first. A statement that takes minutes makes the engine say where it stands, and
// end.
func ClickHouse(t testing.TB) (dsn string) {
	t.Helper()
	_, err := engine.FindLibrary("")
	Need(t, "the engine's library", "make engine", err == nil)
	shared.once.Do(func() { shared.engine, shared.err = startShared() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	name := "t_" + strings.ToLower(rand.Text()[:12])
	post(t, shared.engine.Addr(), "CREATE DATABASE "+name)
	if _, long := t.(*testing.B); long {
		return "http://" + shared.engine.Addr() + "/" + name
	}
	watch(t, shared.engine)
	return "http://" + shared.engine.Addr() + "/" + name
}

// watch ends the engine where a statement stands still until the test has ended.
func watch(t testing.TB, e *engine.Process) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(watchEvery):
			}
			if standsStill(ctx, e.Addr()) && ctx.Err() == nil {
				t.Errorf("a statement takes longer than %v; the engine is made to say where it stands, and ends", stuckAfter)
				e.Dump()
				return
			}
		}
	}()
}

// standsStill says whether a statement runs for long, or the engine answers
// nothing for as long. One that is gone does not stand still.
func standsStill(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, stuckAfter)
	defer cancel()
	sql := fmt.Sprintf("SELECT count() FROM system.processes WHERE elapsed > %.0f", stuckAfter.Seconds())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/", strings.NewReader(sql))
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return errors.Is(err, context.DeadlineExceeded)
	}
	defer res.Body.Close()
	n, err := io.ReadAll(res.Body)
	return errors.Is(err, context.DeadlineExceeded) || err == nil && res.StatusCode == http.StatusOK && string(n) != "0\n"
}

func startShared() (*engine.Process, error) {
	sweep()
	dir, err := os.MkdirTemp("", enginePrefix+"*")
	if err != nil {
		return nil, err
	}
	return engine.SpawnTest(context.Background(), engine.Config{DataDir: dir}, true)
}

// enginePrefix begins the names of the engines' temporary folders.
const enginePrefix = "tidemark-engine-"

// sweep removes the empty folders that earlier engines have left: an engine is
// jailed in its folder and can remove all but the folder itself.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), enginePrefix+"*"))
	for _, dir := range old {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > time.Minute {
			_ = os.Remove(dir) // fails where it is not empty: that engine runs
		}
	}
}

func post(t testing.TB, addr, sql string) {
	t.Helper()
	res, err := http.Post("http://"+addr+"/", "text/plain", strings.NewReader(sql)) //nolint:noctx // a local engine
	if err != nil {
		t.Fatalf("ask engine: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("ask engine %q: %s", sql, text)
	}
}
