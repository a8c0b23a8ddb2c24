package importer

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
)

const good = `version: 1
name: mine
source: mine
time: {text: "{day}", formats: [YYYY-MM-DD], zone: Asia/Tokyo}
target: {kind: tag, place: weibo, name: "{topic|tag}"}
subject: "{topic|tag}"
values:
  - {metric: views, column: seen, unit: count}
`

// TestMappingsAreStrict: each mistake is named, with its line.
func TestMappingsAreStrict(t *testing.T) {
	t.Parallel()
	if _, err := ParseMapping("m.yaml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":     {"source: mine", "sauce: mine", "m.yaml:3: sauce: is not known; did you mean source?"},
		"no YAML":         {"source: mine", "source: [", "m.yaml:"},
		"version":         {"version: 1", "version: 2", "m.yaml:1: version: is 2, want 1"},
		"name":            {"name: mine", "name: My Own", `m.yaml:2: name: is "My Own"`},
		"no time":         {`text: "{day}", `, "", "m.yaml:4: time.text: is missing"},
		"no zone":         {", zone: Asia/Tokyo", "", "m.yaml:4: time.zone: is missing: whose clock"},
		"no such zone":    {"Asia/Tokyo", "Asia/Tokio", `m.yaml:4: time.zone: is "Asia/Tokio"`},
		"the local zone":  {"Asia/Tokyo", "Local", `m.yaml:4: time.zone: is "Local"`},
		"format":          {"YYYY-MM-DD", "2006-01-02", `m.yaml:4: time.formats[0]: "2006-01-02" has digits`},
		"no format":       {"[YYYY-MM-DD]", "[]", "m.yaml:4: time.formats: is empty"},
		"kind":            {"kind: tag", "kind: hashtag", `m.yaml:5: target.kind: is "hashtag", want one of`},
		"no place":        {"place: weibo, ", "", "m.yaml:5: target.place: is missing"},
		"key and parts":   {"kind: tag", "key: x, kind: tag", "target.kind: and target.key exclude each other"},
		"open brace":      {`"{topic|tag}"}`, `"{topic"}`, "m.yaml:5: target.name: \"{topic\" has a { without its }"},
		"change":          {`subject: "{topic|tag}"`, `subject: "{topic|loud}"`, "m.yaml:6: subject: \"{topic|loud}\" has {topic|loud}"},
		"people":          {`subject: "{topic|tag}"`, `subject: "{user_name}"`, "m.yaml:6: subject: takes the column user_name, which names people"},
		"unit":            {"unit: count", "unit: views", `m.yaml:8: values[0].unit: is "views", want one of count`},
		"rank is a rank":  {"metric: views", "metric: rank", "m.yaml:8: values[0].unit: and metric"},
		"no values":       {"\n  - {metric: views, column: seen, unit: count}", " []", "m.yaml:7: values: is empty"},
		"numbers":         {"source: mine", "source: mine\nnumbers: us", `m.yaml:4: numbers: is "us"`},
		"whole of what":   {"source: mine", "source: mine\nlook: {list: whole}", "m.yaml:4: look.list: is whole, but no value is a rank"},
		"every":           {"source: mine", "source: mine\nlook: {every: 1500ms}", "m.yaml:4: look.every: is 1.5s"},
		"column not said": {"source: mine", "source: mine\ncolumns: [day, topic]", "m.yaml:4: columns: has no seen"},
		"two documents":   {"unit: count}", "unit: count}\n---\nversion: 1", "second document"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(good, c.old, c.new, 1)
			if text == good {
				t.Fatal("nothing was changed")
			}
			_, err := ParseMapping("m.yaml", []byte(text))
			var invalid *config.Invalid
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

// TestMappingIsKeptWhole: what is kept with an import is a mapping that reads the
// file in the same way.
func TestMappingIsKeptWhole(t *testing.T) {
	t.Parallel()
	for _, m := range library(t).All() {
		again, err := ParseMapping("kept", []byte(m.YAML()))
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		if d := cmp.Diff(m, again); d != "" || again.hash() != m.hash() {
			t.Errorf("%s: %s", m.Name, d)
		}
	}
}

// FuzzMapping: never a panic, and what is taken can be kept and read again.
func FuzzMapping(f *testing.F) {
	f.Add([]byte(good))
	l, err := NewLibrary(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range l.All() {
		f.Add([]byte(m.YAML()))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseMapping("fuzz", text)
		if err != nil {
			if !config.IsInvalid(err) {
				t.Fatalf("the error names no line: %v", err)
			}
			return
		}
		if _, err := newReader(m); err != nil {
			t.Fatalf("a checked mapping cannot be used: %v", err)
		}
		again, err := ParseMapping("kept", []byte(m.YAML()))
		if err != nil || again.hash() != m.hash() {
			t.Fatalf("%v\n%s", err, m.YAML())
		}
	})
}
