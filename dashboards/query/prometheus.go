package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// mostPoints is how many points Prometheus gives for one series at most.
const mostPoints = 11_000

// PromRange is the range of a Prometheus query: its step is not finer than the
// query's and than Prometheus answers.
func PromRange(r Range, t Target) Range {
	safe := time.Duration(math.Ceil(float64(r.To.Sub(r.From)) / mostPoints))
	r.Interval = max(r.Interval, t.MinStep, safe.Truncate(time.Second), time.Second)
	return r
}

// ExpandPromQL makes the query that Grafana would send to Prometheus. scrape is
// how often Prometheus looks; 0: every 15 s.
func ExpandPromQL(expr string, r Range, scrape time.Duration, vars Vars) (string, error) {
	if scrape <= 0 {
		scrape = 15 * time.Second
	}
	rate := max(r.Interval+scrape, 4*scrape)
	all := vars.with(r)
	for name, value := range map[string]string{
		"__rate_interval": rateText(rate), "__rate_interval_ms": strconv.FormatInt(rate.Milliseconds(), 10),
		"__interval": rateText(r.Interval),
	} {
		all[name] = Var{Name: name, Values: []string{value}, Texts: []string{value}, Own: []string{value}}
	}
	for _, m := range placeholder().FindAllStringSubmatch(expr, -1) {
		name := m[1] + m[2] + m[4]
		if _, known := all[name]; !known && strings.HasPrefix(name, "__") {
			return "", &MacroError{m[0], "there is no such macro for Prometheus"}
		}
	}
	return interpolate(expr, all, promQL{})
}

// rateText writes a duration without loss, as PromQL reads it.
func rateText(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

// promQL is Prometheus' language: lists are regular expressions.
type promQL struct{}

func (promQL) scan(before quote, text string, at int) quote {
	c := quote(text[at])
	switch {
	case before == comment && c == '\n':
		return outside
	case before == outside && c == '#':
		return comment
	case before == outside && (c == '\'' || c == '"' || c == '`'):
		return c
	case before == c && before != comment:
		return outside
	default:
		return before
	}
}

func (promQL) value(v Var, format string, inside quote) (string, error) {
	if v.All && v.AllValue != "" {
		return v.AllValue, nil
	}
	if inside == '`' {
		return "", fmt.Errorf("a variable within ` cannot be escaped: write \"${%s}\"", v.Name)
	}
	if inside != '\'' && inside != '"' {
		text, err := v.format(orGlob(format))
		if err != nil {
			return "", err
		}
		return text, v.mayStandBare(v.Values)
	}
	text := v.promRegexp()
	if format != "" {
		var err error
		if text, err = v.format(format); err != nil {
			return "", err
		}
	} else if !v.List {
		text = strings.Join(v.Values, ",")
	}
	return escape(text, string(inside)), nil
}

func orGlob(format string) string {
	if format == "" {
		return "glob"
	}
	return format
}

func (v Var) promRegexp() string {
	out := make([]string, len(v.Values))
	for i, value := range v.Values {
		var b strings.Builder
		for _, c := range value {
			if strings.ContainsRune(`\^$*+?.()|[]{}`, c) {
				b.WriteByte('\\')
			}
			b.WriteRune(c)
		}
		out[i] = b.String()
	}
	if len(out) == 1 {
		return out[0]
	}
	return "(" + strings.Join(out, "|") + ")"
}
