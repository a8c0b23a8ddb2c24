package engine

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// joinable tells whether parts of a result, each a document of its own, make
// one document when put one behind the other, but for a head that must be there
// once. JSON, Parquet and many others are sent whole instead.
func joinable(format string) bool {
	switch baseFormat(format) {
	case "Native", "RowBinary", "TabSeparated", "TabSeparatedRaw", "TSV", "TSVRaw", "CSV",
		"JSONEachRow", "JSONLines", "NDJSON", "JSONStringsEachRow", "JSONCompactEachRow", "JSONCompactStringsEachRow",
		"TSKV", "MsgPack", "Null", "LineAsString":
		return true
	default:
		return false
	}
}

func baseFormat(format string) string {
	if format == "RowBinaryWithDefaults" {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix(format, "AndTypes"), "WithNames")
}

// joiner takes the head off every part but the first.
type joiner struct {
	format string
	heads  int // lines, or lists of strings, in the head
	begun  bool
}

func newJoiner(format string) *joiner {
	j := &joiner{format: baseFormat(format)}
	switch {
	case strings.HasSuffix(format, "WithNamesAndTypes"):
		j.heads = 2
	case strings.HasSuffix(format, "WithNames"):
		j.heads = 1
	}
	return j
}

// next returns what of a part belongs behind those before.
func (j *joiner) next(part []byte) []byte {
	if !j.begun || j.heads == 0 {
		j.begun = true
		return part
	}
	if j.format == "RowBinary" {
		return part[min(len(part), binaryHead(part, j.heads)):]
	}
	end := 0
	for range j.heads {
		end += lineEnd(part[end:], j.format == "CSV")
	}
	return part[end:]
}

// binaryHead is the length of: a count, then so many strings, heads times.
func binaryHead(part []byte, heads int) int {
	columns, n := binary.Uvarint(part)
	pos := n
	for range columns * uint64(heads) {
		size, n := binary.Uvarint(part[min(pos, len(part)):])
		if n <= 0 || size > uint64(len(part)) {
			return len(part)
		}
		pos += n + int(size)
	}
	return pos
}

// lineEnd is where the first line ends; in CSV a quoted name may hold line ends.
func lineEnd(text []byte, quotes bool) int {
	if !quotes {
		return bytes.IndexByte(text, '\n') + 1
	}
	open := false
	for i, c := range text {
		switch {
		case c == '"':
			open = !open
		case c == '\n' && !open:
			return i + 1
		}
	}
	return len(text)
}
