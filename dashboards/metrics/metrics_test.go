package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

// own is a memory over a registry of its own.
func own(keep time.Duration, most int) (*Own, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	return NewOwn(Config{Keep: keep, MaxSeries: most, Instance: "127.0.0.1:8080"}, reg, prometheus.NewRegistry(), slog.New(slog.DiscardHandler)), reg
}

func answer(t *testing.T, s Source, q Question) map[string][]float64 {
	t.Helper()
	series, err := s.Query(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q.Expr, err)
	}
	out := map[string][]float64{}
	for _, one := range series {
		out[Legend("", one.Labels)] = one.Values
	}
	return out
}

func TestOwnMetricsAreRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, reg := own(24*time.Hour, 1000)
		rows := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rows_total", Help: "Rows."}, []string{"table"})
		took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Help: "Seconds.", Buckets: []float64{0.1, 1}})
		reg.MustRegister(rows, took)
		go o.Run(t.Context())               //nolint:errcheck // it ends with the test
		time.Sleep(7500 * time.Millisecond) // counted between two samples, never at the moment of one
		for range 4 * 60 * 3 {
			rows.WithLabelValues("looks").Add(30)
			took.Observe(0.05)
			took.Observe(0.5)
			time.Sleep(15 * time.Second)
		}
		synctest.Wait()
		now := time.Now().Add(-15 * time.Second) // by then nothing counts any more
		last := Question{To: now, Instant: true}
		for expr, want := range map[string]map[string][]float64{
			`rate(rows_total[5m])`: {`{instance="127.0.0.1:8080", job="tidemark", table="looks"}`: {2}},
			`sum by (job) (up)`:    {`{job="tidemark"}`: {1}},
			`histogram_quantile(0.5, sum by (le) (rate(took_seconds_bucket[10m])))`: {"{}": {0.1}},
			`took_seconds_count > bool 100`:                                         {`{instance="127.0.0.1:8080", job="tidemark"}`: {1}},
			`1 + 1`:                                                                 {"{}": {2}},
			`nothing`:                                                               {},
		} {
			last.Expr = expr
			got := answer(t, o, last)
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })); diff != "" {
				t.Errorf("%s (-want +got):\n%s", expr, diff)
			}
		}
		all := answer(t, o, Question{Expr: "rows_total", From: now.Add(-2 * time.Hour), To: now, Step: time.Minute})
		for name, values := range all {
			if len(values) != 121 || values[120]-values[0] != 2*3600*2 {
				t.Errorf("%s: %d values from %v to %v", name, len(values), values[0], values[len(values)-1])
			}
		}
		values, err := Options(t.Context(), o, `label_values(rows_total{job="tidemark"}, table)`, now.Add(-time.Hour), now)
		if err != nil || len(values) != 1 || values[0] != "looks" {
			t.Errorf("values: %v (%v)", values, err)
		}
	})
}

func TestOwnMetricsAreBounded(t *testing.T) {
	t.Parallel()
	o, reg := own(time.Hour, 10)
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "g", Help: "One."}, []string{"n"})
	reg.MustRegister(g)
	at := time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)
	for i := range 30 {
		g.WithLabelValues(fmt.Sprint(i)).Set(1)
	}
	o.sample(at)
	if n := o.store.count(); n != 10 {
		t.Errorf("%d series are kept, want 10", n)
	}
	g.Reset()
	g.WithLabelValues("new").Set(1)
	for i := range 4 * 61 {
		o.sample(at.Add(time.Duration(i+1) * 15 * time.Second))
	}
	o.sample(at.Add(2 * time.Hour))
	if n := o.store.count(); n != 2 {
		t.Errorf("%d series are kept, want what is there now: up and one more", n)
	}
	for _, one := range o.store.series {
		if len(one.chunks) > 3 {
			t.Errorf("%s has %d chunks of an hour", one.labels, len(one.chunks))
		}
	}
}

// A series that is gone must not go on for five minutes.
func TestWhatIsGoneIsGone(t *testing.T) {
	t.Parallel()
	o, reg := own(time.Hour, 10)
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "g", Help: "One."}, []string{"n"})
	reg.MustRegister(g)
	g.WithLabelValues("a").Set(1)
	at := time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)
	o.sample(at)
	if got := answer(t, o, Question{Expr: "g", To: at.Add(5 * time.Second), Instant: true}); len(got) != 1 {
		t.Errorf("now: %v", got)
	}
	g.Reset()
	o.sample(at.Add(15 * time.Second))
	if got := answer(t, o, Question{Expr: "g", To: at.Add(20 * time.Second), Instant: true}); len(got) != 0 {
		t.Errorf("after it went: %v", got)
	}
}

// What is counted for the first time between two samples is an increase from 0;
// what had been counted before the first sample is none.
func TestACounterIsBornAtZero(t *testing.T) {
	t.Parallel()
	o, reg := own(time.Hour, 100)
	rows := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rows_total", Help: "Rows."}, []string{"table"})
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Help: "Seconds.", Buckets: []float64{1, 10}})
	level := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "level", Help: "Level."}, []string{"of"})
	reg.MustRegister(rows, level)
	rows.WithLabelValues("old").Add(7)
	at := time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)
	o.sample(at)
	rows.WithLabelValues("new").Add(30)
	reg.MustRegister(took)
	took.Observe(5)
	level.WithLabelValues("tide").Set(4)
	for i := range 3 {
		o.sample(at.Add(time.Duration(i+1) * 15 * time.Second))
	}
	for expr, want := range map[string]map[string][]float64{
		"sum by (table) (increase(rows_total[50s]))":                                {`{table="old"}`: {0}, `{table="new"}`: {30}},
		"histogram_quantile(0.5, sum by (le) (increase(took_seconds_bucket[50s])))": {"{}": {5.5}},
		`min_over_time(level[1h])`:                                                  {`{instance="127.0.0.1:8080", job="tidemark", of="tide"}`: {4}},
	} {
		got := answer(t, o, Question{Expr: expr, To: at.Add(45 * time.Second), Instant: true})
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 10 && (a == 0) == (b == 0) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expr, diff)
		}
	}
}

func TestBadPromQLIsSaid(t *testing.T) {
	t.Parallel()
	o, _ := own(time.Hour, 10)
	for _, expr := range []string{"rate(x)", "sum(", "", `"text"`} {
		if _, err := o.Query(t.Context(), Question{Expr: expr, To: time.Now(), Instant: true}); err == nil || !strings.Contains(err.Error(), "PromQL") {
			t.Errorf("%q: %v", expr, err)
		}
	}
	if _, err := Options(t.Context(), o, "query_result(x)", time.Now(), time.Now()); err == nil {
		t.Error("query_result is taken")
	}
}

func TestLegend(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"__name__": "up", "job": "x", "a": `"`}
	for format, want := range map[string]string{
		"": `up{a="\"", job="x"}`, "__auto": `up{a="\"", job="x"}`, "{{job}} of {{ nobody }}": "x of ", "all": "all",
	} {
		if got := Legend(format, labels); got != want {
			t.Errorf("%q gives %s, want %s", format, got, want)
		}
	}
}

// prometheusServer answers as Prometheus does.
func prometheusServer(t *testing.T, asked *[]string) *Remote {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		user, password, _ := r.BasicAuth()
		*asked = append(*asked, r.URL.Path+" "+r.Form.Encode()+" "+user+password)
		switch {
		case r.Form.Get("query") == "bad(":
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"status": "error", "error": "parse error"})
		case strings.HasSuffix(r.URL.Path, "/values"):
			fmt.Fprint(w, `{"status":"success","data":["a","b"]}`)
		case strings.HasSuffix(r.URL.Path, "/query"):
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"b"},"value":[1736726400,"1"]},{"metric":{"job":"a"},"value":[1736726400.5,"NaN"]}]}}`)
		default:
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[1736726400,"1.5"],[1736726415,"+Inf"]]}]}}`)
		}
	}))
	t.Cleanup(s.Close)
	r, err := NewRemote(strings.Replace(s.URL, "http://", "http://me:secret@", 1) + "/prom")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAPrometheusIsAsked(t *testing.T) {
	t.Parallel()
	var asked []string
	r := prometheusServer(t, &asked)
	at := time.Unix(1736726400, 0)
	series, err := r.Query(t.Context(), Question{Expr: "up", From: at, To: at.Add(time.Minute), Step: 15 * time.Second})
	if err != nil || len(series) != 1 || series[0].At[1] != 1736726415000 || !math.IsInf(series[0].Values[1], 1) {
		t.Errorf("range: %+v (%v)", series, err)
	}
	series, err = r.Query(t.Context(), Question{Expr: "up", To: at, Instant: true})
	if err != nil || len(series) != 2 || series[0].Labels["job"] != "a" || series[0].At[0] != 1736726400500 {
		t.Errorf("instant: %+v (%v)", series, err)
	}
	values, err := Options(t.Context(), r, "label_values(up, job)", at, at)
	if err != nil || len(values) != 2 {
		t.Errorf("values: %v (%v)", values, err)
	}
	if diff := cmp.Diff([]string{
		"/prom/api/v1/query_range end=1736726460&query=up&start=1736726400&step=15 mesecret",
		"/prom/api/v1/query query=up&time=1736726400 mesecret",
		"/prom/api/v1/label/job/values end=1736726400&match%5B%5D=up&start=1736726400 mesecret",
	}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if _, err := r.Query(t.Context(), Question{Expr: "bad(", To: at, Instant: true}); err == nil || !strings.Contains(err.Error(), "parse error") {
		t.Errorf("error %v, want Prometheus' words", err)
	}
}

func TestAPrometheusThatIsAwayShowsNoPassword(t *testing.T) {
	t.Parallel()
	r, err := NewRemote("http://me:secret@127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Query(t.Context(), Question{Expr: "up", To: time.Now(), Instant: true})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Values(ctx, "job", "", time.Now(), time.Now()); err == nil {
		t.Error("no error for who left")
	}
}
