package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestUpFromNothingToAQuery is the main job: one command, and the January 2025
// case is in ClickHouse, whole, and on the page.
func TestUpFromNothingToAQuery(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin, dir, page := binary(t), t.TempDir(), testkit.FreePort(t)
	begin := time.Now()
	up := start(t, bin, nil, "up", "--data-dir", dir, "--http", page, "--no-collect")
	eventually(t, "the page", func() error { return get("http://" + page + "/") })
	t.Logf("first page after %v", time.Since(begin).Round(100*time.Millisecond))
	eventually(t, "the whole case", func() error {
		s, err := statusOf(t, bin, dir)
		if err == nil && !s.Case.Done {
			err = fmt.Errorf("case is not loaded: %+v", s.Rows)
		}
		return err
	})
	eventually(t, "an empty backlog", func() error { return noLag(t, bin, dir) })

	want, err := replay.Count("january-2025")
	if err != nil {
		t.Fatal(err)
	}
	for table, n := range map[string]int{"readings": want.Readings, "looks": want.Snapshots, "facts": want.Facts} {
		got, err := sql(t, bin, dir, "SELECT count() FROM "+table+" FINAL")
		if err != nil || got != fmt.Sprint(n) {
			t.Errorf("%s in ClickHouse: %q, %v; sent: %d", table, got, err, n)
		}
	}
	if got, err := sql(t, bin, dir, "SELECT countIf(basis != 'modelled') FROM readings"); err != nil || got != "0" {
		t.Errorf("readings of the case that are not marked as modelled: %q, %v", got, err)
	}
	checkRankStates(t, bin, dir)
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/api/status"} {
		if err := get("http://" + page + path); err != nil {
			t.Error(err)
		}
	}
	if took := up.stop(t); took > 10*time.Second {
		t.Errorf("up took %v to end", took)
	}
	if _, err := run(t, bin, "status", "--data-dir", dir); err == nil {
		t.Error("status of an instance that has ended is no error")
	}
}

// checkRankStates is promise 1: the four states reach ClickHouse.
func checkRankStates(t *testing.T, bin, dir string) {
	t.Helper()
	got, err := sql(t, bin, dir, `SELECT state FROM v_ranks WHERE target = 'chart/apple/us/top-free/overall'
		AND entity IN ('tiktok', 'rednote', 'deepseek') GROUP BY state ORDER BY state`)
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"delisted", "ranked", "unranked"} {
		if !strings.Contains(got, state) {
			t.Errorf("no app is %s: %q", state, got)
		}
	}
}

// TestUpSurvivesItsEngine: the engine is killed, up starts it again, and
// what was stored is there.
func TestUpSurvivesItsEngine(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin, dir := binary(t), t.TempDir()
	up := start(t, bin, nil, "up", "--data-dir", dir, "--http", testkit.FreePort(t), "--no-collect")
	var rows string
	eventually(t, "the whole case", func() error {
		s, err := statusOf(t, bin, dir)
		if err == nil && !s.Case.Done {
			err = fmt.Errorf("case is not loaded: %+v", s.Rows)
		}
		return err
	})
	eventually(t, "an empty backlog", func() error { return noLag(t, bin, dir) })
	rows, err := sql(t, bin, dir, "SELECT count() FROM readings FINAL")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(engineOf(up.cmd.Process.Pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the engine to be back", func() error {
		got, err := sql(t, bin, dir, "SELECT count() FROM readings FINAL")
		if err == nil && got != rows {
			t.Fatalf("readings after the kill: %s, before: %s", got, rows)
		}
		return err
	})
	up.stop(t)
}

func get(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", url, resp.Status)
	}
	return nil
}
