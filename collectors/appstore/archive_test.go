package appstore

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

func january() time.Time { return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestParseIndex(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata/archive", func(_ string, input []byte) string {
		captures, err := parseIndex(input, january(), january().AddDate(0, 1, 0))
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("%d captures", len(captures))}
		for _, c := range captures {
			lines = append(lines, c.at.Format(time.RFC3339)+" "+c.original)
		}
		return strings.Join(lines, "\n")
	})
}

func FuzzParseIndex(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata/archive") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		captures, err := parseIndex(body, january(), january().AddDate(0, 1, 0))
		if err != nil && len(captures) > 0 {
			t.Fatalf("refused with %d captures", len(captures))
		}
		for _, c := range captures {
			if c.at.Before(january()) || c.at.Month() != 1 || !strings.HasPrefix(strings.ToLower(c.original), "http") {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// Only the same chart counts, in any length; another storefront, kind, genre or
// format is another feed.
func TestWhichFeedsAreTheChart(t *testing.T) {
	t.Parallel()
	overall, social := feeds(chart{kind: "top-free"}, "us"), feeds(chart{kind: "top-free", genre: "6005"}, "us")
	if len(overall) != 2 || len(social) != 1 {
		t.Fatalf("%d and %d feeds", len(overall), len(social))
	}
	for address, want := range map[string]string{
		"https://rss.applemarketingtools.com/api/v2/us/apps/top-free/100/apps.json":             "overall",
		"http://rss.marketingtools.apple.com:80/api/v2/us/apps/top-free/10/apps.json?a=b":       "overall",
		"https://rss.applemarketingtools.com/api/v2/us/apps/top-free/100/apps.rss":              "",
		"https://rss.applemarketingtools.com/api/v2/us/apps/top-paid/100/apps.json":             "",
		"https://rss.applemarketingtools.com/api/v2/jp/apps/top-free/100/apps.json":             "",
		"https://rss.applemarketingtools.com/api/v2/us/apps/top-free/100/apps.json/evil":        "",
		"https://itunes.apple.com/us/rss/topfreeapplications/limit=100/genre=6005/json":         "social",
		"https://itunes.apple.com/us/rss/topfreeapplications/genre=6005/limit=25/json":          "social",
		"http://itunes.apple.com:80/us/rss/topfreeapplications/limit=200/genre=6005/json?cc=us": "social",
		"https://itunes.apple.com/us/rss/topfreeapplications/limit=100/genre=6005/xml":          "",
		"https://itunes.apple.com/us/rss/topfreeapplications/limit=100/genre=6014/json":         "",
		"https://itunes.apple.com/us/rss/topfreeapplications/limit=100/json":                    "",
		"https://itunes.apple.com/gb/rss/topfreeapplications/limit=100/genre=6005/json":         "",
	} {
		got := ""
		if overall[0].is(address) {
			got = "overall"
		}
		if social[0].is(address) {
			got += "social"
		}
		if got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	pack := func(n int) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(bytes.Repeat([]byte("x"), n)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if got, err := unpack([]byte("plain")); err != nil || string(got) != "plain" {
		t.Errorf("plain: %q, %v", got, err)
	}
	if got, err := unpack(pack(100)); err != nil || len(got) != 100 {
		t.Errorf("packed: %d bytes, %v", len(got), err)
	}
	if _, err := unpack(pack(maxUnpacked + 1)); err == nil {
		t.Error("a bomb was unpacked")
	}
	if _, err := unpack(pack(100)[:20]); err == nil {
		t.Error("half an answer was taken")
	}
}
