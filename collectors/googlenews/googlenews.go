// Package googlenews counts the articles of the last closed hour that hold a
// word, in the feed of a search of Google News. It reads when an article
// appeared, and nothing else of it.
package googlenews

import (
	"context"
	"errors"
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

const (
	parserVersion = 1
	// within is how far back the search goes: the last closed hour began less
	// than two hours before any look that is not late.
	within     = 2 * time.Hour
	withinText = "when:2h"
)

// Source looks for each watched keyword.
type Source struct {
	fetch   *fetch.Client
	cfg     config.GoogleNews
	targets []*event.Target
}

// New makes the source of the watched keywords.
func New(f *fetch.Client, cfg config.GoogleNews, w config.Watch) (*Source, error) {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	s := &Source{fetch: f, cfg: cfg}
	for i, word := range w.Keywords {
		t := &event.Target{Kind: event.KindKeyword, Place: "google-news", Name: word}
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
		Targets: "keyword/google-news//<word>", Readings: "`articles_hour`, `articles_hour_at_least`",
		Signal: "how much the news write about a word", Unit: "articles that appeared in a closed hour, UTC, in one edition of Google News",
		Fresh:  "minutes after the hour",
		Terms:  "Public feed, no key, no published limit, so 2 requests a minute. The feed is meant for personal, non-commercial use in a feed reader: ask Google before you use the numbers otherwise.",
		Faults: "The feed holds at most 100 articles and is not ordered by time. A full one is not all there is: what it shows of the hour is `articles_hour_at_least`, a lower bound, never mixed with counts. Google decides what is an article and what holds the word; articles that are found late are not counted.",
	}
}

// Targets are the watched keywords.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch counts the last closed hour before the slot.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	word := target.GetName()
	from := slot.UTC().Truncate(time.Hour).Add(-time.Hour)
	resp, err := s.fetch.Get(ctx, s.question(word))
	if err != nil {
		return snap, explain(err)
	}
	feed, err := parseFeed(resp.Body, word)
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if asked := answeredAt(resp.Header, slot); asked.Sub(from) > within {
		return snap, fmt.Errorf("the answer of %s no longer covers the hour of %s", clock(asked), clock(from))
	}
	n, whole := feed.count(from)
	reading := &event.Reading{Subject: word, Metric: "articles_hour", Value: float64(n), AtMs: from.UnixMilli()}
	switch {
	case whole:
		snap.Readings = []*event.Reading{reading}
		return snap, nil
	case n == 0:
		return snap, errors.New("the feed is full of articles of other hours, so nothing is known about this one")
	default:
		reading.Metric = "articles_hour_at_least"
		snap.Readings = []*event.Reading{reading}
		return snap, fmt.Errorf("the feed is full (%d articles): the count is a lower bound", len(feed.times))
	}
}

// question searches the word exactly, newest articles only.
func (s *Source) question(word string) string {
	edition := s.cfg.Language + "-" + s.cfg.Country
	if strings.Contains(s.cfg.Language, "-") {
		edition = s.cfg.Language
	}
	return s.cfg.BaseURL + "/rss/search?" + url.Values{
		"q":  {`"` + word + `" ` + withinText},
		"hl": {edition}, "gl": {s.cfg.Country}, "ceid": {s.cfg.Country + ":" + s.cfg.Language},
	}.Encode()
}

// answeredAt is when the place answered by its own clock; it is what "the last
// two hours" are counted from.
func answeredAt(header http.Header, slot time.Time) time.Time {
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		return at
	}
	return slot
}

func clock(t time.Time) string { return t.UTC().Format("15:04") }

// explain says what a status means here.
func explain(err error) error {
	if fetch.Status(err) == http.StatusForbidden {
		return fmt.Errorf("google news turns us away, lower collect.hosts or look less often: %w", err)
	}
	return err
}
