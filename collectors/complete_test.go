package collectors_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

func entries(t *testing.T) []collectors.Entry {
	t.Helper()
	client, err := fetch.New(fetch.Config{Collect: collect()}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := collectors.New(collect(), watchlist(), client)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func streams(t *testing.T) []collectors.StreamEntry {
	t.Helper()
	client, err := fetch.New(fetch.Config{Collect: collect()}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := collectors.NewStreams(collect(), client)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every source of the list has a folder, golden cases, a fuzz target, a block
// in the configuration, a trial against a place, and a row in the docs; and
// there is no folder, block or row without a source.
func TestEverySourceIsWhole(t *testing.T) {
	t.Parallel()
	var names, folders []string
	for _, e := range entries(t) {
		names = append(names, e.Name)
		folder, _, _ := strings.Cut(e.Name, "_")
		folders = append(folders, folder)
		if len(e.Source.Targets()) == 0 {
			t.Errorf("%s: the trial against a place (places_test.go) has no target for it", e.Name)
		}
		if _, ok := e.Source.(past.Source); ok != (e.About.Past != "") {
			t.Errorf("%s can be back-filled: %v, and says of its past %q", e.Name, ok, e.About.Past)
		}
		for _, text := range []string{e.About.Targets, e.About.Readings, e.About.Signal, e.About.Unit, e.About.Fresh, e.About.Terms, e.About.Faults} {
			if text == "" || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s does not say all of itself, or not in one line: %+v", e.Name, e.About)
			}
		}
	}
	for _, e := range streams(t) {
		names, folders = append(names, e.Name), append(folders, e.Name)
		if err := e.Target.Validate(); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
		for _, text := range []string{e.About.Targets, e.About.Readings, e.About.Signal, e.About.Unit, e.About.Fresh, e.About.Terms, e.About.Faults} {
			if text == "" || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s does not say all of itself, or not in one line: %+v", e.Name, e.About)
			}
		}
	}
	slices.Sort(names)
	slices.Sort(folders)
	folders = slices.Compact(folders)

	var configured []string
	for block := range reflect.TypeFor[config.Sources]().Fields() {
		tag, _, _ := strings.Cut(block.Tag.Get("yaml"), ",")
		configured = append(configured, tag)
	}
	slices.Sort(configured)
	if diff := cmp.Diff(names, configured); diff != "" {
		t.Errorf("list of sources and blocks of the configuration differ: %s", diff)
	}
	if diff := cmp.Diff(names, rows(t)); diff != "" {
		t.Errorf("list of sources and rows of the docs differ: %s", diff)
	}
	if diff := cmp.Diff(folders, sourceFolders(t)); diff != "" {
		t.Errorf("list of sources and folders differ: %s", diff)
	}
	for _, folder := range folders {
		cases := goldenCases(t, filepath.Join(folder, "testdata"))
		if cases < 2 {
			t.Errorf("%s has %d golden cases", folder, cases)
		}
		if !slices.ContainsFunc(functions(t, folder), func(name string) bool { return strings.HasPrefix(name, "FuzzParse") }) {
			t.Errorf("%s has no fuzz target for its parser", folder)
		}
	}
}

// goldenCases counts the cases of a folder, and those of its second source.
func goldenCases(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	for _, pattern := range []string{"*", filepath.Join("*", "*")} {
		cases, err := filepath.Glob(filepath.Join(dir, pattern, "want.txt"))
		if err != nil {
			t.Fatal(err)
		}
		n += len(cases)
	}
	return n
}

// sourceFolders are the folders with a parser: replay has none.
func sourceFolders(t *testing.T) []string {
	t.Helper()
	parsers, err := filepath.Glob(filepath.Join("*", "*parse.go"))
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, path := range parsers {
		folders = append(folders, filepath.Dir(path))
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

func functions(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

func page(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testkit.Root(t), "docs", "adding-a-source.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rows are the sources of docs/sources.md, which is generated.
func rows(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testkit.Root(t), "docs", "sources.md"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(b), -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

// The page is about this code: what it quotes, and every file it names, is there.
func TestThePageIsTrue(t *testing.T) {
	t.Parallel()
	text := page(t)
	code, err := os.ReadFile("collectors.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"Targets() []*event.Target",
		"Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error)",
	} {
		if !strings.Contains(text, line) || !strings.Contains(string(code), line) {
			t.Errorf("the docs and collectors.go do not both say %q", line)
		}
	}
	root := testkit.Root(t)
	for _, m := range regexp.MustCompile("`((?:collectors|internal|docs)/[a-z_./]+)`").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("the docs name %s: %v", m[1], err)
		}
	}
}

// The built-in configuration gives sources that start, each with something to
// look at.
func TestDefaultConfigurationStarts(t *testing.T) {
	t.Parallel()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Collect.Contact = "https://example.org"
	client, err := fetch.New(fetch.Config{Collect: cfg.Collect}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := collectors.New(cfg.Collect, cfg.Watch, client)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Enabled && len(e.Source.Targets()) == 0 {
			t.Errorf("%s is enabled and has no target", e.Name)
		}
		if off := e.About.Scrapes || e.About.Key != ""; e.Enabled == off {
			t.Errorf("%s is enabled: %v; scrapers and what needs a key are off, all else is on", e.Name, e.Enabled)
		}
	}
}

func TestMistakesInTheConfigurationAreNamed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*config.Collect, *config.Watch){
		`watch.charts[0]: chart "free/overall": want top-free/…`:     func(_ *config.Collect, w *config.Watch) { w.Charts[0].Name = "free/overall" },
		`watch.charts[0]: chart "top-free": want a category`:         func(_ *config.Collect, w *config.Watch) { w.Charts[0].Name = "top-free" },
		`watch.charts[1]: chart "top-free/social-networking": overa`: func(_ *config.Collect, w *config.Watch) { w.Charts[1].Genre = "" },
		`genre "social" is not a number`:                             func(_ *config.Collect, w *config.Watch) { w.Charts[1].Genre = "social" },
		`watch.charts[0] in "USA": check target.country`:             func(_ *config.Collect, w *config.Watch) { w.Storefronts = []string{"USA"} },
		`chart/apple/us/top-free/overall is there twice`:             func(_ *config.Collect, w *config.Watch) { w.Charts = append(w.Charts, w.Charts[0]) },
		`tiktok: apps.apple is "id835599320"`:                        func(_ *config.Collect, w *config.Watch) { w.Entities[0].Apps["apple"] = "id835599320" },
		`instances[0] is "social.example", want https://host`:        func(c *config.Collect, _ *config.Watch) { c.Sources.Mastodon.Instances = []string{"social.example"} },
		`instances[1]: social.example is there twice`: func(c *config.Collect, _ *config.Watch) {
			c.Sources.Mastodon.Instances = []string{"https://social.example", "http://social.example/"}
		},
		`tag/social.example//rednote is there twice`:        func(_ *config.Collect, w *config.Watch) { w.Tags = []string{"rednote", "#RedNote"} },
		`watch.articles[0] is "TikTok", want project/title`: func(_ *config.Collect, w *config.Watch) { w.Articles = []string{"TikTok"} },
		`collect.sources.wikipedia.days is 0`:               func(c *config.Collect, _ *config.Watch) { c.Sources.Wikipedia.Days = 0 },
		`want no quotation marks`:                           func(_ *config.Collect, w *config.Watch) { w.Keywords = []string{`a"b`} },
		"6 tags looked at 25 times a day are 150 searches, the quota is 100: look less often (every: \"@every 2h\"), watch at most 4 tags": func(_ *config.Collect, w *config.Watch) {
			w.Tags = []string{"a", "b", "c", "d", "e", "f"}
		},
		"collect.sources.youtube.key: is empty":    func(c *config.Collect, _ *config.Watch) { c.Sources.YouTube.Key = "" },
		"collect.sources.youtube.key: has a blank": func(c *config.Collect, _ *config.Watch) { c.Sources.YouTube.Key = "a b" },
		"collect.sources.radar.token: set it or":   func(c *config.Collect, _ *config.Watch) { c.Sources.Radar.TokenFile = "nowhere" },
		`mastodon_trends.instances[0] is "social.example", want https://`: func(c *config.Collect, _ *config.Watch) {
			c.Sources.MastodonTrends.Instances = []string{"social.example"}
		},
		`set up hackernews: every is "often"`: func(c *config.Collect, _ *config.Watch) { c.Sources.HackerNews.Every = "often" },
	} {
		c, w := collect(), watchlist()
		change(&c, &w)
		client, err := fetch.New(fetch.Config{Collect: c}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := collectors.New(c, w, client); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
