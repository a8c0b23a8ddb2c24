package health

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	open        *prometheus.GaugeVec
	episodes    *prometheus.CounterVec
	evaluations *prometheus.CounterVec
	unread      *prometheus.CounterVec
	duration    prometheus.Histogram
	last        prometheus.Gauge
}

// newMetrics registers nothing where reg is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	auto := promauto.With(reg)
	m := &metrics{
		open: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tidemark_health_open",
			Help: "Open episodes about the sources themselves, by rule; 0 is well. v_episodes says which and why.",
		}, []string{"rule"}),
		episodes: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_health_episodes_total",
			Help: "States of episodes that were published, by rule and state (open, updated, closed).",
		}, []string{"rule", "state"}),
		evaluations: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_health_evaluations_total",
			Help: "Times that the rules were evaluated, by outcome (ok, failed).",
		}, []string{"outcome"}),
		unread: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_health_unread_total",
			Help: "Evaluations that left out the rules about what (readings, coverage), as ClickHouse did not answer; the others were judged.",
		}, []string{"what"}),
		duration: auto.NewHistogram(prometheus.HistogramOpts{
			Name: "tidemark_health_evaluation_duration_seconds", Help: "Time of one evaluation of all rules.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}),
		last: auto.NewGauge(prometheus.GaugeOpts{
			Name: "tidemark_health_last_evaluation_timestamp_seconds",
			Help: "When the rules were last evaluated; while it stands still nobody would notice a dead source.",
		}),
	}
	for _, rule := range Rules() {
		m.open.WithLabelValues(rule)
	}
	for _, what := range []string{"readings", "coverage"} {
		m.unread.WithLabelValues(what)
	}
	return m
}

func (m *metrics) evaluated(took time.Duration, err error) {
	if err != nil {
		m.evaluations.WithLabelValues("failed").Inc()
		return
	}
	m.evaluations.WithLabelValues("ok").Inc()
	m.duration.Observe(took.Seconds())
	m.last.SetToCurrentTime()
}

func (m *metrics) published(rule, state string) { m.episodes.WithLabelValues(rule, state).Inc() }

// show says what is open now.
func (m *metrics) show(known *ledger) {
	open := map[string]int{}
	for _, e := range known.all() {
		if e.isOpen() {
			open[e.rule]++
		}
	}
	for _, rule := range Rules() {
		m.open.WithLabelValues(rule).Set(float64(open[rule]))
	}
}
