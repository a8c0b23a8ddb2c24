package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// template is a text with columns in it: "{chart|slug}/{category|slug}".
type template []piece

// piece is fixed text, or a column and what is done to its words.
type piece struct {
	text   string
	column string
	change string
}

func changes() []string { return []string{"", "lower", "slug", "tag"} }

func parseTemplate(s string) (template, error) {
	var t template
	for s != "" {
		before, rest, found := strings.Cut(s, "{")
		if strings.Contains(before, "}") {
			return nil, errors.New("has a } without its {")
		}
		if before != "" {
			t = append(t, piece{text: before})
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed || strings.Contains(inner, "{") {
			return nil, errors.New("has a { without its }")
		}
		column, change, _ := strings.Cut(inner, "|")
		if column == "" {
			return nil, errors.New("has {} without a column")
		}
		if !slices.Contains(changes(), change) {
			return nil, fmt.Errorf("has {%s}, want {column}, {column|lower}, {column|slug} or {column|tag}", inner)
		}
		t = append(t, piece{column: column, change: change})
		s = after
	}
	return t, nil
}

func (t template) columns() []string {
	var names []string
	for _, p := range t {
		if p.column != "" {
			names = append(names, p.column)
		}
	}
	return names
}

// fixed is the text of a template without columns.
func (t template) fixed() (string, bool) {
	if len(t.columns()) > 0 {
		return "", false
	}
	if len(t) == 0 {
		return "", true
	}
	return t[0].text, true
}

// fill asks for each column's words. A column that leaves nothing behind is an
// error, unless it is all there is: then empty is what the row says.
func (t template) fill(word func(column string) (string, error)) (string, error) {
	var b strings.Builder
	for _, p := range t {
		if p.column == "" {
			b.WriteString(p.text)
			continue
		}
		w, err := word(p.column)
		if err != nil {
			return "", err
		}
		changed := change(p.change, w)
		if changed == "" && (len(t) > 1 || w != "") {
			return "", &CellError{Column: p.column, Value: w, Reason: "want a name"}
		}
		b.WriteString(changed)
	}
	return b.String(), nil
}

func change(how, s string) string {
	switch how {
	case "lower":
		return strings.ToLower(s)
	case "slug":
		return slug(s)
	case "tag":
		return strings.ToLower(strings.Trim(strings.TrimSpace(s), "#＃"))
	default:
		return s
	}
}

// slug writes a name as targets do: "Health & Fitness" is health-fitness.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return strings.Join(words, "-")
}
