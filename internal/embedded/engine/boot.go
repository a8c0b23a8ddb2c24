package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// core is the booted library and its data directory.
type core struct {
	lib *library
	// args are those of every connection; they name the same path.
	args []string
	// anchor keeps the engine up while no session is open: closing the last
	// connection shuts it down.
	anchor  *connection
	lock    *os.File
	version string
}

// boot takes the data directory and starts the engine in this process.
func boot(cfg Config) (*core, error) {
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("find data directory: %w", err)
	}
	cfg.DataDir = dir
	path, err := FindLibrary(cfg.Library)
	if err != nil {
		return nil, err
	}
	lock, err := lockDataDir(dir)
	if err != nil {
		return nil, err
	}
	c := &core{lock: lock, args: []string{"tidemark", "--path=" + dir + "/db", "--config-file=" + dir + "/config.xml"}}
	if err := c.start(cfg, path); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return c, nil
}

func (c *core) start(cfg Config, path string) error {
	if err := cfg.prepareDataDir(); err != nil {
		return err
	}
	var err error
	if c.lib, err = loadLibrary(path); err != nil {
		return err
	}
	if err := c.connectFirst(); err != nil {
		return err
	}
	for _, sql := range []string{"CREATE DATABASE IF NOT EXISTS " + database, "SELECT version()"} {
		r := c.anchor.query(sql, "TSVRaw", nil)
		text, failure := string(r.bytes()), r.err()
		r.release()
		if failure != "" {
			c.close()
			return fmt.Errorf("start engine: %s", firstLine(failure))
		}
		c.version = strings.TrimSpace(text)
	}
	return nil
}

// connectFirst boots the engine by a first connection. What the engine has to
// say when it fails, it says on stderr.
func (c *core) connectFirst() error {
	restore, err := keepSignals()
	if err != nil {
		return err
	}
	said, err := captureStderr(func() {
		c.anchor, err = c.lib.open(c.args)
	})
	if restoreErr := restore(); restoreErr != nil {
		return restoreErr
	}
	if err == nil {
		return nil
	}
	if said != "" {
		return fmt.Errorf("start engine: %s", firstLine(said))
	}
	return fmt.Errorf("start engine: %w", err)
}

// giveBack returns to the system what the engine's allocator has kept.
func (c *core) giveBack(ctx context.Context, log *slog.Logger) {
	r := c.anchor.query("SYSTEM JEMALLOC PURGE", "Null", nil)
	defer r.release()
	if err := engineError(r.err()); err != nil {
		log.DebugContext(ctx, "memory is not given back", "err", err)
	}
}

func (c *core) close() {
	c.anchor.close()
	c.lock.Close()
}

// lockDataDir makes the directory this process's own.
func lockDataDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	name := filepath.Join(dir, "lock")
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write data directory: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(name)
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock data directory %s: %w (pid %s)", dir, ErrInUse, bytes.TrimSpace(owner))
		}
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	if err := writePID(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("write data directory: %w", err)
	}
	return file, nil
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
