package repo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const cookbook = "docs/cookbook.md"

// TestAnalystsPages runs what the pages for analysts say, as the read-only login,
// on the January case, and compares the answers with those on the pages.
// TIDEMARK_GOLDEN=write writes the answers anew.
//
//nolint:paralleltest // one after the other: each asks the same store much
func TestAnalystsPages(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("TIDEMARK_E2E_BINARY")
	if bin == "" {
		t.Skip("slow: run `make e2e`")
	}
	dir, page := t.TempDir(), freeAddress(t)
	stop := startUp(t, bin, dir, page)
	defer stop()
	address := addressOf(t, bin, dir)
	// The rollups, and what is told of the case, come some seconds later.
	settled(t, address)

	t.Run("cookbook", func(t *testing.T) { cookbookHolds(t, address) })
	t.Run("dictionary", func(t *testing.T) { dictionaryRows(t, address) })
	t.Run("ways in", func(t *testing.T) { waysInHold(t, bin, dir, address) })
}

// cookbookHolds asks each question of the cookbook.
func cookbookHolds(t *testing.T, address string) {
	t.Helper()
	text := read(t, cookbook)
	recipe := regexp.MustCompile("(?s)### ([^\n]+)\n.*?```sql\n(.*?)\n```\n\n(.*?)\n*(?:\n#|$)")
	fresh := text
	n := 0
	for rest := text; ; n++ {
		found := recipe.FindStringSubmatchIndex(rest)
		if found == nil {
			break
		}
		question, query, want := rest[found[2]:found[3]], rest[found[4]:found[5]], rest[found[6]:found[7]]
		got, err := answer(t, address, query, want)
		if err != nil {
			t.Errorf("%s\n%v", question, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (- on the page, + now)\n%s", question, diff)
			fresh = strings.Replace(fresh, query+"\n```\n\n"+want, query+"\n```\n\n"+got, 1)
		}
		rest = rest[found[7]:]
	}
	if n < 30 {
		t.Errorf("%s holds %d questions, want 30 at least", cookbook, n)
	}
	if fresh != text {
		write(t, cookbook, fresh)
	}
}

// addressOf is where ClickHouse's HTTP is answered.
func addressOf(t *testing.T, bin, dir string) string {
	t.Helper()
	var out []byte
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Second) {
		cmd := exec.CommandContext(t.Context(), bin, "status", "--data-dir", dir, "--json")
		cmd.Env = environment()
		var err error
		if out, err = cmd.Output(); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("ask for status: %v", err)
		}
	}
	var status struct {
		ClickHouse string `json:"clickhouse_http"`
	}
	if err := json.Unmarshal(out, &status); err != nil || status.ClickHouse == "" {
		t.Fatalf("no address in %s: %v", out, err)
	}
	return status.ClickHouse
}

// ask sends a query as the read-only login and returns a Markdown table.
func ask(ctx context.Context, address, query string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/?user=analyst&database=tidemark&default_format=Markdown", strings.NewReader(query))
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return strings.TrimSpace(string(body)), err
}

// answer asks until the answer is the wanted one: a rollup that depends on
// another may need one more round. It gives up after two, with the last answer.
func answer(t *testing.T, address, query, want string) (got string, err error) {
	t.Helper()
	patience := 90 * time.Second
	if os.Getenv("TIDEMARK_GOLDEN") == "write" {
		patience = 0
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Second) {
		got, err = ask(t.Context(), address, query)
		if err == nil && got == want || !time.Now().Before(deadline) {
			return got, err
		}
	}
}

// settled waits until the case is rolled up whole, and all of it told.
func settled(t *testing.T, address string) {
	t.Helper()
	const asked = `SELECT (SELECT max(hour) FROM v_tags_hourly) = '2025-02-27 23:00:00'
		AND (SELECT max(hour) FROM v_ranks_hourly) = '2025-02-27 23:00:00'
		AND (SELECT count() FROM v_lead_lag WHERE topic = 'tiktok-refugees') = 3
		AND (SELECT countIf(topic = 'tiktok-refugees' AND origin_rank_last IS NOT NULL) FROM v_migrations) = 1
		AND (SELECT max(at) FROM v_deliveries) > '2025-02-24' AS ready`
	for deadline := time.Now().Add(8 * time.Minute); ; time.Sleep(time.Second) {
		got, err := ask(t.Context(), address, asked)
		if err == nil && strings.HasSuffix(got, "| 1 |") {
			if os.Getenv("TIDEMARK_GOLDEN") == "write" {
				time.Sleep(90 * time.Second) // two rounds of the rollups
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the case is not rolled up: %s %v", got, err)
		}
	}
}
