package count

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/tidemark/tidemark/internal/event"
)

// stream is the mentions of one platform in one partition. Each has an event
// time of its own: what one platform makes up for is not late because another
// is on time.
type stream struct {
	r        *rules
	platform string
	id       int    // of the partition
	owned    []bool // watched tags whose mentions belong into this partition

	clock
	latest int64 // the latest event time that was counted
	// from is the first offset that matters: what comes before it is in windows
	// that are closed.
	from    int64
	minutes []*minute // open, the earliest first
	hours   []*hour
	due     int64 // watermark at which the next window closes
	// Windows that begin before these are published, or must not be.
	minuteDone, hourDone int64
	// torn says that messages were lost: the windows of the next mention are
	// not whole.
	torn bool
	out  func(*event.Snapshot)
}

// mention is a mention whose strings still lie in the message.
type mention struct {
	id, platform, tag, language []byte

	at int64
}

// fate is what became of a mention.
type fate struct {
	counted, late, duplicate, unchecked, evicted, misplaced bool
}

// add counts a mention, or says why not.
func (s *stream) add(m *mention, offset, recorded int64) (f fate) {
	if offset < s.from {
		return f
	}
	if s.torn {
		s.torn = false
		s.notWhole(max(s.latest, m.at))
	}
	before := s.clock
	s.mention(m.at, recorded, s.r.disorder)
	s.closeDue()
	watched, isWatched := s.r.index[string(m.tag)]
	start := floor(m.at, minuteMS)
	if start+minuteMS+s.r.grace <= s.Water {
		h := s.hourAt(floor(s.Water, hourMS), offset, before)
		h.late++
		if isWatched {
			h.tag(watched).late++
		}
		return fate{late: true}
	}
	open, h := s.minuteAt(start), s.hourAt(floor(m.at, hourMS), offset, before)
	fresh, full := open.seen.add(identity(m), s.r.maxIDs)
	if !fresh {
		h.duplicates++
		return fate{duplicate: true}
	}
	f = fate{counted: true, unchecked: full, evicted: h.top.add(m.tag)}
	if full {
		h.unchecked++
	}
	s.latest = max(s.latest, m.at)
	open.total++
	h.total++
	open.quarters |= 1 << ((m.at - start) / quarterMS)
	if isWatched {
		open.watched[watched]++
		h.tag(watched).count(m.language)
		f.misplaced = !s.owned[watched]
	}
	return f
}

// identity tells mentions apart: one post may mention several tags.
func identity(m *mention) uint64 {
	const spread = 0x9e3779b97f4a7c15
	return xxhash.Sum64(m.id)*spread ^ xxhash.Sum64(m.tag)
}

// passTime moves the event time on by a tick.
func (s *stream) passTime(at, offset, recorded int64) {
	if offset < s.from {
		return
	}
	s.tick(at, recorded, s.r)
	s.closeDue()
}

// tear says that messages were lost: what is open is not whole.
func (s *stream) tear() {
	s.torn = true
	s.notWhole(max(s.latest, s.Water))
}

// notWhole keeps every window up to that moment from being published.
func (s *stream) notWhole(until int64) {
	s.minuteDone = max(s.minuteDone, floor(until, minuteMS)+minuteMS)
	s.hourDone = max(s.hourDone, floor(until, hourMS)+hourMS)
}

// begin is where to read on after a restart, and with which clock.
func (s *stream) begin(next int64) (int64, clock) {
	first, at := max(next, s.from), s.clock
	for _, h := range s.hours {
		if h.first < first {
			first, at = h.first, h.before
		}
	}
	return first, at
}

func (s *stream) minuteAt(start int64) *minute {
	i, found := slices.BinarySearchFunc(s.minutes, start, func(m *minute, at int64) int { return cmp.Compare(m.start, at) })
	if !found {
		s.minutes = slices.Insert(s.minutes, i, &minute{start: start, watched: map[int]uint64{}})
		s.setDue()
	}
	return s.minutes[i]
}

func (s *stream) hourAt(start, offset int64, before clock) *hour {
	i, found := slices.BinarySearchFunc(s.hours, start, func(h *hour, at int64) int { return cmp.Compare(h.start, at) })
	if !found {
		s.hours = slices.Insert(s.hours, i, &hour{
			start: start, first: offset, before: before, watched: map[int]*watchedHour{}, top: newTopK(s.r.counters),
		})
		s.setDue()
	}
	return s.hours[i]
}

func (s *stream) setDue() {
	s.due = 0
	if len(s.minutes) > 0 {
		s.due = s.minutes[0].start + minuteMS + s.r.grace
	}
	if len(s.hours) > 0 {
		if due := s.hours[0].start + hourMS + s.r.grace; s.due == 0 || due < s.due {
			s.due = due
		}
	}
}

// closeDue closes and publishes the windows that the watermark has passed, and
// their grace. What was published in an earlier life is only closed.
func (s *stream) closeDue() {
	if s.due == 0 || s.Water < s.due {
		return
	}
	passed := s.Water - s.r.grace
	for len(s.minutes) > 0 && s.minutes[0].start+minuteMS <= passed {
		m := s.minutes[0]
		s.minutes = slices.Delete(s.minutes, 0, 1)
		if m.alive() {
			s.hourOf(m).alive++
		}
		if m.start >= s.minuteDone {
			s.publishMinute(m)
		}
	}
	for len(s.hours) > 0 && s.hours[0].start+hourMS <= passed {
		h := s.hours[0]
		s.hours = slices.Delete(s.hours, 0, 1)
		if h.start >= s.hourDone {
			s.publishHour(h)
		}
	}
	s.minuteDone = max(s.minuteDone, floor(passed, minuteMS))
	s.hourDone = max(s.hourDone, floor(passed, hourMS))
	s.setDue()
}

// hourOf is open for as long as its minutes are.
func (s *stream) hourOf(m *minute) *hour {
	start := floor(m.start, hourMS)
	i := slices.IndexFunc(s.hours, func(h *hour) bool { return h.start == start })
	return s.hours[i]
}
