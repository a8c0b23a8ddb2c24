package importer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/event"
)

// cell is one field of a row. exact is a number that the format itself calls
// one: it is written as 1234.5, whatever the mapping says.
type cell struct {
	text  string
	exact bool
	odd   string // what it is, where it is neither text nor number: a list
}

// row is one row, understood.
type row struct {
	at       time.Time
	source   string
	target   *event.Target
	subject  string
	rank     int // 0: none
	readings []*event.Reading
}

// reader makes rows of cells, as a mapping says.
type reader struct {
	m       *Mapping
	columns []string // those it wants, in the order of its cells
	index   map[string]int
	clock   clock
	latest  time.Time // zero: any time
	style   style

	time, source, subject     template
	key                       template
	kind, place, country, nam template
	metrics                   []template
}

// newReader takes a mapping that was checked.
func newReader(m *Mapping) (*reader, error) {
	r := &reader{m: m, columns: m.used(), index: map[string]int{}, style: styleOf(m.Numbers), metrics: make([]template, len(m.Values))}
	for i, c := range r.columns {
		r.index[c] = i
	}
	texts := []struct {
		to   *template
		text string
	}{
		{&r.time, m.Time.Text},
		{&r.source, m.Source},
		{&r.subject, m.Subject},
		{&r.key, m.Target.Key},
		{&r.kind, m.Target.Kind},
		{&r.place, m.Target.Place},
		{&r.country, m.Target.Country},
		{&r.nam, m.Target.Name},
	}
	for i := range m.Values {
		texts = append(texts, struct {
			to   *template
			text string
		}{&r.metrics[i], m.Values[i].Metric})
	}
	for _, t := range texts {
		parsed, err := parseTemplate(t.text)
		if err != nil {
			return nil, fmt.Errorf("read mapping %s: %q %w", m.Name, t.text, err)
		}
		*t.to = parsed
	}
	zone, err := time.LoadLocation(m.Time.Zone)
	if err != nil {
		return nil, fmt.Errorf("read mapping %s: %w", m.Name, err)
	}
	r.clock = clock{zone: zone, ranges: m.Time.Ranges}
	for _, f := range m.Time.Formats {
		layout, err := layoutOf(f)
		if err != nil {
			return nil, fmt.Errorf("read mapping %s: time.formats: %q %w", m.Name, f, err)
		}
		r.clock.formats = append(r.clock.formats, layout)
	}
	return r, nil
}

// word is what a column says in a row.
func (r *reader) word(cells []cell) func(column string) (string, error) {
	return func(column string) (string, error) {
		c := cells[r.index[column]]
		if c.odd != "" {
			return "", &CellError{Column: column, Value: c.odd, Reason: "want text or a number"}
		}
		w := strings.TrimSpace(c.text)
		if other, found := r.m.Words[column][w]; found {
			w = other
		}
		return w, nil
	}
}

// read understands one row. A row that the mapping passes over has no readings.
func (r *reader) read(cells []cell) (row, error) {
	word := r.word(cells)
	if skipped, err := r.judge(cells); skipped || err != nil {
		return row{}, err
	}
	out := row{}
	text, err := r.time.fill(word)
	if err != nil {
		return out, err
	}
	if out.at, err = r.moment(text); err != nil {
		return out, r.blame(r.time, "time", text, err)
	}
	if err := r.values(cells, &out); err != nil || len(out.readings) == 0 {
		return out, err
	}
	if out.subject, err = r.subject.fill(word); err != nil {
		return out, err
	}
	if err := checkSubject(out.subject); err != nil {
		return out, r.blame(r.subject, "subject", out.subject, err)
	}
	for _, reading := range out.readings {
		reading.Subject, reading.AtMs = out.subject, out.at.UnixMilli()
	}
	if out.source, err = r.source.fill(word); err != nil {
		return out, err
	}
	if out.target, err = r.target(word); err == nil && isHandle(out.target.GetName()) {
		err = r.blame(r.nam, "target.name", out.target.GetName(), errHandle())
	}
	return out, err
}

func (r *reader) moment(text string) (time.Time, error) {
	at, err := r.clock.parse(text)
	if err == nil && !r.latest.IsZero() && at.After(r.latest) {
		err = errors.New("which is more than a day ahead of now; if that is meant, time.future: true in the mapping takes it")
	}
	return at, err
}

func checkSubject(name string) error {
	if name == "" {
		return errors.New("want a name")
	}
	if isHandle(name) {
		return errHandle()
	}
	return nil
}

// isHandle knows what names an account: @alice, did:plc:….
func isHandle(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "@") || strings.HasPrefix(name, "＠") || strings.HasPrefix(name, "did:")
}

func errHandle() error {
	return errors.New("which names a person: Tidemark keeps numbers about things, never people")
}

// judge holds what the mapping allows, and says whether it passes the row over.
func (r *reader) judge(cells []cell) (skipped bool, err error) {
	for _, column := range r.columns { // in a steady order
		text := strings.TrimSpace(cells[r.index[column]].text)
		if !utf8.ValidString(text) {
			return false, &CellError{Column: column, Value: text, Reason: "want UTF-8"}
		}
		if words, found := r.m.Skip[column]; found && slices.Contains(words, text) {
			return true, nil
		}
		if words, found := r.m.Allow[column]; found && !slices.Contains(words, text) {
			return false, &CellError{Column: column, Value: text, Reason: "want one of " + strings.Join(quoted(words), ", ")}
		}
	}
	return false, nil
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strconv.Quote(w)
	}
	return out
}

// blame names the column that a text came from.
func (r *reader) blame(t template, path, text string, err error) error {
	column := path
	if c := t.columns(); len(c) > 0 {
		column = c[0]
	}
	return &CellError{Column: column, Value: text, Reason: err.Error()}
}

func (r *reader) target(word func(string) (string, error)) (*event.Target, error) {
	if len(r.key) > 0 {
		key, err := r.key.fill(word)
		if err != nil {
			return nil, err
		}
		return event.ParseTargetKey(key)
	}
	t := &event.Target{}
	for _, p := range []struct {
		from template
		to   *string
	}{{r.kind, &t.Kind}, {r.place, &t.Place}, {r.country, &t.Country}, {r.nam, &t.Name}} {
		text, err := p.from.fill(word)
		if err != nil {
			return nil, err
		}
		*p.to = text
	}
	return t, t.Validate()
}

func (r *reader) values(cells []cell, out *row) error {
	for i := range r.m.Values {
		v := &r.m.Values[i]
		c := cells[r.index[v.Column]]
		text := strings.TrimSpace(c.text)
		if c.odd == "" && (text == "" || slices.Contains(r.m.Missing, text)) {
			if v.Empty == refuse {
				return &CellError{Column: v.Column, Value: text, Reason: "want a number"}
			}
			continue
		}
		metric, err := r.metrics[i].fill(r.word(cells))
		if err != nil {
			return err
		}
		n, err := r.number(c, text, v)
		if err != nil {
			return &CellError{Column: v.Column, Value: text + c.odd, Reason: err.Error()}
		}
		if v.Unit == unitRank {
			out.rank = int(n.low)
		}
		out.readings = append(out.readings, readings(metric, n, v)...)
	}
	return nil
}

func (r *reader) number(c cell, text string, v *Value) (number, error) {
	var n number
	var err error
	switch {
	case c.odd != "":
		return n, errors.New("want a number")
	case c.exact:
		n, err = exactNumber(text, v.Unit)
	default:
		n, err = parseNumber(text, v.Unit, r.style)
	}
	switch {
	case err != nil:
		return n, err
	case n.ranged && v.Ranges == refuse:
		return n, errors.New("want one number; ranges: bounds in the mapping takes both ends of a range")
	case n.plus && v.Plus == refuse:
		return n, errors.New("want a number without +, as the mapping says")
	}
	return n, nil
}

// exactNumber takes what a format calls a number, and holds it to the unit.
func exactNumber(text, unit string) (number, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return number{}, errors.New("want a number")
	}
	if f >= 1e21 || f <= -1e21 {
		return number{}, errors.New("want a number that is not so large")
	}
	// Without an exponent it is what the rules of the units are about.
	return parseNumber(strconv.FormatFloat(f, 'f', -1, 64), unit, styleOf("plain"))
}

// readings are one number, or the two ends of a range.
func readings(metric string, n number, v *Value) []*event.Reading {
	switch {
	case n.ranged:
		return []*event.Reading{{Metric: metric + "_low", Value: n.low}, {Metric: metric + "_high", Value: n.high}}
	case n.plus && v.Plus == low:
		return []*event.Reading{{Metric: metric + "_low", Value: n.low}}
	default:
		return []*event.Reading{{Metric: metric, Value: n.low}}
	}
}
