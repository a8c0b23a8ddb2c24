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
)

// maxFile is far more than hosts can fill.
const maxFile = 4 << 20

// File is a memory in one JSON file: key to value. Several processes may share
// it: each writes its own keys, and leaves the others' as they are.
type File struct {
	path string
	log  *slog.Logger

	mu   sync.Mutex
	kept map[string]json.RawMessage
	mine map[string]bool // keys that this process has written
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
	f := &File{path: path, log: log, kept: make(map[string]json.RawMessage), mine: make(map[string]bool)}
	kept, err := f.read()
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
		f.kept = kept
	}
	return f, nil
}

// brokenError is a file that is there and makes no sense.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

func (f *File) read() (map[string]json.RawMessage, error) {
	kept := make(map[string]json.RawMessage)
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, &brokenError{fmt.Errorf("file has %d bytes, at most %d", info.Size(), maxFile)}
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &kept); err != nil || kept == nil {
		return nil, &brokenError{fmt.Errorf("decode json: want an object: %w", err)}
	}
	return kept, nil
}

// Recall reads what was remembered under the key into v.
func (f *File) Recall(key string, v any) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
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
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := json.Marshal(v)
	if err == nil {
		f.kept[key], f.mine[key] = text, true
		err = f.write()
	}
	if err != nil {
		f.log.Warn("what a host has told us will be forgotten at a restart", "key", key, "err", err)
	}
}

func (f *File) write() error {
	if others, err := f.read(); err == nil {
		maps.DeleteFunc(others, func(key string, _ json.RawMessage) bool { return f.mine[key] })
		maps.Copy(f.kept, others)
	}
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
	return os.Rename(temporary.Name(), f.path)
}
