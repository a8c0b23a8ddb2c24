package fetch

import (
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	answers *prometheus.CounterVec
	retries *prometheus.CounterVec
	bytes   *prometheus.CounterVec
	waits   *prometheus.CounterVec
	blocks  *prometheus.CounterVec
	lines   *prometheus.CounterVec
}

// newMetrics registers nothing where reg is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	auto := promauto.With(reg)
	return &metrics{
		answers: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_collect_fetch_answers_total",
			Help: "Answers of public places by host and HTTP status; many 4xx mean that we are not wanted or ask wrongly.",
		}, []string{"host", "status"}),
		retries: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_collect_fetch_retries_total",
			Help: "Requests that were tried again after a network error, 408, 425, 429 or 5xx.",
		}, []string{"host"}),
		bytes: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_collect_fetch_received_bytes_total",
			Help: "Bytes of answers, decompressed.",
		}, []string{"host"}),
		waits: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_collect_fetch_wait_seconds_total",
			Help: "Seconds that requests waited for their turn at a host: its rate, its concurrency, or a pause it asked for.",
		}, []string{"host"}),
		blocks: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_collect_fetch_blocks_total",
			Help: "Times that a host shut its door (a captcha, a page that asks for consent, an empty answer) and is left alone for 6 to 24 hours.",
		}, []string{"host"}),
		lines: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_collect_fetch_lines_not_understood_total",
			Help: "Lines of large files that were passed over because they have another shape; too many of them refuse the file.",
		}, []string{"host"}),
	}
}

func (m *metrics) answer(host string, status, n int) {
	m.answers.WithLabelValues(host, strconv.Itoa(status)).Inc()
	m.bytes.WithLabelValues(host).Add(float64(n))
}

func (m *metrics) waited(host string, d time.Duration) {
	m.waits.WithLabelValues(host).Add(d.Seconds())
}

// NotUnderstood notes that n lines of what came from rawURL were passed over.
func (c *Client) NotUnderstood(rawURL string, n int) {
	if u, err := url.Parse(rawURL); err == nil {
		c.metrics.lines.WithLabelValues(u.Host).Add(float64(n))
	}
}
