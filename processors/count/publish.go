package count

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/event"
)

// What the readings are called.
const (
	metricMinute     = "mentions_minute"
	metricHour       = "mentions_hour"
	metricLanguage   = "mentions_hour_by_language"
	metricOvercount  = "overcount_hour"
	metricLate       = "late_hour"
	metricDuplicates = "duplicates_hour"
	metricUnchecked  = "unchecked_hour"
	metricUnlisted   = "unlisted_hour"
	metricAlive      = "alive_minutes"
)

// parserVersion is raised when the same mentions give other readings.
const parserVersion = 1

// sourceOf is the source of all that is counted of a platform: bluesky_tags.
func sourceOf(platform string) string { return platform + "_tags" }

// publishMinute publishes each watched tag that was there, as a 0 each that
// surely was not, and all tags together.
func (s *stream) publishMinute(m *minute) {
	w := window{start: m.start, length: minuteMS, every: minuteMS}
	for i, tag := range s.r.watched {
		if n := m.watched[i]; n > 0 || m.alive() && s.owned[i] {
			w.readings = w.readings[:0]
			w.add(tag, metricMinute, n)
			s.publish(w, event.TagTarget(s.platform, tag), n > 0)
		}
	}
	w.readings = w.readings[:0]
	w.add(s.platform, metricMinute, m.total)
	s.publish(w, s.part("all-tags"), true)
}

func (s *stream) publishHour(h *hour) {
	w := window{start: h.start, length: hourMS, every: minuteMS}
	for i, tag := range s.r.watched {
		s.publishWatched(w, h, i, tag)
	}
	if h.total > 0 {
		w.add(s.platform, metricHour, h.total)
		w.add(s.platform, metricDuplicates, h.duplicates)
		w.add(s.platform, metricUnchecked, h.unchecked)
		w.add(s.platform, metricUnlisted, h.top.unlisted(s.r.topK))
	}
	w.add(s.platform, metricAlive, uint64(h.alive))
	w.add(s.platform, metricLate, h.late)
	s.publish(w, s.part("all-tags"), true)
	if h.total == 0 {
		return
	}
	w.readings, w.depth, w.every = nil, s.r.topK, hourMS
	for _, c := range h.top.top(s.r.topK) {
		w.add(c.tag, metricHour, c.count)
		w.add(c.tag, metricOvercount, c.over)
	}
	s.publish(w, s.part("top-tags"), true)
}

// publishWatched publishes the hour of a watched tag, by language too.
func (s *stream) publishWatched(w window, h *hour, i int, tag string) {
	t := h.watched[i]
	if t == nil {
		t = &watchedHour{}
	}
	if t.total > 0 || h.alive == int(hourMS/minuteMS) && s.owned[i] {
		w.add(tag, metricHour, t.total)
		w.add(tag, metricAlive, uint64(h.alive))
	}
	for _, language := range slices.Sorted(maps.Keys(t.languages)) {
		w.add("lang:"+language, metricLanguage, t.languages[language])
	}
	if t.late > 0 {
		w.add(tag, metricLate, t.late)
	}
	if len(w.readings) > 0 {
		s.publish(w, event.TagTarget(s.platform, tag), t.total > 0)
	}
}

// part is a list of which every partition has its part: no tag is in two.
func (s *stream) part(name string) *event.Target {
	return &event.Target{Kind: event.KindList, Place: s.platform, Name: fmt.Sprintf("%s/p%d", name, s.id)}
}

// window is what a snapshot says.
type window struct {
	start, length int64
	every         int64 // until the next look at the same target
	depth         int
	readings      []*event.Reading
}

func (w *window) add(subject, metric string, n uint64) {
	w.readings = append(w.readings, &event.Reading{Subject: subject, Metric: metric, Value: float64(n), AtMs: w.start})
}

// publish makes the snapshot. Nothing in it is of the moment when it is made,
// so that the same window is the same bytes each time. Slot is when the window
// closes where mentions come as they happen; v_freshness would otherwise take
// every count for late. Where a topic was given more partitions, the one that a
// tag has left may say 0 in good faith: a number is seen a millisecond later,
// and the later seen holds. The last minute of an hour closes with it: two more
// milliseconds make two looks of them.
func (s *stream) publish(w window, target *event.Target, counted bool) {
	slot := w.start + w.length + s.r.grace + s.r.disorder
	seen := slot
	if counted {
		seen++
	}
	if w.length == hourMS {
		seen += 2
	}
	s.out(&event.Snapshot{
		Source: sourceOf(s.platform), Target: target, SlotMs: slot, SeenAtMs: seen,
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_MEASURED, Via: Stage,
		EveryS: uint32(w.every / 1000), Depth: uint32(w.depth), ParserVersion: parserVersion,
		Readings: slices.Clone(w.readings),
	})
}
