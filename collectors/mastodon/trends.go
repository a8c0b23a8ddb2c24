package mastodon

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	trendsParserVersion = 2
	trendingTags        = "trending-tags"
)

// Trends looks at the tags that each server calls trending, with their
// counters: for discovery.
type Trends struct {
	fetch   *fetch.Client
	bases   map[string]string // by host
	targets []*event.Target
}

// NewTrends makes the source of the trending tags of the configured servers.
func NewTrends(f *fetch.Client, cfg config.MastodonTrends) (*Trends, error) {
	hosts, bases, err := servers("collect.sources.mastodon_trends.instances", cfg.Instances)
	if err != nil {
		return nil, err
	}
	s := &Trends{fetch: f, bases: bases}
	for _, host := range hosts {
		s.targets = append(s.targets, event.ListTarget(host, "", trendingTags))
	}
	return s, nil
}

// AboutTrends describes the source.
func AboutTrends() about.Source {
	return about.Source{
		Targets: "list/<server>//trending-tags", Readings: "`rank`, `uses_day`, `accounts_day`, `uses_today`, `accounts_today`",
		Signal: "which tags rise on a server, whether they are watched or not", Unit: "place in the list; posts with the tag, and accounts that used it, in a day, UTC",
		Fresh: "about 5 minutes", Terms: "Public API, no key; 300 requests per 5 minutes and address. Servers may close it to the public; such a look is `failed` and says so.",
		Faults: "At most 20 tags, and only those that the server's moderators let trend: not being there is no sign. A server counts what it knows of: never add two servers up. Each tag brings its last seven days, which are its baseline. A tag can be a person's name: a topic, never a user.",
	}
}

// Targets are the lists of all servers.
func (s *Trends) Targets() []*event.Target { return s.targets }

// Fetch reads the list of one server.
func (s *Trends) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: trendsParserVersion}
	resp, err := s.fetch.Get(ctx, s.bases[target.GetPlace()]+"/api/v1/trends/tags?limit=20")
	if err != nil {
		return snap, explain(err)
	}
	tags, err := parseTrends(resp.Body)
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if len(tags) == 0 {
		snap.Reason = "nothing is trending on the server"
		return snap, nil
	}
	snap.Depth = uint32(len(tags)) //nolint:gosec // bounded by the parser
	snap.Readings = trendReadings(tags, slot)
	return snap, nil
}

func trendReadings(tags []trendingTag, slot time.Time) []*event.Reading {
	var list []*event.Reading
	for i, t := range tags {
		list = append(list, &event.Reading{Subject: t.name, Metric: event.MetricRank, Value: float64(i + 1)})
		list = append(list, readings(t.name, t.days, slot)...)
	}
	return list
}
