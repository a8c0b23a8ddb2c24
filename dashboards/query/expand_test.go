package query

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func testRange() Range {
	return Range{
		From: time.UnixMilli(1736726400123).UTC(), To: time.UnixMilli(1736812799999).UTC(),
		Interval: 90 * time.Second, Zone: "Asia/Shanghai",
	}
}

func testVars() Vars {
	return Vars{
		"app":   {Name: "app", Values: []string{"tiktok", "o'clock"}, Texts: []string{"TikTok", "O'Clock"}, List: true},
		"one":   {Name: "one", Values: []string{"tiktok"}, Texts: []string{"TikTok"}, List: true},
		"every": {Name: "every", Values: []string{"a", "b"}, Texts: []string{"A", "B"}, All: true, List: true},
		"any":   {Name: "any", Values: []string{"a", "b"}, Texts: []string{"A", "B"}, All: true, List: true, AllValue: ".*"},
		"none":  {Name: "none", List: true},
		"topic": {Name: "topic", Values: []string{"january-2025"}, Texts: []string{"January 2025"}},
		"evil":  {Name: "evil", Values: []string{`\' OR 1=1 -- $__dateFilter(x)`}, Texts: []string{"x"}},
		"scale": {Name: "scale", Values: []string{"rank / 2"}, Texts: []string{"half"}, Own: []string{"rank", "rank / 2"}},
		"empty": {Name: "empty", Values: []string{""}, Texts: []string{""}},
	}
}

// What Grafana 12 with its ClickHouse data source 4.14 makes of the same.
func TestExpandAsGrafanaDoes(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"SELECT 1":                              "SELECT 1",
		"$__timeFilter(at)":                     "at >= toDateTime(1736726400) AND at <= toDateTime(1736812799)",
		"$__timeFilter( f(a, b) )":              "f(a, b) >= toDateTime(1736726400) AND f(a, b) <= toDateTime(1736812799)",
		"$__timeFilter_ms(at)":                  "at >= fromUnixTimestamp64Milli(1736726400123) AND at <= fromUnixTimestamp64Milli(1736812799999)",
		"$__dateFilter(day)":                    "day >= toDate('2025-01-13') AND day <= toDate('2025-01-13')",
		"$__dateTimeFilter(d, t)":               "(d >= toDate('2025-01-13') AND d <= toDate('2025-01-13')) AND (t >= toDateTime(1736726400) AND t <= toDateTime(1736812799))",
		"$__dt(d,t)":                            "(d >= toDate('2025-01-13') AND d <= toDate('2025-01-13')) AND (t >= toDateTime(1736726400) AND t <= toDateTime(1736812799))",
		"$__timeInterval(at)":                   "toStartOfInterval(toDateTime(at), INTERVAL 90 second)",
		"$__timeInterval_ms(at)":                "toStartOfInterval(toDateTime64(at, 3), INTERVAL 90000 millisecond)",
		"$__interval_s":                         "90",
		"$__interval_s*(1+2)":                   "90*(1+2)",
		"$__fromTime":                           "toDateTime(1736726400)",
		"($__toTime)":                           "(toDateTime(1736812799))",
		"$__fromTime_ms()":                      "fromUnixTimestamp64Milli(1736726400123)",
		"$__toTime_ms":                          "fromUnixTimestamp64Milli(1736812799999)",
		"$__timeInterval(least(at, $__toTime))": "toStartOfInterval(toDateTime(least(at, toDateTime(1736812799))), INTERVAL 90 second)",
		// What Grafana itself replaces.
		"$__interval ${__interval} $__interval_ms":                        "1m 1m 90000",
		"${__from} $__to ${__timezone}":                                   "1736726400123 1736812799999 Asia/Shanghai",
		"${__from:date} '${__to:date:YYYY-MM-DD}' ${__from:date:seconds}": "2025-01-13T00:00:00.123Z '2025-01-13' 1736726400",
		// Formats.
		"IN (${app:singlequote})":                 `IN ('tiktok','o\'clock')`,
		"IN (${app:sqlstring})":                   `IN ('tiktok','o''clock')`,
		"IN (${app:doublequote})":                 `IN ("tiktok","o'clock")`,
		"IN ($app)":                               `IN ('tiktok','o\'clock')`,
		"IN (${one})":                             "IN ('tiktok')",
		"= '$topic'":                              "= 'january-2025'",
		"= [[topic]]":                             "= january-2025",
		"= [[topic:singlequote]]":                 "= 'january-2025'",
		"${topic:raw} ${topic:csv} ${topic:pipe}": "january-2025 january-2025 january-2025",
		"'${app:text}'":                           `'TikTok + O\'Clock'`,
		"${every:text}":                           "All",
		"IN (${every:singlequote})":               "IN ('a','b')",
		"'${every:pipe}' '${every:regex}' '${every:csv}' '${every:json}' '${every:glob}'": `'a|b' '(a|b)' 'a,b' '["a","b"]' '{a,b}'`,
		"'${every:join: - }'":                        "'a - b'",
		"match(x, '${any}')":                         "match(x, '.*')",
		"IN (${none:singlequote})":                   "IN ()",
		"IN ($none)":                                 "IN ('')",
		"'${one:percentencode}' '${app:queryparam}'": `'tiktok' 'var-app=tiktok&var-app=o%27clock'`,
		"$scale": "rank / 2",
		// Left alone.
		"match(x, '^a$') AND y != '$__all' AND $nobody": "match(x, '^a$') AND y != '$__all' AND $nobody",
		// All, or nothing chosen, drops a condition.
		"$__conditionalAll(app IN (${every:singlequote}), $every)":                  "1=1",
		"$__conditionalAll(app IN ($none), ${none}) AND 2":                          "1=1 AND 2",
		"$__conditionalAll(t = '', $empty)":                                         "1=1",
		"$__conditionalAll(app IN ($one), $one)":                                    "app IN ('tiktok')",
		"$__conditionalAll(a IN ($every), ${every:singlequote})":                    "a IN ('a','b')",
		"$__conditionalAll($__conditionalAll(a = 1, $every) OR b IN ($one), $one)":  "1=1 OR b IN ('tiktok')",
		"$__conditionalAll(a(b, c) = 1, $one) AND $__conditionalAll(d = 1, $every)": "a(b, c) = 1 AND 1=1",
		"$__conditionalAll(x, $nobody)":                                             "x",
		"$__conditionalAll(match(x, '^$') OR $__timeFilter(at), $one)":              "match(x, '^$') OR at >= toDateTime(1736726400) AND at <= toDateTime(1736812799)",
	} {
		got, err := Expand(raw, testRange(), testVars())
		if err != nil || got != want {
			t.Errorf("%s\n gives %s (%v)\n want  %s", raw, got, err, want)
		}
	}
}

func TestAValueStaysAValue(t *testing.T) {
	t.Parallel()
	const safe = `\\\' OR 1=1 -- $__dateFilter(x)`
	for raw, want := range map[string]string{
		"a = ${evil:singlequote}": "a = '" + safe + "'",
		"a = '$evil' AND b":       "a = '" + safe + "' AND b",
		"a = '${evil:raw}'":       "a = '" + safe + "'",
		"a = 'it\\'s $evil'":      "a = 'it\\'s " + safe + "'",
		"a = 'it''s $evil'":       "a = 'it''s " + safe + "'",
	} {
		got, err := Expand(raw, testRange(), testVars())
		if err != nil || got != want {
			t.Errorf("%s\n gives %s (%v)\n want  %s", raw, got, err, want)
		}
	}
	for _, raw := range []string{
		"a = $evil", "a = ${evil:raw}", "ORDER BY ${evil:csv}", "-- $evil", "/* $evil */", "a = '' $evil ''", "-- ${app}", "# it's $evil",
	} {
		if got, err := Expand(raw, testRange(), testVars()); err == nil {
			t.Errorf("%s gives %s, want an error", raw, got)
		}
	}
}

func TestMacroErrorsNameTheMacro(t *testing.T) {
	t.Parallel()
	for raw, macro := range map[string]string{
		"$__timeFilter":                        "$__timeFilter",
		"$__timeFilter()":                      "", // one empty argument, as there
		"$__timeFilter(a, b)":                  "$__timeFilter",
		"$__dt(a)":                             "$__dt",
		"$__timeFilter(f(a)":                   "$__timeFilter",
		"$__timeGroup(at, 1h)":                 "$__timeGroup",
		"$__conditionalAll(a)":                 "$__conditionalAll",
		"$__conditionalAll(a, b, $one)":        "$__conditionalAll",
		"$__conditionalAll(a, $one":            "$__conditionalAll",
		strings.Repeat("$__timeInterval(", 30): "$__timeInterval",
	} {
		_, err := Expand(raw, testRange(), testVars())
		var bad *MacroError
		if macro == "" {
			if err != nil {
				t.Errorf("%s: %v", raw, err)
			}
			continue
		}
		if !errors.As(err, &bad) || bad.Macro != macro {
			t.Errorf("%s: %v, want an error of %s", raw, err, macro)
		}
	}
}

func TestIntervalAsGrafanaChooses(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 10, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		span   time.Duration
		points int
		least  time.Duration
		want   time.Duration
		text   string
	}{
		{41 * 24 * time.Hour, 1000, 0, time.Hour, "1h"},
		{24 * time.Hour, 1000, 0, time.Minute, "1m"},
		{24 * time.Hour, 1000, time.Hour, time.Hour, "1h"},
		{6 * time.Hour, 1500, 0, 15 * time.Second, "15s"},
		{time.Second, 1000, 0, time.Millisecond, "1ms"},
		{0, 0, 0, time.Millisecond, "1ms"},
		{100 * 365 * 24 * time.Hour, 100, 0, 365 * 24 * time.Hour, "1y"},
	} {
		r := NewRange(at, at.Add(c.span), c.points, c.least)
		if r.Interval != c.want || durationText(r.Interval) != c.text {
			t.Errorf("%v by %d: %v %s, want %v", c.span, c.points, r.Interval, durationText(r.Interval), c.want)
		}
	}
	for text, want := range map[string]time.Duration{"": 0, "1h": time.Hour, ">=10m": 10 * time.Minute, "250ms": 250 * time.Millisecond, "30": 30 * time.Second} {
		if got, err := ParseInterval(text); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
	if _, err := ParseInterval("often"); err == nil {
		t.Error("often is taken for an interval")
	}
}

func TestExpandPromQL(t *testing.T) {
	t.Parallel()
	r := PromRange(testRange(), Target{})
	for expr, want := range map[string]string{
		`rate(a{x="$topic"}[$__rate_interval])`: `rate(a{x="january-2025"}[105s])`,
		`a{x=~"$app"}`:                          `a{x=~"(tiktok|o'clock)"}`,
		`a{x=~"$every"}[$__timeInterval]`:       "",
		`a{x=~"${any}"}[$__range]`:              `a{x=~".*"}[86400s]`,
		`a{x="$evil"}`:                          `a{x="\\' OR 1=1 -- $__dateFilter(x)"}`,
		`a offset $__interval`:                  `a offset 90s`,
		`a + $evil`:                             "",
		"a{x=`$topic`}":                         "",
	} {
		got, err := ExpandPromQL(expr, r, 0, testVars())
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s\n gives %s (%v)\n want  %s", expr, got, err, want)
		}
	}
}

// FuzzExpand holds that nothing panics, that a value under a quoting format
// stays one literal, and that text without a dollar or bracket is left alone.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{
		"SELECT $__timeFilter(at) AND x IN (${v:singlequote})", "$__conditionalAll(a, $v)", "'${v}' -- $v", "[[v:csv]]", "$__dt((,", "/*$v*/ `$v` \"$v\" \\",
	} {
		f.Add(s, "value", "x'; DROP")
	}
	f.Fuzz(func(t *testing.T, raw, a, b string) {
		vars := Vars{"v": {Name: "v", Values: []string{a, b}, Texts: []string{b, a}, List: true}, "w": {Name: "w", Values: []string{a}, Texts: []string{a}}}
		out, err := Expand(raw, testRange(), vars)
		if err == nil && !strings.ContainsAny(raw, "$[") && out != raw {
			t.Errorf("%q became %q", raw, out)
		}
		_, _ = ExpandPromQL(raw, testRange(), 0, vars)
		quoted, err := Expand("${w:singlequote}", testRange(), vars)
		if err != nil {
			t.Fatal(err)
		}
		scan := scanner{text: quoted, lang: sqlText{}}
		for i := 1; i < len(quoted); i++ {
			if scan.to(i); scan.at == i && scan.inside != '\'' {
				t.Fatalf("%q leaves its quotes at %d: %q", a, i, quoted)
			}
		}
		if scan.to(len(quoted)) != outside {
			t.Fatalf("%q does not end: %q", a, quoted)
		}
	})
}
