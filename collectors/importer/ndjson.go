package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/tidemark/tidemark/collectors/lines"
)

// maxNesting is how deep an object may lie in another one.
const maxNesting = 8

// jsonTable reads one JSON object per line. A field of an object within is
// named with a dot: stats.views.
type jsonTable struct {
	lines *lines.Reader
	want  []string
	cells []cell
}

func openNDJSON(r io.Reader, name string, want []string) *jsonTable {
	return &jsonTable{lines: lines.New(r, name), want: want, cells: make([]cell, len(want))}
}

// next gives the wanted cells of the next row, valid until the next call. A
// field that is null is empty; one that is not there may be misspelt.
func (t *jsonTable) next() ([]cell, error) {
	for {
		line, err := t.lines.Next()
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		fields, err := flatten(line)
		if err != nil {
			return nil, t.lines.Wrong(fmt.Errorf("decode line: %w", err))
		}
		for i, w := range t.want {
			c, found := fields[w]
			if !found && !underNull(fields, w) {
				return nil, t.lines.Wrongf("check %s: is missing in this object; write null where nobody counted", lines.Shorten(w))
			}
			t.cells[i] = c
		}
		return t.cells, nil
	}
}

// underNull says whether a field lies in an object that is null.
func underNull(fields map[string]cell, name string) bool {
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		if outer, found := fields[name[:i]]; found && outer == (cell{}) {
			return true
		}
	}
	return false
}

func (t *jsonTable) wrong(err error) error { return t.lines.Wrong(err) }

func (t *jsonTable) close() error { return nil }

// flatten reads one object. A field that is there twice is an error: nobody
// knows which is meant.
func flatten(line []byte) (map[string]cell, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	fields := map[string]cell{}
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("want a JSON object")
	}
	if err := flattenObject(d, "", fields, 0); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the object does not end on its line: want one object per line")
		}
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one JSON object, and nothing after it")
	}
	return fields, nil
}

func flattenObject(d *json.Decoder, prefix string, fields map[string]cell, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("objects lie more than %d deep", maxNesting)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return errors.New("want a name in an object")
		}
		name = prefix + name
		if _, twice := fields[name]; twice {
			return fmt.Errorf("%q is there twice", lines.Shorten(name))
		}
		if err := flattenValue(d, name, fields, depth); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func flattenValue(d *json.Decoder, name string, fields map[string]cell, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			fields[name] = cell{odd: "an object"}
			return flattenObject(d, name+".", fields, depth+1)
		}
		fields[name] = cell{odd: "a list"}
		for d.More() { // the list is read over, whatever it holds
			var over json.RawMessage
			if err := d.Decode(&over); err != nil {
				return err
			}
		}
		_, err := d.Token()
		return err
	case json.Number:
		fields[name] = cell{text: v.String(), exact: true}
	case string:
		fields[name] = cell{text: v}
	case bool:
		fields[name] = cell{text: strconv.FormatBool(v)}
	case nil:
		fields[name] = cell{}
	}
	return nil
}

// jsonColumns are the fields of the first object.
func jsonColumns(r io.Reader, name string) ([]string, error) {
	l := lines.New(r, name)
	for {
		line, err := l.Next()
		if errors.Is(err, io.EOF) {
			return nil, l.Wrongf("file is empty")
		}
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		fields, err := flatten(line)
		if err != nil {
			return nil, l.Wrong(fmt.Errorf("decode line: %w", err))
		}
		var names []string
		for n, c := range fields {
			if c.odd != "an object" {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		return names, nil
	}
}
