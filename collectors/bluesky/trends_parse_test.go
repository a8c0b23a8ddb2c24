package bluesky

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestParseTrends(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata/trends", func(_ string, input []byte) string {
		trends, err := parseTrends(input)
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("depth %d", len(trends))}
		for _, r := range trendReadings(trends) {
			lines = append(lines, fmt.Sprintf("%q %s %v", r.GetSubject(), r.GetMetric(), r.GetValue()))
		}
		return strings.Join(lines, "\n")
	})
}

func FuzzParseTrends(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata/trends") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		trends, err := parseTrends(body)
		if err != nil || len(trends) == 0 {
			return
		}
		s := &event.Snapshot{
			Source: "bluesky_trends", Target: event.ListTarget("bluesky", "", "trends"), SlotMs: 1736763600000, SeenAtMs: 1736763600000,
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: trendReadings(trends),
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
