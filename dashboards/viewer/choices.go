package viewer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/dashboards/query"
)

// toldOptions is how many of the options are told to who asked for another.
const toldOptions = 12

// checkVars refuses names and values of variables that there are not: falling
// back would answer about others. What the texts do not use is not asked for.
// Options that cannot be had concern the panels.
func (s *server) checkVars(ctx context.Context, d *query.Dashboard, q *question, texts ...string) error {
	var names []string
	for _, v := range d.Variables() {
		names = append(names, v.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(q.Vars)) {
		if !slices.Contains(names, name) {
			return badRequest{fmt.Sprintf("there is no variable %.60q; %s has %s", name, d.UID, listed(names))}
		}
	}
	resolved, _ := s.resolve(ctx, d.Only(texts...), q) // each panel says what is wrong with its own
	for _, v := range resolved {
		if len(v.Unknown) == 0 {
			continue
		}
		var values []string
		for _, o := range v.Options {
			values = append(values, o.Value)
		}
		return badRequest{fmt.Sprintf("%s has no value %.60q in this span of time; it has %s", v.Variable.Name, v.Unknown[0], listed(values))}
	}
	return ctx.Err()
}

// textsOf are the queries of some panels.
func textsOf(d *query.Dashboard, panels []int) []string {
	var texts []string
	for _, id := range panels {
		p, _ := d.Panel(id)
		for _, t := range p.Targets {
			texts = append(texts, t.SQL, t.Expr)
		}
	}
	return texts
}

func listed(values []string) string {
	switch more := len(values) - toldOptions; {
	case len(values) == 0:
		return "none"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(values[:toldOptions], ", "), more)
	default:
		return strings.Join(values, ", ")
	}
}
