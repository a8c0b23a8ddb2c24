package engine_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// TestAStatementThatStandsStillEndsTheEngine: whoever started the engine starts
// it again, and what was acknowledged is there.
func TestAStatementThatStandsStillEndsTheEngine(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	cfg := engine.Config{DataDir: t.TempDir(), StuckAfter: time.Millisecond}
	p, err := engine.SpawnTest(t.Context(), cfg, false)
	if err != nil {
		t.Fatal(err)
	}
	dsn := "http://" + p.Addr()
	mustAsk(t, dsn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	mustAsk(t, dsn, "INSERT INTO t VALUES (1)")
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		// Deaf until its one block is there.
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, dsn+"/?query_id=deaf", strings.NewReader("SELECT sleep(3)"))
		if err == nil {
			if res, err := http.DefaultClient.Do(req); err == nil {
				res.Body.Close()
			}
		}
	}()
	waitFor(t, dsn, runningWith("deaf"), "1\n")
	leave()
	if err := p.Wait(); err == nil {
		t.Error("the engine ended without an error")
	}
	dsn, _ = spawn(t, cfg)
	if got := mustAsk(t, dsn, "SELECT n FROM t"); got != "1\n" {
		t.Errorf("after the next start: %q", got)
	}
	if got := mustAsk(t, dsn+"/?"+url.Values{"query_id": {"deaf"}}.Encode(), "SELECT 2"); got != "2\n" {
		t.Errorf("under the same id: %q", got)
	}
}
