package collectors_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// These run every source of the list, from the configuration to the published
// look, against a place in memory and in simulated time.

// now is when the simulated looks begin: 13 January 2025, 10:20 UTC.
func now() time.Time { return time.Date(2025, 1, 13, 10, 20, 0, 0, time.UTC) }

func watchlist() config.Watch {
	return config.Watch{
		Storefronts: []string{"us"},
		Charts: []config.Chart{
			{Store: "apple", Name: "top-free/overall"},
			{Store: "apple", Name: "top-free/social-networking", Genre: "6005"},
			{Store: "google", Name: "top-free/overall"},
		},
		Tags: []string{"#RedNote"}, Keywords: []string{"rednote"}, Articles: []string{"en.wikipedia/AC DC/live"},
		Domains: []string{"xiaohongshu.com"},
		Entities: []config.Entity{
			{ID: "tiktok", Name: "TikTok", Apps: map[string]string{"apple": "835599320"}},
			{ID: "rednote", Name: "RedNote", Apps: map[string]string{"apple": "741292507", "google": "com.xingin.xhs"}},
			{ID: "lemon8", Name: "Lemon8", Aliases: []string{"Lemon 8"}, Apps: map[string]string{"apple": "1498607143"}},
			{ID: "clapper", Name: "Clapper"},
		},
	}
}

func collect() config.Collect {
	every := func(s string) config.Schedule { return config.Schedule{Enabled: true, Every: s} }
	return config.Collect{
		Contact: "ops@example.org", Timeout: config.Duration(30 * time.Second), MaxBody: 1 << 20, Jitter: 0.1,
		Hosts: map[string]config.Host{"*": {PerMinute: 600, Concurrent: 2}},
		Sources: config.Sources{
			AppStore: config.AppStore{
				Schedule: every("@every 1h"), ITunesURL: "https://itunes.example",
				MarketingURL: "https://new.example/", MarketingFallbackURL: "https://old.example",
			},
			AppStoreLookup: config.AppStoreLookup{Schedule: every("@every 1h"), ITunesURL: "https://itunes.example/"},
			AppStoreSearch: config.AppStoreSearch{Schedule: every("@every 1h"), ITunesURL: "https://itunes.example/"},
			Mastodon:       config.Mastodon{Schedule: every("@every 1h"), Instances: []string{"https://social.example/"}},
			Wikipedia:      config.Wikipedia{Schedule: every("@every 1h"), BaseURL: "https://wiki.example/", Days: 7},
			HackerNews:     config.HackerNews{Schedule: every("@every 1h"), BaseURL: "https://hn.example/"},
			Bluesky: config.Bluesky{
				Stream: config.Stream{
					Enabled: true, Quiet: config.Duration(30 * time.Second), Rewind: config.Duration(5 * time.Second),
					SaveEvery: config.Duration(3 * time.Second), RetryAfter: config.Duration(time.Second), RetryMost: config.Duration(30 * time.Second),
				},
				HostsV2: []string{"https://sky.example/"}, HostsV1: []string{"https://oldsky.example"},
			},
			YouTube: config.YouTube{
				Schedule: every("@every 1h"), BaseURL: "https://video.example/", Key: "k-3cret", SearchesPerDay: 100, MaxPages: 2,
			},
			Radar: config.Radar{
				Schedule: every("@every 1h"), BaseURL: "https://radar.example/", Token: "t-3cret", Categories: []string{"Social Media"}, Days: 28,
			},
			GoogleTrends:   config.GoogleTrends{Schedule: every("@every 1h"), BaseURL: "https://trends.example/"},
			GoogleNews:     config.GoogleNews{Schedule: every("@every 1h"), BaseURL: "https://news.example/", Language: "en", Country: "US"},
			MastodonTrends: config.MastodonTrends{Schedule: every("@every 1h"), Instances: []string{"https://social.example/"}},
			BlueskyTrends:  config.BlueskyTrends{Schedule: every("@every 1h"), BaseURL: "https://sky.example/"},
			GDELT:          config.GDELT{Schedule: every("@every 1h"), FilesURL: "https://files.example/", MaxZip: 1 << 20, MaxCSV: 1 << 22},
			GDELTDoc:       config.GDELTDoc{Schedule: every("@every 1h"), BaseURL: "https://doc.example/"},
			Tranco:         config.Tranco{Schedule: every("@every 1h"), BaseURL: "https://tranco.example/"},

			GooglePlay:        config.GooglePlay{Schedule: every("@every 1h"), BaseURL: "https://play.example/", UserAgent: browser},
			GooglePlayDetails: config.GooglePlay{Schedule: every("@every 1h"), BaseURL: "https://play.example", UserAgent: browser},
			TikTok:            config.TikTok{Schedule: every("@every 1h"), BaseURL: "https://tiktok.example/", UserAgent: browser},
		},
	}
}

// visit runs all sources for a while against a place that was told what to
// answer, and returns what was published, by source and target.
func visit(t *testing.T, d time.Duration, tell func(*testkit.FakeSource)) (*topics, *testkit.FakeSource, map[string][]*event.Snapshot) {
	t.Helper()
	pub, place := &topics{}, testkit.NewFakeSourceInMemory()
	tell(place)
	time.Sleep(time.Until(now()))
	client, err := fetch.New(fetch.Config{Collect: collect(), Transport: place}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := collectors.New(collect(), watchlist(), client)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := collectors.NewRunner(entries, pub, collect(), nil, nil).Run(ctx); err != nil {
		t.Fatal(err)
	}
	looks := make(map[string][]*event.Snapshot)
	for _, s := range pub.looks() {
		looks[s.GetSource()+" "+s.GetTarget().Key()] = append(looks[s.GetSource()+" "+s.GetTarget().Key()], s)
	}
	want := []string{
		"appstore chart/apple/us/top-free/overall", "appstore chart/apple/us/top-free/social-networking",
		"appstore_lookup listing/apple/us/apps", "appstore_search listing/apple/us/search", "bluesky_trends list/bluesky//trends",
		"gdelt keyword/gdelt//rednote", "gdelt_doc keyword/gdelt//rednote",
		"googlenews keyword/google-news//rednote", playCharts, playDetails,
		"googletrends list/google-trends/us/trending", "hackernews keyword/hackernews//rednote",
		"mastodon tag/social.example//rednote", "mastodon_trends list/social.example//trending-tags",
		"radar list/cloudflare-radar//internet-services/social-media",
		tiktokViews, domainRanks, "wikipedia article/en.wikipedia//AC_DC/live", "youtube tag/youtube//rednote",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(looks))); diff != "" {
		t.Fatalf("not every target was looked at: %s", diff)
	}
	return pub, place, looks
}

func tellGood(change func(testkit.FakeAnswer) testkit.FakeAnswer) func(*testkit.FakeSource) {
	return func(place *testkit.FakeSource) {
		for path, body := range good() {
			place.Reply(path, change(testkit.FakeOK(body)))
		}
	}
}

func tellAll(answers ...testkit.FakeAnswer) func(*testkit.FakeSource) {
	return func(place *testkit.FakeSource) {
		place.Reply(testkit.FakeAnywhere, answers...)
		place.Reply(robotsPath, testkit.FakeStatus(404)) // its troubles are tests of their own
	}
}

func describe(s *event.Snapshot) string {
	lines := []string{fmt.Sprintf("%s depth %d via %q status %d %s", s.GetOutcome().Word(), s.GetDepth(), s.GetVia(), s.GetHttpStatus(), s.GetReason())}
	for _, r := range s.GetReadings() {
		at := "slot"
		if r.GetAtMs() != 0 {
			at = time.UnixMilli(r.GetAtMs()).UTC().Format("2006-01-02 15:04")
		}
		lines = append(lines, fmt.Sprintf("%s %s %v at %s", r.GetSubject(), r.GetMetric(), r.GetValue(), at))
	}
	return strings.Join(lines, "\n")
}

func TestGoodAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, place, looks := visit(t, 10*time.Minute, tellGood(func(a testkit.FakeAnswer) testkit.FakeAnswer { return a }))
		for key, want := range map[string]string{
			"appstore chart/apple/us/top-free/overall":           "ok depth 2 via \"marketing-v2\" status 200 \n741292507 rank 1 at slot\n1498607143 rank 2 at slot",
			"appstore chart/apple/us/top-free/social-networking": "ok depth 1 via \"legacy\" status 200 \n741292507 rank 1 at slot",
			"appstore_lookup listing/apple/us/apps": `ok depth 0 via "lookup" status 200 app 835599320 is named "Some Other App" in the store, configured is "TikTok"` +
				"\n1498607143 listed 0 at slot\n741292507 listed 1 at slot\n741292507 rating_count 10 at slot\n741292507 rating_average 4.5 at slot" +
				"\n835599320 listed 1 at slot\n835599320 rating_count 20 at slot\n835599320 rating_average 4 at slot" +
				"\n741292507 name_matches 1 at slot\n835599320 name_matches 0 at slot",
			"appstore_search listing/apple/us/search": "ok depth 0 via \"search\" status 200 \nclapper app_id 1.392512148e+09 at slot\n1392512148 listed 1 at slot" +
				"\n1392512148 rating_count 9 at slot\n1392512148 rating_average 4 at slot",
			"gdelt keyword/gdelt//rednote": "ok depth 0 via \"files\" status 200 \nrednote articles_15m 0 at 2025-01-13 10:00\nrednote norm_15m 1 at 2025-01-13 10:00" +
				"\nrednote articles_15m 1 at 2025-01-13 10:15\nrednote norm_15m 2 at 2025-01-13 10:15",
			"gdelt_doc keyword/gdelt//rednote":       "ok depth 0 via \"\" status 200 \nrednote share 0.0025 at 2025-01-13 09:30\nrednote norm 1200 at 2025-01-13 09:30\nrednote norm 0 at 2025-01-13 09:45",
			"hackernews keyword/hackernews//rednote": "ok depth 0 via \"\" status 200 \nrednote mentions_hour 5 at 2025-01-13 09:00\nrednote mentions_hour 5 at 2025-01-13 08:00",
			"mastodon tag/social.example//rednote": "ok depth 0 via \"\" status 200 " +
				"\nrednote uses_today 806 at slot\nrednote accounts_today 688 at slot\nrednote uses_day 12 at 2025-01-12 00:00\nrednote accounts_day 9 at 2025-01-12 00:00",
			"wikipedia article/en.wikipedia//AC_DC/live": "ok depth 0 via \"\" status 200 \nAC_DC/live views_day 77 at 2025-01-11 00:00",
			"youtube tag/youtube//rednote":               "ok depth 0 via \"\" status 200 \nrednote uploads_hour 2 at 2025-01-13 09:00\nrednote uploads_hour 0 at 2025-01-13 08:00",
			"radar list/cloudflare-radar//internet-services/social-media": "ok depth 2 via \"\" status 200 \nTikTok rank_day 1 at 2025-01-11 00:00" +
				"\nInstagram rank_day 2 at 2025-01-11 00:00\nInstagram rank_day 1 at 2025-01-12 00:00" +
				"\nTikTok rank_day 2 at 2025-01-12 00:00\nInstagram rank 1 at slot\nTikTok rank 2 at slot",
			"googletrends list/google-trends/us/trending": "ok depth 2 via \"\" status 200 \nrednote rank 1 at slot\nrednote traffic_approx 500000 at slot\ntiktok ban rank 2 at slot",
			"googlenews keyword/google-news//rednote":     "ok depth 0 via \"\" status 200 \nrednote articles_hour 1 at 2025-01-13 09:00",
			"mastodon_trends list/social.example//trending-tags": "ok depth 1 via \"\" status 200 \nrednote rank 1 at slot" +
				"\nrednote uses_today 806 at slot\nrednote accounts_today 688 at slot",
			"bluesky_trends list/bluesky//trends": "ok depth 1 via \"\" status 200 \nTikTok Ban rank 1 at slot\nTikTok Ban posts_total 1200 at slot",
			domainRanks:                           "ok depth 0 via \"\" status 200 \nxiaohongshu.com domain_rank_day 10123 at 2025-01-13 00:00\nxiaohongshu.com domain_rank_day 10240 at 2025-01-11 00:00",
			playCharts:                            "ok depth 2 via \"vyAe2\" status 200 \ncom.zhiliaoapp.musically rank 1 at slot\ncom.xingin.xhs rank 2 at slot",
			playDetails: "ok depth 0 via \"page\" status 200 \ncom.xingin.xhs listed 1 at slot\ncom.xingin.xhs installs_total 5.123456e+06 at slot" +
				"\ncom.xingin.xhs ratings_total 420 at slot\ncom.xingin.xhs rating_average 4.4 at slot\ncom.xingin.xhs reviews_total 42 at slot",
			tiktokViews: "ok depth 0 via \"challenge-detail\" status 200 \nrednote views_total 120 at slot\nrednote videos_total 7 at slot",
		} {
			if len(looks[key]) != 1 {
				t.Errorf("%s: %d looks, want 1", key, len(looks[key]))
			}
			if diff := cmp.Diff(want, describe(looks[key][0])); diff != "" {
				t.Errorf("%s: %s", key, diff)
			}
			if s := looks[key][0]; s.GetSlotMs() != now().UnixMilli() || s.GetParserVersion() == 0 || s.GetBodyBytes() == 0 {
				t.Errorf("%s is not stamped: %v", key, s)
			}
		}
		if ids := place.Requests(lookupPath)[0].Query.Get("id"); ids != "1498607143,741292507,835599320" {
			t.Errorf("asked for %s", ids)
		}
		for _, r := range place.Requests(testkit.FakeAnywhere) {
			want := "tidemark/dev (+ops@example.org)"
			if (r.Host == "play.example" || r.Host == "tiktok.example") && r.Path != robotsPath {
				want = browser
			}
			if r.Header.Get("User-Agent") != want {
				t.Errorf("%s was asked by %q", r.Path, r.Header.Get("User-Agent"))
			}
		}
	})
}

func TestNotModifiedIsTheLastAnswerAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, _, looks := visit(t, 3*time.Hour-time.Second, tellGood(func(a testkit.FakeAnswer) testkit.FakeAnswer {
			a.ETag = `W/"1"`
			return a
		}))
		for key, all := range looks {
			if len(all) != 3 {
				t.Errorf("%s: %d looks, want 3", key, len(all))
				continue
			}
			if source, _, _ := strings.Cut(key, " "); slices.Contains([]string{"hackernews", "googlenews", "youtube", "gdelt_doc", "gdelt"}, source) || key == playCharts {
				continue // asks about other hours each time, by POST, or refuses what stands still for hours
			}
			if s := all[2]; s.GetOutcome() != event.Outcome_OUTCOME_OK || s.GetHttpStatus() != 304 || s.GetBodyBytes() != 0 {
				t.Errorf("%s: %s", key, describe(s))
			}
			if diff := cmp.Diff(readingLines(all[0]), readingLines(all[2])); diff != "" {
				t.Errorf("%s: %s", key, diff)
			}
		}
	})
}

func readingLines(s *event.Snapshot) []string { return strings.Split(describe(s), "\n")[1:] }

// isFeed tells the sources that read XML.
func isFeed(key string) bool {
	return strings.HasPrefix(key, "googlenews ") || strings.HasPrefix(key, "googletrends ")
}

func TestTroublesOfAPlace(t *testing.T) {
	t.Parallel()
	const shape = `{"unexpected":{"shape":[1,2,3]}}`
	for name, c := range map[string]struct {
		answer  testkit.FakeAnswer
		outcome event.Outcome
		reason  string
		kept    string // what is kept of the refused body has it
	}{
		"5xx":          {testkit.FakeStatus(503), event.Outcome_OUTCOME_FAILED, "answered 503 Service Unavailable", ""},
		"404":          {testkit.FakeStatus(404), event.Outcome_OUTCOME_FAILED, "answered 404 Not Found", ""},
		"429, seconds": {testkit.FakeBusy("86400"), event.Outcome_OUTCOME_FAILED, "answered 429", ""},
		"429, date":    {testkit.FakeBusy("Tue, 14 Jan 2025 10:20:00 GMT"), event.Outcome_OUTCOME_FAILED, "answered 429", ""},
		"truncated":    {testkit.FakeAnswer{Body: shape, Truncated: true}, event.Outcome_OUTCOME_FAILED, "read answer: unexpected EOF", ""},
		"reset":        {testkit.FakeAnswer{Reset: true}, event.Outcome_OUTCOME_FAILED, "connection reset by peer", ""},
		"slow":         {testkit.FakeAnswer{Delay: 2 * time.Hour}, event.Outcome_OUTCOME_FAILED, "no whole answer within 30s", ""},
		"empty":        {testkit.FakeOK(""), event.Outcome_OUTCOME_REFUSED, "the answer is empty", ""},
		"wrong shape":  {testkit.FakeOK(shape), event.Outcome_OUTCOME_REFUSED, "there is no ", "{unexpected:{shape:[number]}}"},
		"wrong type":   {testkit.FakeOK(`[1]`), event.Outcome_OUTCOME_REFUSED, "decode json: ", "[number]"},
		"broken off":   {testkit.FakeOK(`{"feed":{"resu`), event.Outcome_OUTCOME_REFUSED, "unexpected end of JSON input", "{feed:{"},
		"web page":     {testkit.FakeOK("<html>Sorry"), event.Outcome_OUTCOME_REFUSED, "invalid character '<'", "outline of 11 bytes"},
		"enormous":     {testkit.FakeAnswer{Body: "{}", Fill: 2 << 20}, event.Outcome_OUTCOME_REFUSED, "answer is larger than 1048576 bytes", "\n{}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pub, _, looks := visit(t, 55*time.Minute, tellAll(c.answer))
				for key, all := range looks {
					if len(all) != 1 {
						t.Errorf("%s: %d looks, want 1", key, len(all))
					}
					s := all[0]
					// Whoever comes second to a host that asked for a pause does not even ask.
					paused := strings.Contains(s.GetReason(), "asked not to be asked before") && strings.HasPrefix(name, "429")
					reason := c.reason
					if own := playReasons(key)[name]; own != "" {
						reason = own
					}
					if isFeed(key) && (strings.Contains(reason, "JSON") || strings.Contains(reason, "json") || strings.Contains(reason, "'<'")) {
						reason = "there is no rss element"
					}
					// One place answers in lines of text, and is refused in other words.
					lines := strings.Contains(s.GetReason(), "there is no line of a file *.gkg.csv.zip") && strings.HasPrefix(key, "gdelt ")
					if s.GetOutcome() != c.outcome || (!strings.Contains(s.GetReason(), reason) && !paused && !lines) {
						t.Errorf("%s: %s", key, describe(s))
					}
				}
				if c.outcome != event.Outcome_OUTCOME_REFUSED {
					if n := len(pub.rejected()); n > 0 {
						t.Errorf("%d answers kept, want none", n)
					}
					return
				}
				kept := make(map[string]bool)
				for _, r := range pub.rejected() {
					kept[r.GetStage()+" "+r.GetTarget().Key()] = true
					if !strings.Contains(string(r.GetOriginal()), c.kept) || r.GetTruncated() != (c.kept != "") {
						t.Errorf("kept %.40q", r.GetOriginal())
					}
				}
				if diff := cmp.Diff(slices.Sorted(maps.Keys(looks)), slices.Sorted(maps.Keys(kept))); diff != "" {
					t.Errorf("not every refused answer is kept: %s", diff)
				}
			})
		})
	}
}

func TestARestIsObservedAndTheLookStillMade(t *testing.T) {
	t.Parallel()
	for _, retryAfter := range []string{"300", "Mon, 13 Jan 2025 10:25:02 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			_, place, looks := visit(t, 50*time.Minute, func(place *testkit.FakeSource) {
				for path, body := range good() {
					place.Reply(path, testkit.FakeBusy(retryAfter), testkit.FakeOK(body))
				}
			})
			for key, all := range looks {
				// The charts take their rest too, instead of another way.
				if s := all[0]; s.GetOutcome() != event.Outcome_OUTCOME_OK || s.GetDurationMs() < 298_000 {
					t.Errorf("%s after %d ms: %s", key, s.GetDurationMs(), describe(s))
				}
			}
			if n := len(place.Requests(wsPath)); n > 0 {
				t.Errorf("went round by another door %d times", n)
			}
		})
	}
}
