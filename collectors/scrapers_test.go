package collectors_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// What is true of the sources that read what was made for browsers, over hours
// and days of simulated time.

// Two days at the pace of the built-in configuration: so many requests, no
// more, and none too close to the last; robots.txt once a day and host.
func TestScrapersKeepTheirPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub, place := scrape(t, 48*time.Hour-time.Minute, tellScrapers, func(c *config.Config) {
			c.Watch.Tags = []string{"rednote"}
			c.Watch.Storefronts = []string{"us"}
		})
		for path, want := range map[string]int{
			playPath:      2 * 48, // two charts, hourly
			appPath:       3 * 4,  // three apps, twice a day
			challengePath: 48,     // one tag, hourly
			robotsPath:    2,      // Google Play's on two days; TikTok's page was not needed
		} {
			if n := len(about(place, path)); n != want {
				t.Errorf("%s was asked %d times in two days, want %d", path, n, want)
			}
		}
		want := map[string]map[string]int{"googleplay": {"ok": 96}, "googleplay_details": {"ok": 4}, "tiktok": {"ok": 48}}
		for source, n := range want {
			if diff := cmp.Diff(n, outcomes(pub, source)); diff != "" || strings.Trim(reasons(pub, source), "\n") != "" {
				t.Errorf("%s: %s%s", source, diff, reasons(pub, source))
			}
		}
		post := place.Requests(playPath)[0]
		if post.Method != http.MethodPost || post.Query.Get("rpcids") != "vyAe2" || post.Query.Get("gl") != "us" || !strings.HasPrefix(string(post.Body), "f.req=") {
			t.Errorf("asked %s %s %.40s", post.Method, post.Query.Encode(), post.Body)
		}
		if get := about(place, challengePath)[0]; get.Header.Get("Referer") != "https://www.tiktok.com/" || get.Query.Get("challengeName") != "rednote" || !strings.HasPrefix(get.Header.Get("User-Agent"), "Mozilla/") {
			t.Errorf("asked %v %s", get.Header, get.Query.Encode())
		}
	})
}

// However much there is to look at, TikTok is asked once a minute and Google
// Play twenty times.
func TestScrapersKeepToTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, place := scrape(t, 6*time.Hour, func(place *testkit.FakeSource) {
			tellScrapers(place)
			for _, tag := range []string{"rednote", "tiktok"} { // so that both ways are tried
				place.Reply(challengePath+tag, testkit.FakeStatus(404))
			}
		}, func(c *config.Config) {
			c.Watch.Storefronts = []string{"us", "gb", "jp", "kr", "de", "fr", "br", "in", "id", "mx", "ca", "au"}
			for i := range 15 {
				c.Watch.Tags = append(c.Watch.Tags, fmt.Sprintf("tag%d", i))
			}
		})
		last := make(map[string]time.Time)
		n := make(map[string]int)
		for _, r := range place.Requests(testkit.FakeAnywhere) {
			least := map[string]time.Duration{"www.tiktok.com": time.Minute, "play.google.com": 3 * time.Second}[r.Host]
			if got := r.At.Sub(last[r.Host]); !last[r.Host].IsZero() && got < least-time.Millisecond {
				t.Fatalf("%s was asked again after %v, want %v", r.Host, got, least)
			}
			last[r.Host] = r.At
			n[r.Host]++
		}
		if n["www.tiktok.com"] < 150 || n["play.google.com"] < 150 {
			t.Errorf("asked %v: too little to show anything", n)
		}
	})
}

// What robots.txt does not allow is not read, and said; addresses that were
// made for programs are not pages.
func TestScrapersKeepToRobots(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		robots testkit.FakeAnswer
		ignore bool
		pages  bool
		reason string
	}{
		"forbidden":  {testkit.FakeOK("User-agent: *\nDisallow: /store/apps/details\nDisallow: /tag/\n"), false, false, "robots.txt of play.google.com does not let tidemark read /store/apps/details; collect.hosts.play.google.com.ignore_robots: true would"},
		"down":       {testkit.FakeStatus(500), false, false, "robots.txt of play.google.com could not be read, so its pages are left alone until 2025-01-13T1"},
		"none":       {testkit.FakeStatus(404), false, true, ""},
		"overridden": {testkit.FakeOK("User-agent: *\nDisallow: /\n"), true, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pub, place := scrape(t, 3*time.Hour-time.Minute, func(place *testkit.FakeSource) {
					tellScrapers(place)
					place.Reply(robotsPath, c.robots)
					place.Reply(challengePath+"rednote", testkit.FakeStatus(404))
				}, func(cfg *config.Config) {
					cfg.Watch.Tags = []string{"rednote"}
					for name, h := range cfg.Collect.Hosts {
						h.IgnoreRobots = c.ignore && name != "*"
						cfg.Collect.Hosts[name] = h
					}
				})
				if n := len(about(place, appPath)); (n > 0) != c.pages {
					t.Errorf("pages of apps were read %d times", n)
				}
				if n := len(place.Requests(tagPagePath)); (n > 0) != c.pages {
					t.Errorf("pages of tags were read %d times", n)
				}
				if got := reasons(pub, "googleplay_details"); c.reason != "" && !strings.Contains(got, c.reason) {
					t.Errorf("got %s", got)
				}
				if got := outcomes(pub, "tiktok"); c.pages != (got["ok"] == 3) || c.pages != (got["failed"] == 0) {
					t.Errorf("tiktok: %v\n%s", got, reasons(pub, "tiktok"))
				}
				if n := outcomes(pub, "googleplay")["ok"]; n != 12 {
					t.Errorf("%d charts were seen, want 12: they ask no robots.txt", n)
				}
			})
		})
	}
}

// A host that shuts its door is left alone for hours: each look in between
// fails at once, without a request, and says until when.
func TestScrapersStopAtAClosedDoor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, source string
		answer       testkit.FakeAnswer
		sign         string
	}{
		"tiktok, empty":   {challengePath + "rednote", "tiktok", testkit.FakeOK(""), "the answer is empty"},
		"tiktok, captcha": {challengePath + "rednote", "tiktok", testkit.FakeOK(`<html><title>captcha</title>`), "a captcha"},
		"tiktok, 403":     {challengePath + "rednote", "tiktok", testkit.FakeStatus(403), "403 Forbidden"},
		"play, consent":   {playPath, "googleplay", testkit.FakeAnswer{Status: 302, Header: map[string]string{"Location": "https://consent.google.com/ml?gl=de"}}, "a page that asks for consent"},
		"play, captcha":   {playPath, "googleplay", testkit.FakeAnswer{Status: 503, Body: "<title>Sorry...</title><div id=recaptcha>"}, "a captcha"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pub, place := scrape(t, 48*time.Hour, func(place *testkit.FakeSource) {
					tellScrapers(place)
					place.Reply(c.path, c.answer)
				}, func(cfg *config.Config) { // the other source of the same host stays out of it
					cfg.Watch.Entities = nil
					cfg.Watch.Tags = []string{"rednote"}
				})
				asked := place.Requests(c.path)
				// At once, after 6 h, 12 h more, and 24 h more; the first look
				// after each pause comes within the hour.
				if len(asked) != 4 {
					t.Errorf("asked %d times in two days, want 4", len(asked))
				}
				for i, least := range []time.Duration{6 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
					if got := asked[i+1].At.Sub(asked[i].At); got < least || got > least+90*time.Minute {
						t.Errorf("asked again after %v, want %v", got, least)
					}
				}
				n := outcomes(pub, c.source)
				if n["refused"] != 4 || n["ok"] != 0 || n["failed"] < 40 {
					t.Errorf("got %v", n)
				}
				blocked := 0
				for _, s := range pub.looks() {
					if s.GetSource() == c.source && strings.Contains(s.GetReason(), " blocks us ("+c.sign+"): it is left alone until 2025-01-") {
						blocked++
					}
				}
				if blocked != n["refused"]+n["failed"] {
					t.Errorf("%d of %v looks say why and until when", blocked, n)
				}
				kept := slices.DeleteFunc(pub.rejected(), func(r *event.Rejected) bool { return r.GetStage() != c.source })
				if len(kept) != 4 || (c.answer.Body != "" && !strings.HasPrefix(string(kept[0].GetOriginal()), "outline of ")) {
					t.Errorf("%d answers kept, want 4: %.40q", len(kept), kept[0].GetOriginal())
				}
				if len(place.Requests(tagPagePath)) > 0 {
					t.Error("went round by another door")
				}
			})
		})
	}
}
