package radar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		days, err := parseRanks(input)
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("%d days", len(days))}
		if len(days) == 0 {
			return lines[0]
		}
		for _, r := range append(readings(days), newestReadings(days[len(days)-1])...) {
			at := "slot"
			if r.GetAtMs() != 0 {
				at = time.UnixMilli(r.GetAtMs()).UTC().Format(time.DateOnly)
			}
			lines = append(lines, fmt.Sprintf("%s %s %v at %s", r.GetSubject(), r.GetMetric(), r.GetValue(), at))
		}
		return strings.Join(lines, "\n")
	})
}

func FuzzParseRanks(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		days, err := parseRanks(body)
		if err != nil || len(days) == 0 {
			return
		}
		now := days[0].start.UnixMilli()
		s := &event.Snapshot{
			Source: "radar", Target: event.ListTarget("cloudflare-radar", "", "internet-services/x"), SlotMs: now, SeenAtMs: now,
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: append(readings(days), newestReadings(days[len(days)-1])...),
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(days); i++ {
			if !days[i].start.After(days[i-1].start) {
				t.Fatalf("%v is not after %v", days[i].start, days[i-1].start)
			}
		}
	})
}
