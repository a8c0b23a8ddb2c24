package store

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// metrics of the store; nil does nothing.
type metrics struct {
	rows, skipped, conflicts, rejected, errors *prometheus.CounterVec
	duration, batch                            *prometheus.HistogramVec
	last, blocked                              *prometheus.GaugeVec
	rollup                                     *prometheus.HistogramVec
	rollupErrors                               *prometheus.CounterVec
	rollupLast                                 *prometheus.GaugeVec
	outdated                                   prometheus.Counter
	removed                                    *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	if reg == nil {
		return nil, nil // no registry: no metrics
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tidemark_store_" + name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tidemark_store_" + name, Help: help}, labels)
	}
	histogram := func(name, help, label string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tidemark_store_" + name, Help: help, Buckets: buckets}, []string{label})
	}
	seconds := prometheus.ExponentialBuckets(0.005, 2, 14)
	m := &metrics{
		rows:         counter("inserted_rows_total", "Rows that ClickHouse acknowledged. No increase while messages come means that nothing new can be queried.", "table"),
		skipped:      counter("skipped_rows_total", "Rows that were in the table already, after a restart or a lost answer. They would have been counted twice.", "table"),
		conflicts:    counter("offset_conflicts_total", "Messages whose offset is stored with another message: a topic was deleted and made anew. They are stored.", "table"),
		rejected:     counter("rejected_messages_total", "Messages that could not be understood and went to the topic of rejected messages. Each is a look that is missing until it is replayed.", "reason"),
		errors:       counter("insert_errors_total", "Inserts that failed. Transient ones heal by themselves; a permanent one waits for a person, and its partition stands still.", "table", "kind"),
		duration:     histogram("insert_duration_seconds", "Time of one insert.", "table", seconds),
		batch:        histogram("insert_batch_rows", "Rows of one insert. Small inserts cost ClickHouse merges.", "table", prometheus.ExponentialBuckets(1, 4, 11)),
		last:         gauge("last_insert_timestamp_seconds", "When ClickHouse last acknowledged rows.", "table"),
		blocked:      gauge("blocked", "1 while the last insert of a partition failed: nothing of it moves on.", "topic", "partition"),
		rollup:       histogram("rollup_duration_seconds", "Time of one rollup run.", "rollup", seconds),
		rollupErrors: counter("rollup_errors_total", "Rollup runs that failed; the next run makes up for them.", "rollup"),
		rollupLast:   gauge("last_rollup_timestamp_seconds", "When a rollup was last brought up to date.", "rollup"),
		removed:      counter("outdated_rows_total", "Rows removed because a newer parser has read their look again.", "table"),
		outdated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tidemark_store_outdated_looks_total",
			Help: "Looks that came after a newer parser had read them again, and were passed over.",
		}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.rows, m.skipped, m.conflicts, m.rejected, m.errors, m.duration, m.batch, m.last, m.blocked,
		m.rollup, m.rollupErrors, m.rollupLast, m.removed, m.outdated,
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) insert(table string, rows int, took time.Duration, err error) {
	if m == nil {
		return
	}
	if err != nil {
		kind := "transient"
		if clickhouse.IsPermanent(err) {
			kind = "permanent"
		}
		m.errors.WithLabelValues(table, kind).Inc()
		return
	}
	m.rows.WithLabelValues(table).Add(float64(rows))
	m.duration.WithLabelValues(table).Observe(took.Seconds())
	m.batch.WithLabelValues(table).Observe(float64(rows))
	m.last.WithLabelValues(table).SetToCurrentTime()
}

func (m *metrics) block(topic string, partition int, blocked bool) {
	if m == nil {
		return
	}
	v := 0.0
	if blocked {
		v = 1
	}
	m.blocked.WithLabelValues(topic, strconv.Itoa(partition)).Set(v)
}

func (m *metrics) skip(table string, n int) {
	if m != nil {
		m.skipped.WithLabelValues(table).Add(float64(n))
	}
}

func (m *metrics) conflict(table string, n int) {
	if m != nil {
		m.conflicts.WithLabelValues(table).Add(float64(n))
	}
}

func (m *metrics) reject(reason string) {
	if m != nil {
		m.rejected.WithLabelValues(reason).Inc()
	}
}

func (m *metrics) rolledUp(rollup string, took time.Duration, err error) {
	if m == nil {
		return
	}
	if err != nil {
		m.rollupErrors.WithLabelValues(rollup).Inc()
		return
	}
	m.rollup.WithLabelValues(rollup).Observe(took.Seconds())
	m.rollupLast.WithLabelValues(rollup).SetToCurrentTime()
}

func (m *metrics) outdate() {
	if m != nil {
		m.outdated.Inc()
	}
}

func (m *metrics) remove(table string, rows uint64) {
	if m != nil {
		m.removed.WithLabelValues(table).Add(float64(rows))
	}
}
