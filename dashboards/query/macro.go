package query

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MacroError is a macro that cannot be expanded.
type MacroError struct {
	Macro string // with $__
	Why   string
}

func (e *MacroError) Error() string { return "expand " + e.Macro + ": " + e.Why }

// macro makes SQL of its arguments, of which it wants that many; -1: any number,
// and they are not looked at.
type macro struct {
	args int
	make func(r Range, args []string) string
}

func macros() map[string]macro {
	filter := func(of func(time.Time) string) macro {
		return macro{1, func(r Range, a []string) string { return between(a[0], of(r.From), of(r.To)) }}
	}
	constant := func(of func(Range) string) macro {
		return macro{-1, func(r Range, _ []string) string { return of(r) }}
	}
	both := macro{2, func(r Range, a []string) string {
		return "(" + between(a[0], sqlDate(r.From), sqlDate(r.To)) + ") AND (" + between(a[1], sqlTime(r.From), sqlTime(r.To)) + ")"
	}}
	return map[string]macro{
		"fromTime":       constant(func(r Range) string { return sqlTime(r.From) }),
		"toTime":         constant(func(r Range) string { return sqlTime(r.To) }),
		"fromTime_ms":    constant(func(r Range) string { return sqlMilli(r.From) }),
		"toTime_ms":      constant(func(r Range) string { return sqlMilli(r.To) }),
		"interval_s":     constant(func(r Range) string { return strconv.FormatInt(r.seconds(), 10) }),
		"timeFilter":     filter(sqlTime),
		"timeFilter_ms":  filter(sqlMilli),
		"dateFilter":     filter(sqlDate),
		"dateTimeFilter": both,
		"dt":             both,
		"timeInterval": {1, func(r Range, a []string) string {
			return fmt.Sprintf("toStartOfInterval(toDateTime(%s), INTERVAL %d second)", a[0], r.seconds())
		}},
		"timeInterval_ms": {1, func(r Range, a []string) string {
			return fmt.Sprintf("toStartOfInterval(toDateTime64(%s, 3), INTERVAL %d millisecond)", a[0], max(r.Interval.Milliseconds(), 1))
		}},
	}
}

func (r Range) seconds() int64 { return int64(math.Max(r.Interval.Seconds(), 1)) }

func between(column, from, to string) string {
	return column + " >= " + from + " AND " + column + " <= " + to
}

func sqlTime(t time.Time) string  { return fmt.Sprintf("toDateTime(%d)", t.Unix()) }
func sqlMilli(t time.Time) string { return fmt.Sprintf("fromUnixTimestamp64Milli(%d)", t.UnixMilli()) }
func sqlDate(t time.Time) string  { return "toDate('" + t.UTC().Format(time.DateOnly) + "')" }

// deepest is how far macros may stand in the arguments of others.
const deepest = 20

type expander struct {
	r     Range
	known map[string]macro
	name  *regexp.Regexp
}

func newExpander(r Range) *expander {
	return &expander{r: r, known: macros(), name: regexp.MustCompile(`\$__(\w+)`)}
}

// expand replaces the macros of the data source. What Grafana itself replaces
// ($__interval) is left for later.
func (e *expander) expand(sql string, depth int) (string, error) {
	var out strings.Builder
	for {
		at := e.name.FindStringSubmatchIndex(sql)
		if at == nil {
			out.WriteString(sql)
			return out.String(), nil
		}
		out.WriteString(sql[:at[0]])
		whole, name := sql[at[0]:at[1]], sql[at[2]:at[3]]
		sql = sql[at[1]:]
		m, ok := e.known[name]
		switch {
		case ok:
			args, length := macroArgs(sql)
			if length < 0 {
				return "", &MacroError{whole, "the closing bracket is missing"}
			}
			sql = sql[length:]
			text, err := e.one(whole, m, args, depth)
			if err != nil {
				return "", err
			}
			out.WriteString(text)
		case builtin(name):
			out.WriteString(whole)
		default:
			return "", &MacroError{whole, "there is no such macro in the ClickHouse data source 4.14"}
		}
	}
}

func (e *expander) one(whole string, m macro, args []string, depth int) (string, error) {
	if m.args >= 0 && len(args) != m.args {
		return "", &MacroError{whole, fmt.Sprintf("want %d argument(s), got %d", m.args, len(args))}
	}
	if depth >= deepest {
		return "", &MacroError{whole, "stands in the arguments of too many others"}
	}
	for i := range args {
		var err error
		if args[i], err = e.expand(args[i], depth+1); err != nil {
			return "", err
		}
	}
	return m.make(e.r, args), nil
}

// macroArgs reads an argument list in brackets at the beginning of text. Brackets
// and commas count even within quotes. Without a bracket there are none; length
// -1 means that it does not end.
func macroArgs(text string) (args []string, length int) {
	if !strings.HasPrefix(text, "(") {
		return nil, 0
	}
	depth, begin := 0, 1
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return append(args, strings.TrimSpace(text[begin:i])), i + 1
			}
		case ',':
			if depth == 1 {
				args = append(args, strings.TrimSpace(text[begin:i]))
				begin = i + 1
			}
		}
	}
	return nil, -1
}

const conditionalAll = "$__conditionalAll("

// dropAll replaces $__conditionalAll(condition, $variable): the condition, or
// 1=1 where the variable is All or empty. The innermost comes first.
func dropAll(sql string, vars Vars) (string, error) {
	bare := regexp.MustCompile(`\$\{(\w+)\}|\$(\w+)`)
	for end := len(sql); ; {
		at := strings.LastIndex(sql[:end], conditionalAll)
		if at < 0 {
			return sql, nil
		}
		condition, variable, length := splitCondition(sql[at+len(conditionalAll)-1:])
		if length < 0 {
			return "", &MacroError{strings.TrimSuffix(conditionalAll, "("), "want two arguments, a condition and a bare $variable"}
		}
		if m := bare.FindStringSubmatch(variable); m != nil {
			if v, ok := vars[m[1]+m[2]]; ok && (v.All || strings.Join(v.Values, ",") == "") {
				condition = "1=1"
			}
		}
		sql = sql[:at] + condition + sql[at+len(conditionalAll)-1+length:]
		end = at
	}
}

// splitCondition is macroArgs for exactly two arguments, without trimming the
// condition.
func splitCondition(text string) (condition, variable string, length int) {
	args, length := macroArgs(text)
	if len(args) != 2 {
		return "", "", -1
	}
	comma := strings.LastIndex(text[:length], ",")
	return text[1:comma], args[1], length
}
