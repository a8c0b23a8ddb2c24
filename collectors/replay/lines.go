package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine is more than the largest valid snapshot has as JSON. A stray quote or
// a binary file must not fill the memory.
const maxLine = 8 << 20

// LineError is a line of a recording that is not understood. A person is
// watching an import, so it stops there.
type LineError struct {
	File string
	Line int
	Err  error
}

// Error reads "read FILE:LINE: reason".
func (e *LineError) Error() string { return fmt.Sprintf("read %s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap gives the reason.
func (e *LineError) Unwrap() error { return e.Err }

// lines reads one line after the other and knows where it is.
type lines struct {
	r    *bufio.Reader
	file string
	n    int // of the line or record that was given last, from 1
	more int // how many lines that record has beyond its first
	buf  []byte
}

// maxRecordLines is how many lines a CSV record may have. Hot lists hold names
// with line breaks; a quote that nobody closed must not swallow the file.
const maxRecordLines = 20

func newLines(r io.Reader, file string) *lines {
	return &lines{r: bufio.NewReaderSize(r, 64<<10), file: file}
}

// next returns the next line without its end, or io.EOF after the last. The
// bytes are valid until the next call. A line that the file breaks off in the
// middle of is the caller's to judge: it will not parse.
func (l *lines) next() ([]byte, error) {
	l.n += 1 + l.more
	l.more = 0
	l.buf = l.buf[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		if len(l.buf) > maxLine {
			return nil, l.wrong(fmt.Errorf("line has more than %d bytes", maxLine))
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.buf) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, l.wrong(err)
		}
		line := bytes.TrimSuffix(bytes.TrimSuffix(l.buf, []byte("\n")), []byte("\r"))
		if l.n == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		return line, nil
	}
}

// record returns the next CSV record: a line, and what follows it as long as a
// quote is open. Errors about a record name its first line.
func (l *lines) record() ([]byte, error) {
	line, err := l.next()
	if err != nil || bytes.Count(line, []byte{'"'})%2 == 0 {
		return line, err
	}
	record, first := bytes.Clone(line), l.n
	for more := 1; bytes.Count(record, []byte{'"'})%2 == 1; more++ {
		if more == maxRecordLines {
			return nil, l.wrongf("quote is not closed within %d lines", maxRecordLines)
		}
		line, err := l.next()
		l.n, l.more = first, more
		if errors.Is(err, io.EOF) {
			return nil, l.wrongf("quote is not closed at the end of the file")
		}
		if err != nil {
			return nil, err
		}
		record = append(append(record, '\n'), line...)
	}
	return record, nil
}

// wrong says that the line or record read last is the reason.
func (l *lines) wrong(err error) error { return &LineError{File: l.file, Line: l.n, Err: err} }

// wrongf is wrong with a reason made of words.
func (l *lines) wrongf(format string, args ...any) error { return l.wrong(fmt.Errorf(format, args...)) }
