package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
)

func TestWatchFileRoundTrip(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "watch.yaml")
	none, err := config.ReadWatchFile(path)
	if err != nil || !cmp.Equal(none, config.Additions{}) {
		t.Fatalf("a file that is not there gave %+v, %v", none, err)
	}
	want := config.Additions{
		Tags: []string{"upscrolled", "小红书"}, Keywords: []string{"a: b", "#x"},
		Entities: []config.Entity{{ID: "upscrolled", Name: "UpScrolled", Apps: map[string]string{"apple": "123"}}},
		Charts:   []config.Chart{{Store: "apple", Name: "top-free/news", Genre: "6009"}},
	}
	for range 2 {
		if err := config.WriteWatchFile(path, want); err != nil {
			t.Fatal(err)
		}
		got, err := config.ReadWatchFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("writing left %d files behind", len(files))
	}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	before := len(cfg.Watch.Tags)
	with, err := cfg.WithAdditions(want)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(with.Watch.Tags, "upscrolled") || len(cfg.Watch.Tags) != before {
		t.Errorf("tags are %v, and those of the configuration %v", with.Watch.Tags, cfg.Watch.Tags)
	}
}

func TestWatchFileMistakes(t *testing.T) {
	t.Parallel()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"tag: [a]":                  "watch.yaml:1: tag: is not known; did you mean tags?",
		"tags: a":                   "watch.yaml:1: tags: is one value, want a list",
		"\ntags: [":                 "watch.yaml:2: ",
		"tags: [TikTok]":            `watch.yaml: tags[0]: is "tiktok", which watch.tags[4] (default.yaml:`,
		"tags: ['#new']":            `watch.yaml: tags[0]: "#new" is written with #; leave it out`,
		"entities: [{id: a}]":       "watch.yaml: entities[0].name of a: is empty",
		"storefronts: [USA]":        "is no storefront",
		"file: other.yaml":          "watch.yaml:1: file: is not known",
		"version: 1\ntags: [other]": "watch.yaml:1: version: is not known",
	} {
		path := filepath.Join(t.TempDir(), "watch.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		own := *cfg
		own.Watch.File = path
		a, err := config.ReadWatchFile(path)
		if err == nil {
			_, err = own.WithAdditions(a)
		}
		if err == nil || !config.IsInvalid(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// Whatever can be watched can be added while it runs: a configuration that
// watches nothing, and the built-in watchlist added to it, watch all of it.
func TestEveryListCanBeAddedTo(t *testing.T) {
	t.Parallel()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	want := cfg.Watch
	var a config.Additions
	for list := range reflect.TypeFor[config.Watch]().Fields() {
		from, to := reflect.ValueOf(want).FieldByName(list.Name), reflect.ValueOf(&a).Elem().FieldByName(list.Name)
		switch {
		case list.Name == "File":
		case from.Len() == 0:
			t.Errorf("the built-in configuration has nothing in watch.%s", list.Name)
		case !to.IsValid():
			t.Errorf("the watch file has no %s", list.Name)
		default:
			to.Set(from)
		}
	}
	cfg.Watch = config.Watch{}
	with, err := cfg.WithAdditions(a)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, with.Watch); diff != "" {
		t.Errorf("not all was taken on (-want +got):\n%s", diff)
	}
}
