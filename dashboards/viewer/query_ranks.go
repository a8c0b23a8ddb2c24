package viewer

import (
	"context"
	"fmt"
	"net/url"
	"slices"
)

// mostPoints is how many moments a series has at most: a screen has not more
// columns.
const mostPoints = 2000

// Ranks is one chart: all watched apps at every look.
type Ranks struct {
	Target string      `json:"target"`
	Groups []RankGroup `json:"groups"`
}

// RankGroup is what has one basis: bases are never mixed into one line.
type RankGroup struct {
	Basis string `json:"basis"`
	// StepS is how many seconds lie between two moments; a longer silence is a
	// gap.
	StepS  int64        `json:"step_s"`
	Depth  uint32       `json:"depth"`
	At     []int64      `json:"at"`
	Series []RankSeries `json:"series"`
}

// RankSeries is one app. State has one letter per moment: r ranked, u unranked,
// n not fetched, d delisted, - nothing known.
type RankSeries struct {
	Entity string    `json:"entity"`
	Rank   []*uint32 `json:"rank"`
	State  string    `json:"state"`
}

type spanRow struct {
	Basis  string `ch:"basis"`
	First  int64  `ch:"first"`
	Last   int64  `ch:"last"`
	Looks  uint64 `ch:"looks"`
	EveryS uint32 `ch:"every_s"`
	Depth  uint32 `ch:"depth"`
}

const sqlSpans = `
SELECT basis, toInt64(toUnixTimestamp(min(slot))) AS first, toInt64(toUnixTimestamp(max(slot))) AS last,
    uniqExact(slot) AS looks, toUInt32(quantileExact(0.5)(l.every_s)) AS every_s, max(l.depth) AS depth
FROM looks AS l
WHERE target = ? AND slot >= fromUnixTimestamp(?) AND slot < fromUnixTimestamp(?) AND %s
GROUP BY basis
ORDER BY basis`

// In a bucket of several looks the best rank stands, and a look that saw
// something goes before one that did not.
// Tuples, because groupArray leaves a plain NULL out.
const sqlRanks = `
SELECT entity, (groupArray((t, best, letter)) AS moments).1 AS at, moments.2 AS rank, arrayStringConcat(moments.3) AS states
FROM (
    SELECT entity, toInt64(%s) AS t, minIf(r.rank, state = 'ranked') AS best,
        multiIf(countIf(state = 'ranked') > 0, 'r', countIf(state = 'delisted') > 0, 'd', countIf(state = 'unranked') > 0, 'u', 'n') AS letter
    FROM v_ranks AS r
    WHERE target = ? AND basis = ? AND slot >= fromUnixTimestamp(?) AND slot < fromUnixTimestamp(?)
    GROUP BY entity, t
    ORDER BY entity, t
)
GROUP BY entity
ORDER BY entity`

type rankRow struct {
	Entity string    `ch:"entity"`
	At     []int64   `ch:"at"`
	Rank   []*uint32 `ch:"rank"`
	States string    `ch:"states"`
}

func (s *server) ranks(ctx context.Context, q url.Values) (any, error) {
	target, err := required(q, "target")
	if err != nil {
		return nil, err
	}
	sp, err := parseSpan(q)
	if err != nil {
		return nil, err
	}
	bases, err := basesOf(q)
	if err != nil {
		return nil, err
	}
	spans, err := rowsOf[spanRow](ctx, s.deps.DB, fmt.Sprintf(sqlSpans, bases), target, sp.from.Unix(), sp.to.Unix())
	if err != nil {
		return nil, err
	}
	out := Ranks{Target: target, Groups: []RankGroup{}}
	for _, one := range spans {
		bucket, step := thin(one)
		rows, err := rowsOf[rankRow](ctx, s.deps.DB, fmt.Sprintf(sqlRanks, bucket), target, one.Basis, sp.from.Unix(), sp.to.Unix())
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, rankGroup(one, step, rows))
	}
	return out, nil
}

// thin says how a series is brought down to mostPoints: the SQL of its moments,
// and the seconds between two of them.
func thin(one spanRow) (sql string, step int64) {
	step = int64(one.EveryS)
	if one.Looks <= mostPoints {
		return "toUnixTimestamp(slot)", step
	}
	width := (one.Last-one.First)/mostPoints + 1
	// At least two looks to a bucket: else looks that are a little off their
	// ticks would leave buckets empty, which would be drawn as gaps.
	step = max((width+59)/60*60, 2*step)
	return fmt.Sprintf("intDiv(toUnixTimestamp(slot), %d) * %d", step, step), step
}

// rankGroup puts the series on one common row of moments.
func rankGroup(one spanRow, step int64, rows []rankRow) RankGroup {
	g := RankGroup{Basis: one.Basis, StepS: step, Depth: one.Depth, Series: []RankSeries{}}
	g.At = moments(rows)
	for _, r := range rows {
		series := RankSeries{Entity: r.Entity, Rank: make([]*uint32, len(g.At))}
		states := slices.Repeat([]byte{'-'}, len(g.At))
		for i, t := range r.At {
			k, _ := slices.BinarySearch(g.At, t)
			series.Rank[k], states[k] = r.Rank[i], r.States[i]
		}
		series.State = string(states)
		g.Series = append(g.Series, series)
	}
	return g
}

// moments are all moments of all series, in order.
func moments(rows []rankRow) []int64 {
	out := []int64{}
	for _, r := range rows {
		if !slices.Equal(out, r.At) {
			out = append(out, r.At...)
			slices.Sort(out)
			out = slices.Compact(out)
		}
	}
	return out
}
