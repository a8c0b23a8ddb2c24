package collectors_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// What one answer means at one place.
func TestWhatAScrapedPlaceMeans(t *testing.T) {
	t.Parallel()
	const play, tag = "chart/google/us/top-free/overall", "tag/tiktok//rednote"
	notFound := testkit.FakeAnswer{Status: 404, Body: "<!DOCTYPE html><html>Not Found</html>"}
	gateway := testkit.FakeAnswer{Status: 404, Body: "<html>gateway: no route</html>"}
	page := func(scope string) testkit.FakeAnswer { return testkit.FakeOK(tiktokPage(scope)) }
	for name, c := range map[string]struct {
		tell   map[string]testkit.FakeAnswer
		source string
		target string
		want   string // the look begins so
	}{
		"no such chart": {
			map[string]testkit.FakeAnswer{playPath: testkit.FakeOK(playAnswer([]any{[]any{nil, nil}}, "null"))},
			"googleplay", play,
			`empty depth 0 via "vyAe2" status 200 the store has no such chart in this country`,
		},
		"error frame": {
			map[string]testkit.FakeAnswer{playPath: testkit.FakeOK(playAnswer(nil, "[3]"))},
			"googleplay", play,
			`refused depth 0 via "vyAe2" status 200 refuse answer: the store answers with error [3]`,
		},
		"gateway error": {
			map[string]testkit.FakeAnswer{playPath: testkit.FakeOK(playAnswer(nil, `[5,null,[["type.googleapis.com/com.google.play.gateway.proto.PlayGatewayError"]]]`))},
			"googleplay", play,
			`refused depth 0 via "vyAe2" status 200 refuse answer: the store answers with a PlayGatewayError`,
		},
		"a rest": {
			map[string]testkit.FakeAnswer{playPath: testkit.FakeBusy("86400")},
			"googleplay", play,
			`failed depth 0 via "vyAe2" status 429 post https://play.google.com/_/PlayStoreUi/data/batchexecute: play.google.com answered 429`,
		},
		"delisted": {
			map[string]testkit.FakeAnswer{appPath + "/com.zhiliaoapp.musically": notFound},
			"googleplay_details", "listing/google/us/apps",
			"ok depth 0 via \"page\" status 404 \ncom.bd.nproject listed 1 at slot\n",
		},
		"a 404 of somebody else": {
			map[string]testkit.FakeAnswer{appPath + "/com.zhiliaoapp.musically": testkit.FakeStatus(404)},
			"googleplay_details", "listing/google/us/apps",
			`ok depth 0 via "page" status 404 com.zhiliaoapp.musically: get https://play.google.com/store/apps/details: play.google.com answered 404 Not Found`,
		},
		"all apps gone": {
			map[string]testkit.FakeAnswer{
				appPath + "/com.zhiliaoapp.musically": notFound, appPath + "/com.xingin.xhs": notFound, appPath + "/com.bd.nproject": notFound,
			}, "googleplay_details", "listing/google/us/apps", `refused depth 0 via "page" status 404 refuse answer: not one of 3 apps has a page`,
		},
		"pages of a gateway, then a rest": {
			map[string]testkit.FakeAnswer{
				appPath + "/com.bd.nproject": gateway, appPath + "/com.xingin.xhs": gateway, appPath + "/com.zhiliaoapp.musically": testkit.FakeBusy("86400"),
			}, "googleplay_details", "listing/google/us/apps", `failed depth 0 via "page" status 429 com.zhiliaoapp.musically: get https://play.google.com`,
		},
		"one page has changed": {
			map[string]testkit.FakeAnswer{appPath + "/com.bd.nproject": testkit.FakeOK("<html>new</html>")},
			"googleplay_details", "listing/google/us/apps",
			"ok depth 0 via \"page\" status 200 com.bd.nproject: refuse answer: there is no AF_dataServiceRequests: this is no page of an app, or its shape has changed\ncom.xingin.xhs listed 1 at slot\n",
		},
		"another app": {
			map[string]testkit.FakeAnswer{appPath + "/com.bd.nproject": testkit.FakeOK(playPage("com.bd.nproject", "Lemonade"))},
			"googleplay_details", "listing/google/us/apps",
			`ok depth 0 via "page" status 200 app com.bd.nproject is named "Lemonade" in the store, configured is "Lemon8"` + "\ncom.bd.nproject listed 1",
		},
		"consent in the middle": {
			map[string]testkit.FakeAnswer{appPath + "/com.xingin.xhs": testkit.FakeOK(`<form action="https://consent.google.com/save">`)},
			"googleplay_details", "listing/google/us/apps",
			"ok depth 0 via \"page\" status 200 com.xingin.xhs: get https://play.google.com/store/apps/details: play.google.com blocks us (a page that asks for consent)",
		},
		"no such tag": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeOK(`{"statusCode":10205}`)},
			"tiktok", tag,
			`empty depth 0 via "challenge-detail" status 200 there is no such tag (status 10205)`,
		},
		"an unknown status": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeOK(`{"statusCode":10101}`), tagPagePath: page(`"webapp.challenge-detail":{"statusCode":10101}`)},
			"tiktok", tag,
			`refused depth 0 via "tag-page" status 200 challenge-detail: refuse answer: the answer has status 10101`,
		},
		"it wants to verify us": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeOK(`{"statusCode":10000,"challengeInfo":{}}`)},
			"tiktok", tag,
			`refused depth 0 via "challenge-detail" status 200 challenge-detail: get https://www.tiktok.com/api/challenge/detail/: www.tiktok.com blocks us (status 10000: it wants to verify us)`,
		},
		"its page wants to verify us": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeStatus(404), tagPagePath: page(`"webapp.challenge-detail":{"statusCode":10000}`)},
			"tiktok", tag,
			`refused depth 0 via "tag-page" status 200 challenge-detail: get https://www.tiktok.com/api/challenge/detail/: www.tiktok.com answered 404 Not Found; tag-page: get https://www.tiktok.com/tag/rednote: www.tiktok.com blocks us (status 10000`,
		},
		"hollow": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeOK(`{"statusCode":0,"challengeInfo":{}}`)},
			"tiktok", tag,
			`empty depth 0 via "challenge-detail" status 200 there is no such tag (challengeInfo is hollow)`,
		},
		"second way": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeStatus(404)},
			"tiktok", tag,
			"ok depth 0 via \"tag-page\" status 200 challenge-detail: get https://www.tiktok.com/api/challenge/detail/: www.tiktok.com answered 404 Not Found\nrednote views_total 130 at slot\nrednote videos_total 8 at slot",
		},
		"second way after a new shape": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeOK(`{"status":0}`)},
			"tiktok", tag,
			"ok depth 0 via \"tag-page\" status 200 challenge-detail: refuse answer: there is no statusCode\nrednote views_total 130",
		},
		"second way in the other variant": {
			map[string]testkit.FakeAnswer{challengePath + "rednote": testkit.FakeStatus(404), tagPagePath: page(`"webapp.app-context":{}`)},
			"tiktok", tag,
			`failed depth 0 via "tag-page" status 200 challenge-detail: get https://www.tiktok.com/api/challenge/detail/: www.tiktok.com answered 404 Not Found; tag-page: the page came in the variant that holds no counts`,
		},
		"second way without the tag": {
			map[string]testkit.FakeAnswer{
				challengePath + "rednote": testkit.FakeStatus(404),
				tagPagePath:               testkit.FakeOK(tiktokPage(`"webapp.app-context":{}`) + "Couldn't find this hashtag"),
			},
			"tiktok", tag,
			`empty depth 0 via "tag-page" status 200 there is no such tag; challenge-detail: get https://www.tiktok.com/api/challenge/detail/: www.tiktok.com answered 404`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pub, _ := scrape(t, 50*time.Minute, func(place *testkit.FakeSource) {
					tellScrapers(place)
					for path, answer := range c.tell {
						place.Reply(path, answer)
					}
				}, func(cfg *config.Config) {
					cfg.Watch.Storefronts = []string{"us"}
					for name, h := range cfg.Collect.Hosts { // the pace is a test of its own
						h.PerMinute = 600
						cfg.Collect.Hosts[name] = h
					}
					if c.source != "googleplay_details" { // one host, two sources
						cfg.Watch.Entities = nil
					}
					if c.source != "googleplay" {
						cfg.Watch.Charts = nil
					}
				})
				looks := slices.DeleteFunc(pub.looks(), func(s *event.Snapshot) bool {
					return s.GetSource() != c.source || s.GetTarget().Key() != c.target
				})
				if len(looks) != 1 || !strings.HasPrefix(describe(looks[0]), c.want) {
					t.Errorf("%d looks, got  %s\nwant %s", len(looks), describe(looks[0]), c.want)
				}
				if name == "delisted" && !strings.Contains(describe(looks[0]), "com.zhiliaoapp.musically listed 0") {
					t.Errorf("got %s", describe(looks[0]))
				}
				if (name == "a 404 of somebody else" || name == "consent in the middle") && strings.Contains(describe(looks[0]), "musically listed") {
					t.Errorf("said to be listed or not although nobody knows: %s", describe(looks[0]))
				}
			})
		})
	}
}
