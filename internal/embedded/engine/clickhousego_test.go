package engine_test

import (
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/tidemark/tidemark/internal/testkit"
)

// compressions are all that clickhouse-go can do over HTTP.
func compressions() map[string]clickhouse.CompressionMethod {
	return map[string]clickhouse.CompressionMethod{
		"none": clickhouse.CompressionNone, "lz4": clickhouse.CompressionLZ4, "zstd": clickhouse.CompressionZSTD,
		"gzip": clickhouse.CompressionGZIP, "deflate": clickhouse.CompressionDeflate, "br": clickhouse.CompressionBrotli,
	}
}

func open(t testing.TB, dsn string, method clickhouse.CompressionMethod) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	options.Compression = &clickhouse.Compression{Method: method, Level: 3}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// columnCase is a column type with values that must come back as they went.
type columnCase struct {
	typ    string
	values []any
}

func columnCases() []columnCase {
	text := func(s string) *string { return &s }
	day := time.Date(2025, 1, 14, 0, 0, 0, 0, time.UTC)
	second := time.Date(2025, 1, 14, 3, 4, 5, 0, time.UTC)
	huge, _ := new(big.Int).SetString("170141183460469231731687303715884105727", 10)
	return []columnCase{
		{"UInt8", []any{uint8(0), uint8(10), uint8(255)}},
		{"UInt16", []any{uint16(2570), uint16(0), uint16(65535)}},
		{"UInt32", []any{uint32(2570), uint32(1 << 31), uint32(0)}},
		{"UInt64", []any{uint64(2570), uint64(1<<64 - 1), uint64(0)}},
		{"Int8", []any{int8(-128), int8(10), int8(127)}},
		{"Int64", []any{int64(-1), int64(2570), int64(1 << 62)}},
		{"Int128", []any{huge, big.NewInt(-5), big.NewInt(0)}},
		{"UInt256", []any{huge, big.NewInt(5), big.NewInt(0)}},
		{"Float32", []any{float32(1.5), float32(-2), float32(0)}},
		{"Float64", []any{1e300, -0.25, float64(0)}},
		{"Bool", []any{true, false, true}},
		{"String", []any{"", "\n\nblank\n\nlines", "小红书 'quoted' \\ \x00"}},
		{"FixedString(3)", []any{"abc", "\n\n\n", "xyz"}},
		{"Date", []any{day, day.AddDate(1, 0, 0), day}},
		{"Date32", []any{day, day.AddDate(-60, 0, 0), day}},
		{"DateTime('UTC')", []any{second, second.Add(time.Hour), second}},
		{"DateTime64(3, 'UTC')", []any{second.Add(time.Millisecond), second, second}},
		{"DateTime64(9, 'UTC')", []any{second.Add(time.Nanosecond), second, second}},
		{"Decimal(9, 4)", []any{decimal.RequireFromString("1.2345"), decimal.RequireFromString("-1"), decimal.RequireFromString("0")}},
		{"Decimal(38, 10)", []any{decimal.RequireFromString("123456789.0123456789"), decimal.RequireFromString("-1"), decimal.RequireFromString("0")}},
		{"Enum8('rise' = 1, 'fa, ll' = 2)", []any{"rise", "fa, ll", "rise"}},
		{"Enum16('a' = 1000, 'b(' = -1000)", []any{"a", "b(", "a"}},
		{"UUID", []any{uuid.MustParse("0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a"), uuid.Nil, uuid.MustParse("417ddc5d-e556-4d27-95dd-a34d84e46a50")}},
		{"IPv4", []any{net.IPv4(10, 10, 10, 10).To4(), net.IPv4(127, 0, 0, 1).To4(), net.IPv4(0, 0, 0, 0).To4()}},
		{"IPv6", []any{net.ParseIP("2001:db8::a0a"), net.ParseIP("::1"), net.ParseIP("::2")}},
		{"Nullable(String)", []any{text("x"), (*string)(nil), text("")}},
		{"LowCardinality(String)", []any{"a", "b", "a"}},
		{"LowCardinality(Nullable(String))", []any{text("a"), (*string)(nil), text("a")}},
		{"Array(UInt64)", []any{[]uint64{2570, 2570}, []uint64{}, []uint64{1}}},
		{"Array(Array(String))", []any{[][]string{{"a"}, {}}, [][]string{}, [][]string{{"b", "c"}}}},
		{"Array(LowCardinality(String))", []any{[]string{"a", "a"}, []string{}, []string{"b"}}},
		{"Array(Nullable(String))", []any{[]*string{text("a"), nil}, []*string{}, []*string{text("")}}},
		{"Map(String, UInt64)", []any{map[string]uint64{"a": 2570}, map[string]uint64{}, map[string]uint64{"b": 1, "c": 2}}},
		{"Map(LowCardinality(String), Array(UInt8))", []any{map[string][]uint8{"a": {1}}, map[string][]uint8{}, map[string][]uint8{"b": {}}}},
		{"Tuple(String, UInt8)", []any{[]any{"a", uint8(1)}, []any{"", uint8(0)}, []any{"b", uint8(10)}}},
		{"Tuple(name String, n UInt8)", []any{
			map[string]any{"name": "a", "n": uint8(1)}, map[string]any{"name": "", "n": uint8(0)}, map[string]any{"name": "b", "n": uint8(10)},
		}},
		{"SimpleAggregateFunction(max, UInt64)", []any{uint64(2570), uint64(1), uint64(0)}},
	}
}

func TestClickHouseGoTypes(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	var ddl, names []string
	cases := columnCases()
	for i, c := range cases {
		ddl = append(ddl, fmt.Sprintf("c%d %s", i, c.typ))
		names = append(names, fmt.Sprintf("c%d", i))
	}
	for name, method := range compressions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, table := open(t, dsn, method), "types_"+name
			execOn(t, conn, "CREATE TABLE "+table+" (row UInt8, "+strings.Join(ddl, ", ")+") ENGINE = MergeTree ORDER BY row")
			batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO "+table)
			if err != nil {
				t.Fatal(err)
			}
			defer batch.Close()
			for row := range 3 {
				values := []any{uint8(row)}
				for _, c := range cases {
					values = append(values, c.values[row])
				}
				if err := batch.Append(values...); err != nil {
					t.Fatal(err)
				}
			}
			if err := batch.Send(); err != nil {
				t.Fatal(err)
			}
			checkRows(t, conn, "SELECT "+strings.Join(names, ", ")+" FROM "+table+" ORDER BY row", cases)
			checkRows(t, conn, "SELECT "+strings.Join(names, ", ")+" FROM "+table+" WHERE row > 200", nil)
		})
	}
}

// checkRows wants as many rows as the cases have values, with these values.
func checkRows(t *testing.T, conn driver.Conn, sql string, cases []columnCase) {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types := rows.ColumnTypes()
	row := 0
	for ; rows.Next(); row++ {
		got := make([]any, len(types))
		for i := range got {
			got[i] = newOf(types[i])
		}
		if err := rows.Scan(got...); err != nil {
			t.Fatal(err)
		}
		for i, c := range cases {
			if diff := cmp.Diff(c.values[row], valueOf(got[i]), cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 }), cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) }), cmp.Comparer(func(a, b net.IP) bool { return a.Equal(b) })); diff != "" {
				t.Errorf("%s, row %d: -sent +read\n%s", c.typ, row, diff)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if want := 3; cases != nil && row != want {
		t.Errorf("%d rows, want %d", row, want)
	}
}

func execOn(t testing.TB, conn driver.Conn, sql string) {
	t.Helper()
	if err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// What counts with a type that is only read is that the column after it is
// found, in several blocks.
func TestClickHouseGoReadsComputedTypes(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	for _, expr := range []string{
		"materialize('x')::Variant(UInt64, String)",
		"if(number % 2, number::Variant(UInt64, String), 'a'::Variant(UInt64, String))",
		"number::Dynamic", "if(number % 2, number::Dynamic, 'a'::Dynamic)",
		`'{"a": 1, "b": {"c": "x"}}'::JSON`, `'{"a": 1, "b.c": [1, 2]}'::JSON(a UInt32)`,
		`format('{{"k{}": 1}}', number % 3)::JSON`, `format('{{"k{}": "x"}}', number % 3)::JSON(a LowCardinality(String))`,
		"(1.0, 2.0)::Point", "[(1.0, 2.0)]::Ring", "[[(1.0, 2.0)]]::Polygon", "[[[(1.0, 2.0)]]]::MultiPolygon",
		"NULL", "[]", "[NULL]", "map()", "toIntervalDay(number)", "toTypeName(number)",
		"toBFloat16(1.5)", "[(number, 'a', [toNullable(number)])]", "toLowCardinality(toString(number))",
		"map('a', map('b', toLowCardinality('c')))", "CAST([(1, 'a')], 'Nested(x UInt8, y LowCardinality(String))')",
		"toDecimal256(number, 5)", "toUInt128(number)", "now64(6)", "toStartOfHour(now())", "toTime64('01:02:03', 3)",
		"arrayMap(x -> toLowCardinality(toString(x % 7)), range(number % 10))",
	} {
		checkLast(t, expr, []byte(mustAsk(t, dsn, computed(expr), nativeAs("54460"))))
	}
	// The driver itself cannot read these: a JSON column with more paths than it
	// has room for, and odd tuples. The walk from block to block must still hold.
	for _, expr := range []string{
		`format('{{"k{}": 1}}', number)::JSON(a UInt8, SKIP b, max_dynamic_paths = 2)`, `format('{{"k{}": 1}}', number % 3)::JSON(max_dynamic_paths = 2)`,
		"tuple()", "CAST((1, 'x'), 'Tuple(`odd, name` UInt8, `(` LowCardinality(String))')",
		"if(number % 3 = 0, number::Dynamic(max_types = 1), if(number % 3 = 1, 'a'::Dynamic(max_types = 1), now()::Dynamic(max_types = 1)))",
	} {
		if got := mustAsk(t, dsn, computed(expr), nativeAs("54460")); strings.Contains(got, "__exception__") {
			t.Errorf("%s: %s", expr, got[len(got)-200:])
		}
	}
	// Nobody can read a state: an error, and no half result.
	if a := ask(t, dsn, computed("sumState(number)")+" GROUP BY number", nativeAs("54460")); !strings.Contains(a.body, "cannot be sent") {
		t.Errorf("a state: status %d", a.status)
	}
}

func computed(expr string) string {
	return "SELECT " + expr + " AS odd, number AS n FROM numbers(12000)"
}

func nativeAs(revision string) func(*http.Request) {
	return param("client_protocol_version", revision, "default_format", "Native", "max_block_size", "5000",
		"enable_time_time64_type", "1", "allow_experimental_geo_types", "1", "allow_suspicious_low_cardinality_types", "1")
}

func TestClickHouseGoErrors(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	for name, method := range compressions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := open(t, dsn, method)
			wantCode(t, conn.QueryRow(t.Context(), "SELECT * FROM nowhere").Err(), 60)
			wantCode(t, conn.Exec(t.Context(), "SELEC 1"), 62)
			rows, err := conn.Query(t.Context(), "SELECT throwIf(number = 400000, 'in the middle'), number FROM numbers(1000000)")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				n++
			}
			wantCode(t, rows.Err(), 395)
			if n == 0 {
				t.Error("the error came before any row; it was to come in the middle")
			}
		})
	}
}

func wantCode(t *testing.T, err error, code int32) {
	t.Helper()
	var e *clickhouse.Exception
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got %v, want an exception with code %d", err, code)
	}
}

func TestClickHouseGoBinds(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	conn := open(t, dsn, clickhouse.CompressionLZ4)
	if err := conn.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := conn.ServerVersion()
	if err != nil || v.Version.Major < 26 || v.Timezone == nil || v.Timezone.String() != "UTC" {
		t.Errorf("server version %v: %v", v, err)
	}
	ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{"text": "小红书's", "n": "7", "list": "['x','y']"}),
		clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 10}), clickhouse.WithQueryID("binds-of-"+t.Name()))
	var text, blockSize, comment string
	var n uint8
	var list []string
	err = conn.QueryRow(ctx, "SELECT {text:String}, {n:UInt8}, {list:Array(String)}, toString(getSetting('max_block_size')), getSetting('log_comment')").Scan(&text, &n, &list, &blockSize, &comment)
	if err != nil || text != "小红书's" || n != 7 || len(list) != 2 || blockSize != "10" || !strings.HasPrefix(comment, "binds-of-") {
		t.Errorf("got %q %d %q %s %s: %v", text, n, list, blockSize, comment, err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT ?, @name, toString(getSetting('max_block_size'))", "it's", clickhouse.Named("name", 5)).Scan(&text, &n, &blockSize); err == nil {
		t.Error("mixed binds pass")
	}
	if err := conn.QueryRow(t.Context(), "SELECT ?, toString(getSetting('max_block_size'))", "it's").Scan(&text, &blockSize); err != nil || text != "it's" || blockSize == "10" {
		t.Errorf("got %q %s: %v; the setting of one request must not reach another", text, blockSize, err)
	}
	async := clickhouse.Context(t.Context(), clickhouse.WithAsync(true))
	execOn(t, conn, "CREATE TABLE binds (a UInt8) ENGINE = Memory")
	if err := conn.Exec(async, "INSERT INTO binds VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	var rows uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM binds").Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d rows: %v", rows, err)
	}
}
