package googleplay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

const rednote = "com.xingin.xhs"

func social() chart { return chart{list: "topselling_free", category: "SOCIAL"} }

// parse chooses the parser by the beginning of the case's name.
func parse(name string, body []byte) ([]*event.Reading, error) {
	if strings.HasPrefix(name, "chart-") {
		ids, err := parseChart(body, social())
		return ranks(ids), err
	}
	a, err := parseDetails(body, rednote)
	if err != nil {
		return nil, err
	}
	return a.readings(rednote), nil
}

func show(readings []*event.Reading, err error) string {
	if err != nil {
		return "refused: " + err.Error()
	}
	lines := []string{fmt.Sprintf("%d readings", len(readings))}
	for _, r := range readings {
		lines = append(lines, fmt.Sprintf("%s %s %v", r.GetSubject(), r.GetMetric(), r.GetValue()))
	}
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(name string, input []byte) string { return show(parse(name, input)) })
}

// fuzz holds what is true of whatever comes out of a parser: it is valid, and
// nothing is there twice.
func fuzz(f *testing.F, way string, target *event.Target) {
	f.Helper()
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = blockSign(&fetch.Response{Status: 200, Body: body}, "x")
		readings, err := parse(way, body)
		if err != nil || len(readings) == 0 {
			if len(readings) > 0 {
				t.Fatalf("refused with %d readings", len(readings))
			}
			return
		}
		s := &event.Snapshot{
			Source: "googleplay", Target: target, SlotMs: 1736726400000, SeenAtMs: 1736726400000,
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: readings,
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		for i, r := range readings {
			key := r.GetSubject() + " " + r.GetMetric()
			if seen[key] || r.GetValue() < 0 {
				t.Fatalf("%s is there twice, or is %v", key, r.GetValue())
			}
			seen[key] = true
			if r.GetMetric() == event.MetricRank && r.GetValue() != float64(i+1) {
				t.Fatalf("place %d has rank %v", i+1, r.GetValue())
			}
		}
	})
}

func FuzzParseChart(f *testing.F) {
	fuzz(f, "chart-", event.ChartTarget(store, "us", "top-free/social"))
}

func FuzzParseDetails(f *testing.F) { fuzz(f, "details-", event.ListingTarget(store, "us")) }

// The recorded chart is of games; its list has 100 apps.
func TestRecordedChart(t *testing.T) {
	t.Parallel()
	games := chart{list: "topselling_free", category: "GAME"}
	for name, want := range map[string]int{"vyAe2_topfree_game.txt": 100, "vyAe2_topfree_game.trim5.derived.txt": 5} {
		body, err := os.ReadFile(testkit.Shared(t, "samples", "google-play", name))
		if err != nil {
			t.Fatal(err)
		}
		ids, err := parseChart(body, games)
		if err != nil || len(ids) != want || ids[0] != "com.oakever.meowdoku" || ids[2] != "com.roblox.client" {
			t.Errorf("%s: %d apps, %v, %v", name, len(ids), ids[:min(3, len(ids))], err)
		}
		if _, err := parseChart(body, social()); err == nil || !strings.Contains(err.Error(), "the chart is topselling_free_GAME, want topselling_free_SOCIAL") {
			t.Errorf("%s: the chart of another category was taken: %v", name, err)
		}
		if sign := blockSign(&fetch.Response{Status: 200, Body: body}, "wrb.fr"); sign != "" {
			t.Errorf("%s is taken for %s", name, sign)
		}
	}
}

func TestRecordedDetails(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "google-play", "details_whereami.ds5only.derived.html"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := parseDetails(body, "com.adex77.WhereAmI")
	if err != nil {
		t.Fatal(err)
	}
	want := "5 readings\na listed 1\na installs_total 41942\na ratings_total 336\na rating_average 4.16\na reviews_total 14"
	if diff := cmp.Diff(want, show(a.readings("a"), nil)); diff != "" || a.title != "Where Am I? - GeoGuess Game" {
		t.Errorf("%q: %s", a.title, diff)
	}
	if _, err := parseDetails(body, rednote); err == nil {
		t.Error("the page of another app was taken")
	}
	if sign := blockSign(&fetch.Response{Status: 200, Body: body}, "AF_initDataCallback"); sign != "" {
		t.Errorf("taken for %s", sign)
	}
	body, err = os.ReadFile(testkit.Shared(t, "samples", "google-play", "synthetic_details-like.html"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseDetails(body, rednote); err == nil || !strings.Contains(err.Error(), "there is no Ws7gDc") {
		t.Errorf("got %v", err)
	}
}

// The question is the one that is known to be answered.
func TestRecordedQuestion(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(testkit.Shared(t, "samples", "google-play", "vyAe2_request_inner_decoded.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("__COLLECTION__", "topselling_free", "__CATEGORY__", "SOCIAL", "[20, 100]", "[20, 200]").Replace(string(text))
	if diff := cmp.Diff(decode(t, want), decode(t, innerOf(t, question(social())))); diff != "" {
		t.Error(diff)
	}
	template, err := os.ReadFile(testkit.Shared(t, "samples", "google-play", "vyAe2_request_body_template.txt"))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.NewReplacer("{{NUM}}", "200", "{{COLLECTION}}", "topselling_free", "{{CATEGORY}}", "SOCIAL").Replace(string(template))
	if diff := cmp.Diff(decode(t, innerOf(t, []byte(body))), decode(t, innerOf(t, question(social())))); diff != "" {
		t.Error(diff)
	}
}

func TestQuestionNamesItsChart(t *testing.T) {
	t.Parallel()
	inner := innerOf(t, question(chart{list: "topgrossing", category: "APPLICATION"}))
	if !strings.HasPrefix(inner, "[[null,[[8,[20,200]],true,null,[64,1,195,") || !strings.HasSuffix(inner, `,[2,"topgrossing","APPLICATION"]]]`) {
		t.Errorf("got %.60s … %s", inner, inner[len(inner)-60:])
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// innerOf takes a body apart as the store does.
func innerOf(t *testing.T, body []byte) string {
	t.Helper()
	form, err := url.ParseQuery(strings.TrimSpace(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	call, _ := arrayAt(decode(t, form.Get("f.req")), 0, 0)
	inner, _ := stringAt(call, 1)
	if len(call) != 4 || call[0] != rpc || inner == "" || call[2] != nil || call[3] != "generic" {
		t.Fatalf("the call is %.80v", call)
	}
	return inner
}

func TestSignsOfABlock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status   int
		location string
		body     string
		want     string
	}{
		"consent, sent there":   {302, "https://consent.google.com/ml?continue=x", "", "a page that asks for consent"},
		"consent, in place":     {200, "", `<form action="https://consent.google.com/save">`, "a page that asks for consent"},
		"captcha, sent there":   {302, "https://www.google.com/sorry/index?continue=x", "", "a captcha"},
		"captcha, 503":          {503, "", "<title>Sorry...</title> unusual traffic from your network", "a captcha"},
		"captcha, 429":          {429, "", "<div id=recaptcha>", "a captcha"},
		"forbidden":             {403, "", "", "403 Forbidden"},
		"sent to another place": {302, "/store/apps", "", ""},
		"busy":                  {429, "", "Too Many Requests", ""},
		"down":                  {503, "", "Service Unavailable", ""},
		"no such page":          {404, "", "<html>captcha", ""},
		"good":                  {200, "", `inside "Captcha Solver"`, ""},
	} {
		r := &fetch.Response{Status: c.status, Header: http.Header{"Location": {c.location}}, Body: []byte(c.body)}
		if got := blockSign(r, "inside"); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
