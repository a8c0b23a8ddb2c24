package e2e

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/tidemark/tidemark/dashboards"
	"github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/dashboards/query"
	"github.com/tidemark/tidemark/internal/testkit"
)

// promQuestion is one question to Prometheus, and who asks it.
type promQuestion struct {
	who     string // "tidemark-pipeline 23 A", or an alert's name
	expr    string
	instant bool
}

// rare is what a process that fares well does not show: why, and the counters
// that are seeded to see that the question would find them.
type rare struct {
	why   string
	seeds []seed
}

type seed struct {
	metric string
	labels map[string]string
}

// rareQuestions may have no answer while all is well. Every other one has to
// have one; dashboards/viewer/e2e/boards.mjs excuses no more than these.
func rareQuestions() map[string]rare {
	inTopic := map[string]string{"group": "tidemark-store", "topic": "tidemark.snapshots.v1"}
	return map[string]rare{
		"tidemark-pipeline 14 B": {"no host has shut its door", []seed{{"tidemark_collect_fetch_blocks_total", map[string]string{"host": "play.google.com"}}}},
		"tidemark-pipeline 23 A": {"no insert has failed", []seed{{"tidemark_store_insert_errors_total", map[string]string{"table": "looks", "kind": "transient"}}}},
		"tidemark-pipeline 23 B": {"every message was understood", []seed{{"tidemark_store_rejected_messages_total", map[string]string{"reason": "undecodable"}}}},
		"tidemark-pipeline 31 B": {"no source was in trouble", []seed{{"tidemark_health_episodes_total", map[string]string{"rule": "source-stale", "state": "open"}}}},
		"tidemark-pipeline 31 C": {"no rule over SQL is configured", []seed{{"tidemark_sqlrule_episodes_total", map[string]string{"rule": "mine", "state": "open"}}}},
		"tidemark-pipeline 33 B": {"every message was delivered at once", []seed{{"tidemark_notify_failed_attempts_total", map[string]string{"receiver": "desk"}}}},

		// Each alert is about what should not be.
		"TidemarkDown":             {"one process has another job than those of docker-compose.yml", []seed{{"up", map[string]string{"job": "tidemark-collect"}}}},
		"TidemarkNotThere":         {"one process has another job than those of docker-compose.yml", []seed{{"up", map[string]string{"job": "tidemark-process"}}}},
		"TidemarkMessagesLost":     {"no message was lost", []seed{{"tidemark_kafka_lost_messages_total", inTopic}, {"tidemark_kafka_truncated_partitions_total", inTopic}}},
		"TidemarkOffsetConflicts":  {"no topic was made anew", []seed{{"tidemark_store_offset_conflicts_total", map[string]string{"table": "looks"}}}},
		"TidemarkMessagesRejected": {"every message was understood", nil},
		"tidemark-rejected":        {"every message was understood", nil},
		"TidemarkMentionsRejected": {"every mention was understood", []seed{{"tidemark_count_rejected_messages_total", map[string]string{"reason": "future"}}}},
		"TidemarkRollupFails":      {"no rollup failed", []seed{{"tidemark_store_rollup_errors_total", map[string]string{"rollup": "ranks_hourly"}}}},
		"TidemarkCheckpointOld":    {"no checkpoint failed", []seed{{"tidemark_detect_checkpoints_total", map[string]string{"outcome": "failed"}}}},
		"TidemarkDeliveriesFail":   {"every message was delivered", []seed{{"tidemark_notify_deliveries_total", map[string]string{"receiver": "desk", "outcome": "failed"}}}},
	}
}

// TestEveryQuestionToPrometheusIsAnswered runs the whole of Tidemark on sources
// of our own, keeps what it shows at /metrics, and asks every question of every
// dashboard and of every alert rule over it: each has to find a number.
func TestEveryQuestionToPrometheusIsAnswered(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin, dir, page := binary(t), t.TempDir(), testkit.FreePort(t)
	start(t, bin, nil, "up", "--config", busy(t), "--data-dir", dir, "--http", page)
	questions := append(panelQuestions(t), ruleQuestions(t)...)
	var scrapes [][]*dto.MetricFamily
	eventually(t, "answers to all questions", func() error {
		for range 4 { // as often as a look is due
			time.Sleep(500 * time.Millisecond)
			families, err := scrape("http://" + page + "/metrics")
			if err != nil {
				return err
			}
			scrapes = append(scrapes, families)
		}
		var missing []string
		for _, q := range unanswered(t, scrapes, questions) {
			if _, ok := rareQuestions()[q.who]; !ok {
				missing = append(missing, q.who+": "+q.expr)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("after %d scrapes there is no answer to\n%s", len(scrapes), strings.Join(missing, "\n"))
		}
		return nil
	})
	t.Logf("%d questions are answered by %d scrapes", len(questions), len(scrapes))
	for _, q := range unanswered(t, seeded(scrapes), questions) {
		t.Errorf("%s has no answer, though what it asks for is there: %s", q.who, q.expr)
	}
	for who := range rareQuestions() {
		if !slices.ContainsFunc(questions, func(q promQuestion) bool { return q.who == who }) {
			t.Errorf("%s is excused, and asks nothing", who)
		}
	}
}

// busy is a configuration under which every part has something to do: a source
// that answers well, and at every fifth time not at all, a stream, and a receiver.
func busy(t *testing.T) string {
	t.Helper()
	var asked atomic.Int64
	place := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := asked.Add(1)
		if n%5 == 0 {
			http.NotFound(w, nil)
			return
		}
		fmt.Fprintf(w, `{"nbHits": %d, "hitsPerPage": 0, "hits": []}`, n)
	}))
	t.Cleanup(place.Close)
	desk := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	t.Cleanup(desk.Close)
	stream := testkit.NewFakeJetstream(t, testkit.FirehosePlan{Start: time.Now().Add(-5 * time.Minute), Events: 100_000, PerSecond: 100, Live: true})
	quiet := ""
	for _, source := range []string{
		"appstore", "appstore_lookup", "appstore_search", "mastodon", "wikipedia", "googletrends", "googlenews", "mastodon_trends",
		"bluesky_trends", "gdelt", "gdelt_doc", "tranco",
	} {
		quiet += fmt.Sprintf("    %s: {enabled: false}\n", source)
	}
	path := filepath.Join(t.TempDir(), "tidemark.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, `collect:
  sources:
%s    hackernews: {every: "@every 1m", base_url: "%s"}
    bluesky: {hosts_v2: ["%s"], hosts_v1: []}
process: {detect: {checkpoint: {every: 1s}}}
notify:
  receivers:
    - name: desk
      basis: [measured, imported, modelled]
      webhook: {url: "%s"}
`, quiet, place.URL, stream.URL, desk.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func panelQuestions(t *testing.T) (out []promQuestion) {
	t.Helper()
	all, err := query.Load(dashboards.Files())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		for _, panel := range d.Panels() {
			for _, target := range panel.Targets {
				if target.Datasource.Type == query.Prometheus {
					out = append(out, promQuestion{fmt.Sprintf("%s %d %s", d.UID, panel.ID, target.RefID), target.Expr, target.Instant})
				}
			}
		}
	}
	if len(out) < 20 {
		t.Fatalf("the panels ask %d questions", len(out))
	}
	return out
}

// ruleQuestions are the sides of the comparisons that the rules make, those of
// Prometheus and those of Grafana: while all is well, a rule itself finds nothing.
func ruleQuestions(t *testing.T) (out []promQuestion) {
	t.Helper()
	var rules []promQuestion
	for _, rule := range testkit.PrometheusRules(t) {
		rules = append(rules, promQuestion{who: rule.Alert, expr: rule.Expr})
	}
	for _, rule := range testkit.ReadGrafanaRules(t) {
		for _, q := range rule.Data {
			if q.Model.Expr != "" {
				rules = append(rules, promQuestion{who: rule.UID, expr: q.Model.Expr})
			}
		}
	}
	for _, rule := range rules {
		tree, err := parser.NewParser(parser.Options{}).ParseExpr(rule.expr)
		if err != nil {
			t.Fatalf("%s: %v", rule.who, err)
		}
		for _, side := range sides(tree) {
			out = append(out, promQuestion{rule.who, side.String(), true})
		}
	}
	return out
}

func sides(e parser.Expr) []parser.Expr {
	switch n := e.(type) {
	case *parser.ParenExpr:
		return sides(n.Expr)
	case *parser.BinaryExpr:
		if n.Op.IsComparisonOperator() || n.Op.IsSetOperator() {
			return append(sides(n.LHS), sides(n.RHS)...)
		}
	case *parser.Call:
		if n.Func.Name == "absent" {
			return sides(n.Args[0])
		}
	case *parser.NumberLiteral:
		return nil
	}
	return []parser.Expr{e}
}

func scrape(url string) ([]*dto.MetricFamily, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	parse := expfmt.NewTextParser(model.UTF8Validation)
	byName, err := parse.TextToMetricFamilies(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", url, err)
	}
	families := make([]*dto.MetricFamily, 0, len(byName))
	for _, family := range byName {
		families = append(families, family)
	}
	return families, nil
}

// seeded adds what rarely happens, and happened once more before each scrape; and
// makes more than an hour of them, as some rules look an hour back.
func seeded(scrapes [][]*dto.MetricFamily) [][]*dto.MetricFamily {
	out := make([][]*dto.MetricFamily, max(300, len(scrapes)))
	for i := range out {
		out[i] = slices.Clone(scrapes[i*len(scrapes)/len(out)])
		for _, r := range rareQuestions() {
			for _, s := range r.seeds {
				m := &dto.Metric{Counter: &dto.Counter{Value: new(float64(i))}}
				for name, value := range s.labels {
					m.Label = append(m.Label, &dto.LabelPair{Name: new(name), Value: new(value)})
				}
				out[i] = append(out[i], &dto.MetricFamily{Name: new(s.metric), Type: dto.MetricType_COUNTER.Enum(), Metric: []*dto.Metric{m}})
			}
		}
	}
	return out
}

// unanswered are the questions that find no number in the scrapes, which are
// taken to lie 15 s apart, as the page and Prometheus take them.
func unanswered(t *testing.T, scrapes [][]*dto.MetricFamily, questions []promQuestion) (out []promQuestion) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		next := 0
		recorded := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
			next++
			return scrapes[next-1], nil
		})
		own := metrics.NewOwn(metrics.Config{Keep: 24 * time.Hour, MaxSeries: 20_000, Instance: "here"}, recorded, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		from := time.Now()
		go own.Run(ctx) //nolint:errcheck // it ends with ctx
		time.Sleep(time.Duration(len(scrapes)-1)*own.Scrape() + time.Second)
		stop()
		synctest.Wait()
		r := query.NewRange(from, time.Now(), 1000, 0)
		for _, q := range questions {
			expr, err := query.ExpandPromQL(q.expr, r, own.Scrape(), nil)
			if err != nil {
				t.Fatalf("%s: %v", q.who, err)
			}
			series, err := own.Query(t.Context(), metrics.Question{Expr: expr, From: from, To: time.Now(), Step: own.Scrape(), Instant: q.instant})
			if err != nil {
				t.Fatalf("%s: %v", q.who, err)
			}
			if !slices.ContainsFunc(series, hasNumber) {
				out = append(out, q)
			}
		}
	})
	return out
}

func hasNumber(s metrics.Series) bool {
	return slices.ContainsFunc(s.Values, func(v float64) bool { return !math.IsNaN(v) })
}
