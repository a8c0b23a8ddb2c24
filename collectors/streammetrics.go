package collectors

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/tidemark/tidemark/collectors/stream"
)

type streamMetrics struct {
	events     *prometheus.CounterVec
	posts      *prometheus.CounterVec
	mentions   *prometheus.CounterVec
	bytes      *prometheus.CounterVec
	dropped    *prometheus.CounterVec
	reconnects *prometheus.CounterVec
	retries    *prometheus.CounterVec
	saves      *prometheus.CounterVec
	up         *prometheus.GaugeVec
	lag        *prometheus.GaugeVec
	cursorAge  *prometheus.GaugeVec
}

// newStreamMetrics registers nothing where reg is nil.
func newStreamMetrics(reg prometheus.Registerer) *streamMetrics {
	auto := promauto.With(reg)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "tidemark_stream_" + name, Help: help}, append([]string{"source"}, labels...))
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return auto.NewGaugeVec(prometheus.GaugeOpts{Name: "tidemark_stream_" + name, Help: help}, []string{"source"})
	}
	return &streamMetrics{
		events:   counter("events_total", "Events that came over a stream, also those that are no new post and those that came twice."),
		posts:    counter("posts_total", "New posts among the events."),
		mentions: counter("mentions_total", "Mentions that the broker has acknowledged, also those that were sent twice."),
		bytes:    counter("bytes_total", "Bytes of the events as they came over the network."),
		dropped: counter("dropped_total",
			"What could not be taken, by reason: a whole message or a part of a record of another shape, a tag that is none. No text is kept of it.", "reason"),
		reconnects: counter("reconnects_total", "Connections that ended, and attempts that failed, by reason; each is followed by another attempt.", "reason"),
		retries:    counter("publish_retries_total", "Times that mentions had to be offered to the broker again; the stream waits meanwhile."),
		saves:      counter("cursor_saves_total", "Times that the position was kept in Kafka, by outcome: ok, failed (tried again).", "outcome"),
		up:         gauge("connected", "1 while a connection stands."),
		lag:        gauge("lag_seconds", "How far the time of the last event is behind the clock."),
		cursorAge:  gauge("cursor_age_seconds", "Seconds since the position was last kept: after a kill so much is read again."),
	}
}

// prepare makes the series of a stream exist before anything happened.
func (m *streamMetrics) prepare(source string, reasons []string) {
	for _, c := range []*prometheus.CounterVec{m.events, m.posts, m.mentions, m.bytes, m.retries} {
		c.WithLabelValues(source)
	}
	for _, reason := range append([]string{reasonPanic, reasonOther}, reasons...) {
		m.reconnects.WithLabelValues(source, reason)
	}
	for _, outcome := range []string{"ok", "failed"} {
		m.saves.WithLabelValues(source, outcome)
	}
	for _, g := range []*prometheus.GaugeVec{m.up, m.lag, m.cursorAge} {
		g.WithLabelValues(source)
	}
}

func (m *streamMetrics) took(source string, b stream.Batch) {
	m.events.WithLabelValues(source).Add(float64(b.Events))
	m.posts.WithLabelValues(source).Add(float64(b.Posts))
	m.bytes.WithLabelValues(source).Add(float64(b.Bytes))
	for reason, n := range b.Dropped {
		m.dropped.WithLabelValues(source, reason).Add(float64(n))
	}
}

func (m *streamMetrics) sent(source string, n int) {
	m.mentions.WithLabelValues(source).Add(float64(n))
}

func (m *streamMetrics) invalid(source string) {
	m.dropped.WithLabelValues(source, "mention_invalid").Inc()
}
func (m *streamMetrics) retried(source string) { m.retries.WithLabelValues(source).Inc() }
func (m *streamMetrics) ended(source, reason string) {
	m.reconnects.WithLabelValues(source, reason).Inc()
}

func (m *streamMetrics) connected(source string, yes bool) {
	value := 0.0
	if yes {
		value = 1
	}
	m.up.WithLabelValues(source).Set(value)
}

func (m *streamMetrics) savedCursor(source string, ok bool) {
	outcome := "failed"
	if ok {
		outcome = "ok"
	}
	m.saves.WithLabelValues(source, outcome).Inc()
}
