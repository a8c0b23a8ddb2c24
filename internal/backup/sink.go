package backup

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"
)

// sink is where a backup is written. It is there under its name only at the
// end.
type sink interface {
	file(name string, size int64, r io.Reader) error
	link(name, to string) error
	// end gives it its name, or removes it.
	end(whole bool) error
}

// partSuffix marks a backup that is not whole.
const partSuffix = ".part"

// archive tells whether a name is that of a tar file, and of a packed one.
func archive(name string) (tarred, packed bool) {
	packed = strings.HasSuffix(name, ".tar.zst") || strings.HasSuffix(name, ".tzst")
	return packed || strings.HasSuffix(name, ".tar"), packed
}

// suits refuses a name under which there can be no backup.
func suits(dest string) error {
	tarred, _ := archive(dest)
	switch ext := strings.ToLower(filepath.Ext(dest)); ext {
	case ".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar":
		if !tarred {
			return fmt.Errorf("write backup: %s cannot be a %s; a backup is a file that ends in .tar or .tar.zst, or a folder", dest, ext)
		}
	}
	folder := filepath.Dir(filepath.Clean(dest))
	for at := folder; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case err == nil && !info.IsDir():
			return fmt.Errorf("write backup: %s is a file, not a folder; give another place", at)
		case err == nil && at != folder && tarred:
			return fmt.Errorf("write backup: the folder %s is missing; make it, or give another place", folder)
		case err == nil, at == filepath.Dir(at):
			return nil
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return fmt.Errorf("write backup: %w", err)
		}
	}
}

func openSink(dest string, force bool) (sink, error) {
	if err := suits(dest); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(dest); err == nil && !force {
		return nil, fmt.Errorf("write backup: %s is there already; give another name, or --force to replace it", dest)
	}
	part := filepath.Clean(dest) + partSuffix
	if err := os.RemoveAll(part); err != nil { // of a backup that was killed
		return nil, fmt.Errorf("write backup: %w", err)
	}
	tarred, packed := archive(dest)
	if !tarred {
		if err := os.MkdirAll(filepath.Join(part, dataFolder), 0o700); err != nil {
			return nil, fmt.Errorf("write backup: %w", err)
		}
		return &dirSink{dest: filepath.Clean(dest), part: part}, nil
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	s := &tarSink{dest: dest, f: f, buffer: bufio.NewWriterSize(f, 1<<20)}
	var to io.Writer = s.buffer
	if packed {
		if s.zstd, err = zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, fmt.Errorf("write backup: %w", errors.Join(err, s.end(false)))
		}
		to = s.zstd
	}
	s.tar = tar.NewWriter(to)
	return s, nil
}

type tarSink struct {
	dest   string
	f      *os.File
	buffer *bufio.Writer
	zstd   *zstd.Encoder // nil: not packed
	tar    *tar.Writer
}

func (s *tarSink) file(name string, size int64, r io.Reader) error {
	head := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := s.tar.WriteHeader(head); err != nil {
		return err
	}
	_, err := io.Copy(s.tar, r)
	return err
}

func (s *tarSink) link(name, to string) error {
	return s.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: to, Mode: 0o700, ModTime: time.Unix(0, 0), Format: tar.FormatPAX})
}

func (s *tarSink) end(whole bool) error {
	if !whole {
		return errors.Join(s.f.Close(), os.Remove(s.f.Name()))
	}
	err := s.tar.Close()
	if s.zstd != nil {
		err = errors.Join(err, s.zstd.Close())
	}
	err = errors.Join(err, s.buffer.Flush(), s.f.Sync(), s.f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(s.f.Name()))
	}
	return exchange(s.f.Name(), s.dest)
}

type dirSink struct{ dest, part string }

func (s *dirSink) file(name string, _ int64, r io.Reader) error {
	return writeFile(filepath.Join(s.part, filepath.FromSlash(name)), r)
}

func (s *dirSink) link(name, to string) error {
	return writeLink(filepath.Join(s.part, filepath.FromSlash(name)), to)
}

func (s *dirSink) end(whole bool) error {
	if !whole {
		return os.RemoveAll(s.part)
	}
	if err := flush(s.part); err != nil {
		return errors.Join(err, os.RemoveAll(s.part))
	}
	return exchange(s.part, s.dest)
}

// writeFile leaves it to flush that the file is on the disk.
func writeFile(path string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

func writeLink(path, to string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.Symlink(to, path)
}

// exchange gives what is whole its name, and removes what had it before.
func exchange(part, dest string) error {
	_, err := os.Lstat(dest)
	if err != nil {
		if err := os.Rename(part, dest); err != nil {
			return err
		}
		return syncDir(filepath.Dir(dest))
	}
	if err := swap(part, dest); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(dest)), os.RemoveAll(part))
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
