package wikipedia

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

func date(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s) // a zero time fails the test that uses it
	return t
}

func asked() question {
	return question{project: "en.wikipedia", article: "TikTok", from: date("2025-01-07"), to: date("2025-01-13")}
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		readings, err := parseViews(input, asked())
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("%d readings", len(readings))}
		for _, r := range readings {
			at := time.UnixMilli(r.GetAtMs()).UTC().Format(time.RFC3339)
			lines = append(lines, fmt.Sprintf("%s %s %v at %s", r.GetSubject(), r.GetMetric(), r.GetValue(), at))
		}
		return strings.Join(lines, "\n")
	})
}

func FuzzParseViews(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		readings, err := parseViews(body, asked())
		if err != nil || len(readings) == 0 {
			return
		}
		s := &event.Snapshot{
			Source: "wikipedia", Target: &event.Target{Kind: event.KindArticle, Place: "en.wikipedia", Name: "TikTok"},
			SlotMs: 1736726400000, SeenAtMs: 1736726400000,
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: readings,
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		if len(readings) > 7 {
			t.Fatalf("%d days of seven", len(readings))
		}
	})
}

func TestTitlesAreEscapedWhole(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"TikTok": "TikTok", "AC/DC": "AC%2FDC", "What_Is_Love?": "What_Is_Love%3F", "小红书": "%E5%B0%8F%E7%BA%A2%E4%B9%A6",
		"100%": "100%25", "C++": "C++", "A#B": "A%23B", "Q;_(x)": "Q%3B_%28x%29",
	} {
		q := asked()
		q.article = title
		got := q.url("https://wikimedia.org")
		want = "https://wikimedia.org/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/" + want + "/daily/20250107/20250113"
		// Brackets and the like may stand as they are.
		if plain := strings.NewReplacer("%28", "(", "%29", ")", "%3B", ";"); plain.Replace(got) != plain.Replace(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRecordedViews(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "wikimedia", "per-article_daily_Bitcoin.json"))
	if err != nil {
		t.Fatal(err)
	}
	q := question{project: "en.wikipedia", article: "Bitcoin", from: date("2026-07-01"), to: date("2026-07-07")}
	readings, err := parseViews(body, q)
	if err != nil || len(readings) != 2 || readings[0].GetValue() != 13137 {
		t.Errorf("got %v, %v", readings, err)
	}
	monthly, err := os.ReadFile(testkit.Shared(t, "samples", "wikimedia", "per-article_monthly_Google_Bard.trimmed.json"))
	if err != nil {
		t.Fatal(err)
	}
	q = question{project: "en.wikipedia", article: "Google_Bard", from: date("2023-02-01"), to: date("2023-05-01")}
	if _, err := parseViews(monthly, q); err == nil {
		t.Error("views of a month were taken for views of a day")
	}
}

func TestRecordedProblem(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "wikimedia", "per-article_404.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !isNoData(&fetch.StatusError{Status: 404, Body: body}) {
		t.Error("the API's own 404 was not known")
	}
}

func TestOnlyTheAPIsOwn404IsNothingThere(t *testing.T) {
	t.Parallel()
	const own = `{"status":404,"title":"Not Found","uri":"/metrics/pageviews/per-article/en.wikipedia/x"}`
	for body, want := range map[string]bool{own: true, "<html>": false, "": false, `{"status":404,"uri":"/nowhere"}`: false} {
		if got := isNoData(fmt.Errorf("get: %w", &fetch.StatusError{Status: 404, Body: []byte(body)})); got != want {
			t.Errorf("%q: got %v", body, got)
		}
	}
	if isNoData(&fetch.StatusError{Status: 403, Body: []byte(own)}) || isNoData(nil) {
		t.Error("another status was taken for nothing there")
	}
}
