package january2025

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"time"
)

// table is one of the case's files, read line by line by the names of its
// columns.
type table struct {
	file string
	r    *csv.Reader
	at   map[string]int // column by name
	rec  []string
	bad  error // the first field that was not understood
}

func openTable(files fs.FS, file string, columns ...string) (*table, error) {
	b, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	t := &table{file: file, r: csv.NewReader(bytes.NewReader(b)), at: map[string]int{}}
	header, err := t.r.Read()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("read %s: header is %q, want %q", file, header, columns)
	}
	for i, name := range header {
		t.at[name] = i
	}
	return t, nil
}

// next moves to the next line. It is false at the end and after an error.
func (t *table) next() bool {
	if t.bad != nil {
		return false
	}
	rec, err := t.r.Read()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			t.bad = fmt.Errorf("read %s: %w", t.file, err)
		}
		return false
	}
	t.rec = rec
	return true
}

func (t *table) text(column string) string { return t.rec[t.at[column]] }

// number reads a field that may be empty.
func (t *table) number(column string) (v float64, there bool) {
	s := t.text(column)
	if s == "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.wrong("%s is %q, want a number", column, s)
	}
	return v, true
}

// moment reads a field that may be empty, which gives the zero time.
func (t *table) moment(column string) time.Time {
	s := t.text(column)
	if s == "" {
		return time.Time{}
	}
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.wrong("%s is %q, want a time", column, s)
	}
	return v.UTC()
}

func (t *table) yes(column string) bool {
	s := t.text(column)
	if s != "yes" && s != "no" {
		t.wrong("%s is %q, want yes or no", column, s)
	}
	return s == "yes"
}

func (t *table) wrong(format string, args ...any) {
	if t.bad == nil {
		line, _ := t.r.FieldPos(0)
		t.bad = fmt.Errorf("read %s:%d: %s", t.file, line, fmt.Sprintf(format, args...))
	}
}
