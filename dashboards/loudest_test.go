package dashboards

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/dashboards/query"
	"github.com/tidemark/tidemark/internal/clickhouse"
)

// TestTheLoudestTagsAreDrawn: of twenty tags the twelve with the busiest hour of
// what is shown. Over some days ClickHouse finds them in the days that it keeps,
// which forget what was corrected.
func TestTheLoudestTagsAreDrawn(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	first := time.Date(2025, 1, 10, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return first.AddDate(0, 0, n) }
	fillTags(t, db, first)

	week := place{db, first, day(6), &sync.Map{}}
	if got, sql := week.newPerHour(t); !slices.Equal(got, tags(8, 19)) {
		t.Errorf("over six days: %q\n%s", got, sql)
	} else {
		readsDays(t, db, sql)
	}
	// On the fifth day alone the quiet ones are the loudest.
	fifth := place{db, day(4), day(5).Add(-time.Second), &sync.Map{}}
	if got, sql := fifth.newPerHour(t); !slices.Equal(got, tags(0, 11)) {
		t.Errorf("on one day: %q\n%s", got, sql)
	}

	exec(t, db, "INSERT INTO counts_hourly SELECT * REPLACE(toNullable(1) AS growth, 2 AS version) FROM counts_hourly WHERE subject = 't19'")
	exec(t, db, "OPTIMIZE TABLE counts_hourly FINAL")
	week.asked = &sync.Map{}
	if got, sql := week.newPerHour(t); !slices.Equal(got, tags(7, 18)) {
		t.Errorf("after a correction: %q\n%s", got, sql)
	}
}

// fillTags writes six days of twenty tags. On the third the one with the largest
// number is the loudest, on the fifth the one with the smallest, but less so.
func fillTags(t *testing.T, db *clickhouse.Client, first time.Time) {
	t.Helper()
	const rows = `WITH number %% 20 AS k, intDiv(number, 20) AS h, concat('tag/x//t', leftPad(toString(k), 2, '0')) AS what
		SELECT %s FROM numbers(20 * 24 * 6)`
	at := fmt.Sprintf("toDateTime(%d, 'UTC') + 3600 * h", first.Unix())
	exec(t, db, "INSERT INTO counts_hourly (hour, kind, platform, target, subject, source, metric, basis, unit, growth, over_h, version) "+
		fmt.Sprintf(rows, at+", 'tag', 'x', what, substring(what, 8), 's', 'uses_today', 'measured', 'uses', multiIf(h = 2 * 24 + 7, 10000 + k, h = 4 * 24 + 7, 5000 - k, 1), 1, 1"))
	exec(t, db, "INSERT INTO looks (source, target, basis, slot, seen_at, outcome, readings, every_s) "+
		fmt.Sprintf(rows, "'s', what, 'measured', "+at+" AS slot, slot, 'ok', 1, 3600"))
}

// tags are the names of fillTags' tags.
func tags(from, to int) (names []string) {
	for k := from; k <= to; k++ {
		names = append(names, fmt.Sprintf("t%02d", k))
	}
	return names
}

// newPerHour says which tags the panel of new ones by hour draws, sorted, and what
// was asked.
func (p place) newPerHour(t *testing.T) (drawn []string, sql string) {
	t.Helper()
	all := load(t)
	d := all[slices.IndexFunc(all, func(d *query.Dashboard) bool { return d.UID == "tidemark-hashtags" })]
	vars := p.resolve(t, d, nil)
	for _, panel := range d.Panels() {
		if !strings.HasPrefix(panel.Title, "How many are new per hour") {
			continue
		}
		sql, err := query.Expand(panel.Targets[0].SQL, panel.Range(p.from, p.to, "", room), vars)
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.ask(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range a.rows {
			series := fmt.Sprint(row[a.column("series")])
			drawn = append(drawn, strings.TrimPrefix(strings.Fields(series)[0], "#"))
		}
		slices.Sort(drawn)
		return slices.Compact(drawn), sql
	}
	t.Fatal("there is no such panel")
	return nil, ""
}

// readsDays fails where a question does not find the loudest in the days that are
// kept.
func readsDays(t *testing.T, db *clickhouse.Client, sql string) {
	t.Helper()
	const end = "LIMIT 12 BY metric"
	_, loudest, _ := strings.Cut(sql, "(metric, tag, target) IN (")
	loudest, _, _ = strings.Cut(loudest, end)
	a, err := ask(t.Context(), db, "EXPLAIN "+loudest+end)
	if err != nil {
		t.Fatal(err)
	}
	if plan := fmt.Sprint(a.rows); !strings.Contains(plan, "(busiest)") {
		t.Errorf("the plan reads no busiest hours: %s", plan)
	}
}

func exec(t *testing.T, db *clickhouse.Client, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := db.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
