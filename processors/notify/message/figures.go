package message

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// minus is the sign that people write before a number below zero.
const minus = "−"

// Figure is a number as people write it: three digits that matter, thousands
// in groups, and k, M, bn, tn above ten thousand.
func Figure(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "unknown"
	}
	if v < 0 {
		return minus + Figure(-v)
	}
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, " tn"}, {1e9, " bn"}, {1e6, " M"}, {1e3, " k"}} {
		// What would round up to the next unit belongs there: 999,999 is 1 M.
		if v >= unit.size*0.9995 && (v >= 9999.5 || unit.size > 1e3) {
			return digits(v/unit.size) + unit.name
		}
	}
	if v >= 1000 {
		n := int(math.Round(v))
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	return digits(v)
}

// digits writes three digits that matter, without zeros at the end.
func digits(v float64) string {
	if v == 0 {
		return "0"
	}
	if v < 0.001 {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	places := max(0, 2-int(math.Floor(math.Log10(v))))
	text := strconv.FormatFloat(v, 'f', min(places, 5), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Times is a multiple: ×69, ×2.3, ×0.04. What is a small part is not nothing.
func Times(v float64) string {
	if v > 0 && v < 1 {
		size := math.Pow(10, math.Floor(math.Log10(v))-1)
		return "×" + Figure(math.Round(v/size)*size)
	}
	if v >= 10 {
		return "×" + Figure(math.Round(v))
	}
	return "×" + Figure(math.Round(v*10)/10)
}

// IsLimit says whether the baseline is a limit that somebody has set, and not
// what is usual: then no bound is anything else.
func IsLimit(e *event.Episode) bool {
	limit := e.GetBaseline()
	return !isRank(e) && (e.Low != nil || e.High != nil) &&
		(e.Low == nil || e.GetLow() == limit) && (e.High == nil || e.GetHigh() == limit)
}

// against is how far a value is from the baseline: ×69 the usual, −54 % against
// the usual, of ranks that fell ×5 further down than usual. Nothing is a multiple
// of none. Empty where that is not known.
func against(e *event.Episode) string {
	usual := " the usual"
	if IsLimit(e) {
		usual = " the limit"
	}
	switch m := e.GetMultiple(); {
	case e.GetBaseline() == 0 && m > 0 && !isRank(e):
		return "usually none"
	case !(m > 0) || m == 1 || math.IsInf(m, 0):
		return ""
	case m > 1:
		return Times(m) + usual
	case isRank(e):
		return Times(1/m) + " further down than usual"
	default:
		return Percent(m-1) + " against" + usual
	}
}

// Percent is a share of 1, signed where it is below zero: 98 %, −54 %.
func Percent(share float64) string {
	p := share * 100
	switch {
	case math.Abs(p) >= 10:
		p = math.Round(p)
	case math.Abs(p) < 0.05: // arithmetic leaves traces that are no news
		p = 0
	}
	// Nearly all is not all.
	if share < 1 && p == 100 {
		return "99.9 %"
	}
	return Figure(p) + " %"
}

// Span is a length of time in its two largest units: 4 h 10 min, 12 d 4 h.
func Span(d time.Duration) string {
	d = max(d, -d)
	units := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	for i, unit := range units[:3] {
		if d < unit.size {
			continue
		}
		next := units[i+1]
		// Seconds beside minutes, and minutes beside days, tell nobody anything.
		d = d.Round(max(next.size, time.Minute))
		text := fmt.Sprintf("%d %s", d/unit.size, unit.name)
		if rest := d % unit.size / next.size; rest > 0 {
			text += fmt.Sprintf(" %d %s", rest, next.name)
		}
		return text
	}
	return fmt.Sprintf("%d s", d.Round(time.Second)/time.Second)
}

func seconds(s float64) string { return Span(time.Duration(s * float64(time.Second))) }

// Moment is a time in the reader's zone and in UTC: Mon 13 Jan 2025 13:00 EST
// (18:00 UTC).
func Moment(t time.Time, zone *time.Location) string {
	const full = "Mon 2 Jan 2006 15:04 MST"
	there, utc := t.In(orUTC(zone)), t.UTC()
	if _, offset := there.Zone(); offset == 0 {
		return utc.Format(full)
	}
	short := "15:04"
	if there.YearDay() != utc.YearDay() {
		short = "2 Jan 15:04"
	}
	return there.Format(full) + " (" + utc.Format(short) + " UTC)"
}

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Amount is a value of the episode's series: a rank, a count with what was
// counted, a share, a length of time.
func Amount(e *event.Episode, v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "unknown"
	}
	switch {
	case e.GetMetric() == event.MetricRank:
		return rank(e, v)
	case e.GetMetric() == event.MetricListed:
		if v >= 0.5 {
			return "in the store"
		}
		return "not in the store"
	case e.GetUnit() == "s":
		return seconds(v)
	case e.GetUnit() == "ratio":
		return Percent(v)
	}
	what := Unit(e)
	if what == "" {
		return Figure(v)
	}
	return Figure(v) + " " + what
}

// rank is #1, or that an app is not among those that were looked at.
func rank(e *event.Episode, v float64) string {
	if depth := float64(e.GetDepth()); depth > 0 && v > depth {
		return fmt.Sprintf("not in the top %d", e.GetDepth())
	}
	return "#" + strconv.Itoa(max(1, int(math.Round(v))))
}

// Unit says what a count counts.
func Unit(e *event.Episode) string {
	if u := e.GetUnit(); u != "" && u != "1" && u != "count" {
		return clean(strings.ReplaceAll(u, "_", " "))
	}
	metric := clean(e.GetMetric())
	for _, per := range []struct{ end, says string }{
		{"_today", " today"}, {"_minute", " a minute"}, {"_hour", " an hour"}, {"_day", " a day"}, {"_week", " a week"},
	} {
		if what, found := strings.CutSuffix(metric, per.end); found {
			return strings.ReplaceAll(what, "_", " ") + per.says
		}
	}
	return strings.ReplaceAll(metric, "_", " ")
}
