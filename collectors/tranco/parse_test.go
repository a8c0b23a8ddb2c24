package tranco

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

// domain is what all golden cases asked for.
const domain = "xiaohongshu.com"

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		ranks, err := parseRanks(input, domain)
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("%d days", len(ranks))}
		for _, r := range ranks {
			lines = append(lines, fmt.Sprintf("%v on %s", r.rank, r.day.Format(time.DateOnly)))
		}
		return strings.Join(lines, "\n")
	})
}

// Whatever comes, a rank is a whole number of the list, of midnight of a day of
// its own.
func FuzzParseRanks(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		ranks, err := parseRanks(body, domain)
		if err != nil && len(ranks) > 0 {
			t.Fatalf("%d ranks beside %v", len(ranks), err)
		}
		seen := map[time.Time]bool{}
		for _, r := range ranks {
			if r.rank < 1 || r.rank > maxRank || r.rank != math.Trunc(r.rank) {
				t.Fatalf("rank %v", r.rank)
			}
			if !r.day.Equal(r.day.Truncate(day)) || seen[r.day] {
				t.Fatalf("day %v", r.day)
			}
			seen[r.day] = true
		}
	})
}

// A list that is out early waits for a later look; one of next week is none.
func TestDaysToCome(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)
	ranks := []rank{{day: at.Add(day), rank: 10}, {day: at, rank: 20}, {day: at.Add(-day), rank: 30}}
	got, err := readings(domain, ranks, at.Add(23*time.Hour))
	if err != nil || len(got) != 2 || got[0].GetValue() != 20 || got[0].GetAtMs() != at.UnixMilli() || got[1].GetValue() != 30 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := readings(domain, ranks, at); err != nil || len(got) != 2 {
		t.Errorf("at midnight: got %v, %v", got, err)
	}
	if got, err := readings(domain, ranks, at.Add(-time.Hour)); err == nil {
		t.Errorf("a day too far ahead: got %v", got)
	}
}
