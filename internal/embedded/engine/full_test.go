//go:build linux

package engine_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// On a full disk an insert fails, with a reason, and everything else goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("a small disk can be mounted by root only: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	dsn, _ := spawn(t, engine.Config{DataDir: filepath.Join(disk, "data")})
	mustAsk(t, dsn, "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
	const block = "INSERT INTO t SELECT number, randomPrintableASCII(100) FROM numbers(50000)"
	stored := 0
	for ; ; stored++ {
		a := ask(t, dsn, block)
		if a.status != 200 {
			if !strings.HasPrefix(a.body, "Code: 243.") {
				t.Errorf("on a full disk: %d %s", a.status, a.body)
			}
			break
		}
		if stored > 20 {
			t.Fatal("100 MB fit on a disk of 24 MB")
		}
	}
	if got := mustAsk(t, dsn, "SELECT count() = 50000 * {n:UInt64} FROM t", param("param_n", strconv.Itoa(stored))); got != "1\n" {
		t.Errorf("not %d blocks are stored", stored)
	}
	mustAsk(t, dsn, "TRUNCATE TABLE t SYNC")
	mustAsk(t, dsn, "INSERT INTO t VALUES (1, 'room again')")

	if err := os.WriteFile(filepath.Join(disk, "rest"), make([]byte, 24<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	_, err := engine.SpawnTest(t.Context(), engine.Config{DataDir: filepath.Join(disk, "other")}, false)
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("start on a full disk: %v", err)
	}
}
