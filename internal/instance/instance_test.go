package instance

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "data")
	d, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(path)
	if err == nil || !strings.Contains(err.Error(), "in use by process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("second lock: got %v, want an error that names the process", err)
	}
	if err := d.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(path)
	if err != nil {
		t.Fatalf("lock after release: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestFindWhatRuns(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	if _, err := Find(path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("empty directory: got %v", err)
	}
	d, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	want := Run{
		PID: os.Getpid(), Broker: "127.0.0.1:1", ClickHouseHTTP: "http://127.0.0.1:2", Page: "http://127.0.0.1:3",
		StartedAt: time.Date(2025, 1, 14, 0, 0, 0, 0, time.UTC),
	}
	if err := d.Announce(want); err != nil {
		t.Fatal(err)
	}
	got, err := Find(path)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("find: %v (-want +got):\n%s", err, diff)
	}
	// As after kill -9: the lock is gone, the file is not.
	if err := d.lock.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(path); !errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("stale run.json: got %v", err)
	}
	d, err = Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.Path(runFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the stale run.json is still there: %v", err)
	}
	if err := d.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestPortsAndMarksStay(t *testing.T) {
	t.Parallel()
	d, err := Lock(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Ports(); got != (Ports{}) {
		t.Errorf("first run: got %+v", got)
	}
	want := Ports{Broker: "127.0.0.1:1", ClickHouse: "127.0.0.1:2"}
	if err := d.KeepPorts(want); err != nil {
		t.Fatal(err)
	}
	if err := d.Mark("january-2025", "v1"); err != nil {
		t.Fatal(err)
	}
	path := d.Path()
	if err := d.Release(); err != nil {
		t.Fatal(err)
	}
	d, err = Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Release(); err != nil {
			t.Error(err)
		}
	})
	if got := d.Ports(); got != want {
		t.Errorf("ports: got %+v, want %+v", got, want)
	}
	if !d.Marked("january-2025", "v1") || d.Marked("january-2025", "v2") || d.Marked("other", "v1") {
		t.Error("the mark is wrong")
	}
}
