package backup

import (
	"bytes"
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
	"syscall"
	"time"
)

// lockFile keeps two backups of one data directory apart.
const lockFile = "backup.lock"

// FrozenPrefix begins the names under which tables are frozen for a backup.
const FrozenPrefix = "backup_"

// Config says what to back up.
type Config struct {
	// Data is the data directory.
	Data    string
	Version string
	// Freeze freezes the tables under a name and returns the folder with them.
	// nil: nothing runs, and the caller holds the lock of the directory.
	Freeze func(ctx context.Context, name string) (folder string, tables []Table, err error)
	// Progress is told how many bytes are done, and of how many; it may be nil.
	Progress func(done, total int64)
}

// Write makes a backup at dest: a tar file where the name ends in .tar or
// .tar.zst, otherwise a folder. It has its name only when it is whole.
func Write(ctx context.Context, cfg Config, dest string, force bool) (*Manifest, error) {
	if err := apart(cfg.Data, dest); err != nil {
		return nil, err
	}
	lock, err := lockBackup(cfg.Data)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := removeFrozen(cfg.Data); err != nil {
		return nil, fmt.Errorf("remove frozen tables of a former backup: %w", err)
	}
	out, err := openSink(dest, force)
	if err != nil {
		return nil, err
	}
	w := &writer{cfg: cfg, out: out, m: &Manifest{
		Format: formatVersion, Version: cfg.Version, MadeAt: time.Now().UTC().Truncate(time.Second),
		Running: cfg.Freeze != nil, Sizes: map[string]int64{}, Files: []File{}, Links: []Link{},
	}}
	err = w.all(ctx)
	err = errors.Join(err, removeFrozen(cfg.Data))
	if err == nil {
		err = out.end(true)
	} else {
		err = errors.Join(err, out.end(false))
	}
	if err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	return w.m, nil
}

// apart refuses a backup inside of what it backs up.
func apart(data, dest string) error {
	from, err := filepath.EvalSymlinks(data)
	if err != nil {
		return fmt.Errorf("find data directory: %w", err)
	}
	if from, err = filepath.Abs(from); err != nil {
		return err
	}
	to, err := filepath.Abs(dest)
	if err != nil {
		return err
	}
	if parent, err := filepath.EvalSymlinks(filepath.Dir(to)); err == nil {
		to = filepath.Join(parent, filepath.Base(to))
	}
	if to == from || strings.HasPrefix(to, from+string(filepath.Separator)) {
		return fmt.Errorf("write backup: %s lies in the data directory %s; give a place outside of it, best on another disk", dest, data)
	}
	return nil
}

func lockBackup(data string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(data, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("write backup: another one of %s is being written", data)
	}
	return f, nil
}

// removeFrozen removes the second names of the tables' files.
func removeFrozen(data string) error {
	left, err := filepath.Glob(filepath.Join(data, filepath.FromSlash(dbFolder), "shadow", FrozenPrefix+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

type writer struct {
	cfg         Config
	out         sink
	m           *Manifest
	done, total int64
}

// all writes everything in the order that the package's comment gives.
func (w *writer) all(ctx context.Context) error {
	small, err := state(w.cfg.Data)
	if err != nil {
		return err
	}
	topics, err := under(w.at(logFolder), logFolder, "topics")
	if err != nil {
		return err
	}
	raw, err := under(w.at(rawFolder), rawFolder, "raw")
	if err != nil {
		return err
	}
	w.total = sizeOf(small) + sizeOf(topics) + sizeOf(raw)
	if err := w.copyAll(ctx, small); err != nil {
		return err
	}
	folder := w.at(dbFolder)
	if w.cfg.Freeze != nil {
		if folder, w.m.Tables, err = w.cfg.Freeze(ctx, FrozenPrefix+time.Now().UTC().Format("20060102t150405")); err != nil {
			return err
		}
	}
	tables, err := under(folder, dbFolder, "tables")
	if err != nil {
		return err
	}
	w.total += sizeOf(tables)
	if err := w.copyAll(ctx, tables); err != nil {
		return err
	}
	// Listed anew: what came while the tables were copied belongs to them.
	if topics, err = under(w.at(logFolder), logFolder, "topics"); err != nil {
		return err
	}
	if err := errors.Join(w.copyAll(ctx, topics), w.copyAll(ctx, raw)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(w.m, "", " ")
	if err != nil {
		return err
	}
	return w.out.file(manifestName, int64(len(text)+1), bytes.NewReader(append(text, '\n')))
}

func (w *writer) at(folder string) string {
	return filepath.Join(w.cfg.Data, filepath.FromSlash(folder))
}

func (w *writer) copyAll(ctx context.Context, items []item) error {
	for _, it := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.copy(it); err != nil {
			return fmt.Errorf("%s: %w", it.path, err)
		}
	}
	return nil
}

// copy takes as much of a file as there is when it is opened: what grows is
// only ever appended to.
func (w *writer) copy(it item) error {
	name := path.Join(dataFolder, it.path)
	if it.link != "" {
		w.m.Links = append(w.m.Links, Link{it.path, it.link})
		return w.out.link(name, it.link)
	}
	f, err := os.Open(it.from)
	if errors.Is(err, fs.ErrNotExist) { // too old, and removed meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum := sha256.New()
	counted := &counter{w: w, r: io.TeeReader(io.LimitReader(f, info.Size()), sum)}
	if err := w.out.file(name, info.Size(), counted); err != nil {
		return err
	}
	if counted.n != info.Size() {
		return fmt.Errorf("became shorter while it was read (%d of %d bytes)", counted.n, info.Size())
	}
	w.m.Files = append(w.m.Files, File{it.path, info.Size(), hex.EncodeToString(sum.Sum(nil))})
	w.m.Sizes[it.kind] += info.Size()
	return nil
}

// counter tells how much has been read.
type counter struct {
	w *writer
	r io.Reader
	n int64
}

// Read counts.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.w.done += int64(n)
	if c.w.cfg.Progress != nil {
		c.w.cfg.Progress(c.w.done, max(c.w.total, c.w.done))
	}
	return n, err
}
