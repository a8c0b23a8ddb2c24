package viewer

import (
	"context"
	"fmt"
	"net/url"
	"slices"
)

// Counts are the series of one target.
type Counts struct {
	Target string       `json:"target"`
	Groups []CountGroup `json:"groups"`
}

// CountGroup is what has one basis.
type CountGroup struct {
	Basis  string        `json:"basis"`
	StepS  int64         `json:"step_s"`
	At     []int64       `json:"at"`
	Series []CountSeries `json:"series"`
}

// CountSeries is one subject, with null where there is no value.
type CountSeries struct {
	Subject string     `json:"subject"`
	Metric  string     `json:"metric"`
	Value   []*float64 `json:"value"`
}

// mostSubjects caps the answer: a list has thousands of topics, a page shows a
// few.
const mostSubjects = 40

const (
	sqlCountSpan = `
SELECT basis, toInt64(toUnixTimestamp(min(at))) AS first, toInt64(toUnixTimestamp(max(at))) AS last, uniqExact(at) AS looks,
    toUInt32(0) AS every_s, toUInt32(0) AS depth
FROM v_readings
WHERE target = ? AND metric = ? AND at >= fromUnixTimestamp(?) AND at < fromUnixTimestamp(?) AND %s
GROUP BY basis
ORDER BY basis`

	// A bucket of several values shows the largest: a peak must not vanish.
	sqlCountSeries = `
SELECT subject, groupArray(t) AS at, groupArray(v) AS value
FROM (
    SELECT subject, toInt64(%s) AS t, max(r.value) AS v
    FROM v_readings AS r
    WHERE target = ? AND metric = ? AND basis = ? AND r.at >= fromUnixTimestamp(?) AND r.at < fromUnixTimestamp(?)
    GROUP BY subject, t
    ORDER BY subject, t
)
GROUP BY subject
ORDER BY argMax(v, t) DESC, subject
LIMIT %d`
)

type countRow struct {
	Subject string    `ch:"subject"`
	At      []int64   `ch:"at"`
	Value   []float64 `ch:"value"`
}

func (s *server) series(ctx context.Context, q url.Values) (any, error) {
	target, err := required(q, "target")
	if err != nil {
		return nil, err
	}
	metric, err := required(q, "metric")
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
	spans, err := rowsOf[spanRow](ctx, s.deps.DB, fmt.Sprintf(sqlCountSpan, bases), target, metric, sp.from.Unix(), sp.to.Unix())
	if err != nil {
		return nil, err
	}
	out := Counts{Target: target, Groups: []CountGroup{}}
	for _, one := range spans {
		sql := fmt.Sprintf(sqlCountSeries, countBucket(one), mostSubjects)
		rows, err := rowsOf[countRow](ctx, s.deps.DB, sql, target, metric, one.Basis, sp.from.Unix(), sp.to.Unix())
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, countGroup(one.Basis, metric, rows))
	}
	return out, nil
}

func countBucket(one spanRow) string {
	if one.Looks <= mostPoints {
		return "toUnixTimestamp(r.at)"
	}
	width := (one.Last-one.First)/mostPoints*2 + 1
	return fmt.Sprintf("intDiv(toUnixTimestamp(r.at), %d) * %d", width, width)
}

func countGroup(basis, metric string, rows []countRow) CountGroup {
	g := CountGroup{Basis: basis, At: []int64{}, Series: []CountSeries{}}
	for _, r := range rows {
		g.At = append(g.At, r.At...)
	}
	slices.Sort(g.At)
	g.At = slices.Compact(g.At)
	g.StepS = usualStep(g.At)
	for _, r := range rows {
		one := CountSeries{Subject: r.Subject, Metric: metric, Value: make([]*float64, len(g.At))}
		for i, t := range r.At {
			k, _ := slices.BinarySearch(g.At, t)
			one.Value[k] = &r.Value[i]
		}
		g.Series = append(g.Series, one)
	}
	return g
}

// usualStep is the median distance of two moments; 0 where there are too few.
func usualStep(at []int64) int64 {
	if len(at) < 2 {
		return 0
	}
	steps := make([]int64, 0, len(at)-1)
	for i := range len(at) - 1 {
		steps = append(steps, at[i+1]-at[i])
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}
