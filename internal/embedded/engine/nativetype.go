package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// nativeType is a column's type, as a tree.
type nativeType struct {
	name string
	args []nativeType
	// literal holds arguments that are no types: numbers, enum entries.
	literals []string
}

// maxTypeDepth is far beyond what a table has; it bounds the recursion.
const maxTypeDepth = 100

// parseType reads a type's name: Array(Tuple(a UInt8, b String)).
func parseType(text string) (nativeType, error) {
	return parseTypeAt(text, 0)
}

func parseTypeAt(text string, depth int) (nativeType, error) {
	text = strings.TrimSpace(text)
	open := strings.IndexByte(text, '(')
	if depth > maxTypeDepth {
		return nativeType{}, fmt.Errorf("parse type %q: too deep", clip(text))
	}
	if open < 0 {
		return nativeType{name: text}, nil
	}
	if text == "" || text[len(text)-1] != ')' {
		return nativeType{}, fmt.Errorf("parse type %q: brackets", clip(text))
	}
	t := nativeType{name: text[:open]}
	for _, arg := range splitArgs(text[open+1 : len(text)-1]) {
		if err := t.addArg(arg, depth); err != nil {
			return nativeType{}, err
		}
	}
	return t, nil
}

func (t *nativeType) addArg(arg string, depth int) error {
	switch t.name {
	case "Tuple", "Nested":
		arg = dropName(arg)
	case "Nullable", "Array", "Map", "LowCardinality", "Variant":
	case "SimpleAggregateFunction":
		if len(t.literals) == 0 {
			t.literals = append(t.literals, arg)
			return nil
		}
	default:
		t.literals = append(t.literals, arg)
		return nil
	}
	child, err := parseTypeAt(arg, depth+1)
	if err != nil {
		return err
	}
	t.args = append(t.args, child)
	return nil
}

// splitArgs splits at the commas that are in no bracket and no quote.
func splitArgs(text string) []string {
	var args []string
	lex := &lexer{text: text}
	depth, from := 0, 0
	for {
		t := lex.next()
		switch {
		case t.kind == kindEnd || t.kind == kindOpen:
			if rest := strings.TrimSpace(text[from:]); rest != "" {
				args = append(args, rest)
			}
			return args
		case lex.is(t, "("):
			depth++
		case lex.is(t, ")"):
			depth--
		case lex.is(t, ",") && depth == 0:
			args = append(args, strings.TrimSpace(text[from:t.from]))
			from = t.to
		}
	}
}

// dropName takes the element's name off: "a UInt8" is UInt8. A type alone is
// one word, or a word with brackets.
func dropName(arg string) string {
	lex := &lexer{text: arg}
	first, second := lex.next(), lex.next()
	if second.kind == kindEnd || lex.is(second, "(") && first.kind == kindWord {
		return arg
	}
	return arg[first.to:]
}

// fixedWidth is how many bytes a value of a type of fixed width has; ok is
// false for the others.
func (t nativeType) fixedWidth() (width int, ok bool) {
	switch t.name {
	case "UInt8", "Int8", "Bool", "Enum8", "Nothing":
		return 1, true
	case "UInt16", "Int16", "Date", "Enum16", "BFloat16":
		return 2, true
	case "UInt32", "Int32", "Float32", "Date32", "DateTime", "DateTime32", "IPv4", "Time", "Decimal32":
		return 4, true
	case "UInt64", "Int64", "Float64", "DateTime64", "Time64", "Decimal64":
		return 8, true
	case "UInt128", "Int128", "UUID", "IPv6", "Decimal128":
		return 16, true
	case "UInt256", "Int256", "Decimal256":
		return 32, true
	case "FixedString":
		n, err := strconv.Atoi(t.literal(0))
		return n, err == nil && n > 0
	case "Decimal":
		return decimalWidth(t.literal(0))
	default:
		return 8, strings.HasPrefix(t.name, "Interval")
	}
}

func (t nativeType) literal(i int) string {
	if i < len(t.literals) {
		return t.literals[i]
	}
	return ""
}

func decimalWidth(precision string) (width int, ok bool) {
	switch p, err := strconv.Atoi(precision); {
	case err != nil || p < 1 || p > 76:
		return 0, false
	case p <= 9:
		return 4, true
	case p <= 18:
		return 8, true
	case p <= 38:
		return 16, true
	default:
		return 32, true
	}
}

// plain resolves the names that are other types in disguise.
func (t nativeType) plain() nativeType {
	float := nativeType{name: "Float64"}
	point := nativeType{name: "Tuple", args: []nativeType{float, float}}
	array := func(of nativeType) nativeType { return nativeType{name: "Array", args: []nativeType{of}} }
	switch t.name {
	case "Nested":
		return array(nativeType{name: "Tuple", args: t.args})
	case "Map":
		return array(nativeType{name: "Tuple", args: t.args})
	case "SimpleAggregateFunction":
		if len(t.args) == 1 {
			return t.args[0].plain()
		}
		return t
	case "Point":
		return point
	case "Ring", "LineString":
		return array(point)
	case "Polygon", "MultiLineString":
		return array(array(point))
	case "MultiPolygon":
		return array(array(array(point)))
	default:
		return t
	}
}
