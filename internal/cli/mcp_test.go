package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/testkit"
)

// runUp starts `tidemark up` with an empty data directory, and waits for it.
func runUp(t *testing.T) (dir string, run instance.Run) {
	t.Helper()
	library, err := engine.FindLibrary("")
	testkit.Need(t, "the engine's library", "make engine", err == nil)
	dir = filepath.Join(t.TempDir(), "data")
	up := exec.Command("tidemark", "up", "--data-dir", dir, "--http", "127.0.0.1:0", "--no-collect", "--case", "none")
	up.Env = append(os.Environ(), "TIDEMARK_ENGINE_LIBRARY="+library, "TIDEMARK_ENGINE_LISTEN="+testkit.FreePort(t))
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = up.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = up.Wait()
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		if run, err = instance.Find(dir); err == nil && ready(run.Page) {
			return dir, run
		}
		if time.Now().After(deadline) {
			t.Fatalf("tidemark up is not ready: %v", err)
		}
	}
}

func ready(page string) bool {
	resp, err := http.Get(page + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// assistant is the SDK's own client, which starts the program as an assistant
// does.
func assistant(t *testing.T, args ...string) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	cmd := exec.Command("tidemark", append([]string{"mcp"}, args...)...)
	cmd.Stderr = os.Stderr
	session, err := client.Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Errorf("the server ends with %v", err)
		}
	})
	return session
}

func call(ctx context.Context, t *testing.T, s *mcp.ClientSession, name string, arguments map[string]any) (text string, failed bool) {
	t.Helper()
	result, err := s.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: arguments})
	if err != nil {
		t.Fatalf("%s %v: %v", name, arguments, err)
	}
	for _, c := range result.Content {
		if c, ok := c.(*mcp.TextContent); ok {
			text += c.Text
		}
	}
	return text, result.IsError
}

// storeJanuary stores an episode of January 2025, and waits until the rollups
// have made a migration of it.
func storeJanuary(t *testing.T, run instance.Run) {
	t.Helper()
	ask := func(sql string) string {
		res, err := http.Post(run.ClickHouseHTTP, "text/plain", strings.NewReader(sql))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		words, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v: %s", sql, res.StatusCode, err, words)
		}
		return string(words)
	}
	ask(`INSERT INTO tidemark.episodes (id, kind, rule, source, target, subject, metric, basis, state, sequence, onset, closed,
    value, baseline, peak, severity, topic, entity)
VALUES ('e1', 'surge', 'rank', 'replay', 'chart/apple/us/top-free/overall', '741292507', 'rank', 'modelled', 'closed', 1,
    '2025-01-11 12:00:00', '2025-02-20 07:00:00', 201, 201, 1, 0.9, 'tiktok-refugees', 'rednote')`)
	for deadline := time.Now().Add(patience); ask("SELECT count() FROM tidemark.v_migrations") == "0\n"; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the episode became no migration")
		}
	}
}

func TestAnAssistantAsks(t *testing.T) {
	t.Parallel()
	dir, run := runUp(t)
	storeJanuary(t, run)
	for _, where := range [][]string{
		{"--data-dir", dir},
		{"--dsn", strings.Replace(run.ClickHouseHTTP, "://", "://analyst@", 1) + "/tidemark"},
	} {
		s := assistant(t, where...)
		tools, err := s.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, tool := range tools.Tools {
			names[tool.Name] = tool.Annotations.ReadOnlyHint && tool.Description != ""
		}
		for _, name := range []string{"query", "describe", "episodes", "sources"} {
			if !names[name] {
				t.Errorf("%v: the tool %s is missing, or does not say that it only reads", where, name)
			}
		}
		for _, c := range []struct {
			tool      string
			arguments map[string]any
			want      string
			failed    bool
		}{
			{"query", map[string]any{"sql": "SELECT currentUser() != '' AS a, toDateTime64('2025-01-13 00:00:00', 3, 'UTC') AS b, NULL AS c"}, `"rows":[[1,"2025-01-13T00:00:00Z",null]]`, false},
			{"query", map[string]any{"sql": "SELECT number FROM numbers(1000000)", "max_rows": 3}, `"rows":[[0],[1],[2]],"truncated":true`, false},
			{"query", map[string]any{"sql": "SELECT repeat('x', 100000) FROM numbers(1000)"}, `"truncated":true`, false},
			{"query", map[string]any{"sql": "SELECT\n  nobody FROM"}, "line 2, column", true},
			{"query", map[string]any{"sql": "DROP TABLE looks"}, "only questions can be asked", true},
			{"query", map[string]any{"sql": "SELECT file('/etc/passwd')"}, "Not enough privileges", true},
			{"query", map[string]any{"sql": "SELECT 1 SETTINGS readonly = 0"}, "readonly", true},
			{"describe", nil, `"kind":"view","name":"v_readings"`, false},
			{"describe", map[string]any{"name": "v_ranks"}, `"name":"state"`, false},
			{"describe", map[string]any{"name": "rank"}, "there are", true},
			{"episodes", map[string]any{"entity": `\' OR 1 -- `, "since": "2025-01-13", "until": "2025-01-20T00:00:00Z", "open": true}, `"rows":[]`, false},
			{"episodes", map[string]any{"entity": "rednote", "topic": "tiktok-refugees", "since": "2025-01-12", "until": "2025-01-20"}, `"rows":[["e1","surge","rank"`, false},
			{"episodes", map[string]any{"kind": "migration", "entity": "rednote", "min_severity": 0.5}, `"rows":[["tiktok-refugees/modelled/2025-01-11T12:00:00Z"`, false},
			{"episodes", map[string]any{"kind": "migration", "entity": "tiktok", "since": "2025-02-01", "until": "2025-02-02"}, `"rows":[["tiktok-refugees/modelled/2025-01-11T12:00:00Z"`, false},
			{"episodes", map[string]any{"kind": "migration", "open": true}, `"rows":[]`, false},
			{"episodes", map[string]any{"kind": "health", "entity": "rednote"}, `"rows":[],"truncated":false`, false},
			{"episodes", map[string]any{"kind": "surges"}, "there are surge, migration and health", true},
			{"episodes", map[string]any{"since": "2025-01-20", "until": "2025-01-13"}, "is not before until", true},
			{"episodes", map[string]any{"limit": 0}, "less than 1", true},
			{"query", map[string]any{"sql": "SELECT 1", "max_rows": -1}, "less than 1", true},
			{"episodes", map[string]any{"entity": "xiaohongshu"}, `is known; the nearest are rednote`, false},
			{"episodes", map[string]any{"kind": "migration", "topic": "tiktok-refugee"}, `is known; the nearest are tiktok-refugees`, false},
			{"sources", map[string]any{"source": "nobody"}, `"note":"no`, false},
			{"episodes", map[string]any{"since": "yesterday"}, "read time", true},
			{"episodes", map[string]any{"min_severity": 7}, "between 0 and 1", true},
			{"sources", nil, `"name":"why"`, false},
		} {
			text, failed := call(t.Context(), t, s, c.tool, c.arguments)
			if failed != c.failed || !strings.Contains(text, c.want) {
				t.Errorf("%v, %s %v: failed %t: %.600s\nwant %s", where, c.tool, c.arguments, failed, text, c.want)
			}
			if !failed && !json.Valid([]byte(text)) {
				t.Errorf("%s %v is not JSON: %.200s", c.tool, c.arguments, text)
			}
		}
		attack(t, s)
	}
}

// attack lets an assistant try what an analyst must not: it has the same login.
// What only asks for much is left to the engine's own tests.
func attack(t *testing.T, s *mcp.ClientSession) {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(testkit.Root(t), "internal/embedded/engine/testdata/attacks.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for line := range strings.Lines(string(list)) {
		kind, sql, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind == "" || kind == "#" || kind == "capped" {
			continue
		}
		sql = strings.TrimSpace(sql)
		if plain, err := strconv.Unquote(sql); err == nil {
			sql = plain
		}
		tried++
		text, failed := call(t.Context(), t, s, "query", map[string]any{"sql": strings.ReplaceAll(sql, "SECRET", "/etc/passwd")})
		if !failed && !strings.Contains(text, `"rows":[]`) || strings.Contains(text, "root:") {
			t.Errorf("%s passes: %.300s", sql, text)
		}
	}
	if tried < 400 {
		t.Errorf("only %d attacks were tried", tried)
	}
	// The limits of an answer hold whatever is asked for.
	text, failed := call(t.Context(), t, s, "query", map[string]any{"sql": "SELECT number FROM numbers(5000)", "max_rows": 1000000})
	if n := strings.Count(text, "],["); failed || n != 999 || !strings.Contains(text, `"truncated":true`) {
		t.Errorf("%d rows are more than 1000, or it is not said that there are more", n+1)
	}
	text, failed = call(t.Context(), t, s, "query", map[string]any{"sql": "SELECT getSetting('max_execution_time') BETWEEN 1 AND 60"})
	if failed || !strings.Contains(text, `"rows":[[1]]`) && !strings.Contains(text, `"rows":[[true]]`) {
		t.Errorf("a question has no limit of time: %s", text)
	}
}

// An assistant that goes away, or a person who ends it, leaves nothing running.
func TestTheServerOfAnAssistantEnds(t *testing.T) {
	t.Parallel()
	dir, _ := runUp(t)
	cmd := exec.CommandContext(t.Context(), "tidemark", "mcp", "--data-dir", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}` + "\n"
	if _, err := in.Write([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}
