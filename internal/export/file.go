package export

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"github.com/tidemark/tidemark/internal/tabular"
)

// same tells whether a file is what the manifest says.
func (r *run) same(p Part) bool {
	sum, size, err := hashFile(filepath.Join(r.folder, p.File))
	return err == nil && size == p.Bytes && sum == p.SHA256
}

func hashFile(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// write writes a part, and fills in its size and checksum. It returns how many
// rows are in the file, counted there.
func (r *run) write(ctx context.Context, s span, p *Part) (rows uint64, err error) {
	path := filepath.Join(r.folder, filepath.FromSlash(s.file))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path+newSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	h, count := sha256.New(), &lines{csv: r.cfg.Format == CSV}
	buffer := bufio.NewWriterSize(f, 256<<10)
	if err := r.stream(ctx, s, io.MultiWriter(buffer, h, count)); err != nil {
		return 0, err
	}
	if err := errors.Join(buffer.Flush(), f.Sync()); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	p.Bytes, p.SHA256 = info.Size(), hex.EncodeToString(h.Sum(nil))
	rows = count.rows()
	if r.cfg.Format == Parquet {
		file, err := parquet.OpenFile(f, info.Size())
		if err != nil {
			return 0, fmt.Errorf("read back what was written: %w", err)
		}
		rows = uint64(file.NumRows()) //nolint:gosec // a count
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	return rows, os.Rename(f.Name(), path)
}

// stream reads the rows of a part as the database sends them.
func (r *run) stream(ctx context.Context, s span, to io.Writer) error {
	query := "SELECT * FROM (\n" + r.base + "\n) WHERE " + s.where + "\nORDER BY " + r.order
	if r.cfg.Native {
		w, err := tabular.New(r.cfg.Format.clickhouse(), to)
		if err != nil {
			return err
		}
		rows, err := r.cfg.Client.Query(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		return tabular.Copy(w, rows)
	}
	body, err := r.cfg.Client.QueryFormat(ctx, r.cfg.Format.clickhouse(), query)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, body)
	return errors.Join(err, body.Close())
}

// lines counts the records of CSV (without the head) and of NDJSON as they
// pass.
type lines struct {
	csv    bool
	quoted bool
	n      uint64
}

// Write counts.
func (l *lines) Write(p []byte) (int, error) {
	for _, b := range p {
		switch {
		case b == '"' && l.csv:
			l.quoted = !l.quoted // "" within a field is twice
		case b == '\n' && !l.quoted:
			l.n++
		}
	}
	return len(p), nil
}

func (l *lines) rows() uint64 {
	if l.csv && l.n > 0 {
		return l.n - 1
	}
	return l.n
}

// writeWhole replaces a file in one step.
func writeWhole(path string, text []byte) error {
	f, err := os.OpenFile(path+newSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(path+newSuffix, path)
}
