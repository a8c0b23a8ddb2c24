package ask

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// reader is the analyst of a real engine. The analyst sees the database
// tidemark only, which is empty here.
func reader(t testing.TB) *clickhouse.Reader {
	t.Helper()
	dsn := testkit.ClickHouse(t)
	host := strings.TrimPrefix(dsn[:strings.LastIndex(dsn, "/")], "http://")
	r, err := clickhouse.OpenReader(config.ClickHouse{ReaderDSN: config.Secret("http://analyst@" + host + "/tidemark")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestEveryKindOfCell(t *testing.T) {
	t.Parallel()
	a := New(reader(t), Usual())
	for _, c := range []struct {
		sql, kind, clickhouse string
		want                  any
	}{
		{"toUInt8(7)", TypeNumber, "UInt8", uint64(7)},
		{"toInt64(-9007199254740992)", TypeNumber, "Int64", int64(-9007199254740992)},
		{"toInt64(-9223372036854775808)", TypeNumber, "Int64", "-9223372036854775808"},
		{"toUInt64(18446744073709551615)", TypeNumber, "UInt64", "18446744073709551615"},
		{"toInt128('170141183460469231731687303715884105727')", TypeNumber, "Int128", "170141183460469231731687303715884105727"},
		{"toFloat32(0.1)", TypeNumber, "Float32", 0.1},
		{"0.1", TypeNumber, "Float64", 0.1},
		{"nan", TypeNumber, "Float64", nil},
		{"-inf", TypeNumber, "Float64", nil},
		{"toDecimal64('12.50', 2)", TypeNumber, "Decimal(18, 2)", 12.5},
		{"toNullable(toDecimal64('12.50', 2))", TypeNumber, "Nullable(Decimal(18, 2))", 12.5},
		{"toDecimal128('123456789012345678901.5', 1)", TypeNumber, "Decimal(38, 1)", "123456789012345678901.5"},
		{"NULL", TypeString, "Nullable(Nothing)", nil},
		{"toNullable(1)", TypeNumber, "Nullable(UInt8)", uint64(1)},
		{"CAST(NULL, 'Nullable(UInt32)')", TypeNumber, "Nullable(UInt32)", nil},
		{"CAST(NULL, 'Nullable(DateTime)')", TypeTime, "Nullable(DateTime)", nil},
		{"true", TypeBoolean, "Bool", true},
		{"'it''s \\\\ \"x\"'", TypeString, "String", `it's \ "x"`},
		{"toLowCardinality('red')", TypeString, "LowCardinality(String)", "red"},
		{"CAST(NULL, 'LowCardinality(Nullable(String))')", TypeString, "LowCardinality(Nullable(String))", nil},
		{"toFixedString('ab', 2)", TypeString, "FixedString(2)", "ab"},
		{"CAST('open', 'Enum8(\\'open\\' = 1, \\'closed\\' = 2)')", TypeString, "Enum8('open' = 1, 'closed' = 2)", "open"},
		{"toDateTime('2025-01-13 00:00:00', 'UTC')", TypeTime, "DateTime", int64(1736726400000)},
		{"toDateTime('2025-01-13 08:00:00', 'Asia/Shanghai')", TypeTime, "DateTime", int64(1736726400000)},
		{"toDateTime64('2025-01-13 00:00:00.123', 3, 'UTC')", TypeTime, "DateTime64(3, 'UTC')", int64(1736726400123)},
		{"toDate('2025-01-13')", TypeTime, "Date", int64(1736726400000)},
		{"toDate32('1925-01-13')", TypeTime, "Date32", int64(-1419033600000)},
		{"toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", TypeString, "UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"},
		{"toIPv4('127.0.0.1')", TypeString, "IPv4", "127.0.0.1"},
		{"['a', 'b']", TypeString, "Array(String)", `["a","b"]`},
		{"[toNullable(1), NULL]", TypeString, "Array(Nullable(UInt8))", `[1,null]`},
		{"[nan, 1.5]", TypeString, "Array(Float64)", `[null,1.5]`},
		{"CAST([], 'Array(String)')", TypeString, "Array(String)", `[]`},
		{"(1, 'x')", TypeString, "Tuple(UInt8, String)", `[1,"x"]`},
		{"map('a', 1)", TypeString, "Map(String, UInt8)", `{"a":1}`},
		{"[toDateTime('2025-01-13 00:00:00', 'UTC')]", TypeString, "Array(DateTime('UTC'))", `["2025-01-13 00:00:00"]`},
		{"INTERVAL 3 DAY", TypeString, "IntervalDay", "3 Days"},
	} {
		frame, err := a.Ask(t.Context(), "SELECT "+c.sql+" AS x", 0)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		f := frame.Fields[0]
		if diff := cmp.Diff(Field{Name: "x", Type: c.kind, ClickHouse: c.clickhouse, Values: []any{c.want}}, f); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.sql, diff)
		}
	}
}

func TestErrorsAreTheServersOwnWords(t *testing.T) {
	t.Parallel()
	a := New(reader(t), Usual())
	for _, c := range []struct {
		sql, words   string
		code         int32
		line, column int
	}{
		{"SELECT 1\nFROM FROM x", "Syntax error", 62, 2, 11},
		{"SELECT 'é', FROM (", "Syntax error", 62, 1, 18},
		{"SELECT nobody", "nobody", 47, 0, 0},
		{"SELECT * FROM nowhere", "nowhere", 60, 0, 0},
		{"INSERT INTO x VALUES (1)", "only questions", 0, 0, 0},
		{"/* SELECT */ -- SELECT\nSYSTEM STOP MERGES", `begins with "SYSTEM"`, 0, 0, 0},
		{"KILL QUERY WHERE 1", "only questions", 0, 0, 0},
		{"SELECT 1 INTO OUTFILE 'x'", "", 80, 0, 0},
		{"SELECT file('/etc/passwd')", "privileges", 497, 0, 0},
		{"SELECT 1; SELECT 2", "", 62, 0, 0},
		{"SELECT 1 FORMAT CSV", "leave FORMAT CSV out", 0, 0, 0},
		{" ; ", "no question", 0, 0, 0},
		{"SELECT sleep(0.1), throwIf(number = 3, 'stop here') FROM numbers(5)", "stop here", 395, 0, 0},
	} {
		_, err := a.Ask(t.Context(), c.sql, 0)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Code != c.code || !strings.Contains(e.Words, c.words) || strings.Contains(e.Words, "DB::Exception") || strings.Contains(e.Words, "(version") {
			t.Errorf("%s: %+v, want code %d with %q", c.sql, err, c.code, c.words)
			continue
		}
		if c.line > 0 && (e.Line != c.line || e.Column != c.column) {
			t.Errorf("%s: line %d, column %d, want %d, %d (%s)", c.sql, e.Line, e.Column, c.line, c.column, e.Words)
		}
	}
}

func TestQuestionsOfEveryKind(t *testing.T) {
	t.Parallel()
	a := New(reader(t), Usual())
	for _, sql := range []string{
		"SELECT 1", " -- why\n/* so */ select 1;;", "WITH 1 AS x SELECT x", "(SELECT 1) UNION ALL (SELECT 2)", "FROM numbers(1) SELECT number",
		"SHOW TABLES", "SHOW DATABASES", "DESCRIBE TABLE (SELECT 1 AS a)", "EXPLAIN SELECT 1", "EXISTS TABLE nothing", "SELECT 'FORMAT CSV'", "SELECT '?', '{a}'",
	} {
		if frame, err := a.Ask(t.Context(), sql, 0); err != nil || len(frame.Fields) == 0 {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestAnswersAreCutOff(t *testing.T) {
	t.Parallel()
	limits := Usual()
	limits.MaxRows, limits.MaxBytes = 1000, 1<<20
	a := New(reader(t), limits)
	for sql, want := range map[string]int{
		"SELECT number FROM numbers(1000)":            1000,
		"SELECT number FROM numbers(5000000)":         1000,
		"SELECT repeat('x', 100000) FROM numbers(50)": 11,
	} {
		frame, err := a.Ask(t.Context(), sql, 1_000_000)
		if err != nil || frame.Rows() != want || frame.Truncated != (want != 1000 || strings.Contains(sql, "5000000")) {
			t.Errorf("%s: %d rows, truncated %t (%v), want %d", sql, frame.Rows(), frame != nil && frame.Truncated, err, want)
		}
	}
	frame, err := a.Ask(t.Context(), "SELECT number FROM numbers(100)", 10)
	if err != nil || frame.Rows() != 10 || !frame.Truncated || frame.RowsRead != 100 {
		t.Errorf("10 of 100: %d rows of %d read (%v)", frame.Rows(), frame.RowsRead, err)
	}
	if empty, err := a.Ask(t.Context(), "SELECT 1 AS a, 'x' AS b WHERE 0", 0); err != nil || len(empty.Fields) != 2 || empty.Rows() != 0 {
		t.Errorf("an empty answer has no columns: %+v (%v)", empty, err)
	}
}

func TestALongQuestionIsGivenUp(t *testing.T) {
	t.Parallel()
	limits := Usual()
	limits.Timeout = 2 * time.Second
	a := New(reader(t), limits)
	_, err := a.Ask(t.Context(), "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))", 0)
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Words, "longer than 2s") {
		t.Errorf("error %v, want one that says how long", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := a.Ask(ctx, "SELECT sleepEachRow(1) FROM numbers(3)", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v after %v, want that of who left", err, time.Since(begin))
	}
	a.limits.Timeout = time.Minute // what takes no time may take its time
	if _, err := a.Ask(t.Context(), "SELECT 1", 0); err != nil {
		t.Errorf("nobody can ask after that: %v", err)
	}
}

func TestALoginThatMayWriteIsHeldBack(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	r, err := clickhouse.OpenReader(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := New(r, Usual())
	for _, sql := range []string{"CREATE TABLE x (a UInt8) ENGINE = Memory", "SELECT 1 SETTINGS readonly = 0"} {
		if _, err := a.Ask(t.Context(), sql, 0); err == nil {
			t.Errorf("%s passes", sql)
		}
	}
	if frame, err := a.Ask(t.Context(), "SELECT 1", 0); err != nil || frame.Rows() != 1 {
		t.Errorf("%v", err)
	}
}

func TestTheSameQuestionIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShared(5 * time.Second)
		var asked atomic.Int32
		ask := func(ctx context.Context) (*Frame, error) {
			asked.Add(1)
			select {
			case <-time.After(time.Second):
				return &Frame{}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if _, err := s.do(t.Context(), "a", ask); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		time.Sleep(4 * time.Second)
		if _, err := s.do(t.Context(), "a", ask); err != nil || asked.Load() != 1 {
			t.Errorf("asked %d times (%v), want once", asked.Load(), err)
		}
		time.Sleep(2 * time.Second)
		if _, err := s.do(t.Context(), "a", ask); err != nil || asked.Load() != 2 {
			t.Errorf("asked %d times (%v), want twice: the answer is old", asked.Load(), err)
		}
		time.Sleep(time.Minute)
		if n, cells := kept(s); n != 0 || cells != 0 {
			t.Errorf("%d answers are kept for ever", n)
		}
	})
}

func kept(s *shared) (flights, cells int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.flights), s.cells
}

func TestTheLastWhoLeavesEndsTheQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShared(0)
		ended := make(chan struct{})
		ask := func(ctx context.Context) (*Frame, error) {
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		}
		first, leave := context.WithCancel(t.Context())
		second, leaveToo := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{first, second} {
			go s.do(ctx, "a", ask) //nolint:errcheck // its error is that of the leaver
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		select {
		case <-ended:
			t.Fatal("the question ended while somebody waited")
		default:
		}
		leaveToo()
		synctest.Wait()
		<-ended
		if n, _ := kept(s); n != 0 {
			t.Error("the question is kept")
		}
	})
}

func TestCSV(t *testing.T) {
	t.Parallel()
	f := &Frame{Fields: []Field{
		{Name: "at", Type: TypeTime, Values: []any{int64(1736726400123), nil}},
		{Name: "who, what", Type: TypeString, Values: []any{`a "b"`, "c"}},
		{Name: "n", Type: TypeNumber, Values: []any{1.5, uint64(7)}},
	}}
	var out strings.Builder
	if err := f.CSV(&out); err != nil {
		t.Fatal(err)
	}
	want := "at,\"who, what\",n\r\n2025-01-13T00:00:00.123Z,\"a \"\"b\"\"\",1.5\r\n,c,7\r\n"
	if out.String() != want {
		t.Errorf("CSV:\n%s\nwant:\n%s", out.String(), want)
	}
}
