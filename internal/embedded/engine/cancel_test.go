package engine_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

const endless = "SELECT sum(cityHash64(number)) FROM numbers(1000000000000)"

// tryAsk returns the answer, or the error, as text.
func tryAsk(dsn, sql string) string {
	res, err := http.Post(dsn, "text/plain", strings.NewReader(sql))
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// runningWith counts the statements that have a query id.
func runningWith(id string) string {
	return "SELECT count() FROM system.processes WHERE Settings['log_comment'] = '" + id + "'"
}

func TestCancelByContext(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	conn := open(t, dsn, clickhouse.CompressionLZ4)
	for id, sql := range map[string]string{
		"cancel-whole":  endless,
		"cancel-stream": "SELECT number, toString(number) FROM numbers(1000000000000)",
		"cancel-json":   "SELECT sum(cityHash64(number)) AS json FROM numbers(1000000000000) FORMAT JSON",
	} {
		ctx, cancel := context.WithCancel(clickhouse.Context(t.Context(), clickhouse.WithQueryID(id)))
		ended := make(chan error, 1)
		go func() {
			rows, err := conn.Query(ctx, sql)
			if err == nil {
				for rows.Next() {
				}
				err = errors.Join(rows.Err(), rows.Close())
			}
			ended <- err
		}()
		waitFor(t, dsn, runningWith(id), "1\n")
		cancel()
		if err := <-ended; err == nil {
			t.Errorf("%s: no error", id)
		}
		waitFor(t, dsn, runningWith(id), "0\n")
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	dsn, _ := spawn(t, engine.Config{DataDir: t.TempDir(), MaxMemory: 300 << 20, MaxQueries: 2})
	if a := ask(t, dsn, endless, param("max_execution_time", "1")); a.status != http.StatusRequestTimeout || !strings.HasPrefix(a.body, "Code: 159.") {
		t.Errorf("max_execution_time: %d %s", a.status, a.body)
	}
	if a := ask(t, dsn, "SELECT groupArray(number) FROM numbers(1000000000)"); !strings.Contains(a.body, "Code: 241.") {
		t.Errorf("memory: %d %s", a.status, a.body[:min(len(a.body), 300)])
	}
	if got := mustAsk(t, dsn, "SELECT 1"); got != "1\n" {
		t.Errorf("after the memory limit: %q", got)
	}
	if a := ask(t, dsn, "", param("query", "INSERT INTO FUNCTION null('a String') FORMAT RowBinary"), func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, 300<<20+100)), -1
	}); !strings.Contains(a.body, "Code: 307.") {
		t.Errorf("a body larger than the memory: %d %s", a.status, a.body)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A third statement waits while two run; KILL does not wait.
func TestQueriesWaitForASlot(t *testing.T) {
	t.Parallel()
	dsn, _ := spawn(t, engine.Config{DataDir: t.TempDir(), MaxQueries: 2})
	ended := make(chan string, 3)
	for _, id := range []string{"slot-1", "slot-2"} {
		go func() { ended <- tryAsk(dsn+"/?query_id="+id, endless) }()
	}
	// KILL … TEST only tells what it would kill, and takes no slot itself.
	running := "KILL QUERY WHERE Settings['log_comment'] LIKE 'slot-%' TEST FORMAT TSV"
	for deadline := time.Now().Add(3 * time.Minute); strings.Count(mustAsk(t, dsn, running), "\n") < 2; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("two statements do not run")
		}
	}
	third := make(chan string, 1)
	go func() { third <- tryAsk(dsn, "SELECT count() FROM system.processes WHERE query NOT LIKE 'KILL%'") }()
	if a := ask(t, dsn, "SELECT 1", param("query_id", "slot-1")); a.head.Get("X-ClickHouse-Exception-Code") != "216" {
		t.Errorf("a query id twice: %d %s", a.status, a.body)
	}
	mustAsk(t, dsn, "KILL QUERY WHERE Settings['log_comment'] = 'slot-1' SYNC")
	if got := <-third; got != "2\n" {
		t.Errorf("the statement that was to wait sees %q running", got)
	}
	mustAsk(t, dsn, "KILL QUERY WHERE Settings['log_comment'] = 'slot-2' SYNC")
	for range 2 {
		if got := <-ended; !strings.Contains(got, "Code: 394.") {
			t.Errorf("killed statement: %q", got)
		}
	}
}

// Uploads that do not end hold no slot.
func TestSlowUploadsHoldNoSlot(t *testing.T) {
	t.Parallel()
	dsn, p := spawn(t, engine.Config{DataDir: t.TempDir(), MaxQueries: 2})
	mustAsk(t, dsn, "CREATE TABLE t (a UInt32) ENGINE = Memory")
	for range 3 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, "POST /?query=INSERT+INTO+t+FORMAT+CSV HTTP/1.1\r\nHost: "+p.Addr()+"\r\nContent-Length: 1000\r\n\r\n1\n2\n"); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 { // the uploads come in their own time
		if got := mustAsk(t, dsn, "SELECT count() FROM t"); got != "0\n" {
			t.Errorf("%s rows", got)
		}
	}
}
