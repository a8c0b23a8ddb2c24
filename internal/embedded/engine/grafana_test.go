package engine_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// grafana connects as Grafana's ClickHouse datasource does with the protocol
// "http": database/sql over clickhouse-go, gzip, settings of its own.
func grafana(t *testing.T, dsn, user string) *sql.DB {
	t.Helper()
	base, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := clickhouse.OpenDB(&clickhouse.Options{
		Addr: []string{base.Host}, Auth: clickhouse.Auth{Database: "tidemark", Username: user},
		ClientInfo:  clickhouse.ClientInfo{Products: []struct{ Name, Version string }{{"grafana", "12.4.0"}, {"clickhouse-datasource", "4.14.0"}}},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionGZIP},
		DialTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, Protocol: clickhouse.HTTP,
		Settings: clickhouse.Settings{"limit": 5000}, HttpHeaders: map[string]string{"X-Dashboard-Uid": "january"},
	})
	t.Cleanup(func() { db.Close() })
	return db
}

func TestGrafanaDatasource(t *testing.T) {
	t.Parallel()
	dsn, _ := spawn(t, engine.Config{DataDir: t.TempDir()})
	mustAsk(t, dsn, "CREATE TABLE readings (at DateTime64(3, 'UTC'), target LowCardinality(String), value Float64, gap Nullable(Float64)) ENGINE = MergeTree ORDER BY at")
	mustAsk(t, dsn, "INSERT INTO readings SELECT toDateTime64('2025-01-13 00:00:00', 3, 'UTC') + INTERVAL number MINUTE, 'chart', number, if(number % 60 = 7, NULL, number) FROM numbers(4000)")
	for _, user := range []string{"default", "analyst"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			db := grafana(t, dsn, user)
			ctx := clickhouse.Context(t.Context(),
				clickhouse.WithClientInfo(clickhouse.ClientInfo{Comment: []string{"grafana_user:admin", "grafana_dashboard:january"}}),
				clickhouse.WithUserLocation(time.UTC))
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if err := db.PingContext(ctx); err != nil {
				t.Fatal(err)
			}
			for query, want := range map[string]int{
				"SELECT version()":                  1,
				"SELECT timezone()":                 1,
				"SHOW DATABASES":                    -1,
				"SELECT name FROM system.databases": -1,
				"SELECT database, name FROM system.tables ORDER BY database, name":        -1,
				"SHOW TABLES FROM tidemark":                                               1,
				`SELECT name FROM system.tables WHERE database = 'tidemark' AND 0`:        0,
				`DESC TABLE "tidemark"."readings"`:                                        4,
				`DESCRIBE TABLE "tidemark"."readings" SETTINGS describe_compact_output=1`: 4,
				"SELECT database, table, name, type, comment FROM system.columns WHERE (database, table) IN (('tidemark', 'readings')) ORDER BY database, table, position": 4,
				`SELECT toStartOfInterval(toDateTime("at"), INTERVAL 3600 second) AS "time", avg(value) AS "value", any(gap) FROM "tidemark"."readings" ` +
					`WHERE ( at >= toDateTime(1736726400) AND at <= toDateTime(1737000000) ) AND ( target = 'chart' ) GROUP BY time ORDER BY time ASC LIMIT 1000`: 67,
				`SELECT at, gap FROM "tidemark"."readings" WHERE at >= fromUnixTimestamp64Milli(1736726400000) AND at <= fromUnixTimestamp64Milli(1737000000000)`: 4000,
				`SELECT DISTINCT target FROM readings`:                                             1,
				"SELECT at AS time, map('source', target) AS labels, value FROM readings LIMIT 10": 10,
			} {
				n, err := countRows(ctx, db, query)
				if err != nil || want >= 0 && n != want || want == -1 && n == 0 {
					t.Errorf("%s: %d rows, want %d: %v", query, n, want, err)
				}
			}
			if user == "default" {
				if n, err := countRows(ctx, db, "SELECT at FROM readings settings additional_table_filters={'readings' : ' value < 10 '}"); err != nil || n != 10 {
					t.Errorf("ad-hoc filter: %d rows: %v", n, err)
				}
			}
			_, err := countRows(ctx, db, "SELECT nothing FROM readings")
			if err == nil || !strings.Contains(err.Error(), "UNKNOWN_IDENTIFIER") {
				t.Errorf("bad column: %v", err)
			}
		})
	}
}

func countRows(ctx context.Context, db *sql.DB, query string) (int, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}
