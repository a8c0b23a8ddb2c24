package cli_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tidemark/tidemark/internal/testkit"
)

// placeKey is what a script's place is kept under.
type placeKey struct{}

const (
	hits  = `{"nbHits":5,"hitsPerPage":0}`
	views = `{"items":[{"project":"en.wikipedia","article":"TikTok","granularity":"daily","timestamp":"2025011300","agent":"user","views":77},` +
		`{"project":"en.wikipedia","article":"TikTok","granularity":"daily","timestamp":"2025011500","agent":"user","views":78}]}`
)

// place starts a public place as $PLACE, or tells it anew how to answer: well,
// or well for so many questions about hours and then never, or that it wants to
// be left alone for ten hours: place [N|busy].
func place(ts *testscript.TestScript, _ bool, args []string) {
	p, _ := ts.Value(placeKey{}).(*testkit.FakeSource)
	if ts.Getenv("PLACE") == "" {
		server := httptest.NewServer(p)
		ts.Defer(func() {
			server.CloseClientConnections()
			server.Close()
		})
		ts.Setenv("PLACE", server.URL)
	}
	answers := []testkit.FakeAnswer{testkit.FakeOK(hits)}
	switch {
	case slices.Equal(args, []string{"busy"}):
		answers = []testkit.FakeAnswer{testkit.FakeBusy("36000")}
	case len(args) > 0:
		n, err := strconv.Atoi(args[0])
		ts.Check(err)
		answers = append(slices.Repeat(answers, n), testkit.FakeAnswer{Delay: time.Hour})
	}
	const pages = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/"
	p.Reply("/api/v1/search_by_date", answers...)
	p.Reply(pages+"TikTok/daily/20250113/20250115", testkit.FakeOK(views))
	p.Reply(pages+"Lemon8/daily/20250113/20250115", testkit.FakeStatus(http.StatusForbidden))
}

// remember puts what the last command wrote into a variable: remember NAME.
func remember(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}
