package disk_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/disk"
)

var start = time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)

func TestMeasure(t *testing.T) {
	t.Parallel()
	data, raw := t.TempDir(), t.TempDir()
	for name, size := range map[string]int{
		"broker/log/partitions/tidemark.snapshots.v1-0/0.dat": 100, "broker/log/partitions/tidemark.snapshots.v1-11/0.dat": 20,
		"broker/log/partitions/a-b-3/0.dat": 3, "broker/log/groups.log": 7, "clickhouse/db/store/x/data.bin": 1000,
	} {
		path := filepath.Join(data, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A frozen part is a second name of a file: it takes no room.
	if err := os.Link(filepath.Join(data, "clickhouse/db/store/x/data.bin"), filepath.Join(data, "clickhouse/frozen.bin")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(raw, "a.tape"), make([]byte, 5), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := disk.Measure(data, raw, map[string]int64{"readings": 1000}, start)
	if err != nil {
		t.Fatal(err)
	}
	if s.Free <= 0 || s.Disk < s.Free {
		t.Errorf("room: %d of %d", s.Free, s.Disk)
	}
	s.Free, s.Disk = 0, 0
	want := &disk.Sizes{
		At: start, Tables: map[string]int64{"readings": 1000},
		Topics: map[string]int64{"tidemark.snapshots.v1": 120, "a-b": 3}, Raw: 5, All: 1130,
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := disk.Measure(filepath.Join(data, "none"), "", nil, start); err == nil {
		t.Error("a folder that is not there has a size")
	}
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sizes.json")
	// 240 bytes a day, for 20 days, hour by hour.
	for hour := range 20 * 24 {
		s := &disk.Sizes{At: start.Add(time.Duration(hour) * time.Hour), All: int64(10 * hour), Tables: map[string]int64{"looks": int64(5 * hour)}, Free: 2400}
		if err := disk.Remember(path, s); err != nil {
			t.Fatal(err)
		}
	}
	h, err := disk.Recall(path)
	if err != nil || len(h) != 14*24+1 {
		t.Fatalf("remembered are %d, %v", len(h), err)
	}
	now := h[len(h)-1]
	g := h.Grown(&now)
	if g.Over != 7*24*time.Hour {
		t.Errorf("looked back %v", g.Over)
	}
	if perDay, known := g.PerDay(func(s *disk.Sizes) int64 { return s.Tables["looks"] }); !known || perDay != 120 {
		t.Errorf("looks grow by %v a day, %v", perDay, known)
	}
	if full, known := g.Full(); !known || !full.Equal(now.At.Add(10*24*time.Hour)) {
		t.Errorf("full at %v, %v; now is %v", full, known, now.At)
	}
}

// Unknown is not 0, and what does not grow never fills a disk.
func TestNobodyKnowsYet(t *testing.T) {
	t.Parallel()
	now := disk.Sizes{At: start, All: 100, Free: 1}
	for name, h := range map[string]disk.History{"no history": nil, "half an hour": {{At: start.Add(-30 * time.Minute)}}, "ten days ago": {{At: start.AddDate(0, 0, -10)}}} {
		g := h.Grown(&now)
		if _, known := g.PerDay(func(s *disk.Sizes) int64 { return s.All }); known || g.Over != 0 {
			t.Errorf("%s: growth is known", name)
		}
		if _, known := g.Full(); known {
			t.Errorf("%s: it is known when the disk is full", name)
		}
	}
	shrunk := disk.History{{At: start.AddDate(0, 0, -1), All: 200}}
	if _, known := shrunk.Grown(&now).Full(); known {
		t.Error("what shrinks fills the disk")
	}
	path := filepath.Join(t.TempDir(), "sizes.json")
	if err := os.WriteFile(path, []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := disk.Recall(path); err != nil || h != nil {
		t.Errorf("a broken memory: %v, %v", h, err)
	}
	if err := disk.Remember(path, &now); err != nil {
		t.Error(err)
	}
}
