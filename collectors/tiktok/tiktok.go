// Package tiktok looks at how often a tag's videos were watched, and how many
// there are. It reads what was made for browsers, so it is off by default.
package tiktok

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
	parserVersion = 2
	place         = "tiktok"
	// maxKept is what is kept of a page that was refused: its head says what it
	// is, and further down are videos, which are people's.
	maxKept = 4 << 10
)

// Source looks at each watched tag, in one of two ways.
type Source struct {
	fetch   *fetch.Client
	cfg     config.TikTok
	targets []*event.Target
}

// way is one address where a tag's counts can be had.
type way struct {
	via     string
	path    string
	accept  string
	page    bool
	parse   func(body []byte, tag string) (counts, error)
	isBlock func(*fetch.Response) string
}

// New makes the source of the watched tags.
func New(f *fetch.Client, cfg config.TikTok, w config.Watch) (*Source, error) {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	s := &Source{fetch: f, cfg: cfg}
	for i, tag := range w.Tags {
		t := event.TagTarget(place, strings.ToLower(strings.TrimPrefix(tag, "#")))
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.tags[%d]: %w", i, err)
		}
		s.targets = append(s.targets, t)
	}
	return s, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "tag/tiktok//<tag>", Readings: "`views_total`, `videos_total`",
		Signal: "how much a tag is watched and used on TikTok", Unit: "views of the tag's videos, and such videos, since the tag began",
		Fresh:   "the counters move slowly: 30 to 60 min is enough",
		Terms:   "TikTok's terms of service forbid automated extraction: switch it on only if you may, for few tags. One request a minute; the tag's page is read only where robots.txt lets us.",
		Faults:  "The page's own API (challenge/detail) without key or signature, else the tag's page, which holds counts in one of two variants only; `via` tells which answered. Exact counts are in statsV2; those of stats are rounded or 0 and are not read. An empty answer, a captcha or status 10000 (it wants to verify us) leaves the host alone for 6 to 24 hours, no other way is tried. No such tag (status 10205, or an answer about none) is `empty`; any other status is refused.",
		Scrapes: true,
	}
}

// Targets are the watched tags.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch reads the counts of a tag, from the first way that answers. What went
// wrong on the way before is returned beside it.
func (s *Source) Fetch(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	tag := target.GetName()
	var errs []error
	for _, w := range ways(tag) {
		snap.Via = w.via
		c, err := s.ask(ctx, w, tag)
		if errors.Is(err, errNoTag) {
			return none(snap, err, errs)
		}
		if err == nil {
			snap.Readings = []*event.Reading{
				{Subject: tag, Metric: "views_total", Value: c.views},
				{Subject: tag, Metric: "videos_total", Value: c.videos},
			}
			return snap, errors.Join(errs...)
		}
		errs = append(errs, fmt.Errorf("%s: %w", w.via, err))
		if !fetch.AnotherWay(ctx, err) {
			break
		}
	}
	return snap, errors.Join(errs...)
}

// none is the look that found no such tag. What went wrong on the way before is
// a remark; but an answer that was not understood is kept, and then nobody can
// say that there is nothing.
func none(snap *event.Snapshot, noTag error, before []error) (*event.Snapshot, error) {
	err := errors.Join(before...)
	if _, refused := errors.AsType[*fetch.Refusal](err); refused {
		return snap, err
	}
	snap.Reason = errors.Join(append([]error{noTag}, before...)...).Error()
	return snap, nil
}

func (s *Source) ask(ctx context.Context, w way, tag string) (counts, error) {
	resp, err := s.fetch.Do(ctx, fetch.Request{
		URL: s.cfg.BaseURL + w.path,
		Header: http.Header{
			"User-Agent":      {s.cfg.UserAgent},
			"Referer":         {s.cfg.BaseURL + "/"},
			"Accept":          {w.accept},
			"Accept-Language": {"en"},
		},
		Page:    w.page,
		IsBlock: w.isBlock,
	})
	if err != nil {
		return counts{}, err
	}
	c, err := w.parse(resp.Body, tag)
	if err != nil && !errors.Is(err, errNoTag) && !errors.Is(err, errVariant) {
		err = fetch.Refuse(resp.Body[:min(len(resp.Body), maxKept)], err)
	}
	return c, err
}

func ways(tag string) []way {
	query := url.Values{
		"challengeName": {tag}, "aid": {"1988"},
		"app_language": {"en"}, "app_name": {"tiktok_web"}, "device_platform": {"web_pc"},
	}
	return []way{
		{
			via: "challenge-detail", path: "/api/challenge/detail/?" + query.Encode(), accept: "application/json, */*;q=0.5",
			parse: parseDetail, isBlock: detailBlocks,
		},
		{
			via: "tag-page", path: "/tag/" + url.PathEscape(tag), accept: "text/html, */*;q=0.5", page: true,
			parse: parsePage, isBlock: pageBlocks,
		},
	}
}
