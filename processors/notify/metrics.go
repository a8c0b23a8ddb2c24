package notify

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	messages   *prometheus.CounterVec
	outcomes   *prometheus.CounterVec
	attempts   *prometheus.CounterVec
	pending    *prometheus.GaugeVec
	latency    prometheus.Histogram
	refused    prometheus.Counter
	waiting    prometheus.Gauge
	stateBytes prometheus.Gauge
}

// newMetrics registers nothing where reg is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	auto := promauto.With(reg)
	return &metrics{
		messages: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_notify_messages_total",
			Help: "Messages that were decided, by kind and level. After a restart some may be counted again, but they are delivered once.",
		}, []string{"kind", "severity"}),
		outcomes: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_notify_deliveries_total",
			Help: "Messages that were brought to an end, by receiver and outcome (delivered, failed).",
		}, []string{"receiver", "outcome"}),
		attempts: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_notify_failed_attempts_total",
			Help: "Attempts to deliver that failed and are made again, by receiver. v_deliveries has the error.",
		}, []string{"receiver"}),
		pending: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tidemark_notify_pending",
			Help: "Messages that wait to be delivered, by receiver.",
		}, []string{"receiver"}),
		latency: auto.NewHistogram(prometheus.HistogramOpts{
			Name:    "tidemark_notify_latency_seconds",
			Help:    "Time from when Kafka took what made a message until the receiver has it, without those of before a restart.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 16),
		}),
		refused: auto.NewCounter(prometheus.CounterOpts{
			Name: "tidemark_notify_refused_total",
			Help: "Messages of the log of episodes that were not understood; the store keeps them with the reason.",
		}),
		waiting: auto.NewGauge(prometheus.GaugeOpts{
			Name: "tidemark_notify_past_waiting",
			Help: "States of a past that wait until all partitions have passed them.",
		}),
		stateBytes: auto.NewGauge(prometheus.GaugeOpts{
			Name: "tidemark_notify_state_bytes",
			Help: "Size of the stored memory of the alerts.",
		}),
	}
}

func (m *metrics) delivered(receiver, word string, pa parcel) {
	m.outcomes.WithLabelValues(receiver, word).Inc()
	if word == outcomeDelivered && !pa.taken.IsZero() {
		m.latency.Observe(time.Since(pa.taken).Seconds())
	}
}
