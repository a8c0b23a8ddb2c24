package backup

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// stageSuffix marks a data directory that is being put together.
const stageSuffix = ".restoring"

// ErrBroken says that a backup is not what was written.
var ErrBroken = errors.New("the backup is broken")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBroken, fmt.Sprintf(format, args...))
}

// Restore unpacks a backup beside the data directory, compares every file with
// the manifest, and only then exchanges the two. What was there before is
// removed last. The caller makes sure that nothing runs there. progress is told
// bytes; it may be nil.
func Restore(ctx context.Context, from, data string, progress func(done int64)) (*Manifest, error) {
	stage := filepath.Clean(data) + stageSuffix
	if err := os.RemoveAll(stage); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	m, err := read(ctx, from, stage, progress)
	if err == nil {
		err = errors.Join(os.MkdirAll(stage, 0o750), flush(stage))
	}
	if err == nil {
		err = exchange(stage, filepath.Clean(data))
	}
	if err != nil {
		return nil, fmt.Errorf("restore %s: %w", from, errors.Join(err, os.RemoveAll(stage)))
	}
	return m, nil
}

// Check compares every file of a backup with its manifest, and writes nothing.
func Check(ctx context.Context, from string, progress func(done int64)) (*Manifest, error) {
	m, err := read(ctx, from, "", progress)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", from, err)
	}
	return m, nil
}

// read goes through a backup once. Where to is not empty its files are written
// there.
func read(ctx context.Context, from, to string, progress func(done int64)) (*Manifest, error) {
	info, err := Find(from)
	if err != nil {
		return nil, err
	}
	r := &reader{to: to, progress: progress, sums: map[string]File{}, links: map[string]string{}}
	if info.IsDir() {
		err = r.folder(ctx, from)
	} else {
		err = r.archive(ctx, from)
	}
	if err != nil {
		return nil, err
	}
	return r.compare()
}

// Find looks for a backup, and says what to give where there is none.
func Find(from string) (fs.FileInfo, error) {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file or folder; give the one that `tidemark backup` wrote")
	}
	return info, err
}

type reader struct {
	to       string
	progress func(int64)
	done     int64
	sums     map[string]File
	links    map[string]string
	manifest []byte
}

func (r *reader) folder(ctx context.Context, from string) error {
	if _, err := os.Stat(filepath.Join(from, manifestName)); errors.Is(err, fs.ErrNotExist) {
		return broken("it has no %s; is it a backup, and was it written to its end?", manifestName)
	}
	return filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.Type()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(name)
			return errors.Join(err, r.link(rel, to))
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(r.file(rel, f), f.Close())
	})
}

// archive reads a tar file, packed or not, whatever its name is.
func (r *reader) archive(ctx context.Context, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	buffer := bufio.NewReaderSize(f, 1<<20)
	var in io.Reader = buffer
	if magic, _ := buffer.Peek(4); string(magic) == "\x28\xb5\x2f\xfd" {
		z, err := zstd.NewReader(buffer, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer z.Close()
		in = z
	}
	for t := tar.NewReader(in); ; {
		head, err := t.Next()
		if errors.Is(err, io.EOF) {
			return ctx.Err()
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return errors.Join(broken("it cannot be read on after %d files", len(r.sums)), err)
		}
		switch head.Typeflag {
		case tar.TypeReg:
			err = r.file(head.Name, t)
		case tar.TypeSymlink:
			err = r.link(head.Name, head.Linkname)
		default:
			err = broken("%s is neither a file nor a link", head.Name)
		}
		if err != nil {
			return err
		}
	}
}

// inData returns the path in the data directory; none may lead out of it, also
// not through a link.
func (r *reader) inData(name string) (string, error) {
	rel, ok := strings.CutPrefix(name, dataFolder+"/")
	if !ok || !filepath.IsLocal(rel) || path.Clean(rel) != rel {
		return "", broken("it has a file %q, which is no part of a backup", name)
	}
	for parent := path.Dir(rel); parent != "."; parent = path.Dir(parent) {
		if _, found := r.links[parent]; found {
			return "", broken("it has a file %q behind a link", name)
		}
	}
	return rel, nil
}

func (r *reader) file(name string, in io.Reader) error {
	if name == manifestName {
		var err error
		r.manifest, err = io.ReadAll(in)
		return err
	}
	rel, err := r.inData(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	tee := io.TeeReader(in, sum)
	counted := &tally{r: tee, f: r}
	if r.to == "" {
		_, err = io.Copy(io.Discard, counted)
	} else {
		err = writeFile(filepath.Join(r.to, filepath.FromSlash(rel)), counted)
	}
	if err != nil {
		return errors.Join(broken("%s cannot be read", rel), err)
	}
	r.sums[rel] = File{rel, counted.n, hex.EncodeToString(sum.Sum(nil))}
	return nil
}

// link takes a link that stays within the data directory.
func (r *reader) link(name, to string) error {
	rel, err := r.inData(name)
	if err != nil {
		return err
	}
	if path.IsAbs(to) || path.Clean(to) != to || !filepath.IsLocal(path.Join(path.Dir(rel), to)) {
		return broken("the link %s leads out of the data directory", rel)
	}
	r.links[rel] = to
	if r.to == "" {
		return nil
	}
	return writeLink(filepath.Join(r.to, filepath.FromSlash(rel)), to)
}

// compare wants exactly what the manifest names.
func (r *reader) compare() (*Manifest, error) {
	if r.manifest == nil {
		return nil, broken("it has no %s; is it a backup, and was it written to its end?", manifestName)
	}
	var m Manifest
	if err := json.Unmarshal(r.manifest, &m); err != nil {
		return nil, broken("its %s cannot be read: %v", manifestName, err)
	}
	if m.Format != formatVersion {
		return nil, fmt.Errorf("the backup has format %d, this version reads %d; it was written by %s", m.Format, formatVersion, m.Version)
	}
	for _, want := range m.Files {
		got, found := r.sums[want.Path]
		switch {
		case !found:
			return nil, broken("%s is missing", want.Path)
		case got != want:
			return nil, broken("%s is not what was written: has %d bytes and SHA-256 %s, want %d and %s",
				want.Path, got.Bytes, got.SHA256, want.Bytes, want.SHA256)
		}
	}
	for _, want := range m.Links {
		if to, found := r.links[want.Path]; !found || to != want.To {
			return nil, broken("the link %s is missing or wrong", want.Path)
		}
	}
	if more := len(r.sums) + len(r.links) - len(m.Files) - len(m.Links); more > 0 {
		return nil, broken("it has %d files that the manifest does not name", more)
	}
	return &m, nil
}

// tally counts what is read.
type tally struct {
	r io.Reader
	f *reader
	n int64
}

// Read counts.
func (c *tally) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.f.done += int64(n)
	if c.f.progress != nil {
		c.f.progress(c.f.done)
	}
	return n, err
}
