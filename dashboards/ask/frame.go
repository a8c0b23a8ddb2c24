package ask

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// Kinds of fields.
const (
	TypeTime    = "time"
	TypeNumber  = "number"
	TypeString  = "string"
	TypeBoolean = "boolean"
)

// Frame is an answer, column by column.
type Frame struct {
	RefID  string `json:"refId,omitempty"`
	Format string `json:"format,omitempty"`
	// Name is what the series is called; only Prometheus' frames have one.
	Name string `json:"name,omitempty"`
	SQL  string `json:"sql,omitempty"`
	// MS is how long the question took, RowsRead how many rows the server read
	// for it, where it says so.
	MS       int64  `json:"ms"`
	RowsRead uint64 `json:"rowsRead,omitempty"`
	// Truncated tells that there are more rows than these.
	Truncated bool    `json:"truncated,omitempty"`
	Fields    []Field `json:"fields"`
}

// Field is a column. Times are Unix milliseconds; NULL, NaN and infinities are
// nil; whole numbers that a browser cannot hold are texts.
type Field struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// ClickHouse is its own name of the type.
	ClickHouse string            `json:"clickhouse,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	// Shown is the whole name that people see, where the source has one: Grafana's
	// displayNameFromDS. Empty: it is made of name and labels.
	Shown  string `json:"shown,omitempty"`
	Values []any  `json:"values"`
}

// Rows is how many there are.
func (f *Frame) Rows() int {
	if f == nil || len(f.Fields) == 0 {
		return 0
	}
	return len(f.Fields[0].Values)
}

func (f *Frame) cells() int { return f.Rows() * len(f.Fields) }

// readFrame reads rows up to the limits.
func readFrame(rows *clickhouse.Rows, maxRows, maxBytes int) (*Frame, error) {
	frame := &Frame{Fields: []Field{}}
	types := rows.Types()
	for i, name := range rows.Columns() {
		frame.Fields = append(frame.Fields, Field{Name: name, Type: kindOf(types[i]), ClickHouse: types[i], Values: []any{}})
	}
	size := 0
	for rows.Next() {
		if frame.Rows() >= maxRows || maxBytes > 0 && size > maxBytes {
			frame.Truncated = true
			return frame, nil
		}
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			cell := cellOf(v, frame.Fields[i].Type)
			if s, ok := cell.(string); ok {
				size += len(s)
			}
			size += 8
			frame.Fields[i].Values = append(frame.Fields[i].Values, cell)
		}
	}
	return frame, rows.Err()
}

// kindOf is the kind of a column of a ClickHouse type.
func kindOf(name string) string {
	for _, wrapper := range []string{"LowCardinality(", "Nullable(", "SimpleAggregateFunction("} {
		if inner, ok := strings.CutPrefix(name, wrapper); ok {
			inner = strings.TrimSuffix(inner, ")")
			if wrapper == "SimpleAggregateFunction(" {
				_, inner, _ = strings.Cut(inner, ", ")
			}
			return kindOf(inner)
		}
	}
	switch {
	case name == "Bool":
		return TypeBoolean
	case strings.HasPrefix(name, "Date"):
		return TypeTime
	case strings.HasPrefix(name, "Int") && !strings.HasPrefix(name, "Interval"), strings.HasPrefix(name, "UInt"),
		strings.HasPrefix(name, "Float"), strings.HasPrefix(name, "BFloat"), strings.HasPrefix(name, "Decimal"):
		return TypeNumber
	default:
		return TypeString
	}
}

// cellOf makes a value of the driver one of JSON.
func cellOf(v any, kind string) any {
	v = behind(v)
	switch v := v.(type) {
	case nil:
		return nil
	case time.Time:
		if kind == TypeTime {
			return v.UnixMilli()
		}
		return v.UTC().Format("2006-01-02 15:04:05.999")
	case bool, string:
		return v
	case big.Int:
		return v.String()
	}
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		if s, ok := v.(fmt.Stringer); ok && kind == TypeString {
			return s.String()
		}
		return whole(r.Int(), uint64(max(r.Int(), -r.Int())))
	case r.CanUint():
		return whole(r.Uint(), r.Uint())
	case r.Kind() == reflect.Float32:
		// As it is written, and not with the digits that a float64 adds.
		f, err := strconv.ParseFloat(strconv.FormatFloat(r.Float(), 'g', -1, 32), 64)
		if err != nil {
			return nil
		}
		return finite(f)
	case r.CanFloat():
		return finite(r.Float())
	}
	return textOf(v, kind)
}

// behind follows pointers, but to those that know how to call themselves.
func behind(v any) any {
	for r := reflect.ValueOf(v); r.Kind() == reflect.Pointer; r = r.Elem() {
		if r.IsNil() {
			return nil
		}
		if _, ok := reflect.TypeAssert[fmt.Stringer](r); ok && r.Elem().Kind() == reflect.Struct {
			break
		}
		v = r.Elem().Interface()
	}
	return v
}

// exact is the largest whole number that a browser holds exactly.
const exact = 1 << 53

func whole[T int64 | uint64](n T, size uint64) any {
	if size > exact {
		return fmt.Sprint(n)
	}
	return n
}

func finite(f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return f
}

// textOf writes what is neither a number nor a text: decimals as numbers, lists
// as JSON, the rest as they call themselves.
func textOf(v any, kind string) any {
	if s, ok := v.(fmt.Stringer); ok {
		text := s.String()
		if f, err := strconv.ParseFloat(text, 64); err == nil && kind == TypeNumber {
			if math.Abs(f) > exact {
				return text
			}
			return finite(f)
		}
		return text
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		if text, err := json.Marshal(plain(r)); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v)
}

// plain makes lists and maps such as JSON can say.
func plain(r reflect.Value) any {
	switch r.Kind() {
	case reflect.Slice, reflect.Array:
		out := make([]any, r.Len())
		for i := range out {
			out[i] = plain(r.Index(i))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for it := r.MapRange(); it.Next(); {
			out[fmt.Sprint(it.Key().Interface())] = plain(it.Value())
		}
		return out
	case reflect.Interface:
		return plain(r.Elem())
	case reflect.Invalid:
		return nil
	default:
		return cellOf(r.Interface(), "")
	}
}

// CSV writes the frame as RFC 4180 has it: times as ISO 8601 in UTC, what is
// missing as nothing.
func (f *Frame) CSV(to io.Writer) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	line := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		line[i] = field.Name
	}
	if err := w.Write(line); err != nil {
		return err
	}
	for row := range f.Rows() {
		for i, field := range f.Fields {
			line[i] = csvCell(field.Values[row], field.Type)
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func csvCell(v any, kind string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int64:
		if kind == TypeTime {
			return time.UnixMilli(v).UTC().Format("2006-01-02T15:04:05.999Z")
		}
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}
