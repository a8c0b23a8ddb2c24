package bluesky

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const trendsParserVersion = 1

// Trends looks at the topics that Bluesky calls trending.
type Trends struct {
	fetch   *fetch.Client
	base    string
	targets []*event.Target
}

// NewTrends makes the source of the trending topics.
func NewTrends(f *fetch.Client, cfg config.BlueskyTrends) *Trends {
	return &Trends{
		fetch: f, base: strings.TrimRight(cfg.BaseURL, "/"),
		targets: []*event.Target{event.ListTarget("bluesky", "", "trends")},
	}
}

// AboutTrends describes the source.
func AboutTrends() about.Source {
	return about.Source{
		Targets: "list/bluesky//trends", Readings: "`rank`, `posts_total`",
		Signal: "which topics rise on Bluesky, whether they are watched or not",
		Unit:   "place in the list; posts about the topic since it began to trend",
		Fresh:  "minutes",
		Terms:  "Public API, no key. The method is called unspecced: it may change or go without notice.",
		Faults: "At most 25 topics, cut and named by Bluesky; a topic is no tag. A server may not offer it and answers 501. A topic can be a person of public attention, which is a topic and never a user; the accounts in the answer are not read.",
	}
}

// Targets is the one list there is.
func (s *Trends) Targets() []*event.Target { return s.targets }

// Fetch reads the list.
func (s *Trends) Fetch(ctx context.Context, _ *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: trendsParserVersion}
	resp, err := s.fetch.Get(ctx, s.base+"/xrpc/app.bsky.unspecced.getTrends?limit=25")
	if err != nil {
		return snap, explainTrends(err)
	}
	trends, err := parseTrends(resp.Body)
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	if len(trends) == 0 {
		snap.Reason = "nothing is trending"
		return snap, nil
	}
	snap.Depth = uint32(len(trends)) //nolint:gosec // bounded by the parser
	snap.Readings = trendReadings(trends)
	return snap, nil
}

// explainTrends says what a status means here.
func explainTrends(err error) error {
	switch fetch.Status(err) {
	case http.StatusNotImplemented, http.StatusNotFound:
		return fmt.Errorf("the server does not offer trends: %w", err)
	default:
		return err
	}
}

func trendReadings(trends []trend) []*event.Reading {
	const perTrend = 2
	list := make([]*event.Reading, 0, perTrend*len(trends))
	for i, t := range trends {
		list = append(
			list,
			&event.Reading{Subject: t.topic, Metric: event.MetricRank, Value: float64(i + 1)},
			&event.Reading{Subject: t.topic, Metric: "posts_total", Value: t.posts},
		)
	}
	return list
}
