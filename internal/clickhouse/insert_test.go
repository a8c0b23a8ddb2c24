package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestInsertEveryKind holds the columns that we encode ourselves to what comes
// back, over every width that a dictionary's keys can have.
func TestInsertEveryKind(t *testing.T) {
	t.Parallel()
	c := open(t)
	if err := c.Exec(t.Context(), `CREATE TABLE every (n UInt64, word LowCardinality(String), text String, at DateTime64(3, 'UTC'),
		f Float64, small UInt16, mid UInt32, nf Nullable(Float64), nt Nullable(DateTime64(3, 'UTC'))) ENGINE = MergeTree ORDER BY n`); err != nil {
		t.Fatal(err)
	}
	defs := []ColumnDef{
		{"n", TypeUInt64},
		{"word", TypeWords},
		{"text", TypeString},
		{"at", TypeTime},
		{"f", TypeFloat64},
		{"small", TypeUInt16},
		{"mid", TypeUInt32},
		{"nf", TypeNullableFloat64},
		{"nt", TypeNullableTime},
	}
	var (
		n     Values[uint64]
		word  Words
		text  Values[string]
		at    Values[int64]
		f     Values[float64]
		small Values[uint16]
		mid   Values[uint32]
		nf    Nullables[float64]
		nt    Nullables[int64]
	)
	columns := []Column{&n, &word, &text, &at, &f, &small, &mid, &nf, &nt}
	next := uint64(0)
	var want []string
	for _, different := range []int{1, 3, 254, 255, 256, 257, 65535, 65536, 66000, 2} {
		for _, col := range columns {
			col.Reset()
		}
		for i := range different + 5 {
			w := ""
			if i < different {
				w = "w" + strconv.Itoa(i)
			}
			n.Add(next)
			word.Add(w)
			text.Add(strings.Repeat("ü\n\n", int(next%3)))
			at.Add(1736812800000 + int64(next))
			f.Add(float64(next) / 3)
			small.Add(uint16(next))
			mid.Add(uint32(next))
			if next%2 == 0 {
				nf.Add(nil)
				nt.Add(nil)
			} else {
				nf.Add(new(float64(next)))
				nt.Add(new(1736812800000 + int64(next)))
			}
			want = append(want, w)
			next++
		}
		if err := c.Insert(t.Context(), Block{Table: "every", ID: fmt.Sprint("test:", different), Defs: defs, Columns: columns}); err != nil {
			t.Fatalf("%d words: %v", different, err)
		}
	}
	wrong, err := SelectOne[uint64](t.Context(), c, `SELECT countIf(
		text != repeat('ü\n\n', n % 3) OR at != fromUnixTimestamp64Milli(toInt64(1736812800000 + n)) OR abs(f - n / 3) > 1e-9
		OR small != toUInt16(n) OR mid != n OR nf IS NULL != (n % 2 = 0) OR ifNull(nf != n, 0)
		OR ifNull(nt != fromUnixTimestamp64Milli(toInt64(1736812800000 + n)), 0)) FROM every`)
	if err != nil || wrong != 0 {
		t.Errorf("%d rows came back changed (%v)", wrong, err)
	}
	rows, err := Select[struct {
		Word string `ch:"word"`
	}](t.Context(), c, "SELECT word FROM every ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, len(rows))
	for i, r := range rows {
		got[i] = r.Word
	}
	if !cmp.Equal(want, got) {
		t.Error("words came back changed")
	}
}

func TestInsertRefusesColumnsOfDifferentLength(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	var kind Words
	var entity Values[string]
	kind.Add("entity")
	kind.Add("entity")
	entity.Add("x")
	err := c.Insert(t.Context(), Block{
		Table: "watchlist", ID: "test", Defs: []ColumnDef{{"kind", TypeWords}, {"entity", TypeString}}, Columns: []Column{&kind, &entity},
	})
	if err == nil {
		t.Error("no error")
	}
}

func TestInsertIsOneBlockPerPartition(t *testing.T) {
	t.Parallel()
	c := open(t)
	if err := c.Exec(t.Context(), "CREATE TABLE blocks (n UInt64, p UInt64) ENGINE = MergeTree PARTITION BY p ORDER BY n"); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(t.Context(), "SYSTEM STOP MERGES blocks"); err != nil {
		t.Fatal(err)
	}
	var n, p Values[uint64]
	for i := range uint64(500_000) {
		n.Add(i)
		p.Add(i % 150) // more than the 100 partitions that ClickHouse allows
	}
	if err := c.Insert(t.Context(), Block{Table: "blocks", ID: "test", Defs: []ColumnDef{{"n", TypeUInt64}, {"p", TypeUInt64}}, Columns: []Column{&n, &p}}); err != nil {
		t.Fatal(err)
	}
	parts, err := SelectOne[uint64](t.Context(), c, "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'blocks' AND active")
	if err != nil || parts != 150 {
		t.Errorf("%d parts (%v), want 150: one per partition", parts, err)
	}
}

func TestWordsKeepNothingBetweenBlocks(t *testing.T) {
	t.Parallel()
	var w Words
	for range 3 {
		w.AddN("a", 2)
		w.AddN("b", 0)
		w.Add("")
		if w.Rows() != 3 || len(w.words) != 2 {
			t.Fatalf("%d rows, words %q", w.Rows(), w.words)
		}
		w.Reset()
	}
	for i := range maxWords + 2 {
		w.Add(fmt.Sprint(i))
	}
	w.Reset()
	if w.index != nil {
		t.Error("a huge dictionary was kept")
	}
	w.Add("again")
	if got := w.words[w.keys[0]]; got != "again" {
		t.Errorf("word is %q", got)
	}
}

func TestStoredOffsets(t *testing.T) {
	t.Parallel()
	c := open(t)
	if err := c.Exec(t.Context(), `CREATE TABLE sink (id String, _topic LowCardinality(String), _partition UInt16, _offset UInt64) ENGINE = MergeTree ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(t.Context(), `INSERT INTO sink VALUES ('a', 't', 1, 10), ('a', 't', 1, 10), ('b', 't', 1, 12), ('c', 't', 2, 11), ('d', 'u', 1, 11), ('e', 't', 1, 9)`); err != nil {
		t.Fatal(err)
	}
	p := Place{Table: "sink", Topic: "t", Partition: 1}
	got, err := c.StoredOffsets(t.Context(), p, 10, 12, "toUInt64(ascii(id))")
	if err != nil {
		t.Fatal(err)
	}
	want := []Stored{{10, 'a'}, {12, 'b'}}
	if len(got) != 2 || got[0] != want[0] && got[1] != want[0] || got[0] != want[1] && got[1] != want[1] {
		t.Errorf("stored are %v, want %v", got, want)
	}
	if last, found, err := c.LastStored(t.Context(), p, 10); err != nil || !found || last != 12 {
		t.Errorf("last is %d %v %v", last, found, err)
	}
	if _, found, err := c.LastStored(t.Context(), p, 13); err != nil || found {
		t.Errorf("found %v %v beyond the end", found, err)
	}
}

// TestAwaitQueries: while an insert of somebody who is gone still runs,
// reading back would miss its rows. It runs for 20 s: the questions that are
// asked meanwhile take a part of one, and more on a busy machine.
func TestAwaitQueries(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.killAfter = time.Hour
	if err := c.Exec(t.Context(), "CREATE TABLE slow (n UInt64) ENGINE = MergeTree ORDER BY n"); err != nil {
		t.Fatal(err)
	}
	prefix := "sink:slow_" + fmt.Sprint(rand.Uint64()) + ":%:0:"
	done := make(chan error, 1)
	go func() {
		done <- c.Exec(c.named(t.Context(), prefix+"5-6"), "INSERT INTO slow SELECT number FROM numbers(200) WHERE sleepEachRow(0.1) = 0 SETTINGS max_block_size = 1, min_insert_block_size_rows = 1000")
	}()
	untilItRuns(t, c, "INSERT INTO slow ")
	for _, another := range []string{"sink:another:", "sink:%", "sink:slow%"} {
		if err := c.AwaitQueries(t.Context(), another); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := SelectOne[uint64](t.Context(), c, "SELECT count() FROM slow"); err != nil || n != 0 {
		t.Fatalf("%d rows (%v): it should have returned at once", n, err)
	}
	if err := c.AwaitQueries(t.Context(), prefix); err != nil {
		t.Fatal(err)
	}
	if n, err := SelectOne[uint64](t.Context(), c, "SELECT count() FROM slow"); err != nil || n != 200 {
		t.Errorf("%d rows (%v) after the wait, want 200", n, err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// untilItRuns waits for a statement that begins so.
func untilItRuns(t *testing.T, c *Client, begin string) {
	t.Helper()
	for {
		n, err := SelectOne[uint64](t.Context(), c, "SELECT count() FROM system.processes WHERE current_database = currentDatabase() AND query LIKE ?", begin+"%")
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestAwaitQueriesKillsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.killAfter = 200 * time.Millisecond
	prefix := "sink:endless_" + fmt.Sprint(rand.Uint64()) + ":"
	done := make(chan error, 1)
	go func() {
		done <- c.Exec(c.named(t.Context(), prefix+"1-2"), "SELECT count() FROM numbers(100000000) WHERE sleepEachRow(0.01) = 0 SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null")
	}()
	untilItRuns(t, c, "SELECT count() FROM numbers(100000000) ")
	if err := c.AwaitQueries(t.Context(), prefix); err != nil {
		t.Fatal(err)
	}
	if err := <-done; Code(err) != 394 { // QUERY_WAS_CANCELLED
		t.Errorf("the query ended with %v", err)
	}
}
