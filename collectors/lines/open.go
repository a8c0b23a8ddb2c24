package lines

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds what unpacking may take of memory.
const maxWindow = 64 << 20

// Unpack tells gzip and zstd by how they begin, not by a name: a renamed file is
// still what it is. Anything else comes as it is. Close what it returns; that
// does not close r.
func Unpack(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		zipped, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("unpack gzip: %w", err)
		}
		return zipped, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("unpack zstd: %w", err)
		}
		return z.IOReadCloser(), nil
	default:
		return io.NopCloser(b), nil
	}
}

// Shorten keeps a message about a line readable.
func Shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:most]), nil)) + "…"
}
