package evaluate

import (
	"math"
	"slices"
	"time"
)

// merge is how close alarms outside of all windows are one false alarm.
const merge = time.Hour

// longest is the longest distance of points that counts as watched time.
const longest = 24 * time.Hour

// Events are plain counts at one threshold.
type Events struct {
	Windows     int     `json:"windows"`
	Hit         int     `json:"hit"`
	FalseAlarms int     `json:"false_alarms"`
	Precision   float64 `json:"precision"` // hit / (hit + false alarms)
	Recall      float64 `json:"recall"`
	F1          float64 `json:"f1"`
	// Hours from the left edge of a window to the first alarm in it; null
	// where none was hit. Labels are centred: half of a window is no delay.
	MedianDelay Hours `json:"median_delay_hours"`
	P90Delay    Hours `json:"p90_delay_hours"`
	// QuietWeeks is the judged time outside of windows, PerWeek the false
	// alarms per series and week of it.
	QuietWeeks float64 `json:"quiet_weeks"`
	PerWeek    float64 `json:"false_alarms_per_series_week"`
}

// Count counts what the points with at least the threshold hit.
func Count(all []*Scored, threshold float64) Events {
	var e Events
	var delays []float64
	for _, j := range all {
		e.Windows += len(j.Windows)
		delays = append(delays, j.count(&e, threshold)...)
	}
	e.Hit = len(delays)
	e.Precision = share(float64(e.Hit), float64(e.Hit+e.FalseAlarms))
	e.Recall = share(float64(e.Hit), float64(e.Windows))
	e.F1 = share(2*e.Precision*e.Recall, e.Precision+e.Recall)
	e.PerWeek = share(float64(e.FalseAlarms), e.QuietWeeks)
	slices.Sort(delays)
	e.MedianDelay, e.P90Delay = Hours(quantile(delays, 0.5)), Hours(quantile(delays, 0.9))
	return e
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

// count adds false alarms and quiet time of one series, and yields the delay of
// each window that was hit, in hours.
func (j *Scored) count(e *Events, threshold float64) (delays []float64) {
	hit := make([]bool, len(j.Windows))
	var last time.Time
	for i, p := range j.points {
		at := j.At[j.skip+i]
		if p.window < 0 && i > 0 {
			if d := at.Sub(j.At[j.skip+i-1]); d > 0 && d < longest {
				e.QuietWeeks += d.Hours() / (7 * 24)
			}
		}
		switch {
		case p.score < threshold:
		case p.window < 0:
			if last.IsZero() || at.Sub(last) > merge {
				e.FalseAlarms++
			}
			last = at
		case !hit[p.window]:
			hit[p.window] = true
			delays = append(delays, at.Sub(j.Windows[p.window].From).Hours())
		}
	}
	return delays
}

// quantile of sorted values; the middle between two where it falls there.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	low, high := int(math.Floor(at)), int(math.Ceil(at))
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
