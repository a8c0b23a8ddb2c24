package kafka

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of everything that goes through the package. A nil *metrics counts
// nothing.
type metrics struct {
	publishedTotal *prometheus.CounterVec
	publishSeconds *prometheus.HistogramVec
	publishRetries *prometheus.CounterVec
	consumedTotal  *prometheus.CounterVec
	batchMessages  *prometheus.HistogramVec
	batchBytes     *prometheus.HistogramVec
	handleSeconds  *prometheus.HistogramVec
	handleRetries  *prometheus.CounterVec
	commitsTotal   *prometheus.CounterVec
	lostTotal      *prometheus.CounterVec
	truncatedTotal *prometheus.CounterVec
	lag            *prometheus.GaugeVec
	rebalances     *prometheus.CounterVec
	watchdog       *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	if reg == nil {
		return nil, nil //nolint:nilnil // no registry is no error
	}
	r := &registrar{reg: reg}
	m := &metrics{
		publishedTotal: r.counter("published_messages_total", "Messages by what became of them: ok, failed (the caller was told), invalid (never sent).", "topic", "outcome"),
		publishSeconds: r.histogram("publish_duration_seconds", "Time from handing messages over to the acknowledgement by all in-sync replicas.", prometheus.ExponentialBuckets(0.001, 2, 15), "topic"),
		publishRetries: r.counter("publish_retries_total", "Attempts that were repeated because the broker did not take messages; each can duplicate messages.", "topic"),
		consumedTotal:  r.counter("consumed_messages_total", "Messages that a handler has accepted.", "group", "topic"),
		batchMessages:  r.histogram("batch_messages", "Messages per batch that was handed to a handler.", prometheus.ExponentialBuckets(1, 4, 9), "group", "topic"),
		batchBytes:     r.histogram("batch_bytes", "Bytes of keys and values per batch.", prometheus.ExponentialBuckets(256, 4, 9), "group", "topic"),
		handleSeconds:  r.histogram("handle_duration_seconds", "Time that a handler took for a batch, failed attempts included one by one.", prometheus.ExponentialBuckets(0.001, 2, 16), "group", "topic"),
		handleRetries:  r.counter("handle_retries_total", "Batches that a handler refused and got again; nothing of the partition moves meanwhile.", "group", "topic"),
		commitsTotal:   r.counter("commits_total", "Commits of offsets by outcome: ok, failed (repeated later), fenced (another member owns the partition).", "group", "topic", "outcome"),
		lostTotal:      r.counter("lost_messages_total", "Messages that retention removed before the group had read them. They are gone.", "group", "topic"),
		truncatedTotal: r.counter("truncated_partitions_total", "Partitions whose end was found before the committed offset: the log was lost or made anew.", "group", "topic"),
		lag:            r.gauge("lag_messages", "Messages between the committed offset, or the start of the log where there is none, and the end.", "group", "topic", "partition"),
		rebalances:     r.counter("rebalances_total", "Generations of the group that this process took part in.", "group"),
		watchdog:       r.counter("watchdog_firings_total", "Stalls that the watchdog ended: by a new reader (reader) or by joining the group anew (group).", "group", "kind"),
	}
	if r.err != nil {
		return nil, fmt.Errorf("register metrics: %w", r.err)
	}
	return m, nil
}

// registrar lets the clients and consumers of one process share their metrics:
// whoever comes second gets what the first has registered.
type registrar struct {
	reg prometheus.Registerer
	err error
}

func share[T prometheus.Collector](r *registrar, c T) T {
	err := r.reg.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if existing, ok := already.ExistingCollector.(T); ok {
			return existing
		}
	}
	r.err = errors.Join(r.err, err)
	return c
}

func (r *registrar) counter(name, help string, labels ...string) *prometheus.CounterVec {
	return share(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tidemark_kafka_" + name, Help: help}, labels))
}

func (r *registrar) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return share(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tidemark_kafka_" + name, Help: help}, labels))
}

func (r *registrar) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return share(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tidemark_kafka_" + name, Help: help, Buckets: buckets}, labels))
}

func (m *metrics) published(topic, outcome string, n int) {
	if m != nil {
		m.publishedTotal.WithLabelValues(topic, outcome).Add(float64(n))
	}
}

func (m *metrics) publishTook(topic string, d time.Duration) {
	if m != nil {
		m.publishSeconds.WithLabelValues(topic).Observe(d.Seconds())
	}
}

func (m *metrics) publishRetried(topic string) {
	if m != nil {
		m.publishRetries.WithLabelValues(topic).Inc()
	}
}

func (m *metrics) consumed(group, topic string, messages, bytes int) {
	if m != nil {
		m.consumedTotal.WithLabelValues(group, topic).Add(float64(messages))
		m.batchMessages.WithLabelValues(group, topic).Observe(float64(messages))
		m.batchBytes.WithLabelValues(group, topic).Observe(float64(bytes))
	}
}

func (m *metrics) handleTook(group, topic string, d time.Duration) {
	if m != nil {
		m.handleSeconds.WithLabelValues(group, topic).Observe(d.Seconds())
	}
}

func (m *metrics) handleRetried(group, topic string) {
	if m != nil {
		m.handleRetries.WithLabelValues(group, topic).Inc()
	}
}

func (m *metrics) committed(group, topic, outcome string) {
	if m != nil {
		m.commitsTotal.WithLabelValues(group, topic, outcome).Inc()
	}
}

func (m *metrics) lost(group, topic string, n int64) {
	if m != nil {
		m.lostTotal.WithLabelValues(group, topic).Add(float64(n))
	}
}

func (m *metrics) truncated(group, topic string) {
	if m != nil {
		m.truncatedTotal.WithLabelValues(group, topic).Inc()
	}
}

func (m *metrics) setLag(group string, l PartitionLag) {
	if m != nil {
		m.lag.WithLabelValues(group, l.Topic, strconv.Itoa(l.Partition)).Set(float64(l.Lag))
	}
}

func (m *metrics) rebalanced(group string) {
	if m != nil {
		m.rebalances.WithLabelValues(group).Inc()
	}
}

func (m *metrics) stalled(group, kind string) {
	if m != nil {
		m.watchdog.WithLabelValues(group, kind).Inc()
	}
}
