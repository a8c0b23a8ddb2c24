// Package radar looks at the daily ranks of Internet services that Cloudflare
// makes of the questions to its resolver, category by category.
package radar

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	parserVersion = 1
	// limit is more services than any category has.
	limit = 100
	// stale is when the newest ranks are no longer the list as it stands.
	stale = 7 * 24 * time.Hour
)

// Source looks at the list of each category.
type Source struct {
	fetch      *fetch.Client
	base       string
	days       int
	header     http.Header
	categories map[string]string // by target name
	targets    []*event.Target
}

// New makes the source of the configured categories. The token is read only
// where the source is switched on.
func New(f *fetch.Client, cfg config.Radar) (*Source, error) {
	s := &Source{
		fetch: f, base: strings.TrimRight(cfg.BaseURL, "/"), days: cfg.Days,
		header: http.Header{}, categories: make(map[string]string),
	}
	if cfg.Enabled {
		token, err := cfg.Token.RevealOr(cfg.TokenFile, "collect.sources.radar.token")
		if err != nil {
			return nil, err
		}
		s.header.Set("Authorization", "Bearer "+token)
	}
	for i, category := range cfg.Categories {
		name := "internet-services/" + strings.ToLower(strings.Join(strings.Fields(category), "-"))
		t := event.ListTarget("cloudflare-radar", "", name)
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("collect.sources.radar.categories[%d]: %w", i, err)
		}
		s.categories[name] = category
		s.targets = append(s.targets, t)
	}
	return s, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "list/cloudflare-radar//internet-services/<category>", Readings: "`rank`, `rank_day`",
		Signal: "which services are used more than others, all countries together",
		Unit:   "place among the services of the category; of a day, UTC",
		Fresh:  "about a day",
		Key:    "`collect.sources.radar.token` or `token_file`: a free API token of a Cloudflare account with Account, Radar, Read",
		Terms:  "Data of Cloudflare Radar under CC BY-NC 4.0: name Cloudflare Radar, no commercial use. 1,200 requests per 5 minutes.",
		Faults: "Ranks and no counts, by use of Cloudflare's resolver; a list and not a chart, because its subjects are names of services and no app ids. `rank` is the newest day's list as it stood at the look; `rank_day` is about each day. Built from the documentation and client code; no live answer was seen.",
	}
}

// Targets are the lists of the categories.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch reads the ranks of the last days.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	resp, err := s.fetch.Do(ctx, fetch.Request{URL: s.question(s.categories[target.GetName()]), Header: s.header.Clone()})
	if err != nil {
		return snap, explain(err)
	}
	days, err := parseRanks(resp.Body)
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if len(days) == 0 {
		snap.Reason = "the category has no ranks in these days"
		return snap, nil
	}
	newest := days[len(days)-1]
	snap.Readings = readings(days)
	if slot.Sub(newest.start) > stale {
		return snap, fmt.Errorf("the newest ranks are of %s: no list of today", newest.start.Format(time.DateOnly))
	}
	snap.Depth = uint32(len(newest.ranks)) //nolint:gosec // bounded by the parser
	snap.Readings = append(snap.Readings, newestReadings(newest)...)
	return snap, nil
}

func (s *Source) question(category string) string {
	return s.base + "/client/v4/radar/ranking/internet_services/timeseries_groups?" + url.Values{
		"serviceCategory": {category}, "dateRange": {strconv.Itoa(s.days) + "d"}, "limit": {strconv.Itoa(limit)}, "format": {"JSON"},
	}.Encode()
}

// explain says what a status means here.
func explain(err error) error {
	switch fetch.Status(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("cloudflare does not take the token; collect.sources.radar.token needs Account, Radar, Read: %w", err)
	case http.StatusBadRequest:
		return fmt.Errorf("cloudflare does not know the token or the category; see collect.sources.radar: %w", err)
	default:
		return err
	}
}

// readings gives each day's ranks, about that day.
func readings(days []day) []*event.Reading {
	var list []*event.Reading
	for _, d := range days {
		for _, r := range d.ranks {
			list = append(list, &event.Reading{Subject: r.service, Metric: "rank_day", Value: r.rank, AtMs: d.start.UnixMilli()})
		}
	}
	return list
}

// newestReadings gives the newest day's ranks once more, about the slot: that
// is the list as it stands.
func newestReadings(newest day) []*event.Reading {
	list := make([]*event.Reading, 0, len(newest.ranks))
	for _, r := range newest.ranks {
		list = append(list, &event.Reading{Subject: r.service, Metric: event.MetricRank, Value: r.rank})
	}
	return list
}
