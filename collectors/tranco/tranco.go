// Package tranco looks at the rank of the watched domains in the Tranco list,
// day by day.
package tranco

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	parserVersion = 1
	place         = "tranco"
	metric        = "domain_rank_day"
	day           = 24 * time.Hour
)

// Source looks at the ranks of the watched domains.
type Source struct {
	fetch   *fetch.Client
	base    string
	targets []*event.Target
}

// New makes the source of the watched domains.
func New(f *fetch.Client, cfg config.Tranco, w config.Watch) (*Source, error) {
	s := &Source{fetch: f, base: strings.TrimRight(cfg.BaseURL, "/")}
	for i, domain := range w.Domains {
		t := &event.Target{Kind: event.KindKeyword, Place: place, Name: domain}
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.domains[%d]: %w", i, err)
		}
		s.targets = append(s.targets, t)
	}
	return s, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "keyword/tranco//<domain>", Readings: "`domain_rank_day`",
		Signal: "how much a domain is used beside all others, all countries together",
		Unit:   "place in the Tranco list of that day, from 1 to 1,000,000: a smaller number is more use",
		Fresh:  "a list a day, seen within 12 hours",
		Terms:  "Public API, no key, one request a second. Research list: cite Le Pochat et al., Tranco: A Research-Oriented Top Sites Ranking Hardened Against Manipulation, NDSS 2019.",
		Faults: "A rank and no count, made by the list from other lists over about a month, so a surge is slow to show. About a month of days comes each time, so gaps heal; there is no more to ask for. " +
			"A day without a rank, because the domain was not among the million, is left out and never 0. Built from a description; no live answer was seen.",
	}
}

// Targets are the watched domains.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch reads the ranks of the days that the list still tells, about a month.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	resp, err := s.fetch.Get(ctx, s.base+"/api/ranks/domain/"+url.PathEscape(target.GetName()))
	if err != nil {
		return snap, err
	}
	ranks, err := parseRanks(resp.Body, target.GetName())
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if snap.Readings, err = readings(target.GetName(), ranks, slot); err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if len(snap.Readings) == 0 {
		snap.Reason = "the domain is not in the list on any of the days"
	}
	return snap, nil
}

// readings are the ranks of the days that had begun by the slot. The list may
// put out its next day a little early, which is for a later look; a day further
// ahead is none.
func readings(domain string, ranks []rank, slot time.Time) ([]*event.Reading, error) {
	list := make([]*event.Reading, 0, len(ranks))
	for _, r := range ranks {
		switch {
		case r.day.After(slot.Add(day)):
			return nil, fmt.Errorf("ranks has %s, which is still to come", r.day.Format(time.DateOnly))
		case !r.day.After(slot):
			list = append(list, &event.Reading{Subject: domain, Metric: metric, Value: r.rank, AtMs: r.day.UnixMilli()})
		}
	}
	return list, nil
}
