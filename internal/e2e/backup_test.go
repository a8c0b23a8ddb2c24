package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/testkit"
)

// TestRestoreAfterTheDiskIsGone backs an instance up while it loads the case,
// kills it, removes its data directory, and restores each backup: all that the
// topics of a backup hold is stored once, and the case, loaded on to its end,
// gives what an undisturbed run gives.
func TestRestoreAfterTheDiskIsGone(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin := binary(t)
	want := undisturbed(t, bin)

	dir, backups := dataDir(t), t.TempDir()
	up := start(t, bin, nil, "up", "--data-dir", dir, "--http", testkit.FreePort(t), "--no-collect", "--case", "none")
	eventually(t, "the instance", func() error { _, err := statusOf(t, bin, dir); return err })
	load := start(t, bin, nil, "replay", "january-2025", "--speed", "60000x", "--data-dir", dir)
	var made []string
	for _, name := range []string{"early.tar.zst", "middle.tar", "late"} {
		stored := rows(t, bin, dir)
		eventually(t, "more looks", func() error {
			if n := rows(t, bin, dir); n < stored+500 && !load.ended() {
				return fmt.Errorf("%d looks, %d before", n, stored)
			}
			return nil
		})
		path := filepath.Join(backups, name)
		if _, err := run(t, bin, "backup", "--data-dir", dir, path); err != nil {
			t.Fatal(err)
		}
		made = append(made, path)
	}
	if load.ended() {
		t.Error("the case was loaded before the backups were made: the test proves little")
	}
	load.kill()
	up.kill()
	for _, path := range made {
		eventually(t, "the data directory to be removed", func() error { return os.RemoveAll(dir) })
		if _, err := run(t, bin, "restore", path, "--data-dir", dir); err != nil {
			t.Fatal(err)
		}
		checkRestored(t, bin, dir, want)
	}
}

// rows are the looks that are stored so far.
func rows(t *testing.T, bin, dir string) int {
	t.Helper()
	s, err := statusOf(t, bin, dir)
	if err != nil {
		t.Fatal(err)
	}
	return int(s.Rows["looks"]) //nolint:gosec // small
}

func checkRestored(t *testing.T, bin, dir, want string) {
	t.Helper()
	up := start(t, bin, nil, "up", "--data-dir", dir, "--http", testkit.FreePort(t), "--no-collect", "--case", "none")
	eventually(t, "the restored instance", func() error { _, err := statusOf(t, bin, dir); return err })
	eventually(t, "all that the topics hold to be stored", func() error {
		if err := noLag(t, bin, dir); err != nil {
			return err
		}
		log, err := run(t, bin, "topic", "tail", "tidemark.snapshots.v1", "--data-dir", dir, "--json")
		if err != nil {
			return err
		}
		stored, err := sql(t, bin, dir, "SELECT uniqExact(_partition, _offset) FROM looks")
		if err != nil {
			return err
		}
		if messages := strconv.Itoa(strings.Count(log, `"type":"tidemark.v1.Snapshot"`)); stored != messages {
			return fmt.Errorf("%s looks are stored, the topic holds %s", stored, messages)
		}
		return nil
	})
	if _, err := run(t, bin, "replay", "january-2025", "--speed", "max", "--data-dir", dir); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the same content as the undisturbed run", func() error {
		got, err := fingerprint(t, bin, dir)
		if err == nil && got != want {
			err = fmt.Errorf("content is %q, want %q", got, want)
		}
		return err
	})
	doubled, err := sql(t, bin, dir, "SELECT count() - uniqExact(_partition, _offset, subject, metric, at) FROM readings")
	if err != nil || doubled != "0" {
		t.Errorf("rows stored twice from one message: %q, %v", doubled, err)
	}
	up.stop(t)
}
