package viewer

import (
	"context"
	"net/url"
)

// Catalogue is what there is to draw.
type Catalogue struct {
	// Topic is the case that is loaded; empty: none.
	Topic    string       `json:"topic"`
	Entities []EntityInfo `json:"entities"`
	Charts   []ChartInfo  `json:"charts"`
	Counts   []CountInfo  `json:"counts"`
}

// EntityInfo is an app or platform with its fixed colour.
type EntityInfo struct {
	ID     string   `json:"id"     ch:"id"`
	Name   string   `json:"name"   ch:"name"`
	Names  []string `json:"names"  ch:"names"`
	Colour string   `json:"colour" ch:"colour"`
}

// ChartInfo is a chart that somebody has looked at. First and Last are Unix
// seconds.
type ChartInfo struct {
	Target string `json:"target" ch:"target"`
	Basis  string `json:"basis"  ch:"basis"`
	First  int64  `json:"first"  ch:"first"`
	Last   int64  `json:"last"   ch:"last"`
}

// CountInfo is a series of counts.
type CountInfo struct {
	Target string `json:"target" ch:"target"`
	Metric string `json:"metric" ch:"metric"`
	Basis  string `json:"basis"  ch:"basis"`
	First  int64  `json:"first"  ch:"first"`
	Last   int64  `json:"last"   ch:"last"`
}

const (
	sqlEntities = `
SELECT id, name, aliases AS names, if(colour = '', '#808080', colour) AS colour
FROM entities
ORDER BY position`

	// Duplicates do not matter for the ends of a span, so no FINAL.
	sqlCharts = `
SELECT target, basis, toInt64(toUnixTimestamp(min(slot))) AS first, toInt64(toUnixTimestamp(max(slot))) AS last
FROM looks
WHERE startsWith(target, 'chart/') AND outcome IN ('ok', 'empty')
GROUP BY target, basis
ORDER BY target, basis`

	sqlCounts = `
SELECT target, metric, basis, toInt64(toUnixTimestamp(min(at))) AS first, toInt64(toUnixTimestamp(max(at))) AS last
FROM readings
WHERE metric NOT IN ('rank', 'listed') AND NOT startsWith(target, 'list/')
GROUP BY target, metric, basis
ORDER BY target, metric, basis`

	sqlTopic = `
SELECT topic
FROM facts
GROUP BY topic
ORDER BY count() DESC
LIMIT 1`
)

type topicRow struct {
	Topic string `ch:"topic"`
}

func (s *server) catalogue(ctx context.Context, _ url.Values) (any, error) {
	var (
		c   Catalogue
		err error
	)
	if c.Entities, err = rowsOf[EntityInfo](ctx, s.deps.DB, sqlEntities); err != nil {
		return nil, err
	}
	if c.Charts, err = rowsOf[ChartInfo](ctx, s.deps.DB, sqlCharts); err != nil {
		return nil, err
	}
	if c.Counts, err = rowsOf[CountInfo](ctx, s.deps.DB, sqlCounts); err != nil {
		return nil, err
	}
	topics, err := rowsOf[topicRow](ctx, s.deps.DB, sqlTopic)
	if err != nil {
		return nil, err
	}
	if len(topics) > 0 {
		c.Topic = topics[0].Topic
	}
	return c, nil
}
