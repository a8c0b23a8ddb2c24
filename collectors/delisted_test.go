package collectors_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestOfTwoAppsOnlyTheStoresOwnPageSaysThatTheyAreGone: with so few there may
// be no page beside them that shows the store to be well.
func TestOfTwoAppsOnlyTheStoresOwnPageSaysThatTheyAreGone(t *testing.T) {
	t.Parallel()
	const xhs = "com.xingin.xhs"
	for body, want := range map[string]string{
		`<html><a href="https://play.google.com/">Play</a>We're sorry, the requested URL was not found on this server.</html>`: "ok depth 0 via \"page\" status 404 \n" + xhs + " listed 0",
		`<html>gateway: no route</html>`: `failed depth 0 via "page" status 404 ` + xhs + ": answered 404 Not Found, and nothing shows that it is the store that says so",
	} {
		synctest.Test(t, func(t *testing.T) {
			pub, _ := scrape(t, 50*time.Minute, func(place *testkit.FakeSource) {
				tellScrapers(place)
				place.Reply(appPath+"/"+xhs, testkit.FakeAnswer{Status: 404, Body: body})
			}, func(cfg *config.Config) {
				cfg.Watch.Storefronts, cfg.Watch.Charts, cfg.Watch.Tags = []string{"us"}, nil, nil
				cfg.Watch.Entities = cfg.Watch.Entities[:1]
			})
			if looks := pub.looks(); len(looks) != 1 || !strings.HasPrefix(describe(looks[0]), want) {
				t.Errorf("%d looks, got %s\nwant %s", len(looks), describe(looks[0]), want)
			}
		})
	}
}
