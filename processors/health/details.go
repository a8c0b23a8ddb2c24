package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// detailsEvery is how often the readings of a source are read at most: they are
// many, and no rule about them opens with one look.
const detailsEvery = 10 * time.Minute

// sourceDetails is what the readings of a source were like, as of a mark.
type sourceDetails struct {
	mark    mark
	read    time.Time
	metrics map[string][]metricHistory // by target
	names   map[string][]nameHistory   // by target
}

// mark changes whenever a source was looked at: how many good looks there are,
// and the sum of the last slots of its targets.
type mark struct {
	looks int
	last  int64
}

// metricHistory is a metric of a target, look by look.
type metricHistory struct {
	metric string
	looks  []metricLook // oldest first
	// periods is how many different moments it was about; more than there are
	// looks where it is about days or hours.
	periods uint64
}

// metricLook is what a look said about a metric at its own slot. Of a metric
// about periods only the last look is there: later looks at the same period
// replace earlier ones.
type metricLook struct {
	slot      time.Time
	n, u, sum uint64 // readings at the slot, different values, a hash of all
	nonzero   uint64
}

// period says that the metric is about days or hours, not about the slot.
func (m *metricHistory) period() bool { return m.looks[len(m.looks)-1].n == 0 }

func (m *metricHistory) last() time.Time { return m.looks[len(m.looks)-1].slot }

// nameHistory is whether an id bore the expected name, look by look.
type nameHistory struct {
	subject string
	slots   []time.Time
	matches []bool
}

func (p *Processor) judgeDetails(ctx context.Context, all []*series, known *ledger, now time.Time) ([]finding, error) {
	var out []finding
	var failed error
	for _, group := range bySource(all) {
		d, err := p.detailsOf(ctx, group, now)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", group[0].source, err))
			continue
		}
		for _, s := range group {
			metrics := d.metrics[s.target]
			found := p.judgeMissing(s, metrics, known)
			found = append(found, p.judgeSame(s, metrics, known)...)
			found = append(found, p.judgeNames(s, d.names[s.target], known)...)
			found = append(found, p.vanished(s, found, known)...)
			out = append(out, seenAt(s.last, found)...)
		}
	}
	return out, failed
}

// detailsOf reads the readings of a source if it was looked at since.
func (p *Processor) detailsOf(ctx context.Context, group []*series, now time.Time) (*sourceDetails, error) {
	var at mark
	var every time.Duration
	var targets []string
	for _, s := range group {
		every = max(every, s.every)
		at.last += s.last.UnixMilli()
		at.looks += len(s.oks())
		targets = append(targets, s.target)
	}
	source := group[0].source
	if d := p.details[source]; d != nil && (d.mark == at || now.Sub(d.read) < detailsEvery && !now.Before(d.read)) {
		return d, nil
	}
	d := &sourceDetails{mark: at, read: now, metrics: map[string][]metricHistory{}, names: map[string][]nameHistory{}}
	from := now.Add(-p.within(every)).UnixMilli()
	if err := p.readMetrics(ctx, d, source, targets, from); err != nil {
		return nil, err
	}
	if err := p.readNames(ctx, d, source, targets, from); err != nil {
		return nil, err
	}
	p.details[source] = d
	return d, nil
}

type metricRow struct {
	Target  string   `ch:"target"`
	Metric  string   `ch:"metric"`
	Slots   []int64  `ch:"slots"`
	N       []uint64 `ch:"ns"`
	U       []uint64 `ch:"us"`
	Sum     []uint64 `ch:"sums"`
	Nonzero []uint64 `ch:"nonzeros"`
	Periods uint64   `ch:"periods"`
}

// metricsSQL names the targets, as the table is sorted by metric and target and
// not by source.
const metricsSQL = `
SELECT target, metric, groupArray(ms) AS slots, groupArray(n) AS ns, groupArray(u) AS us, groupArray(h) AS sums,
    groupArray(nz) AS nonzeros, sum(p) AS periods
FROM (
    SELECT r.target AS target, r.metric AS metric, toUnixTimestamp64Milli(r.slot) AS ms,
        countIf(r.at = r.slot) AS n, uniqExactIf(r.value, r.at = r.slot) AS u,
        groupBitXorIf(cityHash64(r.subject, r.value), r.at = r.slot) AS h,
        countIf(r.at = r.slot AND r.value != 0) AS nz,
        uniqExact(r.at) AS p
    FROM v_readings AS r
    WHERE r.target IN ? AND r.source = ? AND r.basis = 'measured' AND r.slot > fromUnixTimestamp64Milli(toInt64(?), 'UTC')
    GROUP BY target, metric, ms
)
GROUP BY target, metric
ORDER BY target, metric`

func (p *Processor) readMetrics(ctx context.Context, d *sourceDetails, source string, targets []string, from int64) error {
	rows, err := clickhouse.Select[metricRow](ctx, p.deps.DB, metricsSQL, targets, source, from)
	if err != nil {
		return err
	}
	for _, r := range rows {
		m := metricHistory{metric: r.Metric, periods: r.Periods}
		for i, slot := range r.Slots {
			m.looks = append(m.looks, metricLook{
				slot: time.UnixMilli(slot).UTC(), n: r.N[i], u: r.U[i], sum: r.Sum[i], nonzero: r.Nonzero[i],
			})
		}
		slices.SortFunc(m.looks, func(a, b metricLook) int { return a.slot.Compare(b.slot) })
		d.metrics[r.Target] = append(d.metrics[r.Target], m)
	}
	return nil
}

type nameRow struct {
	Target  string    `ch:"target"`
	Subject string    `ch:"subject"`
	Slots   []int64   `ch:"slots"`
	Values  []float64 `ch:"values"`
}

func (p *Processor) readNames(ctx context.Context, d *sourceDetails, source string, targets []string, from int64) error {
	rows, err := clickhouse.Select[nameRow](ctx, p.deps.DB, `
SELECT target, subject, groupArray(toUnixTimestamp64Milli(slot)) AS slots, groupArray(value) AS values
FROM (SELECT * FROM v_readings WHERE metric = ? AND target IN ? AND source = ? AND basis = 'measured' AND at > fromUnixTimestamp64Milli(toInt64(?), 'UTC') ORDER BY slot)
GROUP BY target, subject
ORDER BY target, subject`, metricNameMatches, targets, source, from)
	if err != nil {
		return err
	}
	for _, r := range rows {
		byTime := make([]int, len(r.Slots))
		for i := range byTime {
			byTime[i] = i
		}
		slices.SortFunc(byTime, func(a, b int) int { return int(r.Slots[a] - r.Slots[b]) })
		n := nameHistory{subject: r.Subject}
		for _, i := range byTime {
			n.slots = append(n.slots, time.UnixMilli(r.Slots[i]).UTC())
			n.matches = append(n.matches, r.Values[i] != 0)
		}
		d.names[r.Target] = append(d.names[r.Target], n)
	}
	return nil
}
