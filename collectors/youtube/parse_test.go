package youtube

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// hours are the three closed hours before 13 January 2025, 10:20.
func hours() window {
	return window{from: time.Date(2025, 1, 13, 7, 0, 0, 0, time.UTC), to: time.Date(2025, 1, 13, 10, 0, 0, 0, time.UTC)}
}

func found(p page) *uploads {
	u := newUploads()
	u.add(p)
	u.whole = p.next == ""
	return u
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		p, err := parsePage(input, hours())
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("%d videos, next page %q", len(p.videos), p.next)}
		for _, r := range found(p).readings("rednote", hours()) {
			lines = append(lines, fmt.Sprintf("%s %s %v at %s", r.GetSubject(), r.GetMetric(), r.GetValue(), time.UnixMilli(r.GetAtMs()).UTC().Format(time.RFC3339)))
		}
		return strings.Join(lines, "\n")
	})
}

func FuzzParsePage(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := hours()
		p, err := parsePage(body, w)
		if err != nil {
			return
		}
		sum, list := 0.0, found(p).readings("rednote", w)
		for _, r := range list {
			sum += r.GetValue()
			if at := time.UnixMilli(r.GetAtMs()); !w.has(at) || !at.Equal(at.Truncate(time.Hour)) {
				t.Fatalf("%v", r)
			}
		}
		if int(sum) != len(found(p).times) || len(list) > 3 {
			t.Fatalf("%v uploads in %d hours of %d videos", sum, len(list), len(found(p).times))
		}
		if len(list) == 0 {
			return
		}
		s := &event.Snapshot{
			Source: "youtube", Target: event.TagTarget("youtube", "rednote"), SlotMs: w.to.UnixMilli(), SeenAtMs: w.to.UnixMilli(),
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: list,
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}

// The documented shape, whose ids are dots, is as the parser thinks it is.
func TestDocumentedShape(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "youtube", "search_list.docshape.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parsePage(body, hours()); err == nil || err.Error() != "items[0].id.videoId is no id" {
		t.Errorf("got %v", err)
	}
	day := time.Date(2025, 1, 14, 0, 0, 0, 0, time.UTC)
	p, err := parsePage([]byte(strings.Replace(string(body), `"videoId":"..."`, `"videoId":"abc"`, 1)), window{from: day, to: day.Add(time.Hour)})
	if err != nil || len(p.videos) != 1 || p.next != "..." {
		t.Errorf("got %+v, %v", p, err)
	}
}
