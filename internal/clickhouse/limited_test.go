package clickhouse

import (
	"testing"
	"time"
)

// TestLimitedQueriesOnlyRead, and cannot lift their limits.
func TestLimitedQueriesOnlyRead(t *testing.T) {
	t.Parallel()
	c := open(t)
	run(t, c, "CREATE TABLE kept (a UInt8) ENGINE = Memory")
	type row struct {
		A uint8 `ch:"a"`
	}
	l := Limits{Timeout: 20 * time.Second, MaxRows: 2}
	for _, sql := range []string{
		"INSERT INTO kept SELECT 1 AS a", "DROP TABLE kept", "SELECT 1 AS a SETTINGS max_threads = 1", "SELECT toUInt8(number) AS a FROM numbers(3)",
	} {
		if _, err := SelectLimited[row](t.Context(), c, l, sql); Code(err) != 164 && Code(err) != 396 {
			t.Errorf("%s: %v, want a refusal", sql, err)
		}
	}
	if rows, err := SelectLimited[row](t.Context(), c, l, "SELECT toUInt8(number) AS a FROM numbers(2)"); err != nil || len(rows) != 2 {
		t.Errorf("a good query: %v, %v", rows, err)
	}
	wantLines(t, c, "SELECT count() FROM kept", "0")
}
