package googlenews

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

func nine() time.Time { return time.Date(2025, 1, 13, 9, 0, 0, 0, time.UTC) }

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		feed, err := parseFeed(input, "rednote")
		if err != nil {
			return "refused: " + err.Error()
		}
		n, whole := feed.count(nine())
		return fmt.Sprintf("%d of %d articles in the hour, all there are: %v", n, len(feed.times), whole)
	})
}

func FuzzParseFeed(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		feed, err := parseFeed(body, "rednote")
		if err != nil {
			return
		}
		if n, whole := feed.count(nine()); n < 0 || n > len(feed.times) || (!whole && len(feed.times) < full) {
			t.Fatalf("%d of %d, %v", n, len(feed.times), whole)
		}
	})
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ language, country, hl, ceid string }{
		{"en", "US", "en-US", "US:en"}, {"pt-BR", "BR", "pt-BR", "BR:pt-BR"},
	} {
		s := Source{cfg: config.GoogleNews{BaseURL: "https://news.example", Language: c.language, Country: c.country}}
		u, err := url.Parse(s.question("little red book"))
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{"q": `"little red book" when:2h`, "hl": c.hl, "gl": c.country, "ceid": c.ceid} {
			if got := u.Query().Get(key); got != want {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
		}
	}
}
