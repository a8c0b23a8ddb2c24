package health

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

const (
	// coverageEvery: a day that is over changes only by what comes late.
	coverageEvery = 10 * time.Minute
	// minExpected is how many looks a day must have for its share to mean
	// anything.
	minExpected = 6
)

type coverageCache struct {
	day  time.Time
	read time.Time
	rows []coverageRow
}

type coverageRow struct {
	Source   string `ch:"source"`
	Target   string `ch:"target"`
	Expected uint32 `ch:"expected"`
	OK       uint32 `ch:"ok"`
}

// coverageSQL is the rule of v_coverage for one day: the view reads all looks
// there ever were. What had no look for two intervals is said to be stale.
const coverageSQL = `
WITH
    ticks AS (
        SELECT source, target, slot, max(outcome IN ('ok', 'empty')) AS good, argMax(l.every_s, seen_at) AS interval_s
        FROM v_looks AS l
        WHERE basis = 'measured' AND slot >= fromUnixTimestamp64Milli(toInt64(?), 'UTC') AND slot < fromUnixTimestamp64Milli(toInt64(?), 'UTC')
        GROUP BY source, target, slot
        HAVING interval_s > 0
    ),
    steps AS (
        SELECT *, leadInFrame(toNullable(slot)) OVER (
            PARTITION BY source, target ORDER BY slot ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_slot
        FROM ticks
    ),
    spans AS (
        SELECT source, target, slot, good, interval_s,
            ifNull(toUnixTimestamp64Milli(next_slot), toInt64(?)) - toUnixTimestamp64Milli(slot) AS lasts_ms,
            toUInt32(greatest(1, round(lasts_ms / 1000 / interval_s))) AS wanted
        FROM steps
    )
SELECT source, target, toUInt32(count()) AS expected, toUInt32(sum(if(i = 0, good, 0))) AS ok
FROM spans ARRAY JOIN range(wanted) AS i
WHERE toDate(slot + toIntervalSecond(interval_s * i)) = toDate(?)
GROUP BY source, target`

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// judgeCoverage looks at the last day that is over (UTC).
func (p *Processor) judgeCoverage(ctx context.Context, all []*series, known *ledger, now time.Time) ([]finding, error) {
	day := now.Truncate(24*time.Hour).AddDate(0, 0, -1)
	c := &p.coverage
	if !c.day.Equal(day) || now.Sub(c.read) >= coverageEvery || now.Before(c.read) {
		var most time.Duration
		for _, s := range all {
			most = max(most, s.every)
		}
		from, to := day.Add(-min(2*most, p.cfg.Lookback.D())), earlier(now, day.AddDate(0, 0, 1).Add(2*most))
		rows, err := clickhouse.Select[coverageRow](ctx, p.deps.DB,
			coverageSQL, from.UnixMilli(), to.UnixMilli(), to.UnixMilli(), day.Format(time.DateOnly))
		if err != nil {
			return nil, err
		}
		*c = coverageCache{day: day, read: now, rows: rows}
	}
	var out []finding
	for _, targets := range bySource(all) {
		g := group{
			source: targets[0].source, rules: []string{ruleCoverage},
			recovered: func(m member, _ *episode) time.Time {
				if m.verdict == well {
					return m.at
				}
				return time.Time{}
			},
			chanceOver: func(time.Time) bool { return true },
		}
		for _, s := range targets {
			if s.counted {
				continue
			}
			if f, known := p.covered(s, known, day); known {
				g.members = append(g.members, member{s: s, finding: f})
			}
		}
		out = append(out, g.judge(known)...)
	}
	return out, nil
}

// covered is false where the day says nothing about the target.
func (p *Processor) covered(s *series, known *ledger, day time.Time) (finding, bool) {
	i := slices.IndexFunc(p.coverage.rows, func(r coverageRow) bool { return r.Source == s.source && r.Target == s.target })
	if i < 0 || p.coverage.rows[i].Expected < minExpected {
		return finding{}, false
	}
	r := p.coverage.rows[i]
	ratio := float64(r.OK) / float64(r.Expected)
	k := about(ruleCoverage, s)
	f := finding{key: k, verdict: hold, onset: day, at: day.AddDate(0, 0, 1), value: ratio, baseline: p.cfg.Coverage, unit: "ratio"}
	e := known.open(k, whole(ruleCoverage, s.source))
	unseen := known.open(about(ruleStale, s), about(ruleFailing, s), whole(ruleStale, s.source), whole(ruleFailing, s.source)) != nil
	switch {
	case e == nil && unseen: // that says it already
	case e != nil && !day.After(e.onset) && ratio >= p.cfg.Coverage, e == nil && ratio >= p.cfg.Coverage, e != nil && ratio >= p.cfg.CoverageRecovered:
		f.verdict = well
		f.says = fmt.Sprintf("%d of %d looks of %s saw something.", r.OK, r.Expected, day.Format(time.DateOnly))
	case ratio < p.cfg.Coverage:
		f.verdict = bad
		for i, share := range []float64{p.cfg.Coverage, 0.5, 0.1} {
			if ratio < share {
				f.level = i
			}
		}
		f.says = fmt.Sprintf("%d of %d expected looks of %s saw something: %.0f %%, expected are %.0f %% (%.0f %% of a day close the episode).",
			r.OK, r.Expected, day.Format(time.DateOnly), 100*ratio, 100*p.cfg.Coverage, 100*p.cfg.CoverageRecovered)
	}
	if e != nil {
		f.onset = e.onset
	}
	return f, true
}
