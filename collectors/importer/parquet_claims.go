package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tidemark/tidemark/collectors/lines"
)

// What a Parquet file says of itself is not to be believed: the library makes
// room for as much as a footer or the head of a page claims before it has read
// any of it. So both are walked first, which needs no room at all.
const (
	maxFooter     = 64 << 20 // the shortest and the longest text of each column are in it
	maxPageHead   = 64 << 20 // likewise
	maxListItems  = 1 << 20  // of a footer or a head: row groups, columns, statistics
	maxPageValues = 1 << 22
	parquetMagic  = "PAR1"
)

var errCutShort = errors.New("it ends within itself")

// checkFooter holds the footer before the library decodes it.
func checkFooter(r io.ReaderAt, size int64) error {
	tail := make([]byte, 8)
	if size < int64(len(parquetMagic)+len(tail)) {
		return fmt.Errorf("check parquet: %d bytes are no parquet file", size)
	}
	if _, err := r.ReadAt(tail, size-8); err != nil {
		return fmt.Errorf("read parquet: %w", err)
	}
	if string(tail[4:]) != parquetMagic {
		return fmt.Errorf("check parquet: the file does not end with %s: it is cut short, or encrypted", parquetMagic)
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length > min(size-12, maxFooter) {
		return fmt.Errorf("check parquet: the footer is said to have %d bytes, want at most %d", length, min(size-12, maxFooter))
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-8-length); err != nil {
		return fmt.Errorf("read parquet: %w", err)
	}
	if err := (&thriftWalk{b: footer}).structure(); err != nil {
		return fmt.Errorf("check parquet: the footer: %w", err)
	}
	return nil
}

// checkPages holds the heads of all pages of a file: where they lie, and how
// much they say they unpack to; and the pages, that they unpack to no more. all
// bounds the sum; 0: no bound.
func checkPages(r io.ReaderAt, size int64, m *format.FileMetaData, all int64) error {
	var sum, rows int64
	var unpacker blocks
	defer unpacker.close()
	for i := range m.RowGroups {
		g := &m.RowGroups[i]
		if rows += g.NumRows; g.NumRows < 0 || rows > m.NumRows || all > 0 && rows > all {
			return fmt.Errorf("check parquet: row group %d says it has %d rows, the file says %d", i+1, g.NumRows, m.NumRows)
		}
		for j := range g.Columns {
			c := pages{r: r, size: size, column: &g.Columns[j].MetaData, blocks: &unpacker}
			unpacked, err := c.check()
			// The library unpacks all as it unpacks the first.
			if first := m.RowGroups[0].Columns; err == nil && j < len(first) && c.column.Codec != first[j].MetaData.Codec {
				err = fmt.Errorf("it is packed by %s, and by %s in the first row group: pack it in one way", c.column.Codec, first[j].MetaData.Codec)
			}
			if err != nil {
				return fmt.Errorf("check parquet: column %s of row group %d: %w", lines.Shorten(fmt.Sprint(c.column.PathInSchema)), i+1, err)
			}
			if sum += unpacked; all > 0 && sum > all {
				return fmt.Errorf("check parquet: %w: it unpacks to more than %d bytes", ErrTooLarge, all)
			}
		}
	}
	if rows != m.NumRows {
		return fmt.Errorf("check parquet: the row groups have %d rows, the file says %d", rows, m.NumRows)
	}
	return nil
}

// pages are those of one column of one group of rows.
type pages struct {
	r      io.ReaderAt
	size   int64
	column *format.ColumnMetaData
	blocks *blocks
}

func (p *pages) check() (unpacked int64, err error) {
	at, end, err := p.span()
	if err != nil {
		return 0, err
	}
	var values int64
	var begins bool // a page, where those with values are said to
	for at < end {
		begins = begins || at == p.column.DataPageOffset
		h, length, err := p.head(at, end)
		if err != nil {
			return 0, fmt.Errorf("the page at byte %d: %w", at, err)
		}
		packed := int64(h.CompressedPageSize)
		if at += length; packed < 0 || packed > end-at {
			return 0, fmt.Errorf("the page at byte %d says it has %d bytes, the column has %d more", at, packed, end-at)
		}
		if unpacked += int64(h.UncompressedPageSize); h.UncompressedPageSize < 0 || unpacked > maxChunk {
			return 0, fmt.Errorf("it unpacks to more than %d bytes: write smaller row groups", maxChunk)
		}
		n := valuesOf(h)
		if values += n; n < 0 || n > maxPageValues || values > p.column.NumValues {
			return 0, fmt.Errorf("the page at byte %d says it has %d values, want at most %d of %d", at, n, maxPageValues, p.column.NumValues)
		}
		if err := p.block(h, at); err != nil {
			return 0, fmt.Errorf("the page at byte %d: %w", at, err)
		}
		at += packed
	}
	if !begins && at != p.column.DataPageOffset {
		return 0, fmt.Errorf("no page begins at byte %d, where those with values are said to", p.column.DataPageOffset)
	}
	return unpacked, nil
}

// span is where the pages lie, the dictionary first.
func (p *pages) span() (from, to int64, err error) {
	from = p.column.DataPageOffset
	if p.column.DictionaryPageOffset != 0 { // the library begins there, wherever it is
		from = p.column.DictionaryPageOffset
	}
	packed := p.column.TotalCompressedSize
	if from < int64(len(parquetMagic)) || packed < 0 || from > p.size-8 || packed > p.size-8-from {
		return 0, 0, fmt.Errorf("it lies at byte %d and has %d bytes, beyond the end of the file", from, packed)
	}
	return from, from + packed, nil
}

// valuesOf is how many values of rows a page says it has, -1 where it says
// something impossible. A dictionary has none.
func valuesOf(h *format.PageHeader) int64 {
	switch data, dataV2, dictionary := h.DataPageHeader, h.DataPageHeaderV2, h.DictionaryPageHeader; {
	case h.Type == format.DataPage && data != nil:
		return int64(data.NumValues)
	case h.Type == format.DataPageV2 && dataV2 != nil && dataV2.NumNulls >= 0 && dataV2.NumNulls <= dataV2.NumValues:
		return int64(dataV2.NumValues)
	case h.Type == format.DictionaryPage && dictionary != nil && dictionary.NumValues >= 0 && dictionary.NumValues <= maxPageValues:
		return 0
	default:
		return -1
	}
}

// head reads the head of a page as the library will: the walk bounds what it may
// claim, and the strict decoder takes the bytes for nothing else than the walk.
func (p *pages) head(at, end int64) (h *format.PageHeader, length int64, err error) {
	for room := int64(4 << 10); ; room = maxPageHead {
		b := make([]byte, min(room, end-at))
		if _, err := p.r.ReadAt(b, at); err != nil {
			return nil, 0, fmt.Errorf("read parquet: %w", err)
		}
		w := &thriftWalk{b: b}
		err := w.structure()
		if errors.Is(err, errCutShort) && int64(len(b)) == room && room < maxPageHead {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		h = new(format.PageHeader)
		rest := bytes.NewReader(b[:w.at])
		d := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(rest))
		d.SetStrict(true)
		if err := d.Decode(h); err != nil {
			return nil, 0, fmt.Errorf("decode its head: %w", err)
		}
		if rest.Len() > 0 {
			return nil, 0, fmt.Errorf("decode its head: %d bytes are left over", rest.Len())
		}
		return h, int64(w.at), nil
	}
}

// block reads a page whose head holds, and checks what it unpacks to.
func (p *pages) block(h *format.PageHeader, at int64) error {
	if p.column.Codec == format.Uncompressed {
		return nil
	}
	packed := make([]byte, h.CompressedPageSize)
	if _, err := p.r.ReadAt(packed, at); err != nil {
		return fmt.Errorf("read parquet: %w", err)
	}
	return p.blocks.check(p.column.Codec, h, packed)
}
