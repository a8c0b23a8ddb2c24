package lines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxLine is more than the largest valid snapshot has as JSON. A stray quote or
// a binary file must not fill the memory.
const MaxLine = 8 << 20

// Error is a line that is not understood. A person is watching, so reading
// stops there.
type Error struct {
	File string
	Line int
	Err  error
}

// Error reads "read FILE:LINE: reason".
func (e *Error) Error() string { return fmt.Sprintf("read %s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Reader reads one line after the other and knows where it is.
type Reader struct {
	r    *bufio.Reader
	file string
	n    int // of the line or record that was given last, from 1
	more int // how many lines that record has beyond its first
	buf  []byte
}

// maxRecordLines is how many lines a CSV record may have. Hot lists hold names
// with line breaks; a quote that nobody closed must not swallow the file.
const maxRecordLines = 20

// New reads r; file is for messages.
func New(r io.Reader, file string) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10), file: file}
}

// Next returns the next line without its end, or io.EOF after the last. The
// bytes are valid until the next call. A line that the file breaks off in the
// middle of is the caller's to judge: it will not parse.
func (l *Reader) Next() ([]byte, error) {
	l.n += 1 + l.more
	l.more = 0
	l.buf = l.buf[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		if len(l.buf) > MaxLine {
			return nil, l.Wrong(fmt.Errorf("line has more than %d bytes", MaxLine))
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.buf) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, l.Wrong(err)
		}
		line := bytes.TrimSuffix(bytes.TrimSuffix(l.buf, []byte("\n")), []byte("\r"))
		if l.n == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		return line, nil
	}
}

// Record returns the next CSV record: a line, and what follows it as long as a
// quote is open. Errors about a record name its first line.
func (l *Reader) Record() ([]byte, error) {
	line, err := l.Next()
	if err != nil || bytes.Count(line, []byte{'"'})%2 == 0 {
		return line, err
	}
	record, first := bytes.Clone(line), l.n
	for more := 1; bytes.Count(record, []byte{'"'})%2 == 1; more++ {
		if more == maxRecordLines {
			return nil, l.Wrongf("quote is not closed within %d lines", maxRecordLines)
		}
		line, err := l.Next()
		l.n, l.more = first, more
		if errors.Is(err, io.EOF) {
			return nil, l.Wrongf("quote is not closed at the end of the file")
		}
		if err != nil {
			return nil, err
		}
		record = append(append(record, '\n'), line...)
	}
	return record, nil
}

// Line is the number of the line or record that was given last, from 1.
func (l *Reader) Line() int { return l.n }

// Wrong says that the line or record read last is the reason.
func (l *Reader) Wrong(err error) error { return &Error{File: l.file, Line: l.n, Err: err} }

// Wrongf is Wrong with a reason made of words.
func (l *Reader) Wrongf(format string, args ...any) error {
	return l.Wrong(fmt.Errorf(format, args...))
}
