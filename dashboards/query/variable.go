package query

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// All is the value that stands for every option.
const All = "$__all"

// Variable is a choice that a dashboard offers.
type Variable struct {
	Name, Label string
	// Type is query, custom, interval, constant, textbox or datasource.
	Type              string
	Datasource        Datasource
	Multi, IncludeAll bool
	AllValue          string
	Sort              int
	Regex             *regexp.Regexp // nil: none
	// Query is what a query variable asks: SQL, or label_values(…).
	Query string
	// Fixed are the options that the author wrote.
	Fixed []Option
	// Default is what is chosen where nobody has chosen.
	Default []string
}

// Option is one choice.
type Option struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

type jsonVariable struct {
	Name       string          `json:"name"`
	Label      string          `json:"label"`
	Type       string          `json:"type"`
	Datasource json.RawMessage `json:"datasource"`
	Multi      bool            `json:"multi"`
	IncludeAll bool            `json:"includeAll"`
	AllValue   string          `json:"allValue"`
	Sort       int             `json:"sort"`
	Regex      string          `json:"regex"`
	Query      json.RawMessage `json:"query"`
	Current    struct {
		Value json.RawMessage `json:"value"`
	} `json:"current"`
}

func (in jsonVariable) variable() (Variable, error) {
	v := Variable{
		Name: in.Name, Label: cmp.Or(in.Label, in.Name), Type: in.Type, Datasource: datasource(in.Datasource, Datasource{}),
		Multi: in.Multi, IncludeAll: in.IncludeAll, AllValue: in.AllValue, Sort: in.Sort, Default: texts(in.Current.Value),
	}
	if !regexp.MustCompile(`^\w+$`).MatchString(in.Name) || strings.HasPrefix(in.Name, "__") {
		return v, fmt.Errorf("%q is no name of a variable", in.Name)
	}
	var err error
	if v.Query, err = queryText(in.Query); err != nil {
		return v, err
	}
	if v.Regex, err = jsRegexp(in.Regex); err != nil {
		return v, err
	}
	switch in.Type {
	case "custom", "interval":
		v.Fixed = csvOptions(v.Query)
	case "constant", "textbox":
		v.Fixed = []Option{{v.Query, v.Query}}
	case "datasource", "query":
	default:
		return v, fmt.Errorf("the type %q is not supported", in.Type)
	}
	return v, nil
}

// queryText reads a query, which may be a text or an object of the data source.
func queryText(raw json.RawMessage) (string, error) {
	var text string
	if len(raw) == 0 || json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var object struct {
		RawSQL string `json:"rawSql"`
		Query  string `json:"query"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return "", errors.New("the query is neither a text nor an object")
	}
	return cmp.Or(object.RawSQL, object.Query), nil
}

// texts reads one text, or a list.
func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	return many
}

// jsRegexp reads /…/flags, or a bare expression.
func jsRegexp(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no expression is what is written
	}
	if m := regexp.MustCompile(`^/(.*)/([gimsu]*)$`).FindStringSubmatch(text); m != nil {
		text = m[1]
		if strings.Contains(m[2], "i") {
			text = "(?i)" + text
		}
	}
	// JavaScript writes (?<name>…), which Go reads as well.
	expr, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("read regex: %w", err)
	}
	return expr, nil
}

// csvOptions reads "a, text : b, c\,d".
func csvOptions(text string) []Option {
	named := regexp.MustCompile(`^\s*(.+)\s:\s(.+)$`)
	var out []Option
	for _, part := range regexp.MustCompile(`(?:\\,|[^,])+`).FindAllString(text, -1) {
		part = strings.ReplaceAll(part, `\,`, ",")
		o := Option{Value: strings.TrimSpace(part), Text: strings.TrimSpace(part)}
		if m := named.FindStringSubmatch(part); m != nil {
			o = Option{Value: strings.TrimSpace(m[2]), Text: strings.TrimSpace(m[1])}
		}
		out = append(out, o)
	}
	return out
}

// options prepares what a query returned: filtered, each value once, sorted.
func (v Variable) options(found []Option) []Option {
	var out []Option
	seen := map[string]bool{}
	for _, o := range found {
		o, ok := v.matched(o)
		if !ok || seen[o.Value] {
			continue
		}
		seen[o.Value] = true
		out = append(out, o)
	}
	v.sort(out)
	return out
}

// matched applies the regex: its groups value and text, or its first group.
func (v Variable) matched(o Option) (Option, bool) {
	if v.Regex == nil {
		return o, true
	}
	m := v.Regex.FindStringSubmatch(o.Value)
	if m == nil {
		return o, false
	}
	value, text := v.Regex.SubexpIndex("value"), v.Regex.SubexpIndex("text")
	switch {
	case value >= 0 && text >= 0:
		return Option{m[value], m[text]}, true
	case value >= 0:
		return Option{m[value], m[value]}, true
	case text >= 0:
		return Option{m[text], m[text]}, true
	case len(m) > 1:
		return Option{m[1], m[1]}, true
	default:
		return o, true
	}
}

func (v Variable) sort(options []Option) {
	var less func(a, b Option) int
	switch v.Sort {
	case 1, 2:
		less = func(a, b Option) int { return cmp.Compare(a.Text, b.Text) }
	case 3, 4:
		less = func(a, b Option) int { return cmp.Compare(number(a.Text), number(b.Text)) }
	case 5, 6, 7, 8:
		less = func(a, b Option) int { return cmp.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)) }
	default:
		return
	}
	slices.SortStableFunc(options, less)
	if v.Sort%2 == 0 {
		slices.Reverse(options)
	}
}

// number is the last number in a text, as Grafana sees it; without one, -1.
func number(text string) int {
	m := regexp.MustCompile(`.*?(\d{1,15}).*`).FindStringSubmatch(text)
	if m == nil {
		return -1
	}
	n := 0
	for _, c := range m[1] {
		n = 10*n + int(c-'0')
	}
	return n
}
