// Package googleplay looks at Google Play: its charts, and the pages of the
// watched apps. Both were made for browsers, so both are off by default.
package googleplay

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/collectors/storewatch"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	chartsParserVersion = 1
	// store is Google Play's name in targets and in the watchlist.
	store = "google"
	// places is how long a chart is asked for; more are never given.
	places = 200
	// rpc is the store's name of the question for a chart.
	rpc = "vyAe2"
	// language of the answers. Nothing that is read depends on it but the
	// names of the apps, which are compared with ours.
	language = "en"
)

// Charts looks at ranked lists.
type Charts struct {
	fetch   *fetch.Client
	cfg     config.GooglePlay
	targets []*event.Target
	charts  map[string]chart // by name of the target
}

// chart is a ranked list as Google Play knows it.
type chart struct {
	list     string // topselling_free, topselling_paid, topgrossing
	category string // SOCIAL; APPLICATION: all apps
}

// NewCharts makes the source of the watched charts in the watched storefronts.
func NewCharts(f *fetch.Client, cfg config.GooglePlay, w config.Watch) (*Charts, error) {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	charts, targets, err := storewatch.Charts(w, store, newChart)
	if err != nil {
		return nil, err
	}
	return &Charts{fetch: f, cfg: cfg, charts: charts, targets: targets}, nil
}

// Asks are the charts, by the store's own names for them.
func (c *Charts) Asks() string { return fmt.Sprintf("%+v", c.charts) }

func newChart(watched config.Chart) (chart, error) {
	kind, category, _ := strings.Cut(watched.Name, "/")
	ch := chart{category: watched.Genre}
	switch kind {
	case "top-free":
		ch.list = "topselling_free"
	case "top-paid":
		ch.list = "topselling_paid"
	case "top-grossing":
		ch.list = "topgrossing"
	default:
		return chart{}, fmt.Errorf("chart %q: want top-free/…, top-paid/… or top-grossing/…", watched.Name)
	}
	switch {
	case category == "":
		return chart{}, fmt.Errorf("chart %q: want a category after the slash, such as %s/overall", watched.Name, kind)
	case (watched.Genre == "") != (category == "overall"):
		return chart{}, fmt.Errorf("chart %q: overall has no genre, and every other category needs one", watched.Name)
	case watched.Genre == "":
		ch.category = "APPLICATION"
	case !isCategory(watched.Genre):
		return chart{}, fmt.Errorf("chart %q: genre %q is no category of Google Play, such as SOCIAL", watched.Name, watched.Genre)
	}
	return ch, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "chart/google/<country>/<chart>", Readings: "`rank` of every app of the chart",
		Signal: "what people install on Android", Unit: "place in the chart, from 1; the chart's depth is in `looks`",
		Fresh: "the charts change a few times a day", Terms: terms(),
		Faults:  "Asked as the store's own page asks (batchexecute, vyAe2): no key, no documentation, and positions that shift about once a year; an answer of another shape is refused. At most 200 places, small countries have fewer. The answer does not say which country it is about. A captcha or a page that asks for consent leaves the host alone for 6 to 24 hours, for both sources of Google Play.",
		Scrapes: true,
	}
}

func terms() string {
	return "Google Play's terms of service forbid automated access that robots.txt does not allow: switch it on only if you may. At most 20 requests a minute; pages are read only where robots.txt lets us."
}

// Targets are all watched charts in all watched storefronts.
func (c *Charts) Targets() []*event.Target { return c.targets }

// Fetch returns the whole chart.
func (c *Charts) Fetch(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: chartsParserVersion, Via: rpc}
	ch := c.charts[target.GetName()]
	resp, err := c.fetch.Do(ctx, fetch.Request{
		URL:  c.cfg.BaseURL + "/_/PlayStoreUi/data/batchexecute?" + address(target.GetCountry()).Encode(),
		Body: question(ch),
		Header: http.Header{
			"User-Agent":      {c.cfg.UserAgent},
			"Content-Type":    {"application/x-www-form-urlencoded;charset=UTF-8"},
			"Accept-Language": {language},
			"Accept":          {"*/*"},
		},
		IsBlock: func(r *fetch.Response) string { return blockSign(r, "wrb.fr") },
	})
	if err != nil {
		return snap, err
	}
	ids, err := parseChart(resp.Body, ch)
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if len(ids) == 0 {
		snap.Reason = "the store has no such chart in this country"
	}
	snap.Depth = uint32(len(ids)) //nolint:gosec // at most maxApps
	snap.Readings = ranks(ids)
	return snap, nil
}

// address is the query: what is asked and for which country; the rest is what
// the store's page always sends.
func address(country string) url.Values {
	return url.Values{
		"rpcids": {rpc}, "source-path": {"/store/apps"}, "hl": {language}, "gl": {country}, "rt": {"c"},
		"bl": {"boq_playuiserver_20220612.08_p0"}, "authuser": {"0"}, "_reqid": {"82003"},
		"soc-app": {"121"}, "soc-platform": {"1"}, "soc-device": {"1"},
	}
}

// ranks makes one reading per app of the chart: the place in the list is the
// rank, there is no field for it.
func ranks(ids []string) []*event.Reading {
	readings := make([]*event.Reading, len(ids))
	for i, id := range ids {
		readings[i] = &event.Reading{Subject: id, Metric: event.MetricRank, Value: float64(i + 1)}
	}
	return readings
}
