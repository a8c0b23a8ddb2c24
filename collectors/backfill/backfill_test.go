package backfill

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// These ask a place in memory, in simulated time.

func views(days ...string) string {
	var items []string
	for i, d := range days {
		items = append(items, fmt.Sprintf(`{"project":"en.wikipedia","article":"%s","granularity":"daily","timestamp":"%s00","agent":"user","views":%d}`, "TikTok", d, i+1))
	}
	return `{"items":[` + strings.Join(items, ",") + `]}`
}

const (
	tikTokViews = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/TikTok/daily/"
	lemonViews  = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/Lemon8/daily/"
	noSuchPage  = `{"status":404,"title":"Not Found","uri":"/metrics/pageviews/per-article/en.wikipedia/x"}`
)

// One question brings a year, cut at the turn of it. A day that was left out
// is no 0, and an article that is not there holds up no other.
func TestWikipedia(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		e, place := entry(t, "wikipedia", func(place *testkit.FakeSource) {
			place.Reply(tikTokViews+"20241230/20241231", testkit.FakeOK(views("20241230", "20241231")))
			place.Reply(tikTokViews+"20250101/20250102", testkit.FakeOK(views("20250102")))
			place.Reply(testkit.FakeAnywhere, testkit.FakeAnswer{Status: 404, Body: noSuchPage})
		})
		pub, r := fill(t, e, "2024-12-30", "2025-01-03", nil)
		const nothing = "(there is no such article, or nothing was counted in these days)"
		want := []string{
			"wikipedia article/en.wikipedia//Lemon8 2024-12-31 00:00:00 empty " + nothing, "wikipedia article/en.wikipedia//Lemon8 2025-01-01 00:00:00 empty " + nothing,
			"wikipedia article/en.wikipedia//Lemon8 2025-01-02 00:00:00 empty " + nothing, "wikipedia article/en.wikipedia//Lemon8 2025-01-03 00:00:00 empty " + nothing,
			"wikipedia article/en.wikipedia//TikTok 2024-12-31 00:00:00 ok views_day=1@12-30T00:00", "wikipedia article/en.wikipedia//TikTok 2025-01-01 00:00:00 ok views_day=2@12-31T00:00",
			"wikipedia article/en.wikipedia//TikTok 2025-01-02 00:00:00 empty " + nothing, "wikipedia article/en.wikipedia//TikTok 2025-01-03 00:00:00 ok views_day=1@01-02T00:00",
		}
		if diff := cmp.Diff(want, pub.looks()); diff != "" {
			t.Error(diff)
		}
		if n := len(place.Requests(testkit.FakeAnywhere)); n != 4 || r.Failed != 0 {
			t.Errorf("%d questions, %v", n, r.Failures)
		}
	})
}

// What is not there yet may come: it is no fact, and is asked for again.
func TestDaysThatHaveNotSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2025, 1, 6, 9, 0, 0, 0, time.UTC)))
		e, place := entry(t, "wikipedia", func(place *testkit.FakeSource) {
			place.Reply(tikTokViews+"20250101/20250105", testkit.FakeOK(views("20250101", "20250103", "20250104")))
			place.Reply(lemonViews+"20250101/20250105", testkit.FakeStatus(500))
		})
		marks, err := OpenMarks(filepath.Join(t.TempDir(), "marks"))
		if err != nil {
			t.Fatal(err)
		}
		defer marks.Close()
		for range 2 { // the second time as the first: nothing is marked
			pub, _ := fill(t, e, "2025-01-01", "2025-01-06", marks)
			var days []string
			for _, line := range pub.looks() {
				fields := strings.Fields(line)
				days = append(days, fields[2]+" "+fields[4])
			}
			if diff := cmp.Diff([]string{"2025-01-02 ok", "2025-01-03 empty", "2025-01-04 ok", "2025-01-05 ok"}, days); diff != "" {
				t.Error(diff)
			}
		}
		if n := len(place.Requests(tikTokViews + "20250101/20250105")); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestHackerNews(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		e, place := entry(t, "hackernews", func(place *testkit.FakeSource) {
			place.Reply("/api/v1/search_by_date", testkit.FakeOK(`{"nbHits":0,"hitsPerPage":0}`), testkit.FakeOK(`{"nbHits":7,"hitsPerPage":0}`))
		})
		start := time.Now()
		pub, r := fill(t, e, "2025-01-13", "2025-01-14", nil)
		lines := pub.looks()
		if len(lines) != 48 || r.Looks != 48 || r.Failed != 0 {
			t.Fatalf("%d looks, %+v", len(lines), r)
		}
		// Both words are asked about a day before the next day's turn, and 0 is 0.
		for i, want := range map[int]string{
			0: "hackernews keyword/hackernews//rednote 2025-01-13 01:00:00 ok mentions_hour=7@01-13T00:00", 24: "hackernews keyword/hackernews//tiktok 2025-01-13 01:00:00 ok mentions_hour=0@01-13T00:00",
			47: "hackernews keyword/hackernews//tiktok 2025-01-14 00:00:00 ok mentions_hour=7@01-13T23:00",
		} {
			if lines[i] != want {
				t.Errorf("got %s, want %s", lines[i], want)
			}
		}
		if took := time.Since(start); took < 46*time.Second {
			t.Errorf("48 questions in %v, at 60 a minute", took)
		}
		if q := place.Requests("/api/v1/search_by_date")[0].Query.Get("numericFilters"); q != "created_at_i>=1736726400,created_at_i<1736730000" {
			t.Errorf("asked %s", q)
		}
	})
}

func TestMastodonKeepsSevenDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2025, 1, 20, 9, 0, 0, 0, time.UTC)))
		e, _ := entry(t, "mastodon", func(place *testkit.FakeSource) {
			place.Reply("/api/v1/tags/rednote", testkit.FakeStatus(403), testkit.FakeOK(
				`{"name":"rednote","history":[{"day":"1737331200","uses":"5","accounts":"4"},{"day":"1737244800","uses":"50","accounts":"40"},{"day":"1737158400","uses":"0","accounts":"0"}]}`))
		})
		pub, r := fill(t, e, "2025-01-18", "2025-01-20", nil)
		want := []string{
			"mastodon tag/mastodon.online//rednote 2025-01-19 00:00:00 ok uses_day=0@01-18T00:00 accounts_day=0@01-18T00:00",
			"mastodon tag/mastodon.online//rednote 2025-01-20 00:00:00 ok uses_day=50@01-19T00:00 accounts_day=40@01-19T00:00",
			"mastodon tag/mstdn.social//rednote 2025-01-19 00:00:00 ok uses_day=0@01-18T00:00 accounts_day=0@01-18T00:00",
			"mastodon tag/mstdn.social//rednote 2025-01-20 00:00:00 ok uses_day=50@01-19T00:00 accounts_day=40@01-19T00:00",
		}
		if diff := cmp.Diff(want, pub.looks()); diff != "" {
			t.Error(diff)
		}
		problem := r.Text("mastodon")
		for _, part := range []string{"tag/mastodon.social//rednote, 2025-01-18 to 2025-01-19: ", "does not show its tags to the public", "run the same command again"} {
			if !strings.Contains(problem, part) {
				t.Errorf("no %q in %s", part, problem)
			}
		}
	})
}

// file is a zipped file of GDELT with some articles about TikTok.
func file(t *testing.T, stamp string, about, others int) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(stamp + ".gkg.csv")
	if err != nil {
		t.Fatal(err)
	}
	for i := range about + others {
		record := make([]string, 27)
		record[1] = stamp
		if i < about {
			record[4] = "https://news.example/tiktok-ban"
		}
		fmt.Fprintln(f, strings.Join(record, "\t"))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// One download serves all keywords. A quarter of an hour that GDELT does not
// have is a look that failed, for ever, and no 0; a broken file is told, kept
// aside and asked for again.
func TestGDELT(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		path := func(stamp string) string { return "/gdeltv2/" + stamp + ".gkg.csv.zip" }
		e, place := entry(t, "gdelt", func(place *testkit.FakeSource) {
			for h := range 24 {
				for _, m := range []int{0, 15, 30, 45} {
					stamp := fmt.Sprintf("20250113%02d%02d00", h, m)
					place.Reply(path(stamp), testkit.FakeOK(file(t, stamp, 2, 3)))
				}
			}
			place.Reply(path("20250113101500"), testkit.FakeStatus(404))
			whole := file(t, "20250113103000", 1, 1)
			place.Reply(path("20250113103000"), testkit.FakeOK(whole[:len(whole)-9]))
			wrong := testkit.FakeOK(file(t, "20250113104500", 9, 9))
			wrong.Header = map[string]string{"X-Goog-Hash": "crc32c=AAAAAA==,md5=1B2M2Y8AsgTpgAmY7PhCfg=="}
			place.Reply(path("20250113104500"), wrong)
		})
		marks, err := OpenMarks(filepath.Join(t.TempDir(), "marks"))
		if err != nil {
			t.Fatal(err)
		}
		defer marks.Close()
		pub, r := fill(t, e, "2025-01-13", "2025-01-14", marks)
		lines := pub.looks()
		if len(lines) != 2*94 || r.Failed != 2 || pub.rejected() != 4 {
			t.Errorf("%d looks, %d kept aside, %v", len(lines), pub.rejected(), r.Failures)
		}
		for _, want := range []string{
			"gdelt keyword/gdelt//rednote 2025-01-13 10:00:00 ok articles_15m=0@01-13T10:00 norm_15m=5@01-13T10:00",
			"gdelt keyword/gdelt//tiktok 2025-01-13 10:00:00 ok articles_15m=2@01-13T10:00 norm_15m=5@01-13T10:00",
			"gdelt keyword/gdelt//tiktok 2025-01-13 10:15:00 failed (GDELT has no file of this quarter of an hour)",
		} {
			if !slices.Contains(lines, want) {
				t.Errorf("no %q", want)
			}
		}
		if !strings.HasPrefix(r.Failures[0], "keyword/gdelt//tiktok, 2025-01-13 10:00 to 11:00: file of 2025-01-13T10:30:00Z: ") ||
			!strings.Contains(r.Failures[0], "md5 of the file is ") {
			t.Errorf("told %s", r.Failures[0])
		}
		if n := len(place.Requests(path("20250113000000"))); n != 1 {
			t.Errorf("a file was downloaded %d times", n)
		}
		// The file and its mirror were asked for what is not there, once each.
		if n := len(place.Requests(path("20250113101500"))); n != 1 || len(place.Requests("/data.gdeltproject.org"+path("20250113101500"))) != 1 {
			t.Errorf("asked %d times for a file that is not there", n)
		}
		// The file is mended: only its hour is asked for.
		place.Reply(path("20250113103000"), testkit.FakeOK(file(t, "20250113103000", 1, 1)))
		place.Reply(path("20250113104500"), testkit.FakeOK(file(t, "20250113104500", 1, 1)))
		e2, place2 := entry(t, "gdelt", func(p2 *testkit.FakeSource) {
			for _, m := range []string{"00", "30", "45"} {
				p2.Reply(path("2025011310"+m+"00"), testkit.FakeOK(file(t, "2025011310"+m+"00", 1, 1)))
			}
		})
		pub, r = fill(t, e2, "2025-01-13", "2025-01-14", marks)
		if n := len(place2.Requests(testkit.FakeAnywhere)); r.Failed != 0 || len(pub.looks()) != 8 || n != 5 {
			t.Errorf("%d looks of %d questions, %v", len(pub.looks()), n, r.Failures)
		}
	})
}

func feed(ids ...string) string {
	var results []string
	for _, id := range ids {
		results = append(results, `{"id":"`+id+`","kind":"apps"}`)
	}
	return `{"feed":{"id":"https://rss.applemarketingtools.com/api/v2/us/apps/top-free/100/apps.json","country":"us","results":[` + strings.Join(results, ",") + `]}}`
}

const original = "https://rss.applemarketingtools.com/api/v2/us/apps/top-free/100/apps.json"

func web(stamp string) string { return "/web/" + stamp + "id_/" + original }

// Captures come when somebody made them, as deep as they were; what lies
// between two of them is nobody's gap.
func TestAppleFromTheWebArchive(t *testing.T) {
	t.Parallel()
	in2026(t, func(t *testing.T) {
		index := `[["timestamp","original"],["20250113060708","` + original + `"],["20250113080000","` + original + `"],["20250113090000","` + original +
			`"],["20250114120000","` + original + `"],["20250114130000","` + original + `"],["20250131235959","` + original + `"],["20250113061000","https://rss.applemarketingtools.com/api/v2/us/apps/top-free/100/apps.rss"]]`
		e, place := entry(t, "appstore", func(place *testkit.FakeSource) {
			// The first index is of the older host, the second of the newer, the
			// third of the legacy feed, where nothing was kept.
			place.Reply("/cdx/search/cdx", testkit.FakeOK(index), testkit.FakeOK("[]"), testkit.FakeOK("[]"))
			place.Reply(web("20250113060708"), testkit.FakeOK(feed("741292507", "1498607143")))
			place.Reply(web("20250113080000"), testkit.FakeStatus(404))
			place.Reply(web("20250113090000"), testkit.FakeOK("<html>"))
			// It sends us to its neighbour of the same day, or of another.
			place.Reply(web("20250114120000"), testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": web("20250114121500")}})
			place.Reply(web("20250114121500"), testkit.FakeOK(feed("835599320")))
			place.Reply(web("20250114130000"), testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": web("20250113060708")}})
		})
		start := time.Now()
		pub, r := fill(t, e, "2025-01-13", "2025-01-15", nil)
		want := []string{
			"appstore chart/apple/us/top-free/overall 2025-01-13 06:07:08 ok depth 2 rank=1 rank=2",
			"appstore chart/apple/us/top-free/overall 2025-01-13 08:00:00 failed (the archive lists this capture and does not have it)",
			"appstore chart/apple/us/top-free/overall 2025-01-13 09:00:00 refused (decode json: invalid character '<' looking for beginning of value)",
			"appstore chart/apple/us/top-free/overall 2025-01-14 12:15:00 ok depth 1 rank=1",
		}
		if diff := cmp.Diff(want, pub.looks()); diff != "" {
			t.Error(diff)
		}
		if r.Failed != 0 || r.Refused != 1 || pub.rejected() != 1 {
			t.Errorf("%+v", r)
		}
		for _, m := range pub.all {
			if s, ok := m.(*event.Snapshot); ok && (s.GetEveryS() != 0 || s.GetVia() != "web-archive marketing-v2") {
				t.Errorf("every %d s via %s", s.GetEveryS(), s.GetVia())
			}
		}
		asked := place.Requests("/cdx/search/cdx")
		if len(asked) != 3 || asked[0].Query.Get("url") != "rss.applemarketingtools.com/api/v2/us/apps/top-free/" || asked[1].Query.Get("url") != "rss.marketingtools.apple.com/api/v2/us/apps/top-free/" ||
			asked[2].Query.Get("url") != "itunes.apple.com/us/rss/topfreeapplications/" || asked[0].Query.Get("from")+asked[0].Query.Get("to") != "2025010120250131" {
			t.Errorf("asked for %v", asked)
		}
		if n, took := len(place.Requests(testkit.FakeAnywhere)), time.Since(start); took < time.Duration(n-1)*4*time.Second-time.Second {
			t.Errorf("%d questions in %v, want one in 4 s", n, took)
		}
	})
}

// A place that asks for a rest is left alone at once, and for all its targets;
// one that is down is left alone after some failures. What is missing is told.
func TestAPlaceIsLeftAlone(t *testing.T) {
	t.Parallel()
	const rest, broken = "the place wants to be left alone for a while", "the place does not answer as it should"
	for name, c := range map[string]struct {
		answer       testkit.FakeAnswer
		asked        int
		failed, left int
		text, why    string
	}{
		"busy":         {testkit.FakeBusy("86400"), 1, 1, 59, "answered 429", rest},
		"down":         {testkit.FakeStatus(503), 3 * patience, patience, 60 - patience, "answered 503", broken},
		"broken off":   {testkit.FakeAnswer{Body: "[]", Truncated: true}, 3 * patience, patience, 60 - patience, "unexpected EOF", broken},
		"out of reach": {testkit.FakeAnswer{Reset: true}, 3 * patience, patience, 60 - patience, "connection reset by peer", "the place cannot be reached from here"},
		"blocked site": {testkit.FakeOK("Blocked Site Error"), patience, patience, 60 - patience, "refuse answer: decode json", broken},
		"empty answer": {testkit.FakeOK(""), patience, patience, 60 - patience, "the answer is empty", broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in2026(t, func(t *testing.T) {
				e, place := entry(t, "appstore", func(place *testkit.FakeSource) { place.Reply(testkit.FakeAnywhere, c.answer) })
				pub, r := fill(t, e, "2025-01-01", "2025-01-31", nil)
				if n := len(place.Requests(testkit.FakeAnywhere)); n != c.asked || r.Failed != c.failed || r.Left != c.left || len(pub.looks()) != 0 {
					t.Errorf("asked %d times, %d failed, %d left, %d looks", n, r.Failed, r.Left, len(pub.looks()))
				}
				text := r.Text("appstore")
				for _, part := range []string{c.text, "chart/apple/us/top-free/overall, 2025-01-01: list what the archive kept: ", fmt.Sprintf("%d of 60 spans failed, and %d were not asked for, because %s; run", c.failed, c.left, c.why)} {
					if !strings.Contains(text, part) {
						t.Errorf("no %q in %s", part, text)
					}
				}
			})
		})
	}
}
