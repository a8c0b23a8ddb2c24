// Package instance is the data directory of `tidemark up` as others find it:
// who runs there, at which addresses, and that it is only one.
package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	lockFile  = "tidemark.lock"
	runFile   = "run.json"
	portsFile = "ports.json"
	// lockTries bridges the moment in which Find looks at the lock.
	lockTries = 10
	lockPause = 50 * time.Millisecond
)

// ErrNotRunning marks a data directory in which nothing runs.
var ErrNotRunning = errors.New("nothing runs there")

// Run is what a running instance says about itself in run.json.
type Run struct {
	PID            int       `json:"pid"`
	Broker         string    `json:"broker"`
	ClickHouseHTTP string    `json:"clickhouse_http"`
	Page           string    `json:"page"`
	StartedAt      time.Time `json:"started_at"`
}

// Ports are remembered over restarts, so that what others noted stays true.
type Ports struct {
	Broker     string `json:"broker"`
	ClickHouse string `json:"clickhouse"`
	// Wanted is the address of ClickHouse that was configured then; it may have
	// been taken.
	Wanted string `json:"wanted,omitempty"`
}

// Dir is a data directory that this process has for itself.
type Dir struct {
	path string
	lock *os.File
}

// Lock takes the directory and makes it where it is missing. The lock is the
// system's: it ends with the process, however that ends.
func Lock(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, lockFile), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open data directory %s: not writable: %w", path, err)
	}
	if err := flock(f); err != nil {
		owner := ownerOf(f)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("open data directory %s: it is in use by %s; stop that one, or give another --data-dir", path, owner)
		}
		return nil, fmt.Errorf("lock data directory %s: %w", path, err)
	}
	d := &Dir{path: path, lock: f}
	if err := d.sign(); err != nil {
		f.Close()
		return nil, fmt.Errorf("write to data directory %s: %w", path, err)
	}
	return d, nil
}

func flock(f *os.File) error {
	for try := 1; ; try++ {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil || try == lockTries {
			return err
		}
		time.Sleep(lockPause)
	}
}

func ownerOf(f *os.File) string {
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0) // an empty file is an unknown owner
	if pid := strings.TrimSpace(string(b[:n])); pid != "" {
		return "process " + pid
	}
	return "another process"
}

// sign writes our pid into the lock and removes what a killed process left.
func (d *Dir) sign() error {
	if err := d.lock.Truncate(0); err != nil {
		return err
	}
	if _, err := d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return err
	}
	return d.Withdraw()
}

// Path of a file or folder in the directory.
func (d *Dir) Path(elem ...string) string { return filepath.Join(append([]string{d.path}, elem...)...) }

// Announce writes run.json, as a whole or not at all.
func (d *Dir) Announce(r Run) error {
	r.PID = os.Getpid()
	if err := writeJSON(d.Path(runFile), r); err != nil {
		return fmt.Errorf("announce instance: %w", err)
	}
	return nil
}

// Withdraw removes run.json.
func (d *Dir) Withdraw() error {
	if err := os.Remove(d.Path(runFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Release gives the directory back, without run.json.
func (d *Dir) Release() error { return errors.Join(d.Withdraw(), d.lock.Close()) }

// Ports returns the addresses of the last run; empty where there was none.
func (d *Dir) Ports() Ports {
	var p Ports
	if b, err := os.ReadFile(d.Path(portsFile)); err != nil || json.Unmarshal(b, &p) != nil {
		return Ports{}
	}
	return p
}

// KeepPorts remembers addresses for the next run.
func (d *Dir) KeepPorts(p Ports) error {
	if err := writeJSON(d.Path(portsFile), p); err != nil {
		return fmt.Errorf("keep ports: %w", err)
	}
	return nil
}

// Find returns what runs in the directory at path. The error wraps
// ErrNotRunning where nothing does, also where a killed process left its
// run.json behind.
func Find(path string) (Run, error) {
	text, err := os.ReadFile(filepath.Join(path, runFile))
	if errors.Is(err, os.ErrNotExist) {
		return Run{}, fmt.Errorf("find instance in %s: %w", path, ErrNotRunning)
	}
	if err != nil {
		return Run{}, fmt.Errorf("find instance: %w", err)
	}
	var r Run
	if err := json.Unmarshal(text, &r); err != nil {
		return Run{}, fmt.Errorf("read %s: %w", filepath.Join(path, runFile), err)
	}
	if !held(path) {
		return Run{}, fmt.Errorf("find instance in %s: process %d is gone: %w", path, r.PID, ErrNotRunning)
	}
	return r, nil
}

// held reports whether a living process has the directory.
func held(path string) bool {
	f, err := os.Open(filepath.Join(path, lockFile))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := os.WriteFile(temp, append(b, '\n'), 0o640); err != nil {
		return err
	}
	return os.Rename(temp, path)
}
