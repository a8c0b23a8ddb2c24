// Package hackernews counts the stories and comments of Hacker News that hold
// a word, hour by hour, by Algolia's public search. It reads counts only, no
// story and no author.
package hackernews

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
	place         = "hackernews"
	// hours is how many closed hours each look counts: the last one, and the
	// one before once more, for what the search found late.
	hours = 2
)

// Source looks for the watched keywords.
type Source struct {
	fetch   *fetch.Client
	cfg     config.HackerNews
	targets []*event.Target
}

// New makes the source of the watched keywords.
func New(f *fetch.Client, cfg config.HackerNews, w config.Watch) (*Source, error) {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	s := &Source{fetch: f, cfg: cfg}
	for i, word := range w.Keywords {
		t := &event.Target{Kind: event.KindKeyword, Place: place, Name: word}
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.keywords[%d]: %w", i, err)
		}
		if strings.Contains(word, `"`) {
			return nil, fmt.Errorf("watch.keywords[%d] is %q, want no quotation marks", i, word)
		}
		s.targets = append(s.targets, t)
	}
	return s, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "keyword/hackernews//<word>", Readings: "`mentions_hour`",
		Signal: "how much a technical crowd talks about it", Unit: "stories and comments with exactly this word or phrase in a closed hour, UTC",
		Fresh: "up to 90 min", Terms: "Public API of Algolia for Hacker News, no key; 10,000 requests an hour and address.",
		Faults: "Each look asks for the last closed hour and, once more, the one before. An estimate (exhaustiveNbHits false) is refused.",
		Past:   "since 2006-10-09, one request per hour and keyword",
	}
}

// Targets are the watched keywords.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch counts the last closed hours before the slot.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	var readings []*event.Reading
	for i := range hours {
		from := slot.UTC().Truncate(time.Hour).Add(-time.Duration(i+1) * time.Hour)
		n, err := s.count(ctx, target.GetName(), from)
		if err != nil {
			return snap, err
		}
		readings = append(readings, n)
	}
	snap.Readings = readings
	return snap, nil
}

// count asks for the hour that begins at from.
func (s *Source) count(ctx context.Context, word string, from time.Time) (*event.Reading, error) {
	resp, err := s.fetch.Get(ctx, question(s.cfg.BaseURL, word, from))
	if err != nil {
		return nil, err
	}
	n, err := parseCount(resp.Body)
	if err != nil {
		return nil, fetch.Refuse(resp.Body, err)
	}
	return &event.Reading{Subject: word, Metric: "mentions_hour", Value: n, AtMs: from.UnixMilli()}, nil
}

// question asks how many stories and comments of the hour from hold the word.
// The quotation marks make the search take it exactly: without them it finds
// words that begin like it, and words that are spelled nearly like it.
func question(base, word string, from time.Time) string {
	query := url.Values{
		"query":          {`"` + word + `"`},
		"tags":           {"(story,comment)"},
		"numericFilters": {fmt.Sprintf("created_at_i>=%d,created_at_i<%d", from.Unix(), from.Add(time.Hour).Unix())},
		"hitsPerPage":    {"0"},
	}
	return base + "/api/v1/search_by_date?" + query.Encode()
}
