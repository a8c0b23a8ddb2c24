package engine_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

func freeze(t *testing.T, dsn, name string) engine.Frozen {
	t.Helper()
	res, err := http.Post(dsn+"/freeze?name="+name, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var f engine.Frozen
	if err := json.NewDecoder(res.Body).Decode(&f); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("freeze: status %d, %v", res.StatusCode, err)
	}
	return f
}

// One writer fills a and then b, again and again, and removes rows. What is
// frozen is one moment between two of its statements, in all tables at once,
// and an engine of its own reads it.
func TestFreezeIsOneMoment(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	dsn, _ := spawn(t, engine.Config{DataDir: t.TempDir()})
	for _, name := range []string{"a", "b"} {
		mustAsk(t, dsn, "CREATE TABLE "+name+" (n UInt64) ENGINE = MergeTree ORDER BY n COMMENT 'kept'")
	}
	mustAsk(t, dsn, "CREATE VIEW both AS SELECT a.n AS n FROM a INNER JOIN b ON a.n = b.n")
	stop, ended := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { ended <- n }()
		for {
			for _, name := range []string{"a", "b"} {
				ask(t, dsn, "INSERT INTO "+name+" VALUES ("+strconv.Itoa(n+1)+")")
			}
			n++
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	var frozen []engine.Frozen
	for _, name := range []string{"one", "two", "three"} {
		for mustAsk(t, dsn, "SELECT count() >= 20 * "+strconv.Itoa(len(frozen)+1)+" FROM b") != "1\n" {
		}
		frozen = append(frozen, freeze(t, dsn, name))
	}
	close(stop)
	sent := <-ended
	if got := mustAsk(t, dsn, "SELECT count(), max(n) FROM b"); got != strconv.Itoa(sent)+"\t"+strconv.Itoa(sent)+"\n" {
		t.Errorf("a freeze changed what goes on: got %q after %d batches", got, sent)
	}
	for i, f := range frozen {
		dir := t.TempDir()
		if err := os.CopyFS(filepath.Join(dir, "db"), os.DirFS(f.Path)); err != nil {
			t.Fatal(err)
		}
		copied, _ := spawn(t, engine.Config{DataDir: dir})
		got := strings.Fields(mustAsk(t, copied, "SELECT (SELECT max(n) FROM a) AS in_a, (SELECT max(n) FROM b) AS in_b, (SELECT count() FROM both), in_a - in_b IN (0, 1), (SELECT comment FROM system.tables WHERE name = 'a')"))
		if len(got) != 5 || got[1] != got[2] || got[3] != "1" || got[4] != "kept" {
			t.Errorf("freeze %d: got %v: not one moment", i, got)
		}
		if len(f.Tables) != 2 || f.Tables[0].Name != "a" || strconv.FormatUint(f.Tables[0].Rows, 10) != got[0] {
			t.Errorf("freeze %d: says %+v, has %v", i, f.Tables, got)
		}
	}
}

func TestFreezeIsForTheOwner(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	dsn, _ := spawn(t, engine.Config{DataDir: t.TempDir()})
	for _, c := range []struct {
		method, query string
		status        int
	}{
		{"GET", "name=a", 405},
		{"POST", "name=a&user=analyst", 403},
		{"POST", "name=../a", 400},
		{"POST", "", 400},
		{"POST", "name=a", 200},
		{"POST", "name=a", 500},
	} {
		req, err := http.NewRequest(c.method, dsn+"/freeze?"+c.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s /freeze?%s: got %d, want %d", c.method, c.query, res.StatusCode, c.status)
		}
	}
}
