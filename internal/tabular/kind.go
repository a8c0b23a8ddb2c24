package tabular

import (
	"strconv"
	"strings"
)

// kind is a parsed type: Array(Nullable(String)) is {Array {String}}, because
// what is NULL shows in the value, and LowCardinality is only storage.
type kind struct {
	name   string
	args   []*kind
	labels []string // of a named Tuple
	digits int      // of DateTime64
}

func kindsOf(columns []Column) []*kind {
	kinds := make([]*kind, len(columns))
	for i, c := range columns {
		kinds[i] = parseKind(c.Type)
	}
	return kinds
}

func parseKind(text string) *kind {
	text = strings.TrimSpace(text)
	name, inner, found := strings.Cut(text, "(")
	if !found {
		return &kind{name: text}
	}
	inner = strings.TrimSuffix(inner, ")")
	switch name {
	case "Nullable", "LowCardinality":
		return parseKind(inner)
	case "SimpleAggregateFunction":
		parts := splitArguments(inner)
		return parseKind(parts[len(parts)-1])
	}
	k := &kind{name: name}
	parts := splitArguments(inner)
	switch name {
	case "Array", "Map":
		for _, p := range parts {
			k.args = append(k.args, parseKind(p))
		}
	case "Nested":
		return &kind{name: "Array", args: []*kind{parseKind("Tuple(" + inner + ")")}}
	case "Tuple":
		for _, p := range parts {
			label, of := splitLabel(p)
			k.labels = append(k.labels, label)
			k.args = append(k.args, parseKind(of))
		}
	case "DateTime64":
		k.digits, _ = strconv.Atoi(parts[0]) // the server never sends anything else
	}
	return k
}

// splitLabel takes the name off an element of a named tuple.
func splitLabel(p string) (label, of string) {
	p = strings.TrimSpace(p)
	if strings.HasPrefix(p, "`") {
		if end := strings.Index(p[1:], "`"); end >= 0 {
			return p[1 : end+1], p[end+2:]
		}
	}
	first, rest, found := strings.Cut(p, " ")
	if !found || strings.Contains(first, "(") {
		return "", p
	}
	return first, rest
}

// splitArguments splits at commas outside of parentheses and quotes.
func splitArguments(text string) []string {
	var parts []string
	depth, start := 0, 0
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// toTheRight says whether pretty tables align the column to the right.
func (k *kind) toTheRight() bool { return k.isNumber() || strings.HasPrefix(k.name, "Date") }

func (k *kind) isNumber() bool {
	for _, prefix := range []string{"Int", "UInt", "Float", "BFloat", "Decimal"} {
		if strings.HasPrefix(k.name, prefix) {
			return true
		}
	}
	return false
}

// arg is the i-th argument, or a kind about which nothing is known.
func (k *kind) arg(i int) *kind {
	if i < len(k.args) {
		return k.args[i]
	}
	return &kind{}
}
