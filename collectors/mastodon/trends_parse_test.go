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

func TestParseTrends(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata/trends", func(_ string, input []byte) string {
		tags, err := parseTrends(input)
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("depth %d", len(tags))}
		for _, r := range trendReadings(tags, slot()) {
			at := "slot"
			if r.GetAtMs() != 0 {
				at = time.UnixMilli(r.GetAtMs()).UTC().Format(time.DateOnly)
			}
			lines = append(lines, fmt.Sprintf("%s %s %v at %s", r.GetSubject(), r.GetMetric(), r.GetValue(), at))
		}
		return strings.Join(lines, "\n")
	})
}

func FuzzParseTrends(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata/trends") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		tags, err := parseTrends(body)
		if err != nil || len(tags) == 0 {
			return
		}
		s := &event.Snapshot{
			Source: "mastodon_trends", Target: event.ListTarget("example.org", "", trendingTags), SlotMs: slot().UnixMilli(), SeenAtMs: slot().UnixMilli(),
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: trendReadings(tags, tags[0].days[0].start.Add(12*time.Hour)),
		}
		if err := s.Validate(); err != nil && len(s.GetReadings()) <= event.MaxReadings {
			t.Fatal(err)
		}
	})
}

func TestRecordedTrends(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "mastodon", "trends_tags.mastodon.social.json"))
	if err != nil {
		t.Fatal(err)
	}
	tags, err := parseTrends(body)
	if err != nil || len(tags) != 10 {
		t.Fatalf("%d tags, %v", len(tags), err)
	}
	if first := tags[0]; first.name != "caturday" || len(first.days) != 7 || first.days[0].uses != 806 || first.days[0].accounts != 688 {
		t.Errorf("first is %+v", first)
	}
	if name := tags[1].name; name != "bakerytvshowsandplays" {
		t.Errorf("second is %s", name)
	}
	if n := len(trendReadings(tags, tags[0].days[0].start.Add(12*time.Hour))); n != 10*(1+14) {
		t.Errorf("%d readings", n)
	}
}
