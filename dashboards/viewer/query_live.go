package viewer

import (
	"context"
	"net/url"
	"time"
)

// Live is the newest reading of everything that is watched.
type Live struct {
	Now      int64         `json:"now"`
	Readings []LiveReading `json:"readings"`
}

// LiveReading is the newest reading of one series. State and Depth are those of
// ranks.
type LiveReading struct {
	Source  string   `json:"source"  ch:"source"`
	Target  string   `json:"target"  ch:"target"`
	Entity  string   `json:"entity"  ch:"entity"`
	Subject string   `json:"subject" ch:"subject"`
	Metric  string   `json:"metric"  ch:"metric"`
	Value   *float64 `json:"value"   ch:"value"`
	State   string   `json:"state"   ch:"state"`
	Depth   uint32   `json:"depth"   ch:"depth"`
	At      int64    `json:"at"      ch:"seen"`
}

const (
	// v_ranks is dear, so it is asked only where a live chart has answered.
	sqlLiveCharts = `
SELECT count() AS n
FROM looks
WHERE basis = 'measured' AND slot > now() - INTERVAL 2 DAY AND outcome IN ('ok', 'empty') AND startsWith(target, 'chart/')`

	// A tuple, because argMax would pass over a NULL and show an older rank.
	sqlLiveRanks = `
SELECT source, target, entity, any(r.subject) AS subject, 'rank' AS metric,
    (argMax((toFloat64(r.rank), toString(r.state), r.depth), slot) AS newest).1 AS value, newest.2 AS state, newest.3 AS depth,
    toInt64(toUnixTimestamp(max(slot))) AS seen
FROM v_ranks AS r
WHERE basis = 'measured' AND slot > now() - INTERVAL 2 DAY AND outcome IN ('ok', 'empty')
GROUP BY source, target, entity
ORDER BY target, isNull(value), value, entity
LIMIT 200`

	sqlLiveCounts = `
SELECT source, target, any(entity) AS entity, subject, metric, toNullable(argMax(r.value, r.at)) AS value, '' AS state, toUInt32(0) AS depth,
    toInt64(toUnixTimestamp(max(r.seen_at))) AS seen
FROM v_named_readings AS r
WHERE basis = 'measured' AND metric NOT IN ('rank', 'listed') AND slot > now() - INTERVAL 2 DAY AND kind != 'list'
GROUP BY source, target, subject, metric
ORDER BY target, metric, subject
LIMIT 200`
)

type countOnly struct {
	N uint64 `ch:"n"`
}

func (s *server) live(ctx context.Context, _ url.Values) (any, error) {
	charts, err := rowsOf[countOnly](ctx, s.deps.DB, sqlLiveCharts)
	if err != nil {
		return nil, err
	}
	ranks := []LiveReading{}
	if charts[0].N > 0 {
		if ranks, err = rowsOf[LiveReading](ctx, s.deps.DB, sqlLiveRanks); err != nil {
			return nil, err
		}
	}
	counts, err := rowsOf[LiveReading](ctx, s.deps.DB, sqlLiveCounts)
	if err != nil {
		return nil, err
	}
	return Live{Now: time.Now().Unix(), Readings: append(ranks, counts...)}, nil
}
