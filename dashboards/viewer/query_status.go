package viewer

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// status is what the process knows, and what the store knows beside it. It
// answers also where one of the two does not: that is when people ask.
func (s *server) status(ctx context.Context) (any, error) {
	st := Status{}
	if s.deps.Status != nil {
		own, err := s.deps.Status(ctx)
		if err != nil {
			own.Problems = append(own.Problems, "The process does not know itself: "+err.Error())
		}
		st = own
	}
	st.Now = time.Now().UTC()
	if st.Lag == nil {
		st.Lag = []Lag{}
	}
	rows, err := s.countRows(ctx)
	if err != nil {
		st.Problems = append(st.Problems, "The rows could not be counted: "+err.Error())
	}
	st.Rows = rows
	seen, err := s.freshness(ctx)
	if err != nil {
		st.Problems = append(st.Problems, "The sources' freshness could not be read: "+err.Error())
	}
	st.Sources = withWaiting(seen, s.expected())
	if st.Health, err = s.troubles(ctx); err != nil {
		st.Problems = append(st.Problems, "The episodes of the sources could not be read: "+err.Error())
	}
	return st, nil
}

type tableRows struct {
	Table    string `ch:"table"`
	Rows     uint64 `ch:"n"`
	Collapse uint8  `ch:"collapse"`
}

// countsExactly bounds the tables whose rows are really counted; that takes
// some ten milliseconds a million rows.
const countsExactly = 2_000_000

// countRows reads the counts that the store keeps anyway. A table which
// collapses what was sent twice keeps both until a merge, so it is counted as
// a query would see it, unless it is large.
func (s *server) countRows(ctx context.Context) (map[string]uint64, error) {
	counts := map[string]uint64{}
	rows, err := rowsOf[tableRows](ctx, s.deps.DB, `
SELECT name AS table, ifNull(total_rows, 0) AS n, toUInt8(position(engine, 'Replacing') > 0) AS collapse
FROM system.tables
WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree') AND NOT startsWith(name, '.')
ORDER BY name`)
	if err != nil {
		return counts, err
	}
	var exact []string
	for _, r := range rows {
		counts[r.Table] = r.Rows
		if r.Collapse == 1 && r.Rows > 0 && r.Rows <= countsExactly {
			exact = append(exact, "SELECT '"+r.Table+"' AS table, count() AS n, toUInt8(1) AS collapse FROM `"+r.Table+"` FINAL")
		}
	}
	if len(exact) == 0 {
		return counts, nil
	}
	rows, err = rowsOf[tableRows](ctx, s.deps.DB, strings.Join(exact, " UNION ALL "))
	for _, r := range rows {
		counts[r.Table] = r.Rows
	}
	return counts, err
}

func (s *server) expected() []Expected {
	if s.deps.Expected == nil {
		return nil
	}
	return s.deps.Expected()
}

// withWaiting adds the looks that are configured and have not happened yet, and
// sorts so that trouble comes first.
func withWaiting(seen []Source, expected []Expected) []Source {
	out := slices.Clone(seen)
	for _, e := range expected {
		known := slices.ContainsFunc(seen, func(s Source) bool {
			return s.Source == e.Source && s.Target == e.Target
		})
		if !known {
			out = append(out, Source{
				Source: e.Source, Target: e.Target, EveryS: e.EveryS,
				State: StateWaiting, Why: "has not looked yet since the start",
			})
		}
	}
	order := []string{StateBroken, StateStale, StateLate, StateWaiting, StateFresh, StateRecorded}
	slices.SortFunc(out, func(a, b Source) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State)),
			cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Target, b.Target),
		)
	})
	if out == nil {
		out = []Source{}
	}
	return out
}
