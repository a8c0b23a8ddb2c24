// Package googletrends looks at the searches that Google calls trending,
// country by country, for discovery: what rises without being watched.
package googletrends

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const parserVersion = 1

// Source looks at one list per storefront.
type Source struct {
	fetch   *fetch.Client
	base    string
	targets []*event.Target
}

// New makes the source of the watched storefronts.
func New(f *fetch.Client, cfg config.GoogleTrends, w config.Watch) (*Source, error) {
	s := &Source{fetch: f, base: strings.TrimRight(cfg.BaseURL, "/")}
	for i, country := range w.Storefronts {
		t := event.ListTarget("google-trends", country, "trending")
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.storefronts[%d]: %w", i, err)
		}
		s.targets = append(s.targets, t)
	}
	return s, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "list/google-trends/<country>/trending", Readings: "`rank`, `traffic_approx`",
		Signal: "which searches rise suddenly in a country, whether they are watched or not",
		Unit:   "place in the feed; searches, as the lower bound that Google rounds to (500K+ is 500,000)",
		Fresh:  "15 to 60 minutes",
		Terms:  "Public feed, no key, no published limit; 403 or 429 when asked often, so 2 requests a minute.",
		Faults: "10 to 20 searches, in an order that Google does not explain. `traffic_approx` is a bound in coarse steps, never a count. The old feed at /trends/trendingsearches is gone. A search can be for a person of public attention: a topic, never a user. Of the news in the feed nothing is read.",
	}
}

// Targets are the lists of the watched storefronts.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch reads the list of one country.
func (s *Source) Fetch(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	geo := strings.ToUpper(target.GetCountry())
	resp, err := s.fetch.Get(ctx, s.base+"/trending/rss?"+url.Values{"geo": {geo}}.Encode())
	if err != nil {
		return snap, explain(err, geo)
	}
	trends, err := parseTrends(resp.Body, geo)
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if len(trends) == 0 {
		snap.Reason = "nothing is trending"
		return snap, nil
	}
	snap.Depth = uint32(len(trends)) //nolint:gosec // bounded by the parser
	snap.Readings = readings(trends)
	return snap, nil
}

// explain says what a status means here.
func explain(err error, geo string) error {
	switch fetch.Status(err) {
	case http.StatusBadRequest, http.StatusNotFound:
		return fmt.Errorf("google trends may have no list for %s: %w", geo, err)
	case http.StatusForbidden:
		return fmt.Errorf("google trends turns us away, lower collect.hosts or look less often: %w", err)
	default:
		return err
	}
}

// readings has every place of the list, and the traffic where the feed says it.
func readings(trends []trend) []*event.Reading {
	const perTrend = 2
	list := make([]*event.Reading, 0, perTrend*len(trends))
	for i, t := range trends {
		if t.title == "" {
			continue // stands further up already
		}
		list = append(list, &event.Reading{Subject: t.title, Metric: event.MetricRank, Value: float64(i + 1)})
		if t.traffic > 0 {
			list = append(list, &event.Reading{Subject: t.title, Metric: "traffic_approx", Value: t.traffic})
		}
	}
	return list
}
