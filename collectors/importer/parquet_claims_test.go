package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// lie writes a file whose footer says something else.
func lie(t testing.TB, change func(m *format.FileMetaData)) []byte {
	t.Helper()
	whole := parquetFile(t, []viewRow{{time.Unix(1736755200, 0), "a", new(int64(1)), "", nil}, {time.Unix(1736758800, 0), "b", nil, "5", nil}, {time.Unix(1736762400, 0), "c", nil, "6", nil}})
	f, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	m := f.Metadata()
	change(m)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), m)
	if err != nil {
		t.Fatal(err)
	}
	length := int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
	return ending(whole[:len(whole)-8-length], footer)
}

func ending(pages, footer []byte) []byte {
	b := append(bytes.Clone(pages), footer...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), parquetMagic...)
}

// read imports a file, and says how much room that took.
func read(t testing.TB, m *Mapping, b []byte) (room uint64, err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	in, err := Spool(t.Context(), bytes.NewReader(b), "x.parquet", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_, err = Prepare(t.Context(), in, m, Provenance{By: "a", Via: "file", At: time.Now()}, nil)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// TestAParquetFileIsNotBelieved: a footer or a page that lies is an error that
// says where, and takes no room.
//
//nolint:paralleltest // it measures memory
func TestAParquetFileIsNotBelieved(t *testing.T) {
	m := mapping(t, "rednote-topics")
	column := func(m *format.FileMetaData) *format.ColumnMetaData { return &m.RowGroups[0].Columns[1].MetaData }
	whole := lie(t, func(*format.FileMetaData) {})
	if _, err := read(t, m, whole); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"more rows":            {lie(t, func(m *format.FileMetaData) { m.NumRows = 1 << 40 }), "the row groups have 3 rows"},
		"fewer rows":           {lie(t, func(m *format.FileMetaData) { m.NumRows = 1 }), "row group 1 says it has 2 rows, the file says 1"},
		"no rows at all":       {lie(t, func(m *format.FileMetaData) { m.RowGroups[0].NumRows = -5 }), "row group 1 says it has -5 rows"},
		"beyond the end":       {lie(t, func(m *format.FileMetaData) { column(m).DataPageOffset, column(m).DictionaryPageOffset = 1<<50, 0 }), "beyond the end of the file"},
		"before the beginning": {lie(t, func(m *format.FileMetaData) { column(m).DataPageOffset, column(m).DictionaryPageOffset = -7, 0 }), "beyond the end of the file"},
		"values within a page": {lie(t, func(m *format.FileMetaData) {
			column(m).DictionaryPageOffset = column(m).DataPageOffset
			column(m).DataPageOffset += 3
		}), "no page begins at byte"},
		"values before the rest": {withPage(t, format.Uncompressed, pageOf(t, 1, make([]byte, 100)), func(c *format.ColumnMetaData) { c.DictionaryPageOffset, c.DataPageOffset = c.DataPageOffset, 4 }), "no page begins at byte 4"},
		"a head of other types":  {withPage(t, format.Zstd, []byte{0x15, 0, 0x16, 0, 0x15, 0, 0}, nil), "field value type mismatch"},
		"packed in two ways":     {lie(t, func(m *format.FileMetaData) { m.RowGroups[1].Columns[1].MetaData.Codec = format.Uncompressed }), "it is packed by UNCOMPRESSED, and by ZSTD in the first row group"},
		"longer than the file":   {lie(t, func(m *format.FileMetaData) { column(m).TotalCompressedSize = 1 << 60 }), "beyond the end of the file"},
		"unpacks to much":        {lie(t, func(m *format.FileMetaData) { column(m).TotalUncompressedSize = 1 << 60 }), "want at most"},
		"fewer values":           {lie(t, func(m *format.FileMetaData) { column(m).NumValues = 0 }), "values, want at most"},
		"a footer of 4 GB":       {append(append(bytes.Clone(whole[:len(whole)-8]), 0xff, 0xff, 0xff, 0xff), parquetMagic...), "the footer is said to have 4294967295 bytes"},
		"a list of 2 billion":    {ending([]byte(parquetMagic), []byte{0x15, 2, 0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0}), "lists of more than"},
		"a text of 2 billion":    {ending([]byte(parquetMagic), []byte{0x15, 2, 0x58, 0xff, 0xff, 0xff, 0xff, 7, 0}), "ends within itself"},
		"nested without an end":  {ending([]byte(parquetMagic), bytes.Repeat([]byte{0x1c}, 1000)), "nested too deeply"},
	} {
		room, err := read(t, m, c.b)
		if bad, is := AsBadLine(err); !is || bad.Line < 1 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
		if room > 16<<20 {
			t.Errorf("%s: %d MB were allocated", name, room>>20)
		}
	}
}

// FuzzParquet: no panic, no room for what is claimed only, and an error names a
// line. The bytes are those of a footer, or of a whole file.
func FuzzParquet(f *testing.F) {
	whole := lie(f, func(*format.FileMetaData) {})
	length := int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
	pages, footer := whole[:len(whole)-8-length], whole[len(whole)-8-length:len(whole)-8]
	f.Add(true, footer)
	f.Add(false, whole)
	m := mapping(f, "rednote-topics")
	f.Fuzz(func(t *testing.T, foot bool, b []byte) {
		if foot {
			b = ending(pages, b)
		}
		if len(b) > 1<<20 {
			return
		}
		r, err := newReader(m)
		if err != nil {
			t.Fatal(err)
		}
		in, err := Spool(t.Context(), bytes.NewReader(b), "fuzz", 0)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		tab, err := openParquet(in, r.columns)
		if err == nil {
			err = r.looks(tab, newGrouper(m, "i", false), &Counts{}, func(*event.Snapshot) error { return nil })
			_ = tab.close()
		}
		var bad *lines.Error
		if err != nil && (!errors.As(err, &bad) || bad.Line < 1) {
			t.Fatalf("the error names no line: %v", err)
		}
	})
}
