package importer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

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
// much they say they unpack to. all bounds the sum; 0: no bound.
func checkPages(r io.ReaderAt, size int64, m *format.FileMetaData, all int64) error {
	var sum, rows int64
	for i := range m.RowGroups {
		g := &m.RowGroups[i]
		if rows += g.NumRows; g.NumRows < 0 || rows > m.NumRows || all > 0 && rows > all {
			return fmt.Errorf("check parquet: row group %d says it has %d rows, the file says %d", i+1, g.NumRows, m.NumRows)
		}
		for j := range g.Columns {
			c := pages{r: r, size: size, column: &g.Columns[j].MetaData}
			unpacked, err := c.check()
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
}

func (p *pages) check() (unpacked int64, err error) {
	at, end, err := p.span()
	if err != nil {
		return 0, err
	}
	var values int64
	for at < end {
		h, err := p.head(at, end)
		if err != nil {
			return 0, fmt.Errorf("the page at byte %d: %w", at, err)
		}
		if at += h.length; h.packed < 0 || h.packed > end-at {
			return 0, fmt.Errorf("the page at byte %d says it has %d bytes, the column has %d more", at, h.packed, end-at)
		}
		if unpacked += h.unpacked; h.unpacked < 0 || unpacked > maxChunk {
			return 0, fmt.Errorf("it unpacks to more than %d bytes: write smaller row groups", maxChunk)
		}
		if values += h.values; h.values < 0 || h.values > maxPageValues || values > p.column.NumValues {
			return 0, fmt.Errorf("the page at byte %d says it has %d values, want at most %d of %d", at, h.values, maxPageValues, p.column.NumValues)
		}
		at += h.packed
	}
	return unpacked, nil
}

// span is where the pages lie, the dictionary first.
func (p *pages) span() (from, to int64, err error) {
	from = p.column.DataPageOffset
	if d := p.column.DictionaryPageOffset; d > 0 && d < from {
		from = d
	}
	packed := p.column.TotalCompressedSize
	if from < int64(len(parquetMagic)) || packed < 0 || from > p.size-8 || packed > p.size-8-from {
		return 0, 0, fmt.Errorf("it lies at byte %d and has %d bytes, beyond the end of the file", from, packed)
	}
	return from, from + packed, nil
}

// pageHead is what a page says of itself. A dictionary has no values of rows.
type pageHead struct{ length, packed, unpacked, values int64 }

// take reads the numbers of the struct PageHeader by the ids of their fields.
func (h *pageHead) take(path []int64, n int64) {
	const unpacked, packed, data, dictionary, dataV2, values = 2, 3, 5, 7, 8, 1
	switch {
	case len(path) == 1 && path[0] == unpacked:
		h.unpacked = n
	case len(path) == 1 && path[0] == packed:
		h.packed = n
	case len(path) != 2 || path[1] != values:
	case path[0] == data, path[0] == dataV2:
		h.values = n
	case path[0] == dictionary && (n < 0 || n > maxPageValues):
		h.values = -1
	}
}

func (p *pages) head(at, end int64) (pageHead, error) {
	var h pageHead
	for room := int64(4 << 10); ; room = maxPageHead {
		b := make([]byte, min(room, end-at))
		if _, err := p.r.ReadAt(b, at); err != nil {
			return h, fmt.Errorf("read parquet: %w", err)
		}
		w := &thriftWalk{b: b, number: h.take}
		err := w.structure()
		if errors.Is(err, errCutShort) && int64(len(b)) == room && room < maxPageHead {
			continue
		}
		h.length = int64(w.at)
		return h, err
	}
}
