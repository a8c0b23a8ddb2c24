// Package memory keeps small things that a process was told in one file, for
// the process after it.
package memory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// maxFile is far more than hosts can fill.
const maxFile = 4 << 20

// File is a memory in one JSON file: key to value. Several processes may share
// it, such as `tidemark up` and a back-fill beside it: each writes under a lock
// and leaves what others wrote as it is, and each knows what another has
// written at its next Recall.
type File struct {
	path string
	log  *slog.Logger

	mu   sync.Mutex
	kept map[string]json.RawMessage
	seen os.FileInfo // of the file when it was read; nil: there was none
	// unwritten are keys that only this process knows, because the file could
	// not be written.
	unwritten map[string]bool
}

// Open reads the file at path, which need not exist. A file that cannot be
// understood is set aside as PATH.broken, with a warning: what was remembered
// is lost then, and what comes is kept again.
func Open(path string, log *slog.Logger) (*File, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("open memory of hosts: %w", err)
	}
	f := &File{path: path, log: log, kept: make(map[string]json.RawMessage), unwritten: make(map[string]bool)}
	kept, info, err := f.read()
	switch {
	case errors.As(err, new(*brokenError)):
		if aside := os.Rename(path, path+".broken"); aside != nil {
			return nil, fmt.Errorf("set broken memory of hosts aside: %w", aside)
		}
		log.Warn("what hosts have told an earlier run is lost: the file cannot be understood and is set aside",
			"file", path+".broken", "err", err)
	case err != nil:
		return nil, fmt.Errorf("open memory of hosts: %w", err)
	default:
		f.kept, f.seen = kept, info
	}
	return f, nil
}

// brokenError is a file that is there and makes no sense.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

func (f *File) read() (map[string]json.RawMessage, os.FileInfo, error) {
	kept := make(map[string]json.RawMessage)
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if info.Size() > maxFile {
		return nil, nil, &brokenError{fmt.Errorf("file has %d bytes, at most %d", info.Size(), maxFile)}
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &kept); err != nil || kept == nil {
		return nil, nil, &brokenError{fmt.Errorf("decode json: want an object: %w", err)}
	}
	return kept, info, nil
}

// refresh takes over what other processes have written since. A file that is
// gone or cannot be read changes nothing: it is whole again at the next write.
func (f *File) refresh() {
	if info, err := os.Stat(f.path); err != nil || f.seen != nil && same(info, f.seen) {
		return
	}
	theirs, info, err := f.read()
	if err != nil || info == nil {
		return
	}
	maps.DeleteFunc(theirs, func(key string, _ json.RawMessage) bool { return f.unwritten[key] })
	maps.Copy(f.kept, theirs)
	f.seen = info
}

// same is true for one file that nobody has written in between: every write
// makes another file.
func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// Recall reads what was remembered under the key into v, by whatever process.
func (f *File) Recall(key string, v any) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	text, ok := f.kept[key]
	if !ok {
		return false
	}
	if err := json.Unmarshal(text, v); err != nil {
		f.log.Warn("what a host has told an earlier run cannot be understood", "key", key, "err", err)
		delete(f.kept, key)
		return false
	}
	return true
}

// Remember keeps v, and writes the file as a whole or not at all. Where it
// cannot, v is known until the process ends.
func (f *File) Remember(key string, v any) {
	f.Update(key, func(json.RawMessage) any { return v })
}

// Update keeps what change makes of what is remembered, nil where nothing is.
// No other process writes in between.
func (f *File) Update(key string, change func(before json.RawMessage) any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	release, lockErr := f.lock()
	defer release()
	f.refresh()
	text, err := json.Marshal(change(f.kept[key]))
	if err == nil {
		f.kept[key], f.unwritten[key] = text, true
		if err = lockErr; err == nil {
			err = f.write()
		}
	}
	if err != nil {
		f.log.Warn("what a host has told us will be forgotten at a restart", "key", key, "err", err)
	}
}

const (
	// A write takes milliseconds, and nobody waits long for one that hangs.
	lockTries = 100
	lockPause = 20 * time.Millisecond
)

// lock keeps other processes from writing. It is the system's: it ends with the
// process, however that ends. It is on a file of its own, because each write
// puts another file in the place of the last.
func (f *File) lock() (release func(), err error) {
	lock, err := os.OpenFile(f.path+".lock", os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return func() {}, err
	}
	for try := 1; ; try++ {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { lock.Close() }, nil
		}
		if try == lockTries {
			lock.Close()
			return func() {}, fmt.Errorf("lock %s: %w", f.path, err)
		}
		time.Sleep(lockPause)
	}
}

// write is called with the lock held.
func (f *File) write() error {
	text, err := json.MarshalIndent(f.kept, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(f.path), ".hosts-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it is gone where all went well
	_, err = temporary.Write(append(text, '\n'))
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), f.path); err != nil {
		return err
	}
	clear(f.unwritten)
	f.seen, err = os.Stat(f.path)
	return err
}
