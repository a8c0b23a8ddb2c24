package appstore

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func asked() []string { return []string{"741292507", "1498607143", "835599320"} }

// parse chooses the parser by the beginning of the case's name.
func parse(name string, body []byte) ([]*event.Reading, error) {
	way, _, _ := strings.Cut(name, "-")
	var ids []string
	var err error
	switch way {
	case "marketing":
		ids, err = parseMarketing(body, "us", "top-free")
	case "legacy":
		ids, err = parseLegacy(body, "us", "topfreeapplications", "6005")
	case "ws":
		ids, err = parseWSCharts(body)
	case "lookup":
		var apps []app
		if apps, err = parseLookup(body, "us", asked()); err == nil {
			return listing(asked(), apps), nil
		}
	case "search":
		var apps []app
		var found app
		if apps, err = parseSearch(body, "us"); err == nil {
			if found, err = choose(apps, "Clapper"); err == nil {
				return resolved("clapper", found), nil
			}
		}
	default:
		err = fmt.Errorf("no parser for case %s", name)
	}
	if err != nil {
		return nil, err
	}
	return ranks(ids), nil
}

func show(readings []*event.Reading, err error) string {
	if err != nil {
		return "refused: " + err.Error()
	}
	lines := []string{fmt.Sprintf("%d readings", len(readings))}
	for _, r := range readings {
		lines = append(lines, fmt.Sprintf("%s %s %v", r.GetSubject(), r.GetMetric(), r.GetValue()))
	}
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(name string, input []byte) string { return show(parse(name, input)) })
}

// fuzz holds what is true of whatever comes out of a parser: it is valid, and
// ranks are 1 to n without two apps at one place or one app at two.
func fuzz(f *testing.F, way string) {
	f.Helper()
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		readings, err := parse(way, body)
		if err != nil {
			if len(readings) > 0 {
				t.Fatalf("refused with %d readings", len(readings))
			}
			return
		}
		s := &event.Snapshot{
			Source: "appstore", Target: event.ListingTarget("apple", "us"), SlotMs: 1736726400000, SeenAtMs: 1736726400000,
			Basis: event.Basis_BASIS_MEASURED, Outcome: event.Outcome_OUTCOME_OK, Readings: readings,
		}
		if len(readings) == 0 {
			s.Outcome = event.Outcome_OUTCOME_EMPTY
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		for i, r := range readings {
			key := r.GetSubject() + " " + r.GetMetric()
			if seen[key] {
				t.Fatalf("%s is there twice", key)
			}
			seen[key] = true
			if way != "lookup" && way != "search" && r.GetValue() != float64(i+1) {
				t.Fatalf("place %d has rank %v", i+1, r.GetValue())
			}
		}
	})
}

func FuzzParseMarketing(f *testing.F) { fuzz(f, "marketing") }
func FuzzParseLegacy(f *testing.F)    { fuzz(f, "legacy") }
func FuzzParseWSCharts(f *testing.F)  { fuzz(f, "ws") }
func FuzzParseLookup(f *testing.F)    { fuzz(f, "lookup") }
func FuzzParseSearch(f *testing.F)    { fuzz(f, "search") }

// The recordings beside the repository are of other charts, so the echo is
// theirs, and the items are put into an envelope.

func TestRecordedItem(t *testing.T) {
	t.Parallel()
	item, err := os.ReadFile(testkit.Shared(t, "samples", "apple", "v2_app_item.json"))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"feed":{"id":"https://rss.marketingtools.apple.com/api/v2/us/apps/top-free/100/apps.json","country":"us","results":[` + string(item) + `]}}`
	ids, err := parseMarketing([]byte(body), "us", "top-free")
	if err != nil || !slices.Equal(ids, []string{"284815942"}) {
		t.Errorf("got %v, %v", ids, err)
	}
}

func TestRecordedEnvelope(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "apple", "v2_podcasts_nl_envelope.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseMarketing(body, "nl", "top-free"); err == nil {
		t.Error("a chart of podcasts was taken for one of apps")
	}
	apps := strings.NewReplacer("/podcasts/top/", "/apps/top-free/", `"kind":"podcasts"`, `"kind":"apps"`).Replace(string(body))
	ids, err := parseMarketing([]byte(apps), "nl", "top-free")
	if err != nil || len(ids) == 0 || ids[0] != "1513807137" {
		t.Errorf("got %v, %v", ids, err)
	}
}

func TestRecordedWSCharts(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "apple", "ws_charts_resultIds.synthetic.json"))
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := parseWSCharts(body); err != nil || !slices.Equal(ids, []string{"6447582581", "6448311069", "835599320"}) {
		t.Errorf("got %v, %v", ids, err)
	}
}

func TestAChartOfFullLength(t *testing.T) {
	t.Parallel()
	ids := make([]string, 200)
	for i := range ids {
		ids[i] = fmt.Sprint(1000000 + i)
	}
	body, err := json.Marshal(map[string]any{"resultIds": ids})
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseWSCharts(body)
	if err != nil || !slices.Equal(got, ids) {
		t.Errorf("order or number is lost: %d ids, %v", len(got), err)
	}
	body, err = json.Marshal(map[string]any{"resultIds": make([]int, maxApps+1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseWSCharts(body); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("got %v", err)
	}
}
