package importer

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tidemark/tidemark/collectors/lines"
)

// parquetBatch is how many rows are decoded at once.
const parquetBatch = 256

// parquetTable reads a Parquet file whose columns hold no lists. Its lines are
// its rows, counted from 1.
type parquetTable struct {
	name   string
	groups []parquet.RowGroup
	rows   parquet.Rows
	buffer []parquet.Row
	filled int // rows of the buffer that are rows of the file
	taken  int
	line   int
	leaves []parquet.LeafColumn
	pick   map[int][]int // column of the file -> wanted cells
	cells  []cell
}

// openParquet reads the schema. The library panics over some broken files: a
// panic is an error about the file.
func openParquet(in *Input, want []string) (t *parquetTable, err error) {
	defer asError(&err, in.name, 1)
	file, err := parquetFileOf(in)
	if err == nil {
		err = checkSizes(file.Metadata(), in.maxUnpacked)
	}
	if err == nil {
		err = checkPages(in.file, in.size, file.Metadata(), in.maxUnpacked)
	}
	if err != nil {
		return nil, &lines.Error{File: in.name, Line: 1, Err: err}
	}
	t = &parquetTable{name: in.name, groups: file.RowGroups(), pick: map[int][]int{}, cells: make([]cell, len(want))}
	for i, w := range want {
		leaf, found := file.Schema().Lookup(w)
		switch {
		case !found:
			return nil, &lines.Error{File: in.name, Line: 1, Err: fmt.Errorf("check columns: %s is missing among %s", w, lines.Shorten(fmt.Sprint(parquetColumns(file))))}
		case leaf.MaxRepetitionLevel > 0:
			return nil, &lines.Error{File: in.name, Line: 1, Err: fmt.Errorf("check columns: %s holds lists, want one value per row", w)}
		}
		t.leaves = append(t.leaves, leaf)
		t.pick[leaf.ColumnIndex] = append(t.pick[leaf.ColumnIndex], i)
	}
	t.buffer = make([]parquet.Row, parquetBatch)
	return t, nil
}

// parquetFileOf reads the footer.
func parquetFileOf(in *Input) (*parquet.File, error) {
	if err := checkFooter(in.file, in.size); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(in.file, in.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("decode parquet: %w", err)
	}
	return file, nil
}

// maxChunk is what one column of one group of rows may unpack to. The library
// holds a page of it at a time, which may be all of it.
const maxChunk = 256 << 20

// checkSizes holds what the file says of itself before any of it is unpacked.
// all bounds the sum; 0: no bound.
func checkSizes(m *format.FileMetaData, all int64) error {
	var sum int64
	for i := range m.RowGroups {
		for j := range m.RowGroups[i].Columns {
			c := &m.RowGroups[i].Columns[j].MetaData
			size := c.TotalUncompressedSize
			if size < 0 || size > maxChunk {
				return fmt.Errorf("check parquet: column %s of row group %d unpacks to %d bytes, want at most %d: write smaller row groups",
					lines.Shorten(fmt.Sprint(c.PathInSchema)), i+1, size, maxChunk)
			}
			if sum += size; all > 0 && sum > all {
				return fmt.Errorf("check parquet: %w: it unpacks to more than %d bytes", ErrTooLarge, all)
			}
		}
	}
	return nil
}

func parquetColumns(file *parquet.File) []string {
	var names []string
	for _, path := range file.Schema().Columns() {
		if len(path) == 1 {
			names = append(names, path[0])
		}
	}
	return names
}

// asError makes an error of a panic of the library.
func asError(err *error, name string, line int) {
	if p := recover(); p != nil {
		*err = &lines.Error{File: name, Line: line, Err: fmt.Errorf("decode parquet: %v", p)}
	}
}

// next gives the wanted cells of the next row, valid until the next call.
func (t *parquetTable) next() (cells []cell, err error) {
	defer asError(&err, t.name, t.line+1)
	for t.taken == t.filled {
		if err := t.fill(); err != nil {
			return nil, err
		}
	}
	row := t.buffer[t.taken]
	t.taken++
	t.line++
	for i := range t.cells {
		t.cells[i] = cell{}
	}
	for _, v := range row {
		for _, i := range t.pick[v.Column()] {
			t.cells[i] = cellOf(v, t.leaves[i])
		}
	}
	return t.cells, nil
}

func (t *parquetTable) fill() error {
	if t.rows == nil {
		if len(t.groups) == 0 {
			return io.EOF
		}
		t.rows, t.groups = t.groups[0].Rows(), t.groups[1:]
	}
	n, err := t.rows.ReadRows(t.buffer)
	t.filled, t.taken = n, 0
	if err == nil || n > 0 && errors.Is(err, io.EOF) {
		return nil
	}
	if !errors.Is(err, io.EOF) {
		return &lines.Error{File: t.name, Line: t.line + 1, Err: fmt.Errorf("decode parquet: %w", err)}
	}
	err = t.rows.Close()
	t.rows = nil
	return err
}

func (t *parquetTable) wrong(err error) error {
	return &lines.Error{File: t.name, Line: t.line, Err: err}
}

func (t *parquetTable) close() error {
	if t.rows == nil {
		return nil
	}
	return t.rows.Close()
}

// cellOf writes a value as a CSV file would have it.
func cellOf(v parquet.Value, leaf parquet.LeafColumn) cell {
	if v.IsNull() {
		return cell{}
	}
	logical := leaf.Node.Type().LogicalType()
	if logical == nil {
		logical = &format.LogicalType{}
	}
	switch v.Kind() {
	case parquet.Boolean:
		return cell{text: strconv.FormatBool(v.Boolean())}
	case parquet.Int32, parquet.Int64:
		n := v.Int64()
		if v.Kind() == parquet.Int32 {
			n = int64(v.Int32())
		}
		return intCell(n, v, logical)
	case parquet.Float:
		return cell{text: strconv.FormatFloat(float64(v.Float()), 'g', -1, 32), exact: true}
	case parquet.Double:
		return cell{text: strconv.FormatFloat(v.Double(), 'g', -1, 64), exact: true}
	case parquet.ByteArray, parquet.FixedLenByteArray:
		if logical.Decimal != nil || logical.UUID != nil || logical.Float16 != nil {
			return cell{odd: logical.String()}
		}
		if len(v.ByteArray()) > lines.MaxLine {
			return cell{odd: fmt.Sprintf("a text of more than %d bytes", lines.MaxLine)}
		}
		return cell{text: string(v.ByteArray())}
	default:
		return cell{odd: "a time of 96 bits (write it as a timestamp)"}
	}
}

func intCell(n int64, v parquet.Value, logical *format.LogicalType) cell {
	switch {
	case logical.Date != nil:
		return cell{text: time.Unix(n*86400, 0).UTC().Format(time.DateOnly)}
	case logical.Timestamp != nil:
		return cell{text: timestampText(n, logical.Timestamp)}
	case logical.Decimal != nil:
		return cell{text: strconv.FormatInt(n, 10) + "e-" + strconv.Itoa(int(logical.Decimal.Scale)), exact: true}
	case logical.Time != nil:
		return cell{odd: "a time of day"}
	case logical.Integer != nil && !logical.Integer.IsSigned:
		if v.Kind() == parquet.Int32 {
			return cell{text: strconv.FormatUint(uint64(v.Uint32()), 10), exact: true}
		}
		return cell{text: strconv.FormatUint(v.Uint64(), 10), exact: true}
	default:
		return cell{text: strconv.FormatInt(n, 10), exact: true}
	}
}

// timestampText is RFC 3339 where the moment is known, and what the clock showed
// otherwise.
func timestampText(n int64, t *format.TimestampType) string {
	at := time.UnixMilli(n)
	switch {
	case t.Unit.Micros != nil:
		at = time.UnixMicro(n)
	case t.Unit.Nanos != nil:
		at = time.Unix(0, n)
	}
	if at = at.UTC(); t.IsAdjustedToUTC {
		return at.Format(time.RFC3339Nano)
	}
	if at.Nanosecond() != 0 {
		return at.Format("2006-01-02 15:04:05.000")
	}
	return at.Format(time.DateTime)
}
