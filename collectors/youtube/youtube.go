// Package youtube counts the videos with a tag that are uploaded in an hour, by
// YouTube's search, within the quota of searches that a key has. It asks for
// ids and times only: no title, no channel and no text even reaches it.
package youtube

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	perPage       = 50
)

// Source searches for each watched tag.
type Source struct {
	fetch    *fetch.Client
	base     string
	header   http.Header
	hours    int // that one look asks for
	maxPages int
	quota    *quota
	targets  []*event.Target
}

// New makes the source of the watched tags. Where it is switched on, it wants
// a key and a schedule that the quota can pay for.
func New(f *fetch.Client, cfg config.YouTube, w config.Watch) (*Source, error) {
	s := &Source{fetch: f, base: strings.TrimRight(cfg.BaseURL, "/"), header: http.Header{}, maxPages: cfg.MaxPages}
	for i, tag := range w.Tags {
		t := event.TagTarget("youtube", strings.ToLower(strings.TrimPrefix(tag, "#")))
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.tags[%d]: %w", i, err)
		}
		s.targets = append(s.targets, t)
	}
	pacific, err := pacificTime()
	if err != nil {
		return nil, err
	}
	p, err := planOf(cfg.Every, pacific)
	if err != nil {
		return nil, err
	}
	if cfg.Enabled {
		if err := p.fits(len(s.targets), cfg.SearchesPerDay); err != nil {
			return nil, err
		}
		key, err := cfg.Key.RevealOr(cfg.KeyFile, "collect.sources.youtube.key")
		if err != nil {
			return nil, err
		}
		s.header.Set("X-Goog-Api-Key", key)
	}
	s.hours = p.hours()
	s.quota = &quota{perDay: cfg.SearchesPerDay, spare: cfg.SearchesPerDay - p.looks*len(s.targets), zone: pacific, memory: f.Memory()}
	return s, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "tag/youtube//<tag>", Readings: "`uploads_hour`, `uploads_hour_at_least`",
		Signal: "how many videos with a tag are uploaded", Unit: "videos that a search finds, by the hour of their upload, UTC",
		Fresh: "minutes after the hour, or as often as the quota allows: with `@every 2h` up to two hours",
		Key:   "`collect.sources.youtube.key` or `key_file`: a free key of a Google Cloud project with the YouTube Data API v3",
		Terms: "YouTube API Services Terms. 100 searches a day and project, which no request for more may circumvent; a refused quota is left alone until midnight Pacific time.",
		Faults: "A search finds less than there is, and `totalResults` is an estimate that is not used: only videos that came are counted. " +
			"An hour of which not all pages were turned is `uploads_hour_at_least`, a lower bound, never mixed with counts. Each look asks the last hour of the look before once more. " +
			"Views are not taken: those of minutes-old videos say nothing, and each look would add up others. The count of searches outlives a restart where `collect.state` or the data directory is there to keep it; elsewhere Google's own refusal bounds them.",
	}
}

// Targets are the watched tags.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch counts the closed hours since the look before, and one more.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	to := slot.UTC().Truncate(time.Hour)
	w := window{from: to.Add(-time.Duration(s.hours) * time.Hour), to: to}
	found, err := s.search(ctx, target.GetName(), w)
	if err != nil && len(found.order) == 0 {
		return snap, err
	}
	snap.Readings = found.readings(target.GetName(), w)
	if err == nil && !found.whole {
		err = fmt.Errorf("there are more than the %d videos that were listed; collect.sources.youtube.max_pages is %d", len(found.times), s.maxPages)
	}
	return snap, err
}

// search turns pages, newest videos first, as far as it may. What it found
// before an error stands.
func (s *Source) search(ctx context.Context, tag string, w window) (*uploads, error) {
	found := newUploads()
	allow, token := s.quota.look(), ""
	for n := 1; n <= s.maxPages; n++ {
		if n > 1 && !s.quota.hasSpare() {
			return found, nil
		}
		resp, err := s.fetch.Do(ctx, fetch.Request{URL: s.question(tag, w, token), Header: s.header.Clone(), Allow: allow})
		if err != nil {
			return found, s.explain(err)
		}
		p, err := parsePage(resp.Body, w)
		if err != nil {
			return found, fetch.Refuse(resp.Body, err)
		}
		found.add(p)
		if p.next == "" {
			found.whole = true
			return found, nil
		}
		token = p.next
	}
	return found, nil
}

// question asks for what was uploaded in the window. fields keeps everything
// out of the answer that is not counted, above all titles and channels.
func (s *Source) question(tag string, w window, token string) string {
	query := url.Values{
		"part": {"snippet"}, "type": {"video"}, "q": {"#" + tag}, "order": {"date"}, "maxResults": {strconv.Itoa(perPage)},
		"publishedAfter": {w.from.Format(time.RFC3339)},
		// Both ends belong to what is searched, and times are whole seconds.
		"publishedBefore": {w.to.Add(-time.Second).Format(time.RFC3339)},
		"fields":          {"kind,nextPageToken,items(id,snippet/publishedAt)"},
	}
	if token != "" {
		query.Set("pageToken", token)
	}
	return s.base + "/youtube/v3/search?" + query.Encode()
}

// uploads are the videos that were found.
type uploads struct {
	times  map[string]time.Time // by id: pages overlap when videos come in between
	order  []time.Time
	whole  bool
	sorted bool
}

func newUploads() *uploads { return &uploads{times: make(map[string]time.Time), sorted: true} }

func (u *uploads) add(p page) {
	for _, v := range p.videos {
		if _, ok := u.times[v.id]; ok {
			continue
		}
		u.times[v.id] = v.at
		u.order = append(u.order, v.at)
	}
	u.sorted = slices.IsSortedFunc(u.order, func(a, b time.Time) int { return b.Compare(a) })
}

// readings has one per hour of which all is known: every hour where all pages
// were turned, else those after the hour of the oldest video. Of other hours
// what was found is a lower bound; where nothing was found, nothing is known.
func (u *uploads) readings(tag string, w window) []*event.Reading {
	counts := make(map[time.Time]int)
	for _, at := range u.times {
		counts[at.Truncate(time.Hour)]++
	}
	known := w.from
	if !u.whole {
		known = w.to
		if u.sorted && len(u.order) > 0 {
			known = u.order[len(u.order)-1].Truncate(time.Hour).Add(time.Hour)
		}
	}
	var list []*event.Reading
	for hour := w.to.Add(-time.Hour); !hour.Before(w.from); hour = hour.Add(-time.Hour) {
		metric := "uploads_hour"
		if hour.Before(known) {
			if counts[hour] == 0 {
				continue
			}
			metric = "uploads_hour_at_least"
		}
		list = append(list, &event.Reading{Subject: tag, Metric: metric, Value: float64(counts[hour]), AtMs: hour.UnixMilli()})
	}
	return list
}
