package config

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The page has every setting, with its default, and no other.
func TestThePageHasEverySetting(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\|([^|]*)\\|").FindAllStringSubmatch(string(page), -1) {
		rows[m[1]] = strings.Trim(strings.TrimSpace(m[2]), "`")
	}
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	want := defaults("", reflect.ValueOf(c).Elem())
	for path, value := range want {
		switch got, found := rows[path]; {
		case !found:
			t.Errorf("%s is not on the page", path)
		case got != value && got != "see the file":
			t.Errorf("default of %s is %q on the page, want %q", path, got, value)
		}
	}
	for path := range rows {
		if _, found := want[path]; !found {
			t.Errorf("%s is on the page and is no setting", path)
		}
	}
}

func defaults(path string, v reflect.Value) map[string]string {
	texts := map[string]string{}
	for key, f := range fieldsOf(v) {
		at := join(path, key)
		switch {
		case isText(f):
			texts[at] = fmt.Sprint(f.Interface())
		case f.Kind() == reflect.Struct:
			maps.Copy(texts, defaults(at, f))
		case f.Kind() == reflect.Map || f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			texts[at] = "see the file"
		case f.Kind() == reflect.Slice:
			texts[at] = strings.Join(f.Interface().([]string), ",")
		default:
			texts[at] = fmt.Sprint(f.Interface())
		}
	}
	return texts
}

// deploy/config.yaml and the like are read by a test of the repository.
func TestDefaultYAMLIsACopy(t *testing.T) {
	t.Parallel()
	text := DefaultYAML()
	text[0] = 'X'
	if DefaultYAML()[0] == 'X' {
		t.Error("the built-in file can be changed from outside")
	}
}
