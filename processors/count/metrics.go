package count

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the count; nil does nothing.
type metrics struct {
	counted, late, duplicates, unchecked, evicted, misplaced *prometheus.CounterVec
	refused, torn                                            *prometheus.CounterVec
	published                                                prometheus.Counter
	lag, windows, ids, tags                                  *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	if reg == nil {
		return nil, nil //nolint:nilnil // no registry is no error
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tidemark_count_" + name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tidemark_count_" + name, Help: help}, labels)
	}
	m := &metrics{
		counted:    counter("mentions_total", "Mentions that were counted, each once. What is counted anew after a restart is not in it a second time.", "platform"),
		late:       counter("late_mentions_total", "Mentions whose minute was closed. They are in late_hour and in no other reading.", "platform"),
		duplicates: counter("duplicate_mentions_total", "Mentions that were there already. They are not counted.", "platform"),
		unchecked:  counter("unchecked_mentions_total", "Mentions that were counted although nobody could say whether they were there already: their minute had process.count.max_ids others.", "platform"),
		evicted:    counter("evicted_tags_total", "Tags that lost their counter to another one, for which top-tags has an error (overcount_hour).", "platform"),
		misplaced:  counter("misplaced_mentions_total", "Mentions of watched tags in another partition than their key's. The topic was given more partitions, or somebody writes with other keys; a tag's counts are then in two parts.", "platform"),
		refused:    counter("rejected_messages_total", "Messages that are not counted and went to the topic of rejected messages: future (ahead of the time at which Kafka took it), platform, invalid, undecodable, unknown_type, unexpected_type.", "reason"),
		torn:       counter("torn_windows_total", "Times that messages were gone before they were counted. The windows that they belong to are not published.", "platform"),
		published:  prometheus.NewCounter(prometheus.CounterOpts{Name: "tidemark_count_published_snapshots_total", Help: "Snapshots of closed windows. After a kill some are published a second time, with the same bytes."}),
		lag:        gauge("watermark_lag_seconds", "How far event time is behind the clock: out_of_orderness where mentions come as they happen, more while a backlog is counted or nobody mentions anything.", "partition", "platform"),
		windows:    gauge("open_windows", "Windows that are not published yet.", "partition", "platform", "window"),
		ids:        gauge("remembered_ids", "Mentions that the open minutes remember, 12 to 24 bytes each.", "partition", "platform"),
		tags:       gauge("counters", "Tags that have a counter, in all open hours.", "partition", "platform"),
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.counted, m.late, m.duplicates, m.unchecked, m.evicted, m.misplaced, m.refused, m.torn, m.published,
		m.lag, m.windows, m.ids, m.tags,
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// tallied is what became of the mentions of a batch.
type tallied struct{ counted, late, duplicates, unchecked, evicted, misplaced int }

func (t *tallied) add(f fate) {
	for _, one := range []struct {
		is bool
		n  *int
	}{
		{f.counted, &t.counted},
		{f.late, &t.late},
		{f.duplicate, &t.duplicates},
		{f.unchecked, &t.unchecked},
		{f.evicted, &t.evicted},
		{f.misplaced, &t.misplaced},
	} {
		if one.is {
			*one.n++
		}
	}
}

func (h *partition) tally(platform string) *tallied {
	t := h.tallies[platform]
	if t == nil {
		t = &tallied{}
		if h.tallies == nil {
			h.tallies = map[string]*tallied{}
		}
		h.tallies[platform] = t
	}
	return t
}

// report brings the metrics up to date, once for a batch that is published.
func (h *partition) report() {
	m := h.p.m
	for platform, t := range h.tallies {
		m.add(platform, t)
	}
	clear(h.tallies)
	if m == nil {
		return
	}
	id := strconv.Itoa(h.id)
	for platform, s := range h.streams {
		ids, tags := 0, 0
		for _, open := range s.minutes {
			ids += open.seen.n
		}
		for _, open := range s.hours {
			tags += len(open.top.heap)
		}
		m.lag.WithLabelValues(id, platform).Set(time.Since(time.UnixMilli(s.Water)).Seconds())
		m.windows.WithLabelValues(id, platform, "minute").Set(float64(len(s.minutes)))
		m.windows.WithLabelValues(id, platform, "hour").Set(float64(len(s.hours)))
		m.ids.WithLabelValues(id, platform).Set(float64(ids))
		m.tags.WithLabelValues(id, platform).Set(float64(tags))
	}
}

func (m *metrics) add(platform string, t *tallied) {
	if m == nil {
		return
	}
	m.counted.WithLabelValues(platform).Add(float64(t.counted))
	m.late.WithLabelValues(platform).Add(float64(t.late))
	m.duplicates.WithLabelValues(platform).Add(float64(t.duplicates))
	m.unchecked.WithLabelValues(platform).Add(float64(t.unchecked))
	m.evicted.WithLabelValues(platform).Add(float64(t.evicted))
	m.misplaced.WithLabelValues(platform).Add(float64(t.misplaced))
}

func (m *metrics) refuse(reason string) {
	if m != nil {
		m.refused.WithLabelValues(reason).Inc()
	}
}

func (m *metrics) tear(platform string) {
	if m != nil {
		m.torn.WithLabelValues(platform).Inc()
	}
}

func (m *metrics) publish(n int) {
	if m != nil {
		m.published.Add(float64(n))
	}
}
