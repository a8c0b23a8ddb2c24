package hackernews

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		n, err := parseCount(input)
		if err != nil {
			return "refused: " + err.Error()
		}
		return fmt.Sprintf("%v mentions", n)
	})
}

func FuzzParseCount(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := parseCount(body)
		if err == nil && (n < 0 || n != math.Trunc(n) || math.IsInf(n, 0)) {
			t.Fatalf("%v mentions", n)
		}
	})
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(question("https://hn.algolia.com", "little red book", time.Date(2025, 1, 13, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"query": `"little red book"`, "tags": "(story,comment)", "hitsPerPage": "0",
		"numericFilters": "created_at_i>=1736758800,created_at_i<1736762400",
	} {
		if got := u.Query().Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if u.Path != "/api/v1/search_by_date" {
		t.Errorf("path is %s", u.Path)
	}
}

func TestRecordedCount(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "hackernews", "search_by_date_hitsPerPage0.json"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := parseCount(body); err != nil || n != 37 {
		t.Errorf("got %v, %v", n, err)
	}
}
