package metrics

import (
	"iter"
	"math"
	"strconv"

	dto "github.com/prometheus/client_model/go"
)

// sampleName is what a sample is called: a metric with its labels, and one more
// for buckets and quantiles.
type sampleName struct {
	metric       string
	labels       []*dto.LabelPair
	extra, value string
	// counts: it only grows, from 0.
	counts bool
}

// samples are those that a scrape of the family would find.
func samples(f *dto.MetricFamily) iter.Seq2[sampleName, float64] {
	return func(yield func(sampleName, float64) bool) {
		for _, m := range f.GetMetric() {
			if !one(f.GetName(), m, yield) {
				return
			}
		}
	}
}

func one(name string, m *dto.Metric, yield func(sampleName, float64) bool) bool {
	plain := sampleName{metric: name, labels: m.GetLabel()}
	with := func(suffix, extra string, bound float64) sampleName {
		s := sampleName{metric: name + suffix, labels: m.GetLabel(), extra: extra, counts: suffix != ""}
		if extra != "" {
			s.value = strconv.FormatFloat(bound, 'g', -1, 64)
		}
		return s
	}
	switch {
	case m.Counter != nil:
		plain.counts = true
		return yield(plain, m.Counter.GetValue())
	case m.Gauge != nil:
		return yield(plain, m.Gauge.GetValue())
	case m.Untyped != nil:
		return yield(plain, m.Untyped.GetValue())
	case m.Summary != nil:
		for _, q := range m.Summary.GetQuantile() {
			if !yield(with("", "quantile", q.GetQuantile()), q.GetValue()) {
				return false
			}
		}
		return yield(with("_sum", "", 0), m.Summary.GetSampleSum()) && yield(with("_count", "", 0), float64(m.Summary.GetSampleCount()))
	case m.Histogram != nil:
		for _, b := range m.Histogram.GetBucket() {
			if !math.IsInf(b.GetUpperBound(), 1) && !yield(with("_bucket", "le", b.GetUpperBound()), float64(b.GetCumulativeCount())) {
				return false
			}
		}
		count := float64(m.Histogram.GetSampleCount())
		return yield(with("_bucket", "le", math.Inf(1)), count) &&
			yield(with("_sum", "", 0), m.Histogram.GetSampleSum()) && yield(with("_count", "", 0), count)
	default:
		return true
	}
}
