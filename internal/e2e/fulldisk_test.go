package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestAFullDiskLosesNothing fills the disk under broker and engine, replays the
// case into it, and makes room again: everything that was acknowledged, and
// everything that waited, is there once, also after kill -9. It mounts a small
// file system, which only root may.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	needSlow(t)
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=60m"); err != nil {
		t.Skipf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	bin, dir, page := binary(t), filepath.Join(disk, "data"), testkit.FreePort(t)
	args := []string{"up", "--data-dir", dir, "--http", page, "--no-collect", "--case", "none"}
	up := start(t, bin, nil, args...)
	eventually(t, "the instance", func() error { return get("http://" + page + "/readyz") })

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	replaying := start(t, bin, nil, "replay", "january-2025", "--speed", "max", "--data-dir", dir)
	eventually(t, "metrics that show broker and store blocked", func() error {
		return shows("http://"+page+"/metrics", `tidemark_store_blocked\{.*\} 1`, `tidemark_kafka_publish_retries_total\{.*\} [1-9]`)
	})
	select {
	case err := <-replaying.exited:
		t.Fatalf("the replay ended (%v) although the disk is full", err)
	default:
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := <-replaying.exited; err != nil {
		t.Fatalf("replay after there is room: %v\n%s", err, tail(replaying.log.String(), 5))
	}
	replaying.exited <- nil
	holdsTheCase(t, bin, dir)

	up.kill()
	for _, words := range []string{"no space left on device", "handle batch, trying again"} {
		if !strings.Contains(up.log.String(), words) {
			t.Errorf("the log says nothing of %q", words)
		}
	}
	up = start(t, bin, nil, args...)
	// Until up has the directory, a question would open it for itself.
	eventually(t, "the instance", func() error { return get("http://" + page + "/readyz") })
	holdsTheCase(t, bin, dir)
	up.stop(t)
}

// shows says which pattern is not in what a URL answers.
func shows(url string, patterns ...string) error {
	resp, err := http.Get(url) //nolint:gosec // our own address
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	for _, p := range patterns {
		if !regexp.MustCompile(p).Match(body) {
			return fmt.Errorf("%s does not show %s", url, p)
		}
	}
	return nil
}

// fill leaves no byte free.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for block := make([]byte, size); ; {
			if _, err := f.Write(block); err != nil {
				break
			}
		}
	}
}

// holdsTheCase waits until ClickHouse has all of the case, each row once.
func holdsTheCase(t *testing.T, bin, dir string) {
	t.Helper()
	want, err := replay.Count("january-2025")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the whole case", func() error {
		got, err := sql(t, bin, dir, "SELECT (SELECT count() FROM looks FINAL), (SELECT count() FROM readings FINAL), (SELECT count() - uniqExact(_partition, _offset) FROM looks)")
		if all := fmt.Sprintf("%d\t%d\t0", want.Snapshots, want.Readings); err == nil && got != all {
			err = fmt.Errorf("looks, readings, doubled looks are %q, want %q", got, all)
		}
		return err
	})
}
