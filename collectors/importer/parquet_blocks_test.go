package importer

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

func codecs() []compress.Codec {
	return []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw}
}

// TestEveryPackingOfParquet: what is honest is read, in each packing and both
// versions of pages. The library writes no missing values in the first version
// that anybody could read, so those are in the second only.
func TestEveryPackingOfParquet(t *testing.T) {
	t.Parallel()
	type flatRow struct {
		Time        time.Time `parquet:"time,timestamp(millisecond)"`
		Topic       string    `parquet:"topic"`
		Views       int64     `parquet:"views"`
		Discussions string    `parquet:"discussions,dict"`
	}
	at := time.Unix(1736755200, 0)
	var flat []flatRow
	var rows []viewRow
	for i := range 500 {
		tick := at.Add(time.Duration(i) * time.Hour)
		flat = append(flat, flatRow{tick, "a", int64(i), strconv.Itoa(i % 7)})
		rows = append(rows, viewRow{tick, "a", nil, strconv.Itoa(i), []string{"x"}})
		if i >= 100 { // a row group without a single value of views
			rows[i].Views = new(int64(i))
		}
	}
	for _, codec := range codecs() {
		options := []parquet.WriterOption{parquet.Compression(codec), parquet.MaxRowsPerRowGroup(100)}
		for name, c := range map[string]struct {
			b    []byte
			want int
		}{
			"version 1": {parquetFile(t, flat, append(options, parquet.DataPageVersion(1))...), 500},
			"version 2": {parquetFile(t, rows, append(options, parquet.DataPageVersion(2))...), 400},
		} {
			p, err := prepare(t, write(t, "views.parquet", string(c.b)), mapping(t, "rednote-topics"))
			if err != nil {
				t.Errorf("%s, %s: %v", codec, name, err)
				continue
			}
			if got := strings.Count(published(t, p).text(), " views "); got != c.want {
				t.Errorf("%s, %s: %d readings of views, want %d", codec, name, got, c.want)
			}
		}
	}
}

// pageOf is a page with two values that says it unpacks to 100 bytes.
func pageOf(t testing.TB, version int, block []byte) []byte {
	t.Helper()
	head := &format.PageHeader{UncompressedPageSize: 100, CompressedPageSize: int32(len(block))}
	if version == 1 {
		head.Type, head.DataPageHeader = format.DataPage, &format.DataPageHeader{NumValues: 2}
	} else {
		head.Type, head.DataPageHeaderV2 = format.DataPageV2, &format.DataPageHeaderV2{NumValues: 2, NumRows: 2}
	}
	page, err := thrift.Marshal(new(thrift.CompactProtocol), head)
	if err != nil {
		t.Fatal(err)
	}
	return append(page, block...)
}

// withPage writes a file whose second column has another page; change may be
// nil.
func withPage(t testing.TB, codec format.CompressionCodec, page []byte, change func(*format.ColumnMetaData)) []byte {
	t.Helper()
	// What lies before the footer does not move: the page is put behind it.
	whole := lie(t, func(*format.FileMetaData) {})
	pages := whole[:len(whole)-8-int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))]
	changed := lie(t, func(m *format.FileMetaData) {
		c := &m.RowGroups[0].Columns[1].MetaData
		c.Codec, c.DataPageOffset, c.DictionaryPageOffset, c.TotalCompressedSize = codec, int64(len(pages)), 0, int64(len(page))
		if change != nil {
			change(c)
		}
	})
	return ending(append(bytes.Clone(pages), page...), changed[len(pages):len(changed)-8])
}

// TestAPageThatUnpacksToMoreThanItSays: the block of a page that says another
// length than its head, or says none and does not end, takes no room.
//
//nolint:paralleltest // it measures memory
func TestAPageThatUnpacksToMoreThanItSays(t *testing.T) {
	m := mapping(t, "rednote-topics")
	type block struct {
		codec format.CompressionCodec
		b     []byte
	}
	blocks := map[string]block{
		"4 GB of snappy, it says": {format.Snappy, []byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0}},
		"4 GB of zstd, it says":   {format.Zstd, []byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0}},
		"lz4 that does not end":   {format.Lz4Raw, bytes.Repeat([]byte{0xf0}, 20)},
	}
	for _, codec := range codecs()[1:] {
		b, err := codec.Encode(nil, make([]byte, 64<<20))
		if err != nil {
			t.Fatal(err)
		}
		blocks["64 MB in "+codec.String()] = block{codec.CompressionCodec(), b}
	}
	for name, c := range blocks {
		for version := 1; version <= 2; version++ {
			room, err := read(t, m, withPage(t, c.codec, pageOf(t, version, c.b), nil))
			if bad, is := AsBadLine(err); !is || bad.Line < 1 || !strings.Contains(err.Error(), "it says that it unpacks to 100 bytes") {
				t.Errorf("%s, version %d: error is %v", name, version, err)
			}
			if room > 24<<20 {
				t.Errorf("%s, version %d: %d MB were allocated", name, version, room>>20)
			}
		}
	}
}
