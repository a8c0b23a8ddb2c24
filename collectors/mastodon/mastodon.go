// Package mastodon looks at the public counters of hashtags, server by server.
// A server counts what it knows: two servers are two views, never one sum.
package mastodon

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

const parserVersion = 2

// Source looks at each watched tag on each server.
type Source struct {
	fetch   *fetch.Client
	bases   map[string]string // by host
	targets []*event.Target
}

// New makes the source of the watched tags on the configured servers.
func New(f *fetch.Client, cfg config.Mastodon, w config.Watch) (*Source, error) {
	hosts, bases, err := servers("collect.sources.mastodon.instances", cfg.Instances)
	if err != nil {
		return nil, err
	}
	s := &Source{fetch: f, bases: bases}
	for _, host := range hosts {
		for j, tag := range w.Tags {
			t := event.TagTarget(host, strings.ToLower(strings.TrimPrefix(tag, "#")))
			if err := t.Validate(); err != nil {
				return nil, fmt.Errorf("watch.tags[%d]: %w", j, err)
			}
			s.targets = append(s.targets, t)
		}
	}
	return s, nil
}

// servers gives the hosts of base URLs, in their order, and the base of each.
func servers(setting string, urls []string) (hosts []string, bases map[string]string, err error) {
	bases = make(map[string]string)
	for i, base := range urls {
		u, err := url.Parse(base)
		if err != nil || u.Host == "" {
			return nil, nil, fmt.Errorf("%s[%d] is %q, want https://host", setting, i, base)
		}
		if bases[u.Host] != "" {
			return nil, nil, fmt.Errorf("%s[%d]: %s is there twice", setting, i, u.Host)
		}
		bases[u.Host] = strings.TrimRight(base, "/")
		hosts = append(hosts, u.Host)
	}
	return hosts, bases, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "tag/<server>//<tag>", Readings: "`uses_day`, `accounts_day`, `uses_today`, `accounts_today`",
		Signal: "how much a tag is used on this server and those it knows", Unit: "posts with the tag, and accounts that used it, in a day, UTC",
		Fresh: "seconds", Terms: "Public API, no key; 300 requests per 5 minutes and address. Servers may close it to the public; such a look is `failed` and says so.",
		Faults: "A server counts what it knows of: never add two servers up. Today's count grows all day, so it is a metric of its own. A tag that nobody used is a real 0. Seven days come each time, so gaps heal.",
		Past:   "the last 7 days, one request per tag and server",
	}
}

// Targets are all watched tags on all servers.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch reads the counters of the last seven days. A tag that the server has
// never seen has counters too, of zero: those are real.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	days, err := s.days(ctx, target)
	if err != nil {
		return snap, err
	}
	snap.Readings = readings(target.GetName(), days, slot)
	return snap, nil
}

// explain says what a status means here.
func explain(err error) error {
	switch fetch.Status(err) {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity:
		return fmt.Errorf("the server does not show its tags to the public: %w", err)
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("the server has no tag counters, is it a Mastodon server? %w", err)
	default:
		return err
	}
}

// readings gives the counters of each day that is over, about that day, and
// today's about the slot: a counter that grows until midnight UTC and then
// starts at 0. As a day's count it would be a fall that nobody saw.
func readings(tag string, days []day, slot time.Time) []*event.Reading {
	const perDay = 2
	today := slot.UTC().Truncate(24 * time.Hour)
	list := make([]*event.Reading, 0, perDay*len(days))
	for _, d := range days {
		switch at := d.start.UnixMilli(); {
		case d.start.Before(today):
			list = append(
				list,
				&event.Reading{Subject: tag, Metric: "uses_day", Value: d.uses, AtMs: at},
				&event.Reading{Subject: tag, Metric: "accounts_day", Value: d.accounts, AtMs: at},
			)
		case d.start.Equal(today):
			list = append(
				list,
				&event.Reading{Subject: tag, Metric: "uses_today", Value: d.uses},
				&event.Reading{Subject: tag, Metric: "accounts_today", Value: d.accounts},
			)
		}
	}
	return list
}
