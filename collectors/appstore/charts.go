// Package appstore looks at Apple's App Store: its charts, and the pages of
// the watched apps.
package appstore

import (
	"context"
	"errors"
	"fmt"
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
	// store is Apple's name in targets and in the watchlist.
	store = "apple"
)

// Charts looks at ranked lists. Each chart can be had in several ways, which
// are tried in order of how well they are kept.
type Charts struct {
	fetch   *fetch.Client
	cfg     config.AppStore
	targets []*event.Target
	charts  map[string]chart // by name of the target
	archive *archive
}

// chart is a ranked list as Apple knows it.
type chart struct {
	kind  string // top-free, top-paid, top-grossing
	genre string // Apple's number; empty: all apps
}

// way is one address where a chart can be had.
type way struct {
	via   string
	url   string
	parse func(body []byte) ([]string, error)
}

// NewCharts makes the source of the watched charts in the watched storefronts.
func NewCharts(f *fetch.Client, cfg config.AppStore, w config.Watch) (*Charts, error) {
	for _, base := range []*string{&cfg.MarketingURL, &cfg.MarketingFallbackURL, &cfg.ITunesURL, &cfg.ArchiveURL} {
		*base = strings.TrimRight(*base, "/")
	}
	charts, targets, err := storewatch.Charts(w, store, newChart)
	if err != nil {
		return nil, err
	}
	return &Charts{fetch: f, cfg: cfg, charts: charts, targets: targets, archive: newArchive(f, cfg.ArchiveURL)}, nil
}

// Asks are the charts, by the store's own names for them.
func (c *Charts) Asks() string { return fmt.Sprintf("%+v", c.charts) }

func newChart(watched config.Chart) (chart, error) {
	kind, category, _ := strings.Cut(watched.Name, "/")
	switch {
	case legacyFeed(kind) == "":
		return chart{}, fmt.Errorf("chart %q: want top-free/…, top-paid/… or top-grossing/…", watched.Name)
	case category == "":
		return chart{}, fmt.Errorf("chart %q: want a category after the slash, such as %s/overall", watched.Name, kind)
	case (watched.Genre == "") != (category == "overall"):
		return chart{}, fmt.Errorf("chart %q: overall has no genre, and every other category needs one", watched.Name)
	case watched.Genre != "" && !isNumber(watched.Genre):
		return chart{}, fmt.Errorf("chart %q: genre %q is not a number", watched.Name, watched.Genre)
	}
	return chart{kind: kind, genre: watched.Genre}, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "chart/apple/<country>/<chart>", Readings: "`rank` of every app of the chart",
		Signal: "what people install", Unit: "place in the chart, from 1; the chart's depth is in `looks`",
		Fresh: "the charts change a few times a day", Terms: "Public feeds of Apple, no key, no published limit.",
		Faults: "Overall free and paid charts by the marketing feed v2 (100 places, no games), else by its older host; charts of a genre and the grossing chart by the legacy feed (100 places); both fall back to ws/charts (200 places, may mix games in, does not say which chart it is). `via` tells which way answered. A host that answers 429 is left alone, no other way is tried.",
		Past:   "what the Web Archive happens to have kept of the marketing feed v2 (overall free and paid) and of the legacy feed (genres, grossing), not before 2021 and 2008-07-10: looks at irregular moments, as deep as they were",
	}
}

// Targets are all watched charts in all watched storefronts.
func (c *Charts) Targets() []*event.Target { return c.targets }

// Fetch returns the whole chart, from the first way that answers. What went
// wrong on the ways before is returned beside it.
func (c *Charts) Fetch(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: chartsParserVersion}
	var errs []error
	for _, w := range c.ways(c.charts[target.GetName()], target.GetCountry()) {
		snap.Via = w.via
		ids, err := c.ask(ctx, w)
		if err == nil {
			snap.Depth = uint32(len(ids))
			snap.Readings = ranks(ids)
			return snap, errors.Join(errs...)
		}
		errs = append(errs, fmt.Errorf("%s: %w", w.via, err))
		if !fetch.AnotherWay(ctx, err) {
			break
		}
	}
	return snap, errors.Join(errs...)
}

func (c *Charts) ask(ctx context.Context, w way) ([]string, error) {
	resp, err := c.fetch.Get(ctx, w.url)
	if err != nil {
		return nil, err
	}
	ids, err := w.parse(resp.Body)
	if err != nil {
		return nil, fetch.Refuse(resp.Body, err)
	}
	return ids, nil
}

// ways lists where the chart can be had. The marketing feed knows no genres
// and no grossing chart; the legacy feed gives 100 places; ws/charts gives
// 200, but says neither which chart it is nor which storefront.
func (c *Charts) ways(ch chart, country string) []way {
	var all []way
	if ch.isMarketing() {
		for _, base := range []string{c.cfg.MarketingURL, c.cfg.MarketingFallbackURL} {
			if base == "" {
				continue
			}
			all = append(all, way{
				via:   "marketing-v2",
				url:   fmt.Sprintf("%s/api/v2/%s/apps/%s/100/apps.json", base, country, ch.kind),
				parse: func(b []byte) ([]string, error) { return parseMarketing(b, country, ch.kind) },
			})
		}
	} else {
		feed, genre := legacyFeed(ch.kind), ""
		if ch.genre != "" {
			genre = "/genre=" + ch.genre
		}
		all = append(all, way{
			via:   "legacy",
			url:   fmt.Sprintf("%s/%s/rss/%s/limit=100%s/json", c.cfg.ITunesURL, country, feed, genre),
			parse: func(b []byte) ([]string, error) { return parseLegacy(b, country, feed, ch.genre) },
		})
	}
	query := url.Values{"cc": {country}, "g": {ch.genre}, "name": {wsChart(ch.kind)}, "limit": {"200"}}
	return append(all, way{
		via:   "ws-charts",
		url:   c.cfg.ITunesURL + "/WebObjects/MZStoreServices.woa/ws/charts?" + query.Encode(),
		parse: parseWSCharts,
	})
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

// legacyFeed is the legacy feed of a kind of chart.
func legacyFeed(kind string) string {
	switch kind {
	case "top-free":
		return "topfreeapplications"
	case "top-paid":
		return "toppaidapplications"
	case "top-grossing":
		return "topgrossingapplications"
	default:
		return ""
	}
}

// wsChart is the same for ws/charts.
func wsChart(kind string) string {
	switch kind {
	case "top-free":
		return "freeAppsV2"
	case "top-paid":
		return "paidApplications"
	default:
		return "appsByRevenue"
	}
}
