package tabular

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plain is the text of a single value without any quotes, and whether it is
// text that needs quotes where other values stand beside it.
func plain(k *kind, v any) (text string, quoted bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case bool:
		return strconv.FormatBool(x), false
	case float64:
		return float(x, 64), false
	case float32:
		return float(float64(x), 32), false
	case time.Time:
		return moment(k, x), true
	case net.IP:
		return x.String(), true
	case []byte:
		return string(x), true
	case big.Int:
		return x.String(), false
	case fmt.Stringer: // UUID, decimals, large integers
		return x.String(), !k.isNumber()
	default:
		return fmt.Sprint(v), !k.isNumber()
	}
}

// float writes as few digits as tell the number from its neighbours, and an
// exponent outside of 1e-6 to 1e21, as ClickHouse does.
func float(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, bits), "e")
	if n, err := strconv.Atoi(exponent); err != nil || n >= -6 && n < 21 {
		return strconv.FormatFloat(f, 'f', -1, bits)
	}
	return digits + "e" + strings.TrimLeft(exponent[:1], "+") + strings.TrimLeft(exponent[1:], "0")
}

func moment(k *kind, t time.Time) string {
	switch k.name {
	case "Date", "Date32":
		return t.Format("2006-01-02")
	case "DateTime64":
		if k.digits > 0 {
			return t.Format("2006-01-02 15:04:05." + strings.Repeat("0", k.digits))
		}
	}
	return t.Format("2006-01-02 15:04:05")
}

// dereference turns what the driver uses for Nullable into a value or nil.
func dereference(v any) any {
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return nil
		}
		r = r.Elem()
	}
	if !r.IsValid() {
		return nil
	}
	return r.Interface()
}

// compound writes arrays, tuples and maps the way they stand in SQL; ok is
// false for single values.
func compound(k *kind, v any) (text string, ok bool) {
	switch k.name {
	case "Array":
		return "[" + strings.Join(each(v, func(_ int, e any) string { return inSQL(k.arg(0), e) }), ",") + "]", true
	case "Tuple":
		values := tupleValues(k, v)
		parts := make([]string, len(values))
		for i, e := range values {
			parts[i] = inSQL(k.arg(i), e)
		}
		return "(" + strings.Join(parts, ",") + ")", true
	case "Map":
		var parts []string
		for _, p := range mapPairs(k, v) {
			parts = append(parts, inSQL(k.arg(0), p.key)+":"+inSQL(k.arg(1), p.value))
		}
		return "{" + strings.Join(parts, ",") + "}", true
	}
	return "", false
}

// inSQL is a value within an array, tuple or map.
func inSQL(k *kind, v any) string {
	v = dereference(v)
	if v == nil {
		return "NULL"
	}
	if text, ok := compound(k, v); ok {
		return text
	}
	text, quoted := plain(k, v)
	if quoted {
		return "'" + escape(text) + "'"
	}
	return text
}

func each(v any, write func(i int, e any) string) []string {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		return nil
	}
	parts := make([]string, r.Len())
	for i := range parts {
		parts[i] = write(i, r.Index(i).Interface())
	}
	return parts
}

// tupleValues are the elements in the order of the type: the driver gives
// named tuples as maps.
func tupleValues(k *kind, v any) []any {
	r := reflect.ValueOf(v)
	values := make([]any, len(k.args))
	for i := range values {
		switch {
		case r.Kind() == reflect.Map && r.Type().Key().Kind() == reflect.String:
			if e := r.MapIndex(reflect.ValueOf(k.labels[i])); e.IsValid() {
				values[i] = e.Interface()
			}
		case r.Kind() == reflect.Slice && i < r.Len():
			values[i] = r.Index(i).Interface()
		}
	}
	return values
}

type pair struct{ key, value any }

// mapPairs are sorted, because the driver forgets the order of a Map.
func mapPairs(k *kind, v any) []pair {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Map {
		return nil
	}
	pairs := make([]pair, 0, r.Len())
	for it := r.MapRange(); it.Next(); {
		pairs = append(pairs, pair{it.Key().Interface(), it.Value().Interface()})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(inSQL(k.arg(0), a.key), inSQL(k.arg(0), b.key)) })
	return pairs
}

// escape is ClickHouse's own, of TSV and of strings in arrays.
func escape(s string) string {
	return strings.NewReplacer(
		"\\", `\\`, "'", `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\b", `\b`, "\f", `\f`, "\x00", `\0`,
	).Replace(s)
}

func tsvText(k *kind, v any) string {
	v = dereference(v)
	if v == nil {
		return `\N`
	}
	if text, ok := compound(k, v); ok {
		return text
	}
	text, quoted := plain(k, v)
	if quoted {
		return escape(text)
	}
	return text
}

func csvText(k *kind, v any) string {
	v = dereference(v)
	if v == nil {
		return `\N`
	}
	if k.name == "Tuple" { // CSV spreads it over columns
		values := tupleValues(k, v)
		parts := make([]string, len(values))
		for i, e := range values {
			parts[i] = csvText(k.arg(i), e)
		}
		return strings.Join(parts, ",")
	}
	text, quoted := compound(k, v)
	if !quoted {
		text, quoted = plain(k, v)
	}
	if quoted {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

// prettyText is for people: no quotes, NULL as a sign.
func prettyText(k *kind, v any) string {
	v = dereference(v)
	if v == nil {
		return "ᴺᵁᴸᴸ"
	}
	if text, ok := compound(k, v); ok {
		return text
	}
	text, _ := plain(k, v)
	return text
}
