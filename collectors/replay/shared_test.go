package replay

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// The real recordings, where they are at hand. Their figures are those of
// ../shared/data/README.md.

// tally is what a recording brings, by metric, and its slots.
type tally struct {
	looks    int
	readings map[string]int
	missing  []string // slots without a look between the first and the last
	targets  map[string]bool
	slots    map[int64]int
}

func tallyOf(t *testing.T, file string) tally {
	t.Helper()
	out := tally{readings: map[string]int{}, targets: map[string]bool{}, slots: map[int64]int{}}
	var first, last int64
	for m, err := range open(t, file).Messages() {
		if err != nil {
			t.Fatal(err)
		}
		s, ok := m.Msg.(*event.Snapshot)
		if !ok {
			t.Fatalf("a %T", m.Msg)
		}
		out.looks++
		out.targets[s.GetTarget().Key()] = true
		out.slots[s.GetSlotMs()]++
		if first == 0 {
			first = s.GetSlotMs()
		}
		last = s.GetSlotMs()
		for _, r := range s.GetReadings() {
			out.readings[r.GetMetric()]++
		}
	}
	for ms := first; ms < last; ms += time.Hour.Milliseconds() {
		if out.slots[ms] == 0 {
			out.missing = append(out.missing, time.UnixMilli(ms).UTC().Format("02T15"))
		}
	}
	return out
}

func TestWeiboHotList(t *testing.T) {
	t.Parallel()
	got := tallyOf(t, testkit.Shared(t, "data", "weibo_hot_hourly_2025-01-10_2025-01-31.csv.gz"))
	const rows, uncounted = 26_382, 71
	want := map[string]int{
		"rank": rows, "hot": rows, "reads": rows - uncounted, "discussions": rows - uncounted, "posts": rows - uncounted,
	}
	if d := cmp.Diff(want, got.readings); d != "" || got.looks != 505 {
		t.Errorf("%d looks brought other readings (-want +got):\n%s", got.looks, d)
	}
	if len(got.targets) != 1 || !got.targets["list/weibo//hot"] || len(got.slots) != got.looks {
		t.Errorf("targets are %v, %d looks have %d slots", got.targets, got.looks, len(got.slots))
	}
	// Midnight UTC (08h in China) is missing every day, and one hour more.
	missing := []string{"11T00", "12T00", "12T02"}
	for day := 13; day <= 31; day++ {
		missing = append(missing, time.Date(2025, 1, day, 0, 0, 0, 0, time.UTC).Format("02T15"))
	}
	if d := cmp.Diff(missing, got.missing); d != "" {
		t.Errorf("missing slots differ (-want +got):\n%s", d)
	}
}

func TestJapaneseFinanceChart(t *testing.T) {
	t.Parallel()
	got := tallyOf(t, testkit.Shared(t, "data", "appstore_jp_finance_topfree_daily_2024-12_2025-11.csv.gz"))
	if got.looks != 314 || got.readings["rank"] != 31_400 || len(got.readings) != 1 {
		t.Errorf("%d looks brought %v", got.looks, got.readings)
	}
	if len(got.targets) != 1 || !got.targets["chart/apple/jp/top-free/finance"] || len(got.slots) != got.looks {
		t.Errorf("targets are %v, %d looks have %d slots", got.targets, got.looks, len(got.slots))
	}
}
