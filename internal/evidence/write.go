package evidence

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// seal adds the manifest and the checksums.
func (p Pack) seal() error {
	type file struct {
		Path   string `json:"path"`
		Bytes  int    `json:"bytes"`
		SHA256 string `json:"sha256"`
	}
	sum := func(name string) string {
		h := sha256.Sum256(p[name])
		return hex.EncodeToString(h[:])
	}
	var files []file
	var sums strings.Builder
	for _, name := range p.names() {
		files = append(files, file{name, len(p[name]), sum(name)})
		fmt.Fprintf(&sums, "%s  %s\n", sum(name), name)
	}
	text, err := json.MarshalIndent(map[string]any{"files": files}, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	p["manifest.json"] = append(text, '\n')
	fmt.Fprintf(&sums, "%s  manifest.json\n", sum("manifest.json"))
	p["SHA256SUMS"] = []byte(sums.String())
	return nil
}

// Bytes is the size of all files.
func (p Pack) Bytes() (sum int64) {
	for _, content := range p {
		sum += int64(len(content))
	}
	return sum
}

// Zip packs it: the same files give the same bytes.
func (p Pack) Zip() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, name := range p.names() {
		head := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		head.SetMode(0o644)
		w, err := z.CreateHeader(head)
		if err == nil {
			_, err = w.Write(p[name])
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return out.Bytes(), nil
}

// ErrOther says that there is something else under the name.
var ErrOther = errors.New("there is something else already; give another --out, or --force to replace it")

// Save writes the pack: a zip file where the name ends in .zip, otherwise a
// folder. It has its name only when it is whole. Where the same pack is there
// already nothing is written.
func (p Pack) Save(dest string, force bool) (written bool, err error) {
	dest = filepath.Clean(dest)
	part := dest + ".part"
	if err := os.RemoveAll(part); err != nil { // of one that was killed
		return false, err
	}
	there, same, err := p.compare(dest)
	switch {
	case err != nil:
		return false, err
	case same:
		return false, nil
	case there && !force:
		return false, fmt.Errorf("write %s: %w", dest, ErrOther)
	}
	if err := p.write(part); err != nil {
		return false, errors.Join(err, os.RemoveAll(part))
	}
	if err := os.RemoveAll(dest); err != nil {
		return false, err
	}
	return true, os.Rename(part, dest)
}

func zipped(name string) bool { return strings.HasSuffix(strings.TrimSuffix(name, ".part"), ".zip") }

func (p Pack) write(dest string) error {
	if zipped(dest) {
		text, err := p.Zip()
		if err != nil {
			return err
		}
		return put(dest, text)
	}
	for _, name := range p.names() {
		if err := put(filepath.Join(dest, filepath.FromSlash(name)), p[name]); err != nil {
			return err
		}
	}
	return nil
}

func put(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// compare tells whether something is there, and whether it is this pack.
func (p Pack) compare(dest string) (there, same bool, err error) {
	info, err := os.Stat(dest)
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	if !info.IsDir() {
		old, err := os.ReadFile(dest)
		if err != nil || !zipped(dest) {
			return true, false, err
		}
		text, err := p.Zip()
		return true, bytes.Equal(old, text), err
	}
	n := 0
	same = true
	err = filepath.WalkDir(dest, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		n++
		rel, err := filepath.Rel(dest, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		want, found := p[filepath.ToSlash(rel)]
		same = same && found && bytes.Equal(text, want)
		return err
	})
	return true, same && n == len(p), err
}
