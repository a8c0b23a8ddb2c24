package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	c, err := Load("testdata/good-small.yaml", []string{
		"HOME=/nowhere",
		"TIDEMARK_CONFIG=x.yaml",
		"TIDEMARK_KAFKA_BROKERS=a:9092, b:9092",
		"TIDEMARK_COLLECT_TIMEOUT=1m",
		"TIDEMARK_COLLECT_SOURCES_APPSTORE_LOOKUP_ENABLED=false",
		"TIDEMARK_COLLECT_CONTACT=https://example.org/?a=b",
		"TIDEMARK_ENGINE_MAX_MEMORY=1GiB",
		"TIDEMARK_WATCH_TAGS=",
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a:9092", "b:9092"}, c.Kafka.Brokers); diff != "" {
		t.Errorf("brokers (-want +got):\n%s", diff)
	}
	if c.Collect.Timeout.D() != time.Minute || c.Collect.Sources.AppStoreLookup.Enabled || c.Engine.MaxMemory != 1<<30 {
		t.Errorf("variables are not in force: %+v", c.Collect)
	}
	if c.Collect.Contact != "https://example.org/?a=b" {
		t.Errorf("a variable does not win over the file: %q", c.Collect.Contact)
	}
	if len(c.Watch.Tags) != 0 {
		t.Errorf("an empty variable does not empty a list: %q", c.Watch.Tags)
	}
}

func TestBadVariables(t *testing.T) {
	t.Parallel()
	for pair, want := range map[string]string{
		"TIDEMARK_KAFKA_BROKRES=a:1":                      "TIDEMARK_KAFKA_BROKRES: is no setting; did you mean TIDEMARK_KAFKA_BROKERS?",
		"TIDEMARK_COLLECT_TIMEOUT=soon":                   `TIDEMARK_COLLECT_TIMEOUT: collect.timeout: is "soon", want a duration`,
		"TIDEMARK_COLLECT_SOURCES_WIKIPEDIA_EVERY=hourly": `TIDEMARK_COLLECT_SOURCES_WIKIPEDIA_EVERY: collect.sources.wikipedia.every: is "hourly", want a cron line`,
		"TIDEMARK_WATCH_ENTITIES=x":                       "TIDEMARK_WATCH_ENTITIES: is no setting",
		"TIDEMARK_=x":                                     "TIDEMARK_: is no setting",
	} {
		_, err := Load("", []string{pair})
		if !IsInvalid(err) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", pair, err, want)
		}
	}
}

// Two settings must not share a name.
func TestVariablesAreUnambiguous(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, path := range Variables() {
		if variable(path) != name {
			t.Errorf("%s sets %s, want %s", name, path, variable(path))
		}
		seen[path] = name
	}
	if len(seen) != len(Variables()) || len(seen) != leaves(reflect.ValueOf(&Config{}).Elem()) {
		t.Errorf("%d variables for %d settings", len(Variables()), leaves(reflect.ValueOf(&Config{}).Elem()))
	}
}

func leaves(v reflect.Value) int {
	n := 0
	for _, f := range fieldsOf(v) {
		switch {
		case f.Kind() == reflect.Struct:
			n += leaves(f)
		case f.Kind() == reflect.Map, f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
		default:
			n++
		}
	}
	return n
}
