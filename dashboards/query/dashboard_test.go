package query

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func story(t testing.TB) *Dashboard {
	t.Helper()
	all, err := Load(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d dashboards, want 1", len(all))
	}
	return all[0]
}

func TestLoad(t *testing.T) {
	t.Parallel()
	d := story(t)
	var ids []int
	for _, p := range d.Panels() {
		ids = append(ids, p.ID)
	}
	if diff := cmp.Diff([]int{1, 2, 3}, ids); diff != "" {
		t.Errorf("panels (-want +got):\n%s", diff)
	}
	p, _ := d.Panel(2)
	if p.Interval != time.Hour || p.Targets[0].Format != FormatTimeSeries || p.Targets[0].Datasource.Type != ClickHouse || !p.Targets[1].Hide {
		t.Errorf("panel 2: %+v", p)
	}
	if len(d.Annotations()) != 1 || d.Annotations()[0].Target.Format != FormatTable {
		t.Errorf("annotations: %+v", d.Annotations())
	}
	if _, err := p.Expand(p.Targets[1], testRange(), nil); err == nil ||
		err.Error() != "panel 2 (Ranks), query B: expand $__timeFilter: want 1 argument(s), got 2" {
		t.Errorf("error %v, want one with panel, query and macro", err)
	}
	prom, _ := d.Panel(3)
	if target := prom.Targets[0]; target.Datasource.Type != Prometheus || target.Instant || target.Legend != "{{topic}}" || target.Format != FormatTimeSeries {
		t.Errorf("panel 3: %+v", prom.Targets)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no uid":       `{"title": "x"}`,
		"no json":      `{`,
		"same panel":   `{"uid":"a","title":"x","panels":[{"id":1},{"id":1}]}`,
		"logs":         `{"uid":"a","title":"x","panels":[{"id":1,"targets":[{"refId":"A","format":2}]}]}`,
		"interval":     `{"uid":"a","title":"x","panels":[{"id":1,"interval":"often"}]}`,
		"ad hoc":       `{"uid":"a","title":"x","templating":{"list":[{"name":"f","type":"adhoc"}]}}`,
		"its own name": `{"uid":"a","title":"x","templating":{"list":[{"name":"__from","type":"custom"}]}}`,
	} {
		if _, err := Load(fstest.MapFS{"a.json": {Data: []byte(body)}}); err == nil || !strings.Contains(err.Error(), "a.json") {
			t.Errorf("%s: %v, want an error that names the file", name, err)
		}
	}
	same := []byte(`{"uid":"a","title":"x"}`)
	if _, err := Load(fstest.MapFS{"a.json": {Data: same}, "b.json": {Data: same}}); err == nil {
		t.Error("two dashboards have one uid")
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	var asked []string
	ask := func(_ context.Context, v Variable, sql string) ([]Option, error) {
		asked = append(asked, sql)
		if v.Name == "topic" {
			return []Option{{"january-2025", "january-2025"}, {"other", "other"}}, nil
		}
		return []Option{{"tiktok", "TikTok"}, {"rednote", "RedNote"}, {"tiktok", "twice"}}, nil
	}
	resolved, err := story(t).Resolve(t.Context(), testRange(), map[string][]string{
		"topic": {"other"}, "app": {"rednote", "nobody"}, "word": {"it's"},
	}, ask)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"SELECT id FROM topics WHERE at >= toDateTime(1736726400) AND at <= toDateTime(1736812799)",
		"SELECT id, name FROM entities WHERE topic = 'other'",
	}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	current := map[string][]string{}
	for _, r := range resolved {
		current[r.Variable.Name] = r.Current
	}
	if diff := cmp.Diff(map[string][]string{
		"datasource": {"tidemark-clickhouse"}, "topic": {"other"}, "app": {"rednote"}, "scale": {"indexed"}, "word": {"it's"},
	}, current); diff != "" {
		t.Errorf("chosen (-want +got):\n%s", diff)
	}
	vars := VarsOf(resolved)
	if _, err := Expand("$word", testRange(), vars); err == nil {
		t.Error("what a person has written stands unquoted")
	}
	if got, _ := Expand("${app:text}", testRange(), vars); got != "RedNote" {
		t.Errorf("the text of rednote is %s", got)
	}
}

func TestOnlyWhatIsNeededIsResolved(t *testing.T) {
	t.Parallel()
	var names []string
	for _, v := range story(t).Only("SELECT ${app:singlequote}").Variables() {
		names = append(names, v.Name)
	}
	if diff := cmp.Diff([]string{"app", "topic"}, names); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 15, 13, 14, 15, 0, time.UTC) // a Wednesday
	for _, c := range []struct {
		text string
		up   bool
		want string
	}{
		{"now", false, "2025-01-15T13:14:15Z"},
		{"now-24h", false, "2025-01-14T13:14:15Z"},
		{"now-1M/M", false, "2024-12-01T00:00:00Z"},
		{"now/d", true, "2025-01-15T23:59:59.999Z"},
		{"now/w", false, "2025-01-12T00:00:00Z"},
		{"now+5m", false, "2025-01-15T13:19:15Z"},
		{"1736726400123", false, "2025-01-13T00:00:00.123Z"},
		{"2025-01-10", false, "2025-01-10T00:00:00Z"},
		{"2025-01-10T12:00:00+08:00", false, "2025-01-10T04:00:00Z"},
		{"2025-01-10 12:00", false, "2025-01-10T12:00:00Z"},
	} {
		got, err := ParseTime(c.text, now, c.up)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%s: %v (%v), want %s", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", "yesterday", "now-", "now-1x", "now*2", "2025-13-01"} {
		if got, err := ParseTime(text, now, false); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestResolveTakesDefaults(t *testing.T) {
	t.Parallel()
	empty := func(context.Context, Variable, string) ([]Option, error) { return nil, nil }
	resolved, err := story(t).Resolve(t.Context(), testRange(), map[string][]string{"scale": {"rank); --"}}, empty)
	if err != nil {
		t.Fatal(err)
	}
	vars := VarsOf(resolved)
	if v := vars["scale"]; v.Values[0] != "indexed" {
		t.Errorf("scale is %v, want the default", v.Values)
	}
	if v := vars["app"]; !v.All || len(v.Values) != 0 {
		t.Errorf("app is %+v, want All of nothing", v)
	}
	got, err := Expand("$__conditionalAll(app IN (${app:singlequote}), $app) AND t = '$topic'", testRange(), vars)
	if err != nil || got != "1=1 AND t = ''" {
		t.Errorf("on an empty database: %s (%v)", got, err)
	}
	fails := func(context.Context, Variable, string) ([]Option, error) { return nil, errors.New("no store") }
	resolved, err = story(t).Resolve(t.Context(), testRange(), map[string][]string{"topic": {"other"}}, fails)
	if err == nil || !strings.Contains(err.Error(), "variable topic: no store") {
		t.Errorf("error %v, want one that names the variable", err)
	}
	if vars := VarsOf(resolved); vars["topic"].Values[0] != "other" || vars["scale"].Values[0] != "indexed" {
		t.Errorf("what was wished is lost: %+v", vars)
	}
}

func TestResolveRefusesACircle(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(`{"uid":"a","title":"x","templating":{"list":[
{"name":"a","type":"query","query":"SELECT '$b'"},{"name":"b","type":"query","query":"SELECT '${a:raw}'"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Resolve(t.Context(), testRange(), nil, nil); err == nil || !strings.Contains(err.Error(), "a, b") {
		t.Errorf("error %v, want one that names both", err)
	}
}

func TestOptionsAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	found := []Option{{"x10", "x10"}, {"x2", "x2"}, {"y", "y"}, {"x2", "x2"}}
	for _, c := range []struct {
		json string
		want []string
	}{
		{`{"name":"a","type":"query"}`, []string{"x10", "x2", "y"}},
		{`{"name":"a","type":"query","sort":1}`, []string{"x10", "x2", "y"}},
		{`{"name":"a","type":"query","sort":3,"regex":"/^x/"}`, []string{"x2", "x10"}},
		{`{"name":"a","type":"query","sort":6,"regex":"x(\\d+)"}`, []string{"2", "10"}},
	} {
		d, err := Parse([]byte(`{"uid":"a","title":"x","templating":{"list":[` + c.json + `]}}`))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range d.Variables()[0].options(found) {
			got = append(got, o.Value)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.json, diff)
		}
	}
}

// FuzzParse holds that no file makes the program fall, and that what is read
// resolves and expands or says why not.
func FuzzParse(f *testing.F) {
	f.Add(story(f).File)
	f.Add([]byte(`{"uid":"a","title":"b","panels":[{"panels":[{}]}],"templating":{"list":[{"name":"v","type":"custom","query":"a : b,\\,"}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Parse(body)
		if err != nil {
			return
		}
		resolved, err := d.Resolve(t.Context(), testRange(), nil, nil)
		if err != nil {
			return
		}
		for _, p := range d.Panels() {
			for _, target := range p.Targets {
				_, _ = p.Expand(target, testRange(), VarsOf(resolved))
			}
		}
	})
}
