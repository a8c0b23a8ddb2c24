package tabular

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// jsonLines is JSONEachRow.
type jsonLines struct {
	out   *bufio.Writer
	names []string
	kinds []*kind
}

// Begin keeps the columns.
func (j *jsonLines) Begin(columns []Column) error {
	j.kinds = kindsOf(columns)
	j.names = namesOf(columns)
	return nil
}

// Row writes one object.
func (j *jsonLines) Row(values []any) error {
	j.out.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			j.out.WriteByte(',')
		}
		j.out.WriteString(j.names[i] + ":" + jsonText(j.kinds[i], v))
	}
	_, err := j.out.WriteString("}\n")
	return err
}

// End writes what is left.
func (j *jsonLines) End() error { return j.out.Flush() }

// jsonWhole is JSON: one document with the columns, the rows and their number.
type jsonWhole struct {
	out     *bufio.Writer
	columns []Column
	names   []string
	kinds   []*kind
	rows    int
}

// Begin writes the columns.
func (j *jsonWhole) Begin(columns []Column) error {
	j.columns, j.kinds, j.names = columns, kindsOf(columns), namesOf(columns)
	j.out.WriteString("{\n\t\"meta\":\n\t[")
	for i, c := range columns {
		if i > 0 {
			j.out.WriteByte(',')
		}
		j.out.WriteString("\n\t\t{\n\t\t\t\"name\": " + j.names[i] + ",\n\t\t\t\"type\": " + jsonString(c.Type) + "\n\t\t}")
	}
	_, err := j.out.WriteString("\n\t],\n\n\t\"data\":\n\t[")
	return err
}

// Row writes one object.
func (j *jsonWhole) Row(values []any) error {
	if j.rows > 0 {
		j.out.WriteByte(',')
	}
	j.rows++
	j.out.WriteString("\n\t\t{")
	for i, v := range values {
		if i > 0 {
			j.out.WriteByte(',')
		}
		j.out.WriteString("\n\t\t\t" + j.names[i] + ": " + jsonText(j.kinds[i], v))
	}
	_, err := j.out.WriteString("\n\t\t}")
	return err
}

// End writes the number of rows.
func (j *jsonWhole) End() error {
	if j.rows == 0 {
		j.out.WriteByte('\n')
	}
	j.out.WriteString("\n\t],\n\n\t\"rows\": " + strconv.Itoa(j.rows) + "\n}\n")
	return j.out.Flush()
}

func namesOf(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = jsonString(c.Name)
	}
	return names
}

func jsonText(k *kind, v any) string {
	v = dereference(v)
	if v == nil {
		return "null"
	}
	switch k.name {
	case "Array":
		return "[" + strings.Join(each(v, func(_ int, e any) string { return jsonText(k.arg(0), e) }), ",") + "]"
	case "Tuple":
		return jsonTuple(k, v)
	case "Map":
		var parts []string
		for _, p := range mapPairs(k, v) {
			key, _ := plain(k.arg(0), p.key)
			parts = append(parts, jsonString(key)+":"+jsonText(k.arg(1), p.value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return "null"
	}
	if f, ok := v.(float32); ok && (math.IsNaN(float64(f)) || math.IsInf(float64(f), 0)) {
		return "null"
	}
	text, quoted := plain(k, v)
	if quoted {
		return jsonString(text)
	}
	return text
}

func jsonTuple(k *kind, v any) string {
	values := tupleValues(k, v)
	parts := make([]string, len(values))
	named := len(values) > 0
	for i, e := range values {
		parts[i] = jsonText(k.arg(i), e)
		named = named && k.labels[i] != ""
	}
	if !named {
		return "[" + strings.Join(parts, ",") + "]"
	}
	for i := range parts {
		parts[i] = jsonString(k.labels[i]) + ":" + parts[i]
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// jsonString leaves < > & as they are, and escapes slashes as ClickHouse does.
func jsonString(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "/", `\/`)
}
