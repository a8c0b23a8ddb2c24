package dashboards

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/tidemark/tidemark/dashboards/query"
	"github.com/tidemark/tidemark/internal/testkit"
)

// metric is what docs/metrics.md says of one.
type metric struct {
	kind   string
	labels []string
}

// metrics are all that the processes show, from the page that is made of the
// metrics themselves.
func metrics(t *testing.T) map[string]metric {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]metric{
		// Every process has these, and Prometheus makes the last one.
		"process_resident_memory_bytes": {kind: "gauge"},
		"up":                            {kind: "gauge"},
	}
	word := regexp.MustCompile("`(\\w+)`")
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`tidemark_") {
			continue
		}
		m := metric{kind: strings.TrimSpace(cells[2])}
		for _, label := range word.FindAllStringSubmatch(cells[3], -1) {
			m.labels = append(m.labels, label[1])
		}
		known[word.FindStringSubmatch(cells[1])[1]] = m
	}
	if len(known) < 50 {
		t.Fatalf("docs/metrics.md has %d metrics", len(known))
	}
	return known
}

// unknown says which metrics and labels of a question there are not.
func unknown(expr string, known map[string]metric) []string {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return []string{err.Error()}
	}
	var out, used []string
	labels := []string{"job", "instance", "__name__"}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			m, suffix, ok := find(n.Name, known)
			if !ok {
				out = append(out, "there is no metric "+n.Name)
			}
			labels = append(labels, m.labels...)
			if suffix == "_bucket" {
				labels = append(labels, "le")
			}
			for _, matcher := range n.LabelMatchers {
				used = append(used, matcher.Name)
			}
		case *parser.AggregateExpr:
			used = append(used, n.Grouping...)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				used = append(used, n.VectorMatching.MatchingLabels...)
			}
		}
		return nil
	})
	for _, label := range used {
		if !slices.Contains(labels, label) {
			out = append(out, "no metric in it has the label "+label)
		}
	}
	return out
}

func find(name string, known map[string]metric) (m metric, suffix string, ok bool) {
	if m, ok = known[name]; ok {
		return m, "", m.kind != "histogram"
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, cut := strings.CutSuffix(name, suffix); cut && known[base].kind == "histogram" {
			return known[base], suffix, true
		}
	}
	return metric{}, "", false
}

// Every metric that a panel asks for exists, with the labels that it uses, and
// the question is one that Prometheus understands.
func TestPanelsAskForMetricsThatExist(t *testing.T) {
	t.Parallel()
	known := metrics(t)
	r := query.NewRange(time.Unix(0, 0), time.Unix(86400, 0), room, 0)
	placeholder := regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
	asked := 0
	for _, d := range load(t) {
		for _, panel := range d.Panels() {
			for _, target := range panel.Targets {
				if target.Datasource.Type != query.Prometheus {
					continue
				}
				asked++
				name := fmt.Sprintf("%s/%s", d.UID, panel.Title)
				expr, err := query.ExpandPromQL(target.Expr, r, 0, nil)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				for _, u := range unknown(expr, known) {
					t.Errorf("%s: %s: %s", name, u, expr)
				}
				for _, label := range placeholder.FindAllStringSubmatch(target.Legend, -1) {
					if !strings.Contains(expr, label[1]) && label[1] != "job" && label[1] != "instance" {
						t.Errorf("%s: its lines are named by %s, which is not in %s", name, label[0], expr)
					}
				}
			}
		}
	}
	if asked == 0 {
		t.Error("no panel asks Prometheus")
	}
}

func TestUnknownMetricsAreNoticed(t *testing.T) {
	t.Parallel()
	known := metrics(t)
	for expr, says := range map[string]string{
		"sum(rate(tidemark_collect_polls_total[5m]))":                                                    "",
		"histogram_quantile(0.9, sum by (le) (rate(tidemark_store_insert_duration_seconds_bucket[5m])))": "",
		"rate(tidemark_collect_poll_total[5m])":                                                          "there is no metric",
		"rate(tidemark_store_insert_duration_seconds[5m])":                                               "there is no metric",
		"sum by (target) (tidemark_collect_polls_total)":                                                 "label target",
		`tidemark_collect_polls_total{state="ok"}`:                                                       "label state",
		"sum by (le) (tidemark_collect_polls_total)":                                                     "label le",
		"tidemark_health_open + on (partition) tidemark_health_open":                                     "label partition",
		"sum(rate(tidemark_collect_polls_total[5m])":                                                     "unclosed",
	} {
		if got := strings.Join(unknown(expr, known), "; "); !strings.Contains(got, says) || (says == "") != (got == "") {
			t.Errorf("%s: %q, want %q", expr, got, says)
		}
	}
}

// The rules that page people ask for metrics that exist too.
func TestPrometheusRulesAskForMetricsThatExist(t *testing.T) {
	t.Parallel()
	known := metrics(t)
	for _, rule := range testkit.PrometheusRules(t) {
		for _, u := range unknown(rule.Expr, known) {
			t.Errorf("%s: %s", rule.Alert, u)
		}
	}
}
