package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Asker runs the query of a variable, already expanded: SQL, or for Prometheus
// label_values(…). Of two columns the first is the value, the second the text.
type Asker func(ctx context.Context, v Variable, query string) ([]Option, error)

// Resolved is a variable with its options and what is chosen.
type Resolved struct {
	Variable Variable
	Options  []Option
	Chosen   Var
	// Current is what is chosen, as a URL has it: All stands for all.
	Current []string
	// Unknown are wishes that are no option, where the options are known.
	Unknown []string
	// Err is why the options are not known. What is chosen is then as it was
	// wished.
	Err error
}

// Resolve asks for the options of all variables, those first on which others
// depend, and chooses: what the person chose, if it is an option, else the
// dashboard's default, else the first option. Without Asker the options of query
// variables are what is chosen. Where one variable cannot be asked for, the error
// is the first such, and all are returned nevertheless.
func (d *Dashboard) Resolve(ctx context.Context, r Range, chosen map[string][]string, ask Asker) ([]Resolved, error) {
	order, err := d.dependencies()
	if err != nil {
		return nil, err
	}
	vars := Vars{}
	var out []Resolved
	for _, v := range order {
		one := v.resolve(ctx, r, vars, chosen[v.Name], ask)
		if one.Err != nil {
			one.Err = fmt.Errorf("variable %s: %w", v.Name, one.Err)
			err = cmp.Or(err, one.Err)
		}
		vars[v.Name] = one.Chosen
		out = append(out, one)
	}
	return out, err
}

// Only is the dashboard with those variables alone that the texts use, and those
// that these use.
func (d *Dashboard) Only(texts ...string) *Dashboard {
	needed := map[string]bool{}
	var need func(text string)
	need = func(text string) {
		for _, m := range placeholder().FindAllStringSubmatch(text, -1) {
			name := m[1] + m[2] + m[4]
			if needed[name] {
				continue
			}
			needed[name] = true
			for _, v := range d.variables {
				if v.Name == name && v.Type == "query" {
					need(v.Query)
				}
			}
		}
	}
	for _, text := range texts {
		need(text)
	}
	only := *d
	only.variables = nil
	for _, v := range d.variables {
		if needed[v.Name] {
			only.variables = append(only.variables, v)
		}
	}
	return &only
}

// VarsOf is what the queries of panels need.
func VarsOf(resolved []Resolved) Vars {
	vars := Vars{}
	for _, r := range resolved {
		vars[r.Variable.Name] = r.Chosen
	}
	return vars
}

// dependencies orders the variables so that each comes after those in its query.
func (d *Dashboard) dependencies() ([]Variable, error) {
	var out []Variable
	left := slices.Clone(d.variables)
	for len(left) > 0 {
		next := slices.IndexFunc(left, func(v Variable) bool {
			return !slices.ContainsFunc(left, func(o Variable) bool { return o.Name != v.Name && v.uses(o.Name) })
		})
		if next < 0 || left[next].uses(left[next].Name) {
			names := make([]string, len(left))
			for i, v := range left {
				names[i] = v.Name
			}
			return nil, fmt.Errorf("order variables: %s need one another", strings.Join(names, ", "))
		}
		out = append(out, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return out, nil
}

func (v Variable) uses(name string) bool {
	if v.Type != "query" {
		return false
	}
	for _, m := range placeholder().FindAllStringSubmatch(v.Query, -1) {
		if m[1]+m[2]+m[4] == name {
			return true
		}
	}
	return false
}

func (v Variable) resolve(ctx context.Context, r Range, vars Vars, chosen []string, ask Asker) Resolved {
	one := Resolved{Variable: v, Options: v.Fixed}
	switch v.Type {
	case "datasource":
		uid := "tidemark-clickhouse"
		if v.Query == Prometheus {
			uid = "tidemark-prometheus"
		}
		one.Options = []Option{{uid, uid}}
	case "textbox":
		if len(chosen) > 0 {
			one.Options = []Option{{chosen[0], chosen[0]}}
		}
	case "query":
		one.Options, one.Err = v.found(ctx, r, vars, ask)
		if ask == nil || one.Err != nil {
			one.Options = asOptions(append(slices.Clone(chosen), v.Default...))
		}
	}
	one.choose(chosen)
	one.Unknown = one.unknown(chosen)
	return one
}

// Mistake is a query that cannot be asked, by what is written or chosen in it.
type Mistake struct{ err error }

func (m *Mistake) Error() string { return m.err.Error() }
func (m *Mistake) Unwrap() error { return m.err }

// found asks for the options.
func (v Variable) found(ctx context.Context, r Range, vars Vars, ask Asker) ([]Option, error) {
	if ask == nil {
		return nil, nil
	}
	query, err := v.expand(r, vars)
	if err != nil {
		return nil, &Mistake{err}
	}
	options, err := ask(ctx, v, query)
	return v.options(options), err
}

func (v Variable) expand(r Range, vars Vars) (string, error) {
	if v.Datasource.Type == Prometheus {
		return ExpandPromQL(v.Query, r, 0, vars)
	}
	return Expand(v.Query, r, vars)
}

func asOptions(values []string) []Option {
	var out []Option
	for _, value := range values {
		if value != All {
			out = append(out, Option{value, value})
		}
	}
	return out
}

func (one *Resolved) unknown(wish []string) []string {
	v := one.Variable
	if one.Err != nil || v.Type != "query" && v.Type != "custom" && v.Type != "interval" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(wish), func(value string) bool {
		all := value == "" || v.IncludeAll && (value == All || value == "All")
		return all || slices.ContainsFunc(one.Options, func(o Option) bool { return o.Value == value })
	})
}

// choose settles what is chosen.
func (one *Resolved) choose(chosen []string) {
	v := one.Variable
	one.Chosen = Var{Name: v.Name, List: v.Multi}
	for _, o := range v.Fixed {
		if v.Type != "textbox" { // a person may write anything there
			one.Chosen.Own = append(one.Chosen.Own, o.Value)
		}
	}
	switch {
	case one.take(chosen), one.take(v.Default):
	case v.IncludeAll && (len(one.Options) == 0 || slices.Contains(v.Default, All)):
		one.take([]string{All})
	case len(one.Options) > 0:
		one.take([]string{one.Options[0].Value})
	case !v.Multi:
		one.Chosen.Values, one.Chosen.Texts, one.Current = []string{""}, []string{""}, []string{""}
	}
}

// take chooses what of the wish there is; false: nothing.
func (one *Resolved) take(wish []string) bool {
	c, v := &one.Chosen, one.Variable
	if v.IncludeAll && (slices.Contains(wish, All) || len(wish) == 1 && wish[0] == "All") {
		c.All, c.AllValue, c.List, one.Current = true, v.AllValue, true, []string{All}
		for _, o := range one.Options {
			c.Values, c.Texts = append(c.Values, o.Value), append(c.Texts, o.Text)
		}
		return true
	}
	for _, value := range wish {
		i := slices.IndexFunc(one.Options, func(o Option) bool { return o.Value == value })
		if i < 0 || slices.Contains(c.Values, value) {
			continue
		}
		c.Values, c.Texts = append(c.Values, value), append(c.Texts, one.Options[i].Text)
		if !v.Multi {
			break
		}
	}
	one.Current = c.Values
	return len(c.Values) > 0
}
