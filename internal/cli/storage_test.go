package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/dashboards/viewer"
	"github.com/tidemark/tidemark/internal/disk"
)

// What an operator reads: sizes, growth, and when the disk will be full; what
// is not known is a dash, and never 0.
func TestStatusTellsTheDisk(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 20, 0, 0, 0, 0, time.UTC)
	now := &disk.Sizes{
		At: at, Tables: map[string]int64{"looks": 2_500_000, "new": 10}, Topics: map[string]int64{"tidemark.snapshots.v1": 70_000_000},
		Raw: 1_200_000_000, All: 3_000_000_000, Free: 50_000_000_000, Disk: 100_000_000_000,
	}
	then := disk.Sizes{At: at.AddDate(0, 0, -2), Tables: map[string]int64{"looks": 500_000}, Topics: map[string]int64{"tidemark.snapshots.v1": 90_000_000}, Raw: 1_200_000_000, All: 1_000_000_000}
	for name, c := range map[string]struct {
		history disk.History
		want    []string
	}{
		"grows": {disk.History{then}, []string{
			"looks                  12       2.5 MB     +1.0 MB", "mutes                  0        -", "tidemark.snapshots.v1  70.0 MB  -10.0 MB",
			"raw answers            1.20 GB  +0 B", "everything             3.00 GB  +1.00 GB",
			"free                   50.00 GB", "of 100.00 GB", "full in 50 days (2025-03-11), if it grows as in the last 2 days",
		}},
		"not known yet": {nil, []string{"2.5 MB", "growth is known after an hour", "everything             3.00 GB  -"}},
		"no growth":     {disk.History{{At: at.AddDate(0, 0, -3), All: 4_000_000_000}}, []string{"no growth in 3 days"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &viewer.Status{Now: at, StartedAt: at, Rows: map[string]uint64{"looks": 12, "mutes": 0}, Storage: storageOf(now, c.history.Grown(now))}
			var out bytes.Buffer
			if err := printStatus(&out, s, false); err != nil {
				t.Fatal(err)
			}
			plain := strings.Join(strings.Fields(out.String()), " ")
			for _, want := range c.want {
				if !strings.Contains(plain, strings.Join(strings.Fields(want), " ")) {
					t.Errorf("no %q in:\n%s", want, out.String())
				}
			}
		})
	}
}
