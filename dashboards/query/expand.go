package query

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Expand makes the SQL that Grafana would send for a panel's query.
func Expand(raw string, r Range, vars Vars) (string, error) {
	sql, err := dropAll(raw, vars)
	if err != nil {
		return "", err
	}
	if sql, err = newExpander(r).expand(sql, 0); err != nil {
		return "", err
	}
	return interpolate(sql, vars.with(r), sqlText{})
}

// builtin tells whether Grafana itself knows a name that begins with __.
func builtin(name string) bool {
	switch name {
	case "interval", "interval_ms", "from", "to", "timezone", "all",
		"range", "range_s", "range_ms", "rate_interval", "rate_interval_ms":
		return true
	default:
		return false
	}
}

// with adds what Grafana knows beside the dashboard's variables.
func (vs Vars) with(r Range) Vars {
	span := r.To.Sub(r.From)
	zone := r.Zone
	if zone == "" {
		zone = "UTC"
	}
	all := Vars{}
	maps.Copy(all, vs)
	for name, value := range map[string]string{
		"__interval": durationText(r.Interval), "__interval_ms": strconv.FormatInt(max(r.Interval.Milliseconds(), 1), 10),
		"__from": strconv.FormatInt(r.From.UnixMilli(), 10), "__to": strconv.FormatInt(r.To.UnixMilli(), 10),
		"__timezone": zone, "__range": strconv.FormatInt(int64(span.Round(time.Second).Seconds()), 10) + "s",
		"__range_s":  strconv.FormatInt(int64(span.Round(time.Second).Seconds()), 10),
		"__range_ms": strconv.FormatInt(span.Milliseconds(), 10),
	} {
		all[name] = Var{Name: name, Values: []string{value}, Texts: []string{value}, Own: []string{value}}
	}
	return all
}

// language is what a template is written in.
type language interface {
	// value writes a variable at a place of the template; format is empty where
	// the template names none.
	value(v Var, format string, inside quote) (string, error)
	// scan says what a byte of the template does to the quote it is in.
	scan(before quote, text string, at int) quote
}

// quote is what a place of a template is within.
type quote byte

const (
	outside quote = 0
	comment quote = '-'
	block   quote = '*'
)

// placeholder is Grafana's own way to see a variable: $v, ${v:format}, [[v]].
func placeholder() *regexp.Regexp {
	return regexp.MustCompile(`\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}`)
}

// interpolate replaces the variables, in one pass: what a value says is not
// looked at again. A name that nobody knows is left as it is.
func interpolate(text string, vars Vars, lang language) (string, error) {
	var out strings.Builder
	scan := scanner{text: text, lang: lang}
	last := 0
	for _, m := range placeholder().FindAllStringSubmatchIndex(text, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		name := group(1) + group(2) + group(4)
		v, known := vars[name]
		if !known {
			continue
		}
		if group(5) != "" {
			return "", fmt.Errorf("expand ${%s.%s}: fields of a value are not supported", name, group(5))
		}
		out.WriteString(text[last:m[0]])
		s, err := lang.value(v, group(3)+group(6), scan.to(m[0]))
		if err != nil {
			return "", fmt.Errorf("expand %s: %w", text[m[0]:m[1]], err)
		}
		out.WriteString(s)
		last = m[1]
		scan.at = last
	}
	out.WriteString(text[last:])
	return out.String(), nil
}

// scanner follows the quotes of a template.
type scanner struct {
	text   string
	lang   language
	at     int
	inside quote
}

func (s *scanner) to(end int) quote {
	for ; s.at < end; s.at++ {
		if s.inside != outside && s.inside != comment && s.inside != block && s.text[s.at] == '\\' {
			s.at++ // what it escapes
			continue
		}
		s.inside = s.lang.scan(s.inside, s.text, s.at)
	}
	return s.inside
}

// sqlText is ClickHouse's SQL.
type sqlText struct{}

func (sqlText) scan(before quote, text string, at int) quote {
	c, rest := quote(text[at]), text[at:]
	begins := func(marks ...string) bool {
		return slices.ContainsFunc(marks, func(m string) bool { return strings.HasPrefix(rest, m) })
	}
	switch before {
	case outside:
		switch {
		case begins("--", "# ", "#!"):
			return comment
		case begins("/*"):
			return block
		case begins("'", `"`, "`"):
			return c
		}
	case comment:
		if c == '\n' {
			return outside
		}
	case block:
		if begins("*/") {
			return outside
		}
	case c:
		return outside // a doubled quote closes and opens again
	}
	return before
}

func (sqlText) value(v Var, format string, inside quote) (string, error) {
	if v.All && v.AllValue != "" && format != "text" {
		return v.AllValue, nil // the author's own words
	}
	var text string
	if format == "" {
		text = pluginFormat(v)
	} else {
		var err error
		if text, err = v.format(format); err != nil {
			return "", err
		}
	}
	switch {
	case inside == '\'' || inside == '"' || inside == '`':
		return escape(text, string(inside)), nil
	case quotes(format) || format == "" && v.List:
		if inside == comment || inside == block {
			return "", v.mayStandBare(v.Values)
		}
		return text, nil
	case format == "text":
		return text, v.mayStandBare([]string{text})
	default:
		return text, v.mayStandBare(v.Values)
	}
}

// pluginFormat is what the ClickHouse data source makes of $v: lists are quoted.
func pluginFormat(v Var) string {
	if !v.List {
		return strings.Join(v.Values, ",")
	}
	quoted := make([]string, len(v.Values))
	for i, value := range v.Values {
		quoted[i] = "'" + escape(value, "'") + "'"
	}
	if len(quoted) == 0 {
		return "''"
	}
	return strings.Join(quoted, ",")
}

// mayStandBare refuses what would be more than a value where nothing quotes it.
func (v Var) mayStandBare(values []string) error {
	plain := regexp.MustCompile(`^[\p{L}\p{N}_.:@+/-]*$`)
	for _, value := range values {
		if slices.Contains(v.Own, value) || plain.MatchString(value) && !strings.Contains(value, "--") {
			continue
		}
		return fmt.Errorf("%q stands unquoted there, and is no plain word: write ${%s:singlequote}", value, v.Name)
	}
	return nil
}

func escape(s, quote string) string {
	return strings.NewReplacer(`\`, `\\`, quote, `\`+quote).Replace(s)
}
