package tiktok

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// parse chooses the parser by the beginning of the case's name.
func parse(name string, body []byte) (counts, error) {
	if strings.HasPrefix(name, "page-") {
		return parsePage(body, "rednote")
	}
	return parseDetail(body, "rednote")
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(name string, input []byte) string {
		switch c, err := parse(name, input); {
		case errors.Is(err, errNoTag):
			return "empty: " + err.Error()
		case errors.Is(err, errVariant):
			return "failed: " + err.Error()
		case err != nil:
			return "refused: " + err.Error()
		default:
			return fmt.Sprintf("views %.0f, videos %.0f", c.views, c.videos)
		}
	})
}

func fuzz(f *testing.F, way string) {
	f.Helper()
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &fetch.Response{Status: 200, Body: body}
		sign := detailBlocks(r) + pageBlocks(r)
		c, err := parse(way, body)
		if err == nil && (c.views < 0 || c.videos < 0 || c.views > 1<<53 || c.videos > 1<<53) {
			t.Fatalf("got %v", c)
		}
		if err == nil && way == "page-" && pageBlocks(r) != "" {
			t.Fatalf("a good page is taken for %s", sign)
		}
	})
}

func FuzzParseDetail(f *testing.F) { fuzz(f, "detail-") }
func FuzzParsePage(f *testing.F)   { fuzz(f, "page-") }

func TestRecordedShape(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "tiktok", "challenge_detail.synthetic.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseDetail(body, "TikTokRefugee")
	if err != nil || c != (counts{views: 1203456789, videos: 46200}) {
		t.Errorf("got %v, %v", c, err)
	}
	if sign := detailBlocks(&fetch.Response{Status: 200, Body: body}); sign != "" {
		t.Errorf("taken for %s", sign)
	}
}

func TestSignsOfABlock(t *testing.T) {
	t.Parallel()
	const captcha = `<html><script src="https://x.example/captcha/index.js"></script>`
	for name, c := range map[string]struct {
		status       int
		body         string
		detail, page string
	}{
		"empty":         {200, " \n", "the answer is empty", "the answer is empty"},
		"captcha":       {200, captcha, "a captcha", "a page without data: a captcha, or a shell that waits"},
		"captcha, 503":  {503, captcha, "a captcha", "a captcha"},
		"verify":        {200, `{"type":"verify","message":"Verify to continue"}`, "a captcha", "a page without data: a captcha, or a shell that waits"},
		"forbidden":     {403, "", "403 Forbidden", "403 Forbidden"},
		"down":          {502, "", "", ""},
		"busy":          {429, "", "", ""},
		"not found":     {404, "", "", ""},
		"a good answer": {200, `{"challengeInfo":{"challenge":{"desc":"captcha"}}}`, "", "a page without data: a captcha, or a shell that waits"},
		"a good page":   {200, `<script id="` + scriptID + `" type="application/json">{}</script>captcha`, "a captcha", ""},
	} {
		r := &fetch.Response{Status: c.status, Body: []byte(c.body)}
		if got := detailBlocks(r); got != c.detail {
			t.Errorf("%s, API: got %q, want %q", name, got, c.detail)
		}
		if got := pageBlocks(r); got != c.page {
			t.Errorf("%s, page: got %q, want %q", name, got, c.page)
		}
	}
}
