package tabular_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/tabular"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// The formats written here and by the engine are the same, byte for byte.
func TestSameAsTheEngine(t *testing.T) {
	t.Parallel()
	client, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	exact := []string{"TSV", "TabSeparatedWithNames", "TSVWithNamesAndTypes", "CSV", "CSVWithNames", "JSON", "JSONEachRow"}
	people := []string{"Vertical", "PrettyCompact", "Pretty"}
	all := append(slices.Clone(exact), people...)
	for name, c := range map[string]struct {
		query   string
		formats []string
	}{
		"integers": {"SELECT 1::UInt8 AS a, -5::Int64 AS b, 65535::UInt64 AS c, toInt128('-77') AS d, toUInt256(7) AS e", all},
		"large":    {"SELECT 18446744073709551615::UInt64 AS a, toInt128('170141183460469231731687303715884105727') AS b", exact},
		"floats":   {"SELECT arrayJoin([0, 1, -0.1, 1e20, 1e21, 0.000001, 0.0000001, 123456789.125, 1/3]) AS f, toFloat32(f) AS g", exact},
		"odd":      {"SELECT nan AS a, inf AS b, -inf AS c, -0.0 AS d", all},
		"decimals": {"SELECT toDecimal64(1.50, 2) AS a, toDecimal128('-12345678901234567890.125', 3) AS b", exact},
		"text":     {"SELECT 'a\\tb\\nc\\'d\\\\e\"f/g,<h>&' AS a, '小红书' AS b, '' AS c, toFixedString('ab', 2) AS d, '\\b\\f\\r' AS e", exact},
		"wide":     {"SELECT '小红书' AS app, 'RedNote' AS `RedNote (小红书)`", all},
		"times":    {"SELECT toDate('2025-01-14') AS a, toDate32('1950-01-01') AS b, toDateTime('2025-01-14 01:02:03') AS c, toDateTime64('2025-01-14 01:02:03.45', 3, 'UTC') AS d, toDateTime64(0, 0, 'UTC') AS e, toDateTime64('2025-01-14 01:02:03', 3, 'Asia/Tokyo') AS f", all},
		"nulls":    {"SELECT arrayJoin([NULL, 1]) AS a, NULL AS b, toNullable('x') AS c, CAST(NULL, 'Nullable(DateTime64(3))') AS d", all},
		"others":   {"SELECT true AS a, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS b, toIPv4('1.2.3.4') AS c, toIPv6('2001:db8::1') AS d, CAST('ok', 'Enum8(\\'ok\\'=1,\\'it\\\\\\'s, (odd)\\'=2)') AS e, toLowCardinality('lc') AS f", all},
		"arrays":   {"SELECT [1, 2]::Array(UInt32) AS a, ['a', 'b\\'c'] AS b, [[1.5], []] AS c, [toDate('2025-01-14')] AS d, [NULL, 1] AS e, []::Array(String) AS f", all},
		"tuples":   {"SELECT (1, 'a', [2]) AS a, CAST((1, 'x'), 'Tuple(n UInt8, s Nullable(String))') AS b, [(1, 'a'), (2, 'b')] AS c", exact},
		"maps":     {"SELECT map('a', 1, 'b', 2) AS a, map(1, ['x']) AS b", all},
		"empty":    {"SELECT 1 AS a, 'x' AS b WHERE 0", exact},
		"names":    {"SELECT 1 AS `a b`, 2 AS `tab\\there`, 3 AS `quote\"`", exact},
		"some":     {"SELECT number, toString(number) AS s FROM numbers(120)", all},
		"many":     {"SELECT number, toString(number) AS s FROM numbers(100000)", exact},
	} {
		for _, format := range c.formats {
			t.Run(name+"/"+format, func(t *testing.T) {
				t.Parallel()
				want, got := ofEngine(t, client, format, c.query), ofWriter(t, client, format, c.query)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-engine +writer):\n%s\n%s", c.query, diff, got[:min(len(got), 2000)])
				}
			})
		}
	}
}

// ofEngine leaves out what the engine says about its own work.
func ofEngine(t *testing.T, c *clickhouse.Client, format, query string) string {
	t.Helper()
	r, err := c.QueryFormat(t.Context(), format, query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return canonical(t, format, string(regexp.MustCompile(`,\n\n\t"statistics":\n\t\{[^}]*\}`).ReplaceAll(body, nil)))
}

func ofWriter(t *testing.T, c *clickhouse.Client, format, query string) string {
	t.Helper()
	rows, err := c.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out bytes.Buffer
	w, err := tabular.New(format, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := tabular.Copy(w, rows); err != nil {
		t.Fatal(err)
	}
	return canonical(t, format, out.String())
}

// canonical takes the blanks out of JSON documents: where the engine begins a
// new line within nested values is its own taste.
func canonical(t *testing.T, format, text string) string {
	t.Helper()
	if format != "JSON" {
		return text
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatalf("read JSON: %v\n%s", err, text)
	}
	return b.String()
}
