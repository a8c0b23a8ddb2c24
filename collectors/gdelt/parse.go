package gdelt

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	stampFormat = "20060102150405"
	suffix      = ".gkg.csv.zip"
	// maxLine is far more than a record has; its names and numbers are some KB.
	maxLine = 4 << 20
)

// update is what lastupdate.txt says of the newest file.
type update struct {
	stamp time.Time
	size  int64
	md5   string
}

// parseUpdate reads lastupdate.txt: a line each for the three kinds of files,
// with size, MD5 and address. Only the knowledge graph (gkg) is read.
func parseUpdate(body []byte) (update, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return update{}, errors.New("the answer is empty")
	}
	for line := range strings.Lines(string(body)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasSuffix(fields[2], suffix) {
			continue
		}
		u := update{md5: fields[1]}
		var err error
		if u.size, err = strconv.ParseInt(fields[0], 10, 64); err != nil || u.size <= 0 {
			return update{}, fmt.Errorf("size of the newest file is %q, want bytes", fields[0])
		}
		if len(u.md5) != 32 || strings.Trim(u.md5, "0123456789abcdef") != "" {
			return update{}, fmt.Errorf("md5 of the newest file is %q, want 32 hexadecimal digits", u.md5)
		}
		if u.stamp, err = parseStamp(strings.TrimSuffix(path.Base(fields[2]), suffix)); err != nil {
			return update{}, fmt.Errorf("name of the newest file: %w", err)
		}
		return u, nil
	}
	return update{}, errors.New("there is no line of a file *" + suffix)
}

// parseStamp reads the time that GDELT puts into its files' names.
func parseStamp(s string) (time.Time, error) {
	at, err := time.Parse(stampFormat, s)
	if err != nil || !at.Equal(at.Truncate(step)) || at.Year() < 2015 || at.Year() > 2099 {
		return time.Time{}, fmt.Errorf("%q is no quarter of an hour such as 20250113101500", s)
	}
	return at, nil
}

// counts are what a file holds.
type counts struct {
	stamp    time.Time
	articles int
	byWord   map[string]int
	skipped  int // records that are none
	via      string
}

// parseZip counts in a zipped file, record by record. maxCSV caps what it
// unpacks to. Its errors say what is wrong with the file.
func parseZip(r io.ReaderAt, size int64, stamp time.Time, maxCSV int64, m *matcher) (counts, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return counts{}, fmt.Errorf("open zip: %w", err)
	}
	if len(z.File) != 1 {
		return counts{}, fmt.Errorf("zip has %d files, want 1", len(z.File))
	}
	want := stamp.Format(stampFormat) + ".gkg.csv"
	if got := z.File[0].Name; !strings.EqualFold(got, want) {
		return counts{}, fmt.Errorf("zip holds %q, want %s", got, want)
	}
	if n := z.File[0].UncompressedSize64; n > uint64(maxCSV) { //nolint:gosec // not negative
		return counts{}, fmt.Errorf("zip unpacks to %d bytes, at most %d", n, maxCSV)
	}
	csv, err := z.File[0].Open()
	if err != nil {
		return counts{}, fmt.Errorf("open zip: %w", err)
	}
	defer csv.Close()
	c, err := parseCSV(io.LimitReader(csv, maxCSV), m)
	c.stamp = stamp
	return c, err
}

// parseCSV counts records of GKG 2.1: lines of 27 columns, split by tabs. A
// line that is none is skipped; if they are more than one in a hundred it is
// the shape that has changed.
func parseCSV(r io.Reader, m *matcher) (counts, error) {
	c := counts{byWord: make(map[string]int)}
	lines := bufio.NewReaderSize(r, 64<<10)
	var (
		line, scratch []byte
		fields        []string
		err           error
	)
	for n := 1; ; n++ {
		line, err = readLine(lines, line[:0])
		if err != nil && !errors.Is(err, io.EOF) {
			return counts{}, fmt.Errorf("line %d: %w", n, err)
		}
		if len(line) > 0 {
			if record := strings.Split(string(line), "\t"); isRecord(record) {
				c.articles++
				fields = article(fields, record)
				scratch = m.in(scratch, fields, func(name string) { c.byWord[name]++ })
			} else {
				c.skipped++
			}
		}
		if err != nil {
			break
		}
	}
	if c.skipped*100 > c.articles+c.skipped {
		return counts{}, fmt.Errorf("%d of %d lines are no records of %d columns", c.skipped, c.articles+c.skipped, columns)
	}
	if c.articles == 0 {
		return counts{}, errors.New("the file is empty")
	}
	return c, nil
}

// isRecord knows a record by its columns and by its date.
func isRecord(record []string) bool {
	if len(record) != columns || len(record[colDate]) != len(stampFormat) {
		return false
	}
	_, err := strconv.ParseUint(record[colDate], 10, 64)
	return err == nil
}

// readLine appends a line without its end, and holds no more than maxLine.
func readLine(r *bufio.Reader, to []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(to)+len(part) > maxLine {
			return nil, fmt.Errorf("is longer than %d bytes", maxLine)
		}
		to = append(to, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimRight(to, "\r\n"), err
		}
	}
}
