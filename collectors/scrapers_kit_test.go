package collectors_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// The places that are made for browsers, as they answer.

const (
	playCharts  = "googleplay chart/google/us/top-free/overall"
	playDetails = "googleplay_details listing/google/us/apps"
	tiktokViews = "tiktok tag/tiktok//rednote"
)

// playChart is an answer of batchexecute, with lengths that are wrong.
func playChart(packages ...string) string {
	var apps []any
	for _, p := range packages {
		apps = append(apps, []any{[]any{[]any{p, 7}, nil, nil, "An app"}})
	}
	shelf := make([]any, 29)
	shelf[28] = []any{apps}
	return playAnswer([]any{[]any{nil, []any{shelf}}}, "null")
}

// playAnswer frames a payload, or an error where there is none.
func playAnswer(payload any, problem string) string {
	text := []byte("null")
	if payload != nil {
		inner, _ := json.Marshal(payload) // lists and words
		text, _ = json.Marshal(string(inner))
	}
	return fmt.Sprintf(")]}'\n\n1\n[[\"wrb.fr\",\"vyAe2\",%s,null,null,%s,\"generic\"]]\n99999\n[[\"di\",299]]\n2\n[[\"e\",4,null,null,1]]\n", text, problem)
}

// playPage is an app's page.
func playPage(id, title string) string {
	about := make([]any, 100)
	about[0] = []any{title}
	about[13] = []any{"5,000,000+", 5_000_000, 5_123_456, "5M+"}
	about[51] = []any{[]any{"4.4", 4.4}, nil, []any{"420", 420}, []any{"42", 42}}
	about[77] = []any{id}
	data, _ := json.Marshal([]any{nil, []any{nil, nil, about}}) // lists and words
	return `<!doctype html><html><script>var AF_dataServiceRequests = {'ds:4' : {id:'A6yuRe',request:[]},'ds:7' : {id:'Ws7gDc',request:[]}};</script>` +
		`<script>AF_initDataCallback({key: 'ds:4', hash: '1', data:[], sideChannel: {}});</script>` +
		`<script>AF_initDataCallback({key: 'ds:7', hash: '2', data:` + string(data) + `, sideChannel: {}});</script></html>`
}

func tiktokTag(title, views, videos string) string {
	return fmt.Sprintf(`{"challengeInfo":{"challenge":{"id":"7459","title":%q},"stats":{"videoCount":0,"viewCount":100},"statsV2":{"videoCount":%q,"viewCount":%q}},"statusCode":0}`, title, videos, views)
}

func tiktokPage(scope string) string {
	return `<html><script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{"__DEFAULT_SCOPE__":{` + scope + `}}</script></html>`
}

// playReasons are what the two sources of Google Play say of troubles that
// others call by the words of a JSON parser.
func playReasons(key string) map[string]string {
	frame, page := "does not begin with )]}'", "there is no AF_dataServiceRequests"
	switch key {
	case playCharts:
		return map[string]string{"wrong shape": frame, "wrong type": frame, "broken off": frame, "web page": frame}
	case playDetails:
		return map[string]string{"wrong shape": page, "wrong type": page, "broken off": page, "web page": page}
	default:
		return nil
	}
}

// scrape runs the scrapers alone, as the built-in configuration has them, with
// more to look at.
func scrape(t *testing.T, d time.Duration, tell func(*testkit.FakeSource), change func(*config.Config)) (*topics, *testkit.FakeSource) {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Collect.Contact = "ops@example.org"
	cfg.Watch.Storefronts = []string{"us", "gb"}
	cfg.Watch.Tags = []string{"rednote", "tiktok", "RedNote2"}
	cfg.Watch.Entities = []config.Entity{
		{ID: "rednote", Name: "RedNote", Apps: map[string]string{"google": "com.xingin.xhs"}},
		{ID: "tiktok", Name: "TikTok", Apps: map[string]string{"google": "com.zhiliaoapp.musically"}},
		{ID: "lemon8", Name: "Lemon8", Apps: map[string]string{"google": "com.bd.nproject"}},
	}
	if change != nil {
		change(cfg)
	}
	pub, place := &topics{}, testkit.NewFakeSourceInMemory()
	tell(place)
	time.Sleep(time.Until(now()))
	client, err := fetch.New(fetch.Config{Collect: cfg.Collect, Transport: byWhat{place}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := collectors.New(cfg.Collect, cfg.Watch, client)
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(e collectors.Entry) bool { return !e.About.Scrapes })
	for i := range all {
		all[i].Enabled = true
	}
	run(t, d, pub, nil, 0.1, all...)
	return pub, place
}

// outcomes counts the looks of a source by what came of them.
func outcomes(pub *topics, source string) map[string]int {
	n := make(map[string]int)
	for _, s := range pub.looks() {
		if s.GetSource() == source {
			n[s.GetOutcome().Word()]++
		}
	}
	return n
}

func reasons(pub *topics, source string) string {
	var all []string
	for _, s := range pub.looks() {
		if s.GetSource() == source {
			all = append(all, s.GetReason())
		}
	}
	return strings.Join(all, "\n")
}

// byWhat puts what is asked about behind the path, so that a place can answer
// each app and each tag in its own way.
type byWhat struct{ place *testkit.FakeSource }

func (b byWhat) RoundTrip(r *http.Request) (*http.Response, error) {
	for path, name := range map[string]string{appPath: "id", challengePath: "challengeName"} {
		if r.URL.Path == path {
			r = r.Clone(r.Context())
			r.URL.Path = strings.TrimSuffix(path, "/") + "/" + r.URL.Query().Get(name)
		}
	}
	return b.place.RoundTrip(r)
}

// tellScrapers makes the places answer well, each in its own way.
func tellScrapers(place *testkit.FakeSource) {
	place.Reply(robotsPath, testkit.FakeOK("User-agent: *\nDisallow: /search\n"))
	place.Reply(playPath, testkit.FakeOK(playChart("com.zhiliaoapp.musically", "com.xingin.xhs")))
	for id, title := range map[string]string{"com.bd.nproject": "Lemon8", "com.xingin.xhs": "REDnote", "com.zhiliaoapp.musically": "TikTok"} {
		place.Reply(appPath+"/"+id, testkit.FakeOK(playPage(id, title)))
	}
	for _, tag := range []string{"rednote", "tiktok", "rednote2"} {
		place.Reply(challengePath+tag, testkit.FakeOK(tiktokTag(tag, "120", "7")))
		place.Reply("/tag/"+tag, testkit.FakeOK(tiktokPage(`"webapp.challenge-detail":`+tiktokTag(tag, "130", "8"))))
	}
}

// about are the requests whose path begins so.
func about(place *testkit.FakeSource, path string) []testkit.FakeRequest {
	return slices.DeleteFunc(place.Requests(testkit.FakeAnywhere), func(r testkit.FakeRequest) bool { return !strings.HasPrefix(r.Path, path) })
}
