package health

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// recentTicks is how many ticks of a target the rules see one by one.
const recentTicks = 200

// tick is a tick of the schedule and what came of it; of several looks at one
// tick a good one holds.
type tick struct {
	slot  time.Time
	good  bool // ok or empty
	ok    bool // with readings
	depth float64
}

// series is how one target was looked at.
type series struct {
	source, target string
	every          time.Duration // 0: no schedule
	counted        bool          // in a stream: no look is missing where nothing was said
	first, last    time.Time     // slots
	lastGood       time.Time     // zero: never
	reason         string        // of the last look that was not good
	cut            time.Time     // what was before does not count
	ticks          []tick        // the last ones, oldest first
}

// overdue says that for so many intervals nobody looked at all.
func (s *series) overdue(now time.Time, intervals float64) bool {
	return s.every > 0 && now.Sub(s.last) > s.times(intervals)
}

func (s *series) times(intervals float64) time.Duration {
	return time.Duration(intervals * float64(s.every))
}

type seriesRow struct {
	Source   string     `ch:"source"`
	Target   string     `ch:"target"`
	EveryS   uint32     `ch:"every_s"`
	Counted  uint8      `ch:"counted"`
	First    time.Time  `ch:"first"`
	Last     time.Time  `ch:"last"`
	LastGood *time.Time `ch:"last_good"`
	Reason   string     `ch:"last_reason"`
	Slots    []int64    `ch:"slots"`
	Good     []uint8    `ch:"goods"`
	OK       []uint8    `ch:"oks"`
	Depth    []uint32   `ch:"depths"`
}

// seriesSQL sees measured looks only: nobody looks at a recording again. Of
// what is counted in a stream it sees the sum of all tags: a tag that nobody
// mentions has no look, and that is no trouble. A minute is published some
// minutes later, so a stream is taken for one that is looked at every 10.
const seriesSQL = `
SELECT source, target, every_s, counted, first, last, last_good, last_reason,
    arrayMap(r -> -r.1, recent) AS slots,
    arrayMap(r -> r.2, recent) AS goods,
    arrayMap(r -> r.3, recent) AS oks,
    arrayMap(r -> r.4, recent) AS depths
FROM (
SELECT source, target,
    argMax(interval_s, slot) AS every_s,
    max(counts) AS counted,
    min(slot) AS first,
    max(slot) AS last,
    maxIf(toNullable(slot), good = 1) AS last_good,
    argMaxIf(why, slot, good = 0) AS last_reason,
    groupArraySorted(200)((-toUnixTimestamp64Milli(slot), good, saw, deep)) AS recent
FROM (
    SELECT l.source AS source, l.target AS target, l.slot AS slot,
        toUInt8(max(l.outcome IN ('ok', 'empty'))) AS good,
        toUInt8(max(l.outcome = 'ok')) AS saw,
        argMax(l.depth, (l.outcome = 'ok', l.seen_at)) AS deep,
        argMax(concat(l.outcome, ': ', l.reason), l.seen_at) AS why,
        argMax(if(l.via = 'count', greatest(l.every_s, 600), l.every_s), l.seen_at) AS interval_s,
        toUInt8(max(l.via = 'count')) AS counts
    FROM v_looks AS l
    WHERE l.basis = 'measured' AND (l.via != 'count' OR l.kind = 'list' AND startsWith(l.name, 'all-tags/')) AND l.slot > fromUnixTimestamp64Milli(toInt64(?), 'UTC') AND l.slot <= fromUnixTimestamp64Milli(toInt64(?), 'UTC')
    GROUP BY source, target, slot
)
GROUP BY source, target
)
ORDER BY source, target`

// ahead is how far the clock of a collector may be ahead of ours.
const ahead = 5 * time.Minute

func (p *Processor) readSeries(ctx context.Context, now time.Time) ([]*series, error) {
	rows, err := clickhouse.Select[seriesRow](ctx, p.deps.DB, seriesSQL,
		now.Add(-p.cfg.Lookback.D()).UnixMilli(), now.Add(ahead).UnixMilli())
	if err != nil {
		return nil, err
	}
	out := make([]*series, len(rows))
	for i := range rows {
		out[i] = rows[i].series()
	}
	return out, nil
}

func (r *seriesRow) series() *series {
	s := &series{
		source: r.Source, target: r.Target, every: time.Duration(r.EveryS) * time.Second,
		counted: r.Counted == 1,
		first:   r.First.UTC(), last: r.Last.UTC(), reason: r.Reason,
	}
	if r.LastGood != nil {
		s.lastGood = r.LastGood.UTC()
	}
	for i, slot := range r.Slots {
		s.ticks = append(s.ticks, tick{
			slot: time.UnixMilli(slot).UTC(), good: r.Good[i] == 1, ok: r.OK[i] == 1, depth: float64(r.Depth[i]),
		})
	}
	slices.SortFunc(s.ticks, func(a, b tick) int { return a.slot.Compare(b.slot) })
	return s
}

// bySource groups series; they come sorted.
func bySource(all []*series) [][]*series {
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b *series) int { return cmp.Compare(a.source, b.source) })
	return slices.Collect(func(yield func([]*series) bool) {
		for len(sorted) > 0 {
			n := 1
			for n < len(sorted) && sorted[n].source == sorted[0].source {
				n++
			}
			if !yield(sorted[:n]) {
				return
			}
			sorted = sorted[n:]
		}
	})
}

// badRun is how many ticks in a row, up to the last, saw nothing.
func (s *series) badRun() int {
	n := 0
	for i := len(s.ticks) - 1; i >= 0 && !s.ticks[i].good; i-- {
		n++
	}
	return n
}

// recovered is the tick after onset by which n good ones in a row were there;
// zero if there were none.
func (s *series) recovered(onset time.Time, n int) time.Time {
	run := 0
	for _, t := range s.ticks {
		switch {
		case !t.slot.After(onset):
		case !t.good:
			run = 0
		default:
			if run++; run >= n {
				return t.slot
			}
		}
	}
	return time.Time{}
}

// oks are the ticks which had readings.
func (s *series) oks() []tick {
	return slices.DeleteFunc(slices.Clone(s.ticks), func(t tick) bool { return !t.ok })
}
