package viewer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// newestRecorded says for a person what a recording holds.
const newestRecorded = `
SELECT source, target, min(slot) AS first, max(slot) AS last, max(seen_at) AS last_look, count() AS looks,
    arrayStringConcat(arraySort(groupUniqArray(toString(basis))), ', ') AS bases
FROM v_looks
WHERE basis NOT IN ('measured', 'backfill')
GROUP BY source, target`

type recordedRow struct {
	Source string    `ch:"source"`
	Target string    `ch:"target"`
	First  time.Time `ch:"first"`
	Last   time.Time `ch:"last"`
	Seen   time.Time `ch:"last_look"`
	Looks  uint64    `ch:"looks"`
	Bases  string    `ch:"bases"`
}

type freshRow struct {
	Source   string     `ch:"source"`
	Target   string     `ch:"target"`
	State    string     `ch:"state"`
	Since    time.Time  `ch:"since"`
	Why      string     `ch:"why"`
	LastLook time.Time  `ch:"last_look"`
	LastOK   *time.Time `ch:"last_ok"`
	EveryS   uint32     `ch:"every_s"`
}

// freshness is how every source fares that has looked, live or recorded.
func (s *server) freshness(ctx context.Context) ([]Source, error) {
	fresh, err := rowsOf[freshRow](ctx, s.deps.DB,
		"SELECT source, target, state, since, why, last_look, last_ok, every_s FROM v_freshness")
	if err != nil {
		return nil, err
	}
	recorded, err := rowsOf[recordedRow](ctx, s.deps.DB, newestRecorded)
	if err != nil {
		return nil, err
	}
	out := make([]Source, 0, len(fresh)+len(recorded))
	for _, r := range fresh {
		one := Source{
			Source: r.Source, Target: r.Target, State: r.State, Since: &r.Since,
			LastLook: &r.LastLook, LastOK: r.LastOK, EveryS: r.EveryS, Why: r.Why,
		}
		if s.forgotten(one) {
			one.Why = "no longer in the configuration"
		}
		out = append(out, one)
	}
	for _, r := range recorded {
		const day = "2 Jan 2006"
		out = append(out, Source{
			Source: r.Source, Target: r.Target, State: StateRecorded, LastLook: &r.Seen, LastOK: &r.Seen,
			Why: fmt.Sprintf("a recording, %s: %d looks, %s to %s", r.Bases, r.Looks, r.First.Format(day), r.Last.Format(day)),
		})
	}
	return out, nil
}

// forgotten tells that somebody took the look out of the configuration, which
// is the reason why it is stale.
func (s *server) forgotten(one Source) bool {
	expected := s.expected()
	return one.State == StateStale && len(expected) > 0 &&
		!slices.ContainsFunc(expected, func(e Expected) bool { return e.Source == one.Source && e.Target == one.Target })
}
