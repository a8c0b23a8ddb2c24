package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestServersWithApacheKafka is the same way of the data with servers: Apache
// Kafka, two processes that share the partitions by consumer group, and
// ClickHouse over HTTP. One of the two is killed in the middle.
func TestServersWithApacheKafka(t *testing.T) {
	needSlow(t)
	if os.Getenv("TIDEMARK_REAL_KAFKA") == "" {
		t.Skip("needs Apache Kafka: run `make slow`")
	}
	bin, broker := binary(t), testkit.RealKafka(t)
	store := testkit.FreePort(t)
	start(t, bin, nil, "engine", "--data-dir", t.TempDir(), "--http", store)
	dsn := "http://" + store + "/tidemark"
	t.Setenv("TIDEMARK_KAFKA_BROKERS", broker)
	t.Setenv("TIDEMARK_CLICKHOUSE_DSN", dsn)
	t.Setenv("TIDEMARK_PROCESS_ASSIGNMENT", "group")
	ask := func(query string) (string, error) {
		out, err := run(t, bin, "sql", "--dsn", dsn, query, "--format", "TSV")
		return strings.TrimRight(out, "\n"), err
	}
	eventually(t, "the engine", func() error { _, err := ask("SELECT 1"); return err })
	if _, err := run(t, bin, "migrate"); err != nil {
		t.Fatal(err)
	}
	first := start(t, bin, nil, "process", "--http", testkit.FreePort(t))
	start(t, bin, nil, "process", "--http", testkit.FreePort(t))
	if _, err := run(t, bin, "replay", "january-2025", "--speed", "max"); err != nil {
		t.Fatal(err)
	}
	first.kill()

	want, err := replay.Count("january-2025")
	if err != nil {
		t.Fatal(err)
	}
	for table, n := range map[string]int{"readings": want.Readings, "looks": want.Snapshots, "facts": want.Facts} {
		eventually(t, fmt.Sprintf("%d rows in %s", n, table), func() error {
			got, err := ask("SELECT count() FROM " + table + " FINAL")
			if err == nil && got != fmt.Sprint(n) {
				err = fmt.Errorf("there are %s", got)
			}
			return err
		})
	}
}
