package query

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Var is a variable with what is chosen.
type Var struct {
	Name string
	// Values and Texts (what a person reads) are of the same length. For All they
	// are those of all options.
	Values, Texts []string
	// All tells that everything is chosen; AllValue is what then stands in place
	// of the values, unquoted, if the author wrote one.
	All      bool
	AllValue string
	// List is set where more than one value may be chosen, even if only one is.
	List bool
	// Own are the values that the author wrote into the dashboard: they may stand
	// unquoted.
	Own []string
}

// Vars are the variables of a dashboard by their names.
type Vars map[string]Var

// quotes tells whether a format writes each value in quotes.
func quotes(format string) bool {
	switch format {
	case "singlequote", "doublequote", "sqlstring":
		return true
	default:
		return false
	}
}

// format writes the values in one of Grafana's formats.
func (v Var) format(format string) (string, error) {
	name, arg, _ := strings.Cut(format, ":")
	switch name {
	case "singlequote":
		return v.quoted("'"), nil
	case "sqlstring":
		return v.sqlString(), nil
	case "doublequote":
		return v.quoted(`"`), nil
	case "raw", "csv":
		return strings.Join(v.Values, ","), nil
	case "pipe":
		return strings.Join(v.Values, "|"), nil
	case "join":
		return strings.Join(v.Values, cmp.Or(arg, ",")), nil
	case "glob":
		return v.glob(), nil
	case "regex":
		return v.regex(), nil
	case "json":
		return v.json()
	case "text":
		return v.text(), nil
	case "percentencode":
		return percent(v.glob()), nil
	case "queryparam":
		return v.queryParam(), nil
	case "date":
		return v.date(arg)
	default:
		return "", fmt.Errorf("the format %q is not supported", name)
	}
}

func (v Var) text() string {
	if v.All {
		return "All"
	}
	return strings.Join(v.Texts, " + ")
}

func (v Var) quoted(q string) string {
	out := make([]string, len(v.Values))
	for i, value := range v.Values {
		out[i] = q + escape(value, q) + q
	}
	return strings.Join(out, ",")
}

func (v Var) sqlString() string {
	out := make([]string, len(v.Values))
	for i, value := range v.Values {
		out[i] = "'" + strings.NewReplacer(`\`, `\\`, "'", "''", `"`, `\"`).Replace(value) + "'"
	}
	return strings.Join(out, ",")
}

func (v Var) glob() string {
	if v.List && len(v.Values) > 1 {
		return "{" + strings.Join(v.Values, ",") + "}"
	}
	return strings.Join(v.Values, ",")
}

func (v Var) regex() string {
	out := make([]string, len(v.Values))
	special := regexp.MustCompile(`[\\^$*+?.()|[\]{}/-]`)
	for i, value := range v.Values {
		out[i] = special.ReplaceAllString(value, `\$0`)
	}
	if len(out) == 1 {
		return out[0]
	}
	return "(" + strings.Join(out, "|") + ")"
}

func (v Var) json() (string, error) {
	if !v.List {
		return strings.Join(v.Values, ","), nil
	}
	out, err := json.Marshal(v.Values)
	return string(out), err
}

func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func (v Var) queryParam() string {
	if v.All {
		return "var-" + v.Name + "=$__all"
	}
	out := make([]string, len(v.Values))
	for i, value := range v.Values {
		out[i] = "var-" + v.Name + "=" + percent(value)
	}
	return strings.Join(out, "&")
}

// date reads the value as Unix milliseconds.
func (v Var) date(arg string) (string, error) {
	ms, err := strconv.ParseInt(strings.Join(v.Values, ","), 10, 64)
	if err != nil {
		return "NaN", nil //nolint:nilerr // this is what Grafana writes
	}
	at := time.UnixMilli(ms).UTC()
	switch arg {
	case "", "iso":
		return at.Format("2006-01-02T15:04:05.000Z"), nil
	case "seconds":
		return strconv.FormatInt(at.Add(500*time.Millisecond).Unix(), 10), nil
	case "ms":
		return strconv.FormatInt(ms, 10), nil
	default:
		return strings.NewReplacer("YYYY", at.Format("2006"), "MM", at.Format("01"), "DD", at.Format("02"),
			"HH", at.Format("15"), "mm", at.Format("04"), "ss", at.Format("05"), "SSS", at.Format("000")).Replace(arg), nil
	}
}
