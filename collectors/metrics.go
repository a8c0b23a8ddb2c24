package collectors

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/tidemark/tidemark/internal/event"
)

type metrics struct {
	polls       *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	lastSuccess *prometheus.GaugeVec
	skips       *prometheus.CounterVec
	refused     *prometheus.CounterVec
	sent        *prometheus.CounterVec
	retries     *prometheus.CounterVec
	losses      *prometheus.CounterVec
	queue       *prometheus.GaugeVec
	heldBack    *prometheus.CounterVec
	openings    *prometheus.CounterVec
	broken      *prometheus.GaugeVec
}

// newMetrics registers nothing where reg is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	auto := promauto.With(reg)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "tidemark_collect_" + name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return auto.NewGaugeVec(prometheus.GaugeOpts{Name: "tidemark_collect_" + name, Help: help}, labels)
	}
	return &metrics{
		polls: counter("polls_total",
			"Looks by outcome: ok, empty (nothing there), failed (nobody could look), refused (answer not understood).", "source", "outcome"),
		duration: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tidemark_collect_poll_duration_seconds",
			Help:    "How long a look took, with all its waiting for its turn.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 420, 600, 900, 1800},
		}, []string{"source"}),
		lastSuccess: gauge("last_success_timestamp_seconds",
			"When the target last answered properly (ok or empty); what grows old is going stale.", "source", "target"),
		skips: counter("skipped_ticks_total",
			"Ticks at which nobody looked, because the look before still ran or the machine slept; each is a gap in the series.", "source"),
		refused: counter("refused_answers_total",
			"Answers that were not understood and kept with the rejected messages; the shape of the place has changed.", "source"),
		sent: counter("published_looks_total",
			"Looks that the broker has acknowledged.", "source"),
		retries: counter("publish_retries_total",
			"Times that a message had to be offered to the broker again; looks wait in memory meanwhile.", "source"),
		losses: counter("lost_messages_total",
			"Messages that were made and never reached the broker: it refused them for good, or the process ended without it.", "source"),
		queue: gauge("unpublished_looks",
			"Looks in memory that wait for the broker.", "source"),
		heldBack: counter("breaker_held_looks_total",
			"Ticks at which nobody looked because the looks before had failed; each is published as a failed look.", "source"),
		openings: counter("breaker_openings_total",
			"Targets that went over to being looked at less often, because their looks kept failing.", "source"),
		broken: gauge("breaker_open_targets",
			"Targets that are looked at less often, because their looks keep failing; the first good look ends it.", "source"),
	}
}

// prepare makes the series of a source exist before anything happened, so that
// a first failure is a rise from 0.
func (m *metrics) prepare(source string) {
	for _, o := range []event.Outcome{
		event.Outcome_OUTCOME_OK, event.Outcome_OUTCOME_EMPTY,
		event.Outcome_OUTCOME_FAILED, event.Outcome_OUTCOME_REFUSED,
	} {
		m.polls.WithLabelValues(source, o.Word())
	}
	for _, c := range []*prometheus.CounterVec{m.skips, m.refused, m.sent, m.retries, m.losses, m.heldBack, m.openings} {
		c.WithLabelValues(source)
	}
	m.queue.WithLabelValues(source)
	m.broken.WithLabelValues(source)
}

// breaker notes how many targets of a source are looked at less often.
func (m *metrics) breaker(source string, before, now int) {
	m.broken.WithLabelValues(source).Set(float64(now))
	m.openings.WithLabelValues(source).Add(float64(max(now-before, 0)))
}

func (m *metrics) look(source string, r *result) {
	s := r.snapshot
	m.polls.WithLabelValues(source, s.GetOutcome().Word()).Inc()
	m.refused.WithLabelValues(source).Add(float64(len(r.rejected)))
	if r.took > 0 {
		m.duration.WithLabelValues(source).Observe(r.took.Seconds())
	}
	switch s.GetOutcome() {
	case event.Outcome_OUTCOME_OK, event.Outcome_OUTCOME_EMPTY:
		m.lastSuccess.WithLabelValues(source, s.GetTarget().Key()).Set(float64(s.GetSeenAtMs()) / 1000)
	}
}

func (m *metrics) skipped(source string)            { m.skips.WithLabelValues(source).Inc() }
func (m *metrics) held(source string)               { m.heldBack.WithLabelValues(source).Inc() }
func (m *metrics) published(source string)          { m.sent.WithLabelValues(source).Inc() }
func (m *metrics) publishRetry(source string)       { m.retries.WithLabelValues(source).Inc() }
func (m *metrics) lost(source string)               { m.losses.WithLabelValues(source).Inc() }
func (m *metrics) waiting(source string, n float64) { m.queue.WithLabelValues(source).Add(n) }
