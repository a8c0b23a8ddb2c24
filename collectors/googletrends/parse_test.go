package googletrends

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func show(body []byte) string {
	trends, err := parseTrends(body, "US")
	if err != nil {
		return "refused: " + err.Error()
	}
	lines := []string{fmt.Sprintf("depth %d", len(trends))}
	for _, r := range readings(trends) {
		lines = append(lines, fmt.Sprintf("%q %s %v", r.GetSubject(), r.GetMetric(), r.GetValue()))
	}
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string { return show(input) })
}

func FuzzParseTrends(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		trends, err := parseTrends(body, "US")
		if err != nil || len(trends) == 0 {
			return
		}
		s := &event.Snapshot{
			Source: "googletrends", Target: event.ListTarget("google-trends", "us", "trending"), SlotMs: 1736763600000, SeenAtMs: 1736763600000,
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: readings(trends),
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.GetReadings() {
			if r.GetMetric() == "traffic_approx" && r.GetValue() < 1 {
				t.Fatalf("%v", r)
			}
		}
	})
}

func TestRecordedFeed(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "google-trends", "trending_rss.fixture.xml"))
	if err != nil {
		t.Fatal(err)
	}
	want := "depth 2\n\"bitcoin\" rank 1\n\"bitcoin\" traffic_approx 500000\n\"ethereum\" rank 2\n\"ethereum\" traffic_approx 100000"
	if got := show(body); got != want {
		t.Errorf("got %s", got)
	}
}
