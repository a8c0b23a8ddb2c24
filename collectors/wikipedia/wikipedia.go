// Package wikipedia looks at how often an encyclopedia's articles are read,
// day by day, as Wikimedia publishes it about a day later.
package wikipedia

import (
	"context"
	"encoding/json"
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
	day           = 24 * time.Hour
	dateFormat    = "20060102"
)

// Source looks at the watched articles.
type Source struct {
	fetch   *fetch.Client
	cfg     config.Wikipedia
	targets []*event.Target
}

// New makes the source of the watched articles.
func New(f *fetch.Client, cfg config.Wikipedia, w config.Watch) (*Source, error) {
	if cfg.Days < 1 || cfg.Days > 365 {
		return nil, fmt.Errorf("collect.sources.wikipedia.days is %d, want 1 to 365", cfg.Days)
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	s := &Source{fetch: f, cfg: cfg}
	for i, article := range w.Articles {
		project, title, ok := strings.Cut(article, "/")
		if !ok {
			return nil, fmt.Errorf("watch.articles[%d] is %q, want project/title, such as en.wikipedia/TikTok", i, article)
		}
		t := &event.Target{
			Kind:  event.KindArticle,
			Place: strings.TrimSuffix(project, ".org"),
			Name:  strings.ReplaceAll(title, " ", "_"),
		}
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.articles[%d]: %w", i, err)
		}
		s.targets = append(s.targets, t)
	}
	return s, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "article/<project>//<title>", Readings: "`views_day`",
		Signal: "how many people look something up", Unit: "page views by people, not by bots, in a day, UTC",
		Fresh: "about a day", Terms: "Wikimedia REST API, no key; a contact in the User-Agent is required; at most 3 requests at once. Data is CC0.",
		Faults: "Titles are case-sensitive and redirects are not followed. Days without views are left out; 404 is `empty`.",
		Past:   "since 2015-07-01, one request per article and year",
	}
}

// Targets are the watched articles.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch asks for the closed days before the slot. Days that are not counted
// yet, or had no reader, are left out of the answer, and so of the readings.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	q := question{
		project: target.GetPlace(),
		article: target.GetName(),
		from:    slot.UTC().Truncate(day).Add(-time.Duration(s.cfg.Days) * day),
		to:      slot.UTC().Truncate(day).Add(-day),
	}
	readings, err := s.views(ctx, q)
	if len(readings) == 0 && err == nil {
		snap.Reason = nothingThere
	}
	snap.Readings = readings
	return snap, err
}

// nothingThere is what an answer without days means: the place does not tell.
const nothingThere = "there is no such article, or nothing was counted in these days"

// views asks one question. No readings and no error: nothing is there.
func (s *Source) views(ctx context.Context, q question) ([]*event.Reading, error) {
	resp, err := s.fetch.Get(ctx, q.url(s.cfg.BaseURL))
	if isNoData(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	readings, err := parseViews(resp.Body, q)
	if err != nil {
		return nil, fetch.Refuse(resp.Body, err)
	}
	return readings, nil
}

// question is what a look asks for.
type question struct {
	project, article string
	from, to         time.Time // first and last day
}

// url escapes the title whole: a slash in it is part of the name.
func (q question) url(base string) string {
	return fmt.Sprintf("%s/api/rest_v1/metrics/pageviews/per-article/%s/all-access/user/%s/daily/%s/%s",
		base, url.PathEscape(q.project), url.PathEscape(q.article),
		q.from.Format(dateFormat), q.to.Format(dateFormat))
}

// isNoData tells the API's own 404 (no such title, no views, not yet loaded:
// all the same) from the 404 of a wrong address.
func isNoData(err error) bool {
	e, ok := errors.AsType[*fetch.StatusError](err)
	if !ok || e.Status != http.StatusNotFound {
		return false
	}
	var problem struct {
		Status int    `json:"status"`
		URI    string `json:"uri"`
	}
	return json.Unmarshal(e.Body, &problem) == nil && problem.Status == http.StatusNotFound &&
		strings.Contains(problem.URI, "/per-article/")
}
