package importer

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

type viewRow struct {
	Time        time.Time `parquet:"time,timestamp(microsecond)"`
	Topic       string    `parquet:"topic"`
	Views       *int64    `parquet:"views,optional"`
	Discussions string    `parquet:"discussions"`
	Tags        []string  `parquet:"tags,list"`
}

func parquetFile[Row any](t testing.TB, rows []Row, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[Row](&b, append([]parquet.WriterOption{parquet.MaxRowsPerRowGroup(2), parquet.Compression(&parquet.Zstd)}, options...)...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParquet(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 13, 4, 0, 0, 0, time.UTC)
	b := parquetFile(t, []viewRow{
		{at, "TikTokRefugee", new(int64(390000)), "2000+", nil},
		{at.Add(time.Hour), "TikTokRefugee", nil, "7.7w", []string{"x"}},
		{at.Add(2 * time.Hour), "cattax", new(int64(0)), "", nil},
	})
	p, err := prepare(t, write(t, "views.parquet", string(b)), mapping(t, "rednote-topics"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `import views.parquet: 3 rows of file
2025-01-13T04:00:00Z rednote_topics tag/xiaohongshu//tiktokrefugee slot 2025-01-13T04:00:00Z depth 0 every 0
  tiktokrefugee views 390000
  tiktokrefugee discussions 2000
2025-01-13T05:00:00Z rednote_topics tag/xiaohongshu//tiktokrefugee slot 2025-01-13T05:00:00Z depth 0 every 0
  tiktokrefugee discussions 77000
2025-01-13T06:00:00Z rednote_topics tag/xiaohongshu//cattax slot 2025-01-13T06:00:00Z depth 0 every 0
  cattax views 0
`
	if d := cmp.Diff(want, published(t, p).text()); d != "" {
		t.Error(d)
	}
	// A row that is wrong is named by its number.
	b = parquetFile(t, []viewRow{{at, "a", new(int64(1)), "", nil}, {at, "b", new(int64(1)), "", nil}, {at, "c", new(int64(-1)), "", nil}})
	_, err = prepare(t, write(t, "views.parquet", string(b)), mapping(t, "rednote-topics"))
	if bad, is := AsBadLine(err); !is || bad.Line != 3 || bad.Column != "views" || bad.Value != "-1" {
		t.Errorf("error is %v", err)
	}
}

// TestBrokenParquetIsAnError: the library panics over some of these.
func TestBrokenParquetIsAnError(t *testing.T) {
	t.Parallel()
	whole := parquetFile(t, []viewRow{{time.Unix(1736755200, 0), "a", new(int64(1)), "", nil}})
	m := mapping(t, "rednote-topics")
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0xff
		in, err := Spool(t.Context(), bytes.NewReader(b), "broken", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Prepare(t.Context(), in, m, Provenance{By: "a", Via: "file", At: time.Now()}, nil); err == nil && i < 4 {
			t.Errorf("byte %d was changed, and nobody saw", i)
		}
		in.Close()
	}
	for _, text := range []string{"PAR1", "PAR1PAR1", "PAR1" + strings.Repeat("x", 100) + "PAR1"} {
		if _, err := prepare(t, write(t, "x", text), m); err == nil || !strings.Contains(err.Error(), "parquet") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestParquetSizesAreCheckedFirst: what a small file says that it unpacks to is
// bounded before any of it is unpacked.
func TestParquetSizesAreCheckedFirst(t *testing.T) {
	t.Parallel()
	group := func(sizes ...int64) *format.FileMetaData {
		m := &format.FileMetaData{RowGroups: make([]format.RowGroup, 1)}
		for _, size := range sizes {
			m.RowGroups[0].Columns = append(m.RowGroups[0].Columns, format.ColumnChunk{MetaData: format.ColumnMetaData{TotalUncompressedSize: size}})
		}
		return m
	}
	for _, c := range []struct {
		m    *format.FileMetaData
		all  int64
		good bool
	}{{group(maxChunk, maxChunk), 0, true}, {group(1, maxChunk+1), 0, false}, {group(-1), 0, false}, {group(50, 51), 100, false}} {
		if err := checkSizes(c.m, c.all); (err == nil) != c.good {
			t.Errorf("%v: %v", c.m, err)
		}
	}
	b := parquetFile(t, []viewRow{{time.Unix(1736755200, 0), strings.Repeat("a", 1<<20), nil, "1", nil}})
	in, err := Spool(t.Context(), bytes.NewReader(b), "bomb", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	in.maxUnpacked = 1 << 19
	if _, err := Prepare(t.Context(), in, mapping(t, "rednote-topics"), Provenance{By: "a", Via: "file", At: time.Now()}, nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
}
