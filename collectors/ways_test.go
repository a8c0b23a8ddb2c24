package collectors_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

const (
	overall = "appstore chart/apple/us/top-free/overall"
	social  = "appstore chart/apple/us/top-free/social-networking"
)

func asItIs(a testkit.FakeAnswer) testkit.FakeAnswer { return a }

func TestChartsFallBack(t *testing.T) {
	t.Parallel()
	refused := `marketing-v2: refuse answer: there is no feed.results`
	for name, c := range map[string]struct {
		marketing, legacy testkit.FakeAnswer
		key, want         string
		hosts             string // that were asked for the chart, in order
		kept              int
	}{
		"marketing gone": {
			marketing: testkit.FakeStatus(404), legacy: testkit.FakeStatus(404), key: overall,
			want:  `ok depth 3 via "ws-charts" status 200 marketing-v2: get https://new.example` + marketingPath + `: new.example answered 404 Not Found; marketing-v2: get https://old.example` + marketingPath + `: old.example answered 404 Not Found`,
			hosts: "new.example old.example itunes.example",
		},
		"marketing down": {
			marketing: testkit.FakeStatus(502), key: overall,
			want:  `ok depth 3 via "ws-charts" status 200 `,
			hosts: "new.example new.example new.example old.example old.example old.example itunes.example",
		},
		"marketing changed its shape": {
			marketing: testkit.FakeOK(`{"feed":{}}`), key: overall,
			want:  `ok depth 3 via "ws-charts" status 200 ` + refused + "; " + refused,
			hosts: "new.example old.example itunes.example", kept: 2,
		},
		"marketing says nothing is there": {
			marketing: testkit.FakeOK(`{"feed":{"id":"https://new.example/api/v2/us/apps/top-free/1/apps.json","country":"us","results":[]}}`), key: overall,
			want:  `empty depth 0 via "marketing-v2" status 200 `,
			hosts: "new.example",
		},
		"marketing asks for a rest": {
			marketing: testkit.FakeBusy("86400"), key: overall,
			want:  `failed depth 0 via "marketing-v2" status 429 marketing-v2: get https://new.example` + marketingPath + `: new.example answered 429`,
			hosts: "new.example",
		},
		"legacy gone": {
			marketing: testkit.FakeOK(good()[marketingPath]), legacy: testkit.FakeStatus(403), key: social,
			want:  `ok depth 3 via "ws-charts" status 200 legacy: get https://itunes.example` + legacyPath + `: itunes.example answered 403 Forbidden`,
			hosts: "itunes.example itunes.example",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pub, place, looks := visit(t, 30*time.Minute, func(place *testkit.FakeSource) {
					tellGood(asItIs)(place)
					place.Reply(marketingPath, c.marketing)
					if c.legacy.Status != 0 {
						place.Reply(legacyPath, c.legacy)
					}
				})
				if got, _, _ := strings.Cut(describe(looks[c.key][0]), "\n"); !strings.HasPrefix(got, c.want) {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				var hosts []string
				for _, r := range place.Requests(testkit.FakeAnywhere) {
					genre := ""
					if c.key == social {
						genre = "6005"
					}
					if (r.Path == marketingPath && genre == "") || (r.Path == legacyPath && genre != "") ||
						(r.Path == wsPath && r.Query.Get("g") == genre) {
						hosts = append(hosts, r.Host)
					}
				}
				if diff := cmp.Diff(c.hosts, strings.Join(hosts, " ")); diff != "" {
					t.Error(diff)
				}
				if n := len(pub.rejected()); n != c.kept {
					t.Errorf("%d refused answers kept, want %d", n, c.kept)
				}
			})
		})
	}
}

func TestWSChartsIsAskedFor200(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, place, _ := visit(t, 30*time.Minute, func(place *testkit.FakeSource) {
			tellGood(asItIs)(place)
			place.Reply(legacyPath, testkit.FakeStatus(404))
		})
		want := "cc=us&g=6005&limit=200&name=freeAppsV2"
		if got := place.Requests(wsPath)[0].Query.Encode(); got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	})
}

func TestWhatAPlaceMeans(t *testing.T) {
	t.Parallel()
	const (
		mastodon  = "mastodon tag/social.example//rednote"
		wikipedia = "wikipedia article/en.wikipedia//AC_DC/live"
		lookup    = "appstore_lookup listing/apple/us/apps"
		search    = "appstore_search listing/apple/us/search"
		hn        = "hackernews keyword/hackernews//rednote"
	)
	const (
		youtube  = "youtube tag/youtube//rednote"
		radar    = "radar list/cloudflare-radar//internet-services/social-media"
		searches = "googletrends list/google-trends/us/trending"
		news     = "googlenews keyword/google-news//rednote"
		trending = "mastodon_trends list/social.example//trending-tags"
		topics   = "bluesky_trends list/bluesky//trends"
	)
	closed := "the server does not show its tags to the public"
	for name, c := range map[string]struct {
		path    string
		answer  testkit.FakeAnswer
		key     string
		outcome event.Outcome
		reason  string
	}{
		"instance closed, 401": {tagPath, testkit.FakeStatus(401), mastodon, event.Outcome_OUTCOME_FAILED, closed},
		"instance closed, 403": {tagPath, testkit.FakeStatus(403), mastodon, event.Outcome_OUTCOME_FAILED, closed},
		"instance closed, 422": {tagPath, testkit.FakeStatus(http.StatusUnprocessableEntity), mastodon, event.Outcome_OUTCOME_FAILED, closed},
		"no instance":          {tagPath, testkit.FakeStatus(410), mastodon, event.Outcome_OUTCOME_FAILED, "is it a Mastodon server?"},
		"unknown tag": {
			tagPath, testkit.FakeOK(`{"name":"rednote","history":[{"day":"1736726400","uses":"0","accounts":"0"}]}`),
			mastodon, event.Outcome_OUTCOME_OK, "",
		},
		"no such article": {
			viewsPath,
			testkit.FakeAnswer{Status: 404, Body: `{"status":404,"title":"Not Found","uri":"` + strings.TrimPrefix(viewsPath, "/api/rest_v1") + `"}`},
			wikipedia, event.Outcome_OUTCOME_EMPTY, "there is no such article",
		},
		"no such address": {viewsPath, testkit.FakeAnswer{Status: 404, Body: "<html>"}, wikipedia, event.Outcome_OUTCOME_FAILED, "answered 404"},
		"all apps gone": {
			lookupPath, testkit.FakeOK(`{"resultCount":0,"results":[]}`), lookup, event.Outcome_OUTCOME_REFUSED, "only 0 of 3 apps came back",
		},
		"most apps gone": {
			lookupPath, testkit.FakeOK(`{"resultCount":1,"results":[{"trackId":741292507,"trackName":"rednote","userRatingCount":10,"averageUserRating":4.5}]}`),
			lookup, event.Outcome_OUTCOME_REFUSED, "only 1 of 3 apps came back, want at least half",
		},
		"two apps of the name": {
			searchPath, testkit.FakeOK(`{"resultCount":2,"results":[{"trackId":8,"trackName":"Clapper"},{"trackId":7,"trackName":"CLAPPER: Live"}]}`),
			search, event.Outcome_OUTCOME_EMPTY, `clapper: 2 apps are named "Clapper" (7, 8); configure apps.apple`,
		},
		"no app of the name": {
			searchPath, testkit.FakeOK(`{"resultCount":1,"results":[{"trackId":8,"trackName":"Clapperboard"}]}`),
			search, event.Outcome_OUTCOME_EMPTY, `clapper: no app of 1 is named exactly "Clapper"; configure apps.apple`,
		},
		"an estimate": {hitsPath, testkit.FakeOK(`{"nbHits":99999,"hitsPerPage":0,"exhaustiveNbHits":false}`), hn, event.Outcome_OUTCOME_REFUSED, "estimate"},
		"quota used up": {
			videosPath,
			testkit.FakeAnswer{Status: 403, Body: `{"error":{"code":403,"errors":[{"domain":"youtube.quota","reason":"quotaExceeded"}]}}`},
			youtube, event.Outcome_OUTCOME_FAILED, "the quota of searches is used up until 2025-01-14T08:00:00Z",
		},
		"key not taken": {
			videosPath,
			testkit.FakeAnswer{Status: 400, Body: `{"error":{"code":400,"errors":[{"reason":"badRequest"}]}}`},
			youtube, event.Outcome_OUTCOME_FAILED, "google does not take the key or the question ([badRequest]); see collect.sources.youtube.key",
		},
		"no uploads": {videosPath, testkit.FakeOK(`{"kind":"youtube#searchListResponse","items":[]}`), youtube, event.Outcome_OUTCOME_OK, ""},
		"more uploads than pages": {
			videosPath, testkit.FakeOK(strings.Replace(good()[videosPath], `"items"`, `"nextPageToken":"x","items"`, 1)),
			youtube, event.Outcome_OUTCOME_OK, "there are more than the 2 videos that were listed",
		},
		"token not taken":    {radarPath, testkit.FakeStatus(403), radar, event.Outcome_OUTCOME_FAILED, "collect.sources.radar.token needs Account, Radar, Read"},
		"category not known": {radarPath, testkit.FakeStatus(400), radar, event.Outcome_OUTCOME_FAILED, "does not know the token or the category"},
		"old ranks": {
			radarPath, testkit.FakeOK(strings.ReplaceAll(good()[radarPath], "2025-01-1", "2025-01-0")),
			radar, event.Outcome_OUTCOME_OK, "the newest ranks are of 2025-01-02: no list of today",
		},
		"no ranks": {
			radarPath, testkit.FakeOK(`{"success":true,"result":{"serie_0":{"timestamps":[]}}}`),
			radar, event.Outcome_OUTCOME_EMPTY, "the category has no ranks in these days",
		},
		"no list for the country": {searchesPath, testkit.FakeStatus(404), searches, event.Outcome_OUTCOME_FAILED, "google trends may have no list for US"},
		"turned away by trends":   {searchesPath, testkit.FakeStatus(403), searches, event.Outcome_OUTCOME_FAILED, "google trends turns us away"},
		"no searches":             {searchesPath, testkit.FakeOK(trendingFeed("")), searches, event.Outcome_OUTCOME_EMPTY, "nothing is trending"},
		"turned away by news":     {newsPath, testkit.FakeStatus(403), news, event.Outcome_OUTCOME_FAILED, "google news turns us away"},
		"no articles":             {newsPath, testkit.FakeOK(newsFeed("")), news, event.Outcome_OUTCOME_OK, ""},
		"late answer": {
			newsPath,
			testkit.FakeAnswer{Body: newsFeed(""), Header: map[string]string{"Date": "Mon, 13 Jan 2025 11:01:00 GMT"}},
			news, event.Outcome_OUTCOME_FAILED, "the answer of 11:01 no longer covers the hour of 09:00",
		},
		"trends closed":    {tagsPath, testkit.FakeStatus(422), trending, event.Outcome_OUTCOME_FAILED, closed},
		"no trending tags": {tagsPath, testkit.FakeOK(`[]`), trending, event.Outcome_OUTCOME_EMPTY, "nothing is trending on the server"},
		"no such method":   {topicsPath, testkit.FakeStatus(501), topics, event.Outcome_OUTCOME_FAILED, "the server does not offer trends"},
		"no topics":        {topicsPath, testkit.FakeOK(`{"trends":[]}`), topics, event.Outcome_OUTCOME_EMPTY, "nothing is trending"},

		"domain not in the list": {
			domainPath, testkit.FakeOK(`{"ranks":[],"domain":"xiaohongshu.com"}`),
			domainRanks, event.Outcome_OUTCOME_EMPTY, "the domain is not in the list on any of the days",
		},
		"ranks of next week": {
			domainPath, testkit.FakeOK(`{"ranks":[{"date":"2025-01-20","rank":1}],"domain":"xiaohongshu.com"}`),
			domainRanks, event.Outcome_OUTCOME_REFUSED, "ranks has 2025-01-20, which is still to come",
		},
		"no mentions": {hitsPath, testkit.FakeOK(`{"nbHits":0,"hitsPerPage":0,"exhaustiveNbHits":true}`), hn, event.Outcome_OUTCOME_OK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, _, looks := visit(t, 30*time.Minute, func(place *testkit.FakeSource) {
					tellGood(asItIs)(place)
					place.Reply(c.path, c.answer)
				})
				s := looks[c.key][0]
				if s.GetOutcome() != c.outcome || !strings.Contains(s.GetReason(), c.reason) || (c.reason == "" && s.GetReason() != "") {
					t.Errorf("got %s", describe(s))
				}
			})
		})
	}
}

// An app that leaves the store is seen to leave: 0 is a reading, not a gap.
func TestDelisting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, _, looks := visit(t, 3*time.Hour-time.Second, func(place *testkit.FakeSource) {
			tellGood(asItIs)(place)
			place.Reply(lookupPath, testkit.FakeOK(good()[lookupPath]),
				testkit.FakeOK(`{"resultCount":2,"results":[{"trackId":741292507,"trackName":"RedNote"},{"trackId":1498607143,"trackName":"Lemon8"}]}`),
				testkit.FakeStatus(500))
		})
		var got []string
		for _, s := range looks["appstore_lookup listing/apple/us/apps"] {
			state := s.GetOutcome().Word()
			for _, r := range s.GetReadings() {
				if r.GetSubject() == "835599320" && r.GetMetric() == event.MetricListed {
					state += map[float64]string{0: " delisted", 1: " listed"}[r.GetValue()]
				}
			}
			got = append(got, state)
		}
		if diff := cmp.Diff([]string{"ok listed", "ok delisted", "failed"}, got); diff != "" {
			t.Error(diff)
		}
	})
}
