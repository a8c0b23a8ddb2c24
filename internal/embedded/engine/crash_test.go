package engine_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// What was acknowledged is there after SIGKILL, once; of what was not, at most
// the batch that was under way.
func TestKillInMidInsertLosesNothing(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	const rounds = 5
	cfg := engine.Config{DataDir: t.TempDir()}
	acknowledged, sent := map[int]bool{}, 0
	for round := range rounds {
		p, err := engine.SpawnTest(t.Context(), cfg, false)
		if err != nil {
			t.Fatal(err)
		}
		dsn := "http://" + p.Addr()
		mustAsk(t, dsn, "CREATE TABLE IF NOT EXISTS t (batch UInt32, n UInt64, s String) ENGINE = MergeTree ORDER BY (batch, n)")
		checkBatches(t, dsn, acknowledged, sent)
		dead := make(chan struct{})
		for alive, n := true, 0; alive; n++ {
			if n == 3 { // somewhere in one of the next inserts
				time.AfterFunc(time.Duration(round*3)*time.Millisecond, func() { p.Kill(); close(dead) })
			}
			sent++
			alive = insertBatch(dsn, sent) == nil
			acknowledged[sent] = alive
		}
		<-dead
	}
	dsn, _ := spawn(t, cfg)
	checkBatches(t, dsn, acknowledged, sent)
	if sent < 4*rounds {
		t.Errorf("only %d batches in %d rounds: the test tests nothing", sent, rounds)
	}
}

// batchRows are the rows of a batch.
const batchRows = 1000

// insertBatch sends one batch, and no connection outlives it.
func insertBatch(dsn string, number int) error {
	var body strings.Builder
	for n := range batchRows {
		fmt.Fprintf(&body, "%d\t%d\tblank\\n\\nlines\n", number, n)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Post(dsn+"/?query="+url.QueryEscape("INSERT INTO t FORMAT TSV"), "", strings.NewReader(body.String()))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}

func checkBatches(t *testing.T, dsn string, acknowledged map[int]bool, sent int) {
	t.Helper()
	var stored map[string]string
	text := mustAsk(t, dsn, "SELECT mapFromArrays(groupArray(toString(batch)), groupArray(toString((rows, different)))) AS m FROM (SELECT batch, count() AS rows, uniqExact(n) AS different FROM t GROUP BY batch) FORMAT JSONEachRow")
	if err := json.Unmarshal([]byte(text), &struct {
		M *map[string]string `json:"m"`
	}{&stored}); err != nil {
		t.Fatal(err)
	}
	for number := 1; number <= sent; number++ {
		got := stored[strconv.Itoa(number)]
		whole := got == fmt.Sprintf("(%d,%[1]d)", batchRows)
		if acknowledged[number] && !whole || got != "" && !whole {
			t.Errorf("batch %d (acknowledged: %t) has rows %q", number, acknowledged[number], got)
		}
	}
	if got := mustAsk(t, dsn, "SELECT count() FROM system.detached_parts"); got != "0\n" {
		t.Errorf("%s detached parts", got)
	}
}

// TestEndsWithParent kills the parent of an engine by SIGKILL.
func TestEndsWithParent(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(exe, "-test.run=^TestParentInChild$")
	parent.Env = append(os.Environ(), "PARENT_DIR="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSpace(line)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the engine outlives its parent")
		}
	}
}

// TestParentInChild is the parent in TestEndsWithParent.
func TestParentInChild(t *testing.T) { //nolint:paralleltest // alone in its process
	dir := os.Getenv("PARENT_DIR")
	if dir == "" {
		t.Skip("runs in a child process only")
	}
	p, err := engine.SpawnTest(t.Context(), engine.Config{DataDir: dir}, false)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(p.Addr())
	t.Error(p.Wait())
}
