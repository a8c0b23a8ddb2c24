package query

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Range is the time that a dashboard shows, and how finely.
type Range struct {
	From, To time.Time
	// Interval is the width of a bucket ($__interval); less than a millisecond
	// counts as one.
	Interval time.Duration
	// Zone is the IANA name of the zone that a person sees; empty: UTC.
	Zone string
}

// NewRange chooses the interval as Grafana does: the range by the number of
// points that a panel can draw, rounded, and never below least.
func NewRange(from, to time.Time, maxPoints int, least time.Duration) Range {
	if maxPoints < 1 {
		maxPoints = 1
	}
	per := time.Duration(float64(to.Sub(from)) / float64(maxPoints))
	return Range{From: from, To: to, Interval: max(roundInterval(per), least, time.Millisecond)}
}

// roundInterval is Grafana's ladder of widths.
func roundInterval(d time.Duration) time.Duration {
	const ms, s, m, h, day = time.Millisecond, time.Second, time.Minute, time.Hour, 24 * time.Hour
	for _, step := range []struct{ below, is time.Duration }{
		{10 * ms, ms},
		{15 * ms, 10 * ms},
		{35 * ms, 20 * ms},
		{75 * ms, 50 * ms},
		{150 * ms, 100 * ms},
		{350 * ms, 200 * ms},
		{750 * ms, 500 * ms},
		{1500 * ms, s},
		{3500 * ms, 2 * s},
		{7500 * ms, 5 * s},
		{12500 * ms, 10 * s},
		{17500 * ms, 15 * s},
		{25 * s, 20 * s},
		{45 * s, 30 * s},
		{90 * s, m},
		{210 * s, 2 * m},
		{450 * s, 5 * m},
		{750 * s, 10 * m},
		{1050 * s, 15 * m},
		{25 * m, 20 * m},
		{45 * m, 30 * m},
		{90 * m, h},
		{150 * m, 2 * h},
		{270 * m, 3 * h},
		{9 * h, 6 * h},
		{day, 12 * h},
		{7 * day, day},
		{21 * day, 7 * day},
		{42 * day, 30 * day},
	} {
		if d < step.below {
			return step.is
		}
	}
	return 365 * day
}

// text writes a duration in the largest whole unit that it has, as Grafana does:
// 90 minutes are 1h. That loses the rest there too.
func durationText(d time.Duration) string {
	s := math.Floor(d.Seconds())
	for _, u := range []struct {
		seconds float64
		unit    string
	}{{31536000, "y"}, {86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}} {
		if n := math.Floor(s / u.seconds); n >= 1 {
			return strconv.Itoa(int(n)) + u.unit
		}
	}
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10) + "ms"
}

// ParseInterval reads an interval as dashboards write it: "30s", "1h", ">=10m",
// "250ms", or seconds without a unit. Empty is 0.
func ParseInterval(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	m := regexp.MustCompile(`^(?:>=?\s*)?(\d{1,9})(ms|[Mwdhmsy])?$`).FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("read interval %q: want a number with ms, s, m, h, d, w, M or y", text)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read interval %q: %w", text, err)
	}
	unit := map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "M": 30 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
	}[m[2]]
	if n > int64(math.MaxInt64/unit) {
		return 0, fmt.Errorf("read interval %q: is too long", text)
	}
	return time.Duration(n) * unit, nil
}
