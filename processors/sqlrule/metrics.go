package sqlrule

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	open        *prometheus.GaugeVec
	episodes    *prometheus.CounterVec
	evaluations *prometheus.CounterVec
	duration    *prometheus.HistogramVec
}

// newMetrics registers nothing where reg is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	auto := promauto.With(reg)
	return &metrics{
		open: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tidemark_sqlrule_open", Help: "Open episodes of a rule over SQL, by rule; 0: nothing crosses its threshold.",
		}, []string{"rule"}),
		episodes: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_sqlrule_episodes_total",
			Help: "States of episodes that were published, by rule (sql-rule-failing: about a rule itself) and state (open, updated, closed).",
		}, []string{"rule", "state"}),
		evaluations: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_sqlrule_evaluations_total", Help: "Times that a rule over SQL was evaluated, by rule and outcome (ok, failed).",
		}, []string{"rule", "outcome"}),
		duration: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tidemark_sqlrule_query_duration_seconds", Help: "Time of one query of a rule over SQL.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}, []string{"rule"}),
	}
}

func (m *metrics) known(rule string) {
	m.open.WithLabelValues(rule)
	for _, outcome := range []string{"ok", "failed"} {
		m.evaluations.WithLabelValues(rule, outcome)
	}
}

func (m *metrics) evaluated(rule string, took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	}
	m.evaluations.WithLabelValues(rule, outcome).Inc()
	m.duration.WithLabelValues(rule).Observe(took.Seconds())
}

func (m *metrics) published(rule, state string) { m.episodes.WithLabelValues(rule, state).Inc() }

// show says what is open now.
func (m *metrics) show(rules []*running, known ledger) {
	for _, r := range rules {
		n := 0
		for range known.of(r.Name) {
			n++
		}
		m.open.WithLabelValues(r.Name).Set(float64(n))
	}
}
