package dashboards

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/dashboards/query"
)

// runsWithEveryChoice asks with every value of the selectors that change the SQL
// itself. Whatever the scale, what has a line has one on all of them.
func (p place) runsWithEveryChoice(t *testing.T) {
	t.Helper()
	for _, d := range load(t) {
		for _, v := range d.Variables() {
			if v.Type != "custom" || v.Multi {
				continue
			}
			uses := func(_, sql string) bool { return strings.Contains(sql, "${"+v.Name) }
			raw := map[string][]string{}
			for _, o := range v.Fixed {
				p.run(t, d, map[string][]string{v.Name: {o.Value}}, uses, func(name, kind string, target query.Target, a *answer) {
					if w := wrong(kind, target, a); w != "" {
						t.Errorf("%s, %s = %s: the answer %s", name, v.Name, o.Value, w)
					}
					if v.Name != "scale" {
						return
					}
					if lines := a.lines(); raw[name] == nil {
						raw[name] = lines
					} else if !slices.Equal(raw[name], lines) {
						t.Errorf("%s: with the scale %s it draws %q, raw it draws %q", name, o.Value, lines, raw[name])
					}
				})
			}
		}
	}
}

// runsWithSeveral asks with All and with two values of each selector that takes
// several: a moment of a line still has one value.
func (p place) runsWithSeveral(t *testing.T) {
	t.Helper()
	for _, d := range load(t) {
		for _, v := range d.Variables() {
			if !v.Multi {
				continue
			}
			uses := func(_, sql string) bool { return strings.Contains(sql, "${"+v.Name) }
			for _, chosen := range [][]string{{query.All}, p.two(t, d, v.Name)} {
				p.run(t, d, map[string][]string{v.Name: chosen}, uses, func(name, kind string, target query.Target, a *answer) {
					if w := wrong(kind, target, a); w != "" {
						t.Errorf("%s, %s = %s: the answer %s", name, v.Name, chosen, w)
					}
				})
			}
		}
	}
}

// statesEnd: Grafana draws the last state of an answer on to the edge, so behind it
// there is a moment of nothing. Likee's surge ended long before the case does.
func (p place) statesEnd(t *testing.T) {
	t.Helper()
	asked := 0
	timelines := func(name, _ string) bool { return strings.HasSuffix(name, "/What each surge was doing") }
	for _, d := range load(t) {
		p.run(t, d, map[string][]string{"app": {"likee"}}, timelines, func(name, _ string, _ query.Target, a *answer) {
			asked++
			if len(a.rows) == 0 || len(a.lines()) != 1 {
				t.Fatalf("%s: draws %q", name, a.lines())
			}
			if last := a.rows[len(a.rows)-1]; fmt.Sprint(last[a.column("Value")]) != "<nil>" {
				t.Errorf("%s: ends with a state at %v", name, last[0])
			}
		})
	}
	if asked != 1 {
		t.Errorf("asked %d timelines", asked)
	}
}

// drawsPartOfADay: what is counted by day has a line in some hours of one too.
func (p place) drawsPartOfADay(t *testing.T) {
	t.Helper()
	asked := 0
	byDay := func(name, _ string) bool {
		return strings.HasSuffix(name, "/Share of attention, by day") || strings.HasSuffix(name, "/Between how many apps")
	}
	for _, d := range load(t) {
		if d.UID != "tidemark-hashtags" {
			continue
		}
		p.run(t, d, nil, byDay, func(name, kind string, target query.Target, a *answer) {
			asked++
			if w := wrong(kind, target, a); w != "" || len(a.rows) != 2*len(a.lines()) || len(a.rows) == 0 {
				t.Errorf("%s: %d rows of %q; the answer %s", name, len(a.rows), a.lines(), w)
			}
			for _, row := range a.rows {
				if at := row[0].(time.Time); at.Before(p.from) || at.After(p.to) { //nolint:forcetypeassert // wrong has seen to it
					t.Errorf("%s: draws something at %v", name, at)
				}
			}
		})
	}
	if asked != 2 {
		t.Errorf("asked %d panels", asked)
	}
}

// two are the first two values of a selector, or all where there are fewer.
func (p place) two(t *testing.T, d *query.Dashboard, name string) []string {
	t.Helper()
	values := p.resolve(t, d, map[string][]string{name: {query.All}})[name].Values
	return values[:min(2, len(values))]
}

// lines are the names of the series that have a value, sorted.
func (a *answer) lines() (names []string) {
	series, value := a.column("series"), a.column("Value")
	if series < 0 || value < 0 {
		return nil
	}
	for _, row := range a.rows {
		if s := fmt.Sprint(row[series]); row[value] != nil && fmt.Sprint(row[value]) != "<nil>" {
			names = append(names, s)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
