package engine

import (
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/config"
)

// instant is the moment at which the clocks of a zone show a time of day. Where
// they show it twice, because they are put back, it is the first or (late) the
// second one; where they never show it, it is the moment at which they are put
// forward.
func instant(day time.Time, minutes int, loc *time.Location, late bool) time.Time {
	y, m, d := day.Date()
	wall := time.Date(y, m, d, 0, minutes, 0, 0, time.UTC)
	guess := time.Date(y, m, d, 0, minutes, 0, 0, loc)
	before, after := offset(guess.Add(-24*time.Hour)), offset(guess.Add(24*time.Hour))
	first, second := wall.Add(-before).In(loc), wall.Add(-after).In(loc)
	isFirst, isSecond := offset(first) == before, offset(second) == after
	switch {
	case isFirst && (!late || !isSecond):
		return first
	case isSecond:
		return second
	default:
		change, _ := first.ZoneBounds()
		return change
	}
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// quiet are the quiet hours of a receiver.
type quiet struct {
	hours []config.QuietHours
	loc   *time.Location
}

// around returns the span of quiet hours that a moment is in: where one follows
// another without a break, their whole span from the first of those that hold
// the moment. ok is false outside of them.
func (q *quiet) around(t time.Time) (from, to time.Time, ok bool) {
	from, to = t, t
	for range 8 * 24 { // they leave some time in each week: config sees to it
		next, earlier := to, from
		for _, h := range q.hours {
			for back := -1; back <= 0; back++ {
				start, end, on := q.window(h, to.In(q.loc).AddDate(0, 0, back))
				if on && !start.After(to) && end.After(next) {
					next = end
					if start.Before(earlier) {
						earlier = start
					}
				}
			}
		}
		if next.Equal(to) {
			break
		}
		if !ok {
			from = earlier
		}
		to, ok = next, true
	}
	return from, to, ok
}

// window is the window that begins on the day of a moment; on is false where
// none does.
func (q *quiet) window(h config.QuietHours, day time.Time) (start, end time.Time, on bool) {
	if len(h.Days) > 0 && !slices.Contains(h.Days, config.Days()[day.Weekday()]) {
		return start, end, false
	}
	from, _ := config.ClockTime(h.From)
	to, _ := config.ClockTime(h.To)
	last := day
	if to <= from {
		last = day.AddDate(0, 0, 1)
	}
	start, end = instant(day, from, q.loc, false), instant(last, to, q.loc, true)
	return start, end, end.After(start)
}

// schedule is when digests are due.
type schedule struct {
	daily   bool
	weekday time.Weekday
	minutes int
	loc     *time.Location
}

func newSchedule(d config.Digest, loc *time.Location) *schedule {
	if d.Every == "" {
		return nil
	}
	minutes, _ := config.ClockTime(d.At)
	return &schedule{
		daily: d.Every == "daily", minutes: minutes, loc: loc,
		weekday: time.Weekday(max(slices.Index(config.Days(), d.Day), 0)),
	}
}

// next is the first time after a moment.
func (s *schedule) next(after time.Time) time.Time {
	// Noon is on the same day whatever the clocks do.
	y, m, d := after.In(s.loc).Date()
	noon := time.Date(y, m, d, 12, 0, 0, 0, s.loc)
	for i := range 9 {
		day := noon.AddDate(0, 0, i)
		if !s.daily && day.Weekday() != s.weekday {
			continue
		}
		if t := instant(day, s.minutes, s.loc, false); t.After(after) {
			return t
		}
	}
	return after.AddDate(0, 0, 7) // not reached: nine days have each weekday
}
