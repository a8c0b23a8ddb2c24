package message_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/notify/message"
)

func TestFiguresAreAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 0.39e6: "390 k", 27e6: "27 M", 27.44e6: "27.4 M", 1234: "1,234", 999: "999", 9999: "9,999", 9999.9: "10 k", 12345: "12.3 k",
		999_999: "1 M", 2.1e9: "2.1 bn", 3e12: "3 tn", 0.98: "0.98", 12.5: "12.5", 164: "164", -54: "−54", 0.00004: "4e-05",
		math.Inf(1): "unknown", math.NaN(): "unknown",
	} {
		if got := message.Figure(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{69.2: "×69", 2.34: "×2.3", 1240: "×1,240", 0.2: "×0.2", 31: "×31", 8.0 / 201: "×0.04", 0.999: "×1", 0.123: "×0.12"} {
		if got := message.Times(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.98: "98 %", 0.9996: "99.9 %", 1: "100 %", -0.54: "−54 %", 0.054: "5.4 %", 0: "0 %", -2.2e-16: "0 %"} {
		if got := message.Percent(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0 s", 45 * time.Second: "45 s", 90 * time.Second: "2 min", 4 * time.Hour: "4 h", 4*time.Hour + 10*time.Minute: "4 h 10 min",
		292 * time.Hour: "12 d 4 h", 24*time.Hour - time.Second: "24 h", -time.Hour: "1 h",
	} {
		if got := message.Span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// TestRanksAreNeverNegative: nor 0, nor beyond what was looked at.
func TestRanksAreNeverNegative(t *testing.T) {
	t.Parallel()
	e := &event.Episode{Metric: event.MetricRank, Depth: 200}
	for v, want := range map[float64]string{1: "#1", -1: "#1", 0: "#1", 11.4: "#11", 200: "#200", 201: "not in the top 200"} {
		if got := message.Amount(e, v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

// TestTimesAreInTheReadersZoneToo: over the change to summer time and the date
// line.
func TestTimesAreInTheReadersZoneToo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ at, zone, want string }{
		{"2025-01-13T18:00:00Z", "America/New_York", "Mon 13 Jan 2025 13:00 EST (18:00 UTC)"},
		{"2025-03-09T07:30:00Z", "America/New_York", "Sun 9 Mar 2025 03:30 EDT (07:30 UTC)"},
		{"2025-01-13T18:00:00Z", "Asia/Shanghai", "Tue 14 Jan 2025 02:00 CST (13 Jan 18:00 UTC)"},
		{"2025-01-13T18:00:00Z", "", "Mon 13 Jan 2025 18:00 UTC"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := message.Moment(at, zone); got != c.want {
			t.Errorf("%s in %s is %q, want %q", c.at, c.zone, got, c.want)
		}
	}
	if got := message.Moment(time.Unix(0, 0), nil); got != "Thu 1 Jan 1970 00:00 UTC" {
		t.Errorf("without a zone %q", got)
	}
}

// TestFitKeepsHeadlineAndLink: at any limit, and never half a character or half
// a tag.
func TestFitKeepsHeadlineAndLink(t *testing.T) {
	t.Parallel()
	text := message.Text{Mark: "🔴", Headline: "RedNote <took> #1 & more 小红书", Links: []message.Link{{Name: "Dashboard", URL: "https://x.example.org/"}, {Name: "SQL", URL: "https://y.example.org/"}}}
	for i := range 40 {
		text.Lines = append(text.Lines, message.Line{Label: fmt.Sprint("Label ", i), Text: strings.Repeat("words & <more> ", 20), Spare: i % 9, Code: i%5 == 0})
	}
	for name, write := range map[string]func(message.Text) string{"plain": message.Plain, "telegram": message.Telegram, "discord": message.Discord, "markdown": message.Markdown} {
		for limit := 0; limit < 30000; limit = limit*3/2 + 1 {
			for _, measure := range []message.Measure{message.Bytes, message.Units} {
				got := text.Fit(limit, measure, write)
				if measure(got) > limit || !utf8.ValidString(got) {
					t.Fatalf("%s of %d: %d %q", name, limit, measure(got), got)
				}
				if limit >= 200 && (!strings.Contains(got, "RedNote") || !strings.Contains(got, "https://x.example.org/")) {
					t.Fatalf("%s of %d lost its headline or its link: %s", name, limit, got)
				}
				if name == "telegram" && strings.Count(got, "<b>") != strings.Count(got, "</b>") {
					t.Fatalf("half a tag: %s", got)
				}
			}
		}
	}
}

// TestMeaningsAreInTheDocs: each link of a message leads to a section that is
// there.
func TestMeaningsAreInTheDocs(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`More: docs/([a-z-]+\.md)#([a-z-]+)`)
	found := map[string]bool{}
	wants, err := filepath.Glob("testdata/*/want.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range wants {
		text, err := os.ReadFile(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			found[m[1]+"#"+m[2]] = true
			doc, err := os.ReadFile(filepath.Join(testkit.Root(t), "docs", m[1]))
			if err != nil {
				t.Fatal(err)
			}
			heading := regexp.MustCompile(`(?mi)^#+ ` + strings.ReplaceAll(m[2], "-", "[ -]") + `$`)
			if !heading.Match(doc) {
				t.Errorf("docs/%s has no section %s", m[1], m[2])
			}
		}
	}
	if len(found) < 5 {
		t.Errorf("only %v", found)
	}
}

// TestOriginLeads: of equal episodes that began together, the one of the app that
// the crowd leaves is told first.
func TestOriginLeads(t *testing.T) {
	t.Parallel()
	gone := func(entity string) message.Item {
		return message.Item{Episode: &event.Episode{Entity: entity, Severity: 0.9, OnsetMs: 1}}
	}
	m := &message.Message{Origin: "tiktok", Items: []message.Item{gone("lemon8"), gone("tiktok"), gone("capcut")}}
	if got := message.Leading(m).Episode.GetEntity(); got != "tiktok" {
		t.Errorf("%s leads, want tiktok", got)
	}
	m.Items[0].Episode.Severity = 0.91
	if got := message.Leading(m).Episode.GetEntity(); got != "lemon8" {
		t.Errorf("%s leads, want lemon8, which weighs more", got)
	}
}

// TestLimitIsNotUsual: what somebody has set is not told as what is usual.
func TestLimitIsNotUsual(t *testing.T) {
	t.Parallel()
	e := &event.Episode{
		Rule: "views-over", Metric: "views", Value: 2.5e9, Baseline: 1e9, Multiple: 2.5, Low: new(1e9), High: new(1e9),
		Target: &event.Target{Kind: event.KindTag, Place: "tiktok", Name: "x"},
	}
	m := &message.Message{Kind: message.KindOpened, Level: message.LevelWarning, Items: []message.Item{{Episode: e}}}
	text := message.Plain(message.Render(m, message.Style{}))
	if !strings.Contains(text, "Limit: 1 bn views") || strings.Contains(text, "sual") {
		t.Errorf("the limit is not called one:\n%s", text)
	}
	e.Low, e.High = new(0.5e9), new(1.5e9)
	if text = message.Plain(message.Render(m, message.Style{})); !strings.Contains(text, "Usual: 1 bn views") {
		t.Errorf("the baseline is not called usual:\n%s", text)
	}
}
