package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/collectors/lines"
)

// csvTable reads the columns that are wanted of a CSV file.
type csvTable struct {
	lines  *lines.Reader
	comma  byte
	width  int
	pick   []int // where each wanted column is
	cells  []cell
	fields []string
	// columns is the header.
	columns []string
}

// openCSV reads the header and finds the wanted columns in it.
func openCSV(r io.Reader, name, delimiter string, want []string) (*csvTable, error) {
	t := &csvTable{lines: lines.New(r, name), cells: make([]cell, len(want))}
	header, err := t.header(delimiter)
	if err != nil {
		return nil, err
	}
	t.width, t.columns = len(header), header
	for _, w := range want {
		i := slices.Index(header, w)
		switch {
		case i < 0:
			return nil, t.lines.Wrongf("check columns: %s is missing among %s", w, lines.Shorten(strings.Join(header, ", ")))
		case slices.Contains(header[i+1:], w):
			return nil, t.lines.Wrongf("check columns: %s is there twice", w)
		}
		t.pick = append(t.pick, i)
	}
	return t, nil
}

func (t *csvTable) header(delimiter string) ([]string, error) {
	record, err := t.lines.Record()
	if errors.Is(err, io.EOF) {
		return nil, t.lines.Wrongf("file is empty")
	}
	if err != nil {
		return nil, err
	}
	if sign, is := separatorLine(record); is { // as Excel writes it
		if delimiter == "" {
			t.comma = sign
		}
		if record, err = t.lines.Record(); errors.Is(err, io.EOF) {
			return nil, t.lines.Wrongf("file has no line with columns")
		}
		if err != nil {
			return nil, err
		}
	}
	switch delimiter {
	case "comma":
		t.comma = ','
	case "semicolon":
		t.comma = ';'
	case "tab":
		t.comma = '\t'
	default:
		if t.comma == 0 {
			t.comma = likeliest(record)
		}
	}
	header, err := t.split(record)
	if err != nil {
		return nil, err
	}
	header = slices.Clone(header)
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	return header, nil
}

// separatorLine knows the line sep=; before the header.
func separatorLine(record []byte) (sign byte, is bool) {
	if len(record) != len("sep=;") || !bytes.EqualFold(record[:4], []byte("sep=")) || !bytes.ContainsRune([]byte(",;\t"), rune(record[4])) {
		return 0, false
	}
	return record[4], true
}

// likeliest is the sign that the header has most of.
func likeliest(header []byte) byte {
	best, most := byte(','), -1
	for _, sign := range []byte{',', ';', '\t'} {
		if n := bytes.Count(header, []byte{sign}); n > most {
			best, most = sign, n
		}
	}
	return best
}

// next gives the wanted cells of the next row, valid until the next call.
func (t *csvTable) next() ([]cell, error) {
	for {
		record, err := t.lines.Record()
		if err != nil {
			return nil, err
		}
		if len(record) == 0 {
			continue
		}
		fields, err := t.split(record)
		if err != nil {
			return nil, err
		}
		if len(fields) != t.width {
			return nil, t.lines.Wrongf("decode line: has %d columns, want %d", len(fields), t.width)
		}
		for i, at := range t.pick {
			t.cells[i] = cell{text: fields[at]}
		}
		return t.cells, nil
	}
}

// split reads one record on its own, so that no more of the file is held.
func (t *csvTable) split(record []byte) ([]string, error) {
	if bytes.IndexByte(record, '"') < 0 {
		t.fields = t.fields[:0]
		for field := range strings.SplitSeq(string(record), string(t.comma)) {
			t.fields = append(t.fields, field)
		}
		return t.fields, nil
	}
	r := csv.NewReader(bytes.NewReader(record))
	r.FieldsPerRecord, r.Comma = -1, rune(t.comma)
	fields, err := r.Read()
	if err != nil {
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			err = bad.Err // without its line, which is one of the record
		}
		return nil, t.lines.Wrong(fmt.Errorf("decode line: %w", err))
	}
	return fields, nil
}

func (t *csvTable) wrong(err error) error { return t.lines.Wrong(err) }

func (t *csvTable) close() error { return nil }
