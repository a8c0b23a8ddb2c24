package mastodon

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func slot() time.Time { return time.Date(2025, 1, 13, 9, 50, 0, 0, time.UTC) }

func show(body []byte) string {
	days, err := parseTag(body, "rednote")
	if err != nil {
		return "refused: " + err.Error()
	}
	list := readings("rednote", days, slot())
	lines := []string{fmt.Sprintf("%d readings", len(list))}
	for _, r := range list {
		at := "slot"
		if r.GetAtMs() != 0 {
			at = time.UnixMilli(r.GetAtMs()).UTC().Format(time.RFC3339)
		}
		lines = append(lines, fmt.Sprintf("%s %s %v at %s", r.GetSubject(), r.GetMetric(), r.GetValue(), at))
	}
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string { return show(input) })
}

func FuzzParseTag(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input, "rednote")
	}
	f.Fuzz(func(t *testing.T, body []byte, tag string) {
		days, err := parseTag(body, tag)
		if err != nil || len(days) == 0 || event.TagTarget("example.org", tag).Validate() != nil {
			return
		}
		s := &event.Snapshot{
			Source: "mastodon", Target: event.TagTarget("example.org", tag), SlotMs: slot().UnixMilli(), SeenAtMs: slot().UnixMilli(),
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: readings(tag, days, slot()),
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.GetReadings() {
			if r.GetValue() < 0 || r.GetAtMs()%86_400_000 != 0 {
				t.Fatalf("%v", r)
			}
		}
	})
}

// Today's counter belongs to the day of the slot: at a look that came a little
// after midnight, the slot's day is over, and its number is the last one.
func TestTodayIsTheDayOfTheSlot(t *testing.T) {
	t.Parallel()
	january := func(n int, uses float64) day {
		return day{start: time.Date(2025, 1, n, 0, 0, 0, 0, time.UTC), uses: uses, accounts: 1}
	}
	for _, c := range []struct {
		days []day
		want float64
		ok   bool
	}{
		{[]day{january(13, 5), january(12, 50)}, 5, true},
		{[]day{january(14, 5), january(13, 50)}, 50, true},
		{[]day{january(12, 50)}, 0, false},
	} {
		found := false
		for _, r := range readings("rednote", c.days, slot()) {
			if r.GetMetric() != "uses_today" {
				continue
			}
			found = true
			if r.GetValue() != c.want || r.GetAtMs() != 0 {
				t.Errorf("today is %v, want %v at the slot", r, c.want)
			}
		}
		if found != c.ok {
			t.Errorf("today is there: %v, want %v", found, c.ok)
		}
	}
}

func TestOtherScriptsAreNotCompared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, tag string
		same      bool
	}{
		{"小红书", "小红书", true}, {"ＴｉｋＴｏｋ", "tiktok", true}, {"TikTok", "tiktok", true}, {"tiktoks", "tiktok", false},
	} {
		if got := sameTag(c.name, c.tag); got != c.same {
			t.Errorf("sameTag(%q, %q) = %v", c.name, c.tag, got)
		}
	}
}

func TestRecordedTag(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "mastodon", "tag.localhost.json"))
	if err != nil {
		t.Fatal(err)
	}
	days, err := parseTag(body, "heeho")
	if err != nil || len(days) != 7 {
		t.Fatalf("got %v, %v", days, err)
	}
	if got := days[0].start.Format(time.DateOnly); got != "2026-08-01" || days[0].uses != 0 {
		t.Errorf("first day is %s with %v uses", got, days[0].uses)
	}
}
