package collectors_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// These run the feeds for hours of simulated time against worlds that know the
// truth, keep their own limits and fail now and then.

// world answers every request by a function, one at a time, and remembers all.
type world struct {
	mu       sync.Mutex
	requests []*http.Request
	times    []time.Time
	answer   func(r *http.Request, now time.Time) testkit.FakeAnswer
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests, w.times = append(w.requests, r), append(w.times, time.Now())
	place := testkit.NewFakeSourceInMemory()
	place.Reply(testkit.FakeAnywhere, w.answer(r, time.Now()))
	return place.RoundTrip(r)
}

// live runs the sources of a configuration for a while, from begin on.
func live(t *testing.T, begin time.Time, d time.Duration, c config.Collect, w config.Watch, transport http.RoundTripper, log *slog.Logger) *topics {
	t.Helper()
	time.Sleep(time.Until(begin))
	client, err := fetch.New(fetch.Config{Collect: c, Transport: transport}, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := collectors.New(c, w, client)
	if err != nil {
		t.Fatal(err)
	}
	pub := &topics{}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := collectors.NewRunner(entries, pub, c, nil, log).Run(ctx); err != nil {
		t.Fatal(err)
	}
	return pub
}

// builtin is the built-in configuration with only the named sources on.
func builtin(t *testing.T, names ...string) (config.Collect, config.Watch) {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Collect
	c.Contact = "ops@example.org"
	blocks := reflect.ValueOf(&c.Sources).Elem()
	for i := range blocks.NumField() {
		name, _, _ := strings.Cut(blocks.Type().Field(i).Tag.Get("yaml"), ",")
		if enabled := blocks.Field(i).FieldByName("Enabled"); enabled.IsValid() {
			enabled.SetBool(slices.Contains(names, name))
		}
	}
	c.Sources.YouTube.Key, c.Sources.Radar.Token = "k-3cret", "t-3cret"
	return c, cfg.Watch
}

// counts are the last readings of each metric, by subject and time.
func counts(pub *topics, metric string) map[string]float64 {
	all := make(map[string]float64)
	for _, s := range pub.looks() {
		for _, r := range s.GetReadings() {
			if r.GetMetric() == metric {
				all[r.GetSubject()+" "+time.UnixMilli(r.GetAtMs()).UTC().Format(time.RFC3339)] = r.GetValue()
			}
		}
	}
	return all
}

// A key goes into one header, and nowhere else: not into an address, a log, a
// message or an answer that is kept, whatever happens.
func TestKeysStayInTheirHeader(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]testkit.FakeAnswer{
		"good": testkit.FakeOK("{}"), "refused": testkit.FakeStatus(400), "forbidden": testkit.FakeStatus(403), "busy": testkit.FakeBusy("3"),
		"down": testkit.FakeStatus(503), "reset": {Reset: true}, "moved": {Status: 302, Header: map[string]string{"Location": "https://elsewhere.example/"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{answer: func(*http.Request, time.Time) testkit.FakeAnswer { return answer }}
				c, watch := builtin(t, "youtube", "radar")
				var said bytes.Buffer
				log := slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
				pub := live(t, now(), 3*time.Hour, c, watch, w, log)
				shown := said.String()
				for _, m := range pub.all {
					text, err := protojson.Marshal(m.(proto.Message))
					if err != nil {
						t.Fatal(err)
					}
					shown += string(text)
				}
				for _, r := range w.requests {
					shown += r.URL.String()
					secrets := r.Header.Get("X-Goog-Api-Key") + r.Header.Get("Authorization")
					want := map[string]string{"www.googleapis.com": "k-3cret", "api.cloudflare.com": "Bearer t-3cret"}[r.URL.Host]
					if secrets != want {
						t.Errorf("%s got %q, want %q", r.URL.Host, secrets, want)
					}
				}
				if len(w.requests) < 8 || len(pub.all) < 8 || strings.Contains(shown, "3cret") {
					t.Errorf("%d requests, %d messages; a key shows: %v", len(w.requests), len(pub.all), strings.Contains(shown, "3cret"))
				}
			})
		})
	}
}

// press is a Google News: so many articles of a word in an hour, in no order,
// 100 at most, of the last two hours.
type press struct {
	fail func(now time.Time) testkit.FakeAnswer
}

func (p press) articles(word string, hour time.Time) int {
	if word == "tiktok" && hour.Hour() == 20 {
		return 140
	}
	return int(hour.Unix()/3600+int64(len(word))*11) % 30
}

func (p press) answer(r *http.Request, now time.Time) testkit.FakeAnswer {
	if a := p.fail(now); a.Status != 0 || a.Truncated || a.Reset {
		return a
	}
	word, _, ok := strings.Cut(strings.TrimPrefix(r.URL.Query().Get("q"), `"`), `" when:2h`)
	if !ok {
		return testkit.FakeStatus(400)
	}
	var items []string
	for hour := now.Truncate(time.Hour); hour.After(now.Add(-3 * time.Hour)); hour = hour.Add(-time.Hour) {
		n := p.articles(word, hour)
		for i := range n {
			at := hour.Add(time.Duration(i) * time.Hour / time.Duration(n))
			if !at.After(now) && at.After(now.Add(-2*time.Hour)) {
				items = append(items, fmt.Sprintf(`<item><guid>%s-%d-%d</guid><pubDate>%s</pubDate></item>`, word, hour.Unix(), i, at.UTC().Format(http.TimeFormat)))
			}
		}
	}
	slices.SortFunc(items, func(a, b string) int { return strings.Compare(a[len(a)-30:], b[len(b)-30:]) }) // by minutes and seconds, mostly
	echo := url.QueryEscape(`"` + word + `" when:2h`)
	return testkit.FakeOK(`<rss version="2.0"><channel><title>Google News</title><link>https://news.google.com/search?q=` + echo + `</link>` +
		strings.Join(items[:min(100, len(items))], "") + `</channel></rss>`)
}

func TestGoogleNewsCountsByTheHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := press{fail: func(now time.Time) testkit.FakeAnswer {
			switch now.Hour() {
			case 3:
				return testkit.FakeBusy("600")
			case 5:
				return testkit.FakeAnswer{Truncated: true, Body: "<rss><channel>"}
			}
			return testkit.FakeAnswer{}
		}}
		w := &world{answer: p.answer}
		c, watch := builtin(t, "googlenews")
		pub := live(t, now(), 48*time.Hour, c, watch, w, nil)
		exact, bound := counts(pub, "articles_hour"), counts(pub, "articles_hour_at_least")
		for key, got := range exact {
			word, text, _ := strings.Cut(key, " ")
			hour, err := time.Parse(time.RFC3339, text)
			if err != nil || got != float64(p.articles(word, hour)) {
				t.Errorf("%s: %v articles, want %d", key, got, p.articles(word, hour))
			}
		}
		// 48 hours of 4 words: the bad hours are gaps, and a full feed is no count.
		if n := len(exact) + len(bound); n < 4*48-4*2*3 || len(bound) < 2 {
			t.Errorf("%d counts, %d bounds", len(exact), len(bound))
		}
		for key, least := range bound {
			if least > 140 || !strings.HasPrefix(key, "tiktok ") || exact[key] != 0 {
				t.Errorf("%s: at least %v, and %v", key, least, exact[key])
			}
		}
		manners(t, w, map[string]float64{"news.google.com": 2})
	})
}

// manners counts the requests of each minute at each host: never more than the
// rate allows, with one more that may have waited.
func manners(t *testing.T, w *world, perMinute map[string]float64) {
	t.Helper()
	byHost := make(map[string][]time.Time)
	for i, r := range w.requests {
		byHost[r.URL.Host] = append(byHost[r.URL.Host], w.times[i])
	}
	for host, most := range perMinute {
		times := byHost[host]
		if len(times) == 0 {
			t.Errorf("%s was never asked", host)
		}
		for i := range times {
			n := 0
			for _, at := range times[i:] {
				if at.Sub(times[i]) < time.Minute {
					n++
				}
			}
			if float64(n) > most+1 {
				t.Errorf("%s was asked %d times within a minute of %s, at most %v", host, n, times[i], most)
			}
		}
	}
}

// Through a day of faults, each list comes whole or not at all, at the rate
// that each host allows.
func TestTrendingListsThroughADayOfFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := map[string]string{
			"/trending/rss": "", "/api/v1/trends/tags": good()[tagsPath], "/xrpc/app.bsky.unspecced.getTrends": good()[topicsPath],
		}
		w := &world{answer: func(r *http.Request, now time.Time) testkit.FakeAnswer {
			switch now.Hour() {
			case 2:
				return testkit.FakeStatus(503)
			case 4:
				return testkit.FakeBusy("120")
			case 6:
				return testkit.FakeOK(`<html>Before you continue`)
			case 8:
				return testkit.FakeAnswer{Reset: true}
			}
			body := answers[r.URL.Path]
			if r.URL.Path == "/trending/rss" {
				body = strings.Replace(good()[searchesPath], "geo=US", "geo="+r.URL.Query().Get("geo"), 1)
			}
			return testkit.FakeOK(body)
		}}
		c, watch := builtin(t, "googletrends", "mastodon_trends", "bluesky_trends")
		watch.Storefronts = []string{"us", "gb", "de", "fr", "jp"}
		pub := live(t, now(), 24*time.Hour, c, watch, w, nil)
		depth := map[string]uint32{"googletrends": 2, "mastodon_trends": 1, "bluesky_trends": 1}
		outcomes := make(map[string]int)
		for _, s := range pub.looks() {
			outcomes[s.GetSource()+" "+s.GetOutcome().Word()]++
			if s.GetOutcome() != event.Outcome_OUTCOME_OK {
				continue
			}
			ranks := uint32(0)
			for _, r := range s.GetReadings() {
				if r.GetMetric() == event.MetricRank {
					ranks++
				}
			}
			if ranks != s.GetDepth() || ranks != depth[s.GetSource()] {
				t.Errorf("%s: %d places of %d", s.GetTarget().Key(), ranks, s.GetDepth())
			}
		}
		for name, looks := range map[string]int{"googletrends": 5 * 48, "mastodon_trends": 3 * 96, "bluesky_trends": 96} {
			ok, refused := outcomes[name+" ok"], outcomes[name+" refused"]
			if all := ok + refused + outcomes[name+" failed"]; all != looks || ok < looks*3/4 || refused == 0 {
				t.Errorf("%s: %v", name, outcomes)
			}
		}
		manners(t, w, map[string]float64{"trends.google.com": 2, "mastodon.social": 30, "public.api.bsky.app": 10})
	})
}

// No account of an answer gets into a message: here the whole of every look is
// searched for them.
func TestTrendsTakeNoActor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pub, _, _ := visit(t, 10*time.Minute, tellGood(asItIs))
		if !strings.Contains(good()[topicsPath], "who.example") {
			t.Fatal("the answer has no actor")
		}
		for _, s := range pub.looks() {
			text, err := protojson.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "did:plc") || strings.Contains(string(text), "who.example") {
				t.Errorf("%s", text)
			}
		}
	})
}
