package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tidemark/tidemark/collectors/lines"
)

// Input is a file that can be read through more than once. What comes from a
// pipe is put into a temporary file first.
type Input struct {
	name  string // for messages
	base  string // for the record of the import
	file  *os.File
	size  int64
	sum   string
	mtime time.Time
	// maxUnpacked bounds what comes out of an archive; 0: no bound.
	maxUnpacked int64
}

// OpenInput opens a file and takes its checksum.
func OpenInput(ctx context.Context, path string) (*Input, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("open import: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("open import: %w", err)
	case info.IsDir():
		f.Close()
		return nil, fmt.Errorf("open import: %s is a directory, want a file", path)
	case !info.Mode().IsRegular():
		defer f.Close()
		return Spool(ctx, f, path, 0)
	}
	in := &Input{name: path, base: filepath.Base(path), file: f, size: info.Size(), mtime: info.ModTime()}
	sum := sha256.New()
	if _, err := io.Copy(sum, withContext(ctx, f)); err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	in.sum = hex.EncodeToString(sum.Sum(nil))
	return in, nil
}

// ErrTooLarge says that more came than is taken.
var ErrTooLarge = errors.New("too large")

// Spool puts what a pipe or a request brings into a temporary file; 0: any
// number of bytes.
func Spool(ctx context.Context, r io.Reader, name string, most int64) (*Input, error) {
	f, err := os.CreateTemp("", "tidemark-import-*")
	if err != nil {
		return nil, fmt.Errorf("keep import: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil { // without a name nothing is left behind, however this ends
		f.Close()
		return nil, fmt.Errorf("keep import: %w", err)
	}
	in := &Input{name: name, base: filepath.Base(name), file: f}
	sum := sha256.New()
	r = withContext(ctx, r)
	if most > 0 {
		r = io.LimitReader(r, most+1)
	}
	in.size, err = io.Copy(io.MultiWriter(f, sum), r)
	if err == nil && most > 0 && in.size > most {
		err = fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep import: %w", err), in.Close())
	}
	in.sum = hex.EncodeToString(sum.Sum(nil))
	if info, err := f.Stat(); err == nil {
		in.mtime = info.ModTime()
	}
	return in, nil
}

// Close gives the file back; a temporary one is gone then.
func (in *Input) Close() error { return in.file.Close() }

// Name is what the input is called in messages.
func (in *Input) Name() string { return in.name }

// unchanged holds that the file is still the one that was read through.
func (in *Input) unchanged() error {
	info, err := in.file.Stat()
	if err != nil {
		return fmt.Errorf("read %s: %w", in.name, err)
	}
	if info.Size() != in.size || !info.ModTime().Equal(in.mtime) {
		return fmt.Errorf("read %s: it was changed while it was read; nothing of it was published: import it again", in.name)
	}
	return nil
}

// How a file may be built.
const (
	formatCSV     = "csv"
	formatNDJSON  = "ndjson"
	formatParquet = "parquet"
)

// open begins at the beginning and tells how the file is built.
func (in *Input) open(ctx context.Context) (r io.ReadCloser, format string, err error) {
	if _, err := in.file.Seek(0, io.SeekStart); err != nil {
		return nil, "", fmt.Errorf("read %s: %w", in.name, err)
	}
	unpacked, err := lines.Unpack(withContext(ctx, in.file))
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", in.name, err)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(unpacked, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		unpacked.Close()
		return nil, "", fmt.Errorf("read %s: %w", in.name, err)
	}
	head = head[:n]
	if format, err = in.formatOf(head); err != nil {
		unpacked.Close()
		return nil, "", err
	}
	all := io.MultiReader(bytes.NewReader(head), unpacked)
	if in.maxUnpacked > 0 {
		all = &bounded{r: all, left: in.maxUnpacked}
	}
	return struct {
		io.Reader
		io.Closer
	}{all, unpacked}, format, nil
}

func (in *Input) formatOf(head []byte) (string, error) {
	first := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		raw := make([]byte, 4)
		if _, err := in.file.ReadAt(raw, 0); err != nil || string(raw) != "PAR1" {
			return "", fmt.Errorf("read %s: it is Parquet inside an archive: unpack it first", in.name)
		}
		return formatParquet, nil
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return "", &lines.Error{File: in.name, Line: 1, Err: errors.New("file is UTF-16: save it as UTF-8")}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "", &lines.Error{File: in.name, Line: 1, Err: errors.New("file is a zip or a spreadsheet: save it as CSV")}
	case len(first) == 0:
		return "", &lines.Error{File: in.name, Line: 1, Err: errors.New("file is empty")}
	case first[0] == '[' && bytes.HasPrefix(bytes.TrimLeft(first[1:], " \t\r\n"), []byte("{")):
		return "", &lines.Error{File: in.name, Line: 1, Err: errors.New("file is a JSON list: want one object per line, without [ and ] (jq -c '.[]')")}
	case !bytes.Contains(head, []byte("\n")) && bytes.Contains(bytes.TrimRight(head, "\r"), []byte("\r")):
		return "", &lines.Error{File: in.name, Line: 1, Err: errors.New("file ends its lines with CR alone: save it with LF or CR LF")}
	case first[0] == '{':
		return formatNDJSON, nil
	default:
		return formatCSV, nil
	}
}

// bounded ends with an error where more comes than is taken.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("unpack: %w", ErrTooLarge)
	}
	return n, err
}

// contextReader ends with its context.
type contextReader struct {
	ended func() error
	r     io.Reader
}

func withContext(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx.Err, r} }

// Read implements io.Reader.
func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ended(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
