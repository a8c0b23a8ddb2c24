package query

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time as a dashboard or its URL has it: now-24h, now-7d/d,
// Unix milliseconds, 2025-01-10 or 2025-01-10T12:00:00Z. A unit after a slash
// rounds to its beginning, or to its end where up is set; days, weeks (from
// Sunday, as there) and months are those of UTC.
func ParseTime(text string, now time.Time, up bool) (time.Time, error) {
	if math, ok := strings.CutPrefix(text, "now"); ok {
		return relative(text, math, now.UTC(), up)
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC(), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("read time %q: want such as now-24h, 2025-01-10, 2025-01-10T12:00:00Z or Unix milliseconds", text)
}

func relative(text, math string, at time.Time, up bool) (time.Time, error) {
	if !regexp.MustCompile(`^([+-]\d{1,6}[smhdwMy]|/[smhdwMy])*$`).MatchString(math) {
		return time.Time{}, fmt.Errorf("read time %q: want such as now-24h or now-7d/d", text)
	}
	for _, m := range regexp.MustCompile(`([+-]\d+|/)([smhdwMy])`).FindAllStringSubmatch(math, -1) {
		if m[1] == "/" {
			begin := beginOf(at, m[2])
			if up {
				begin = shift(begin, 1, m[2]).Add(-time.Millisecond)
			}
			at = begin
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return at, fmt.Errorf("read time %q: %w", text, err)
		}
		at = shift(at, n, m[2])
	}
	return at, nil
}

func shift(at time.Time, n int, unit string) time.Time {
	switch unit {
	case "y":
		return at.AddDate(n, 0, 0)
	case "M":
		return at.AddDate(0, n, 0)
	case "w":
		return at.AddDate(0, 0, 7*n)
	case "d":
		return at.AddDate(0, 0, n)
	case "h":
		return at.Add(time.Duration(n) * time.Hour)
	case "m":
		return at.Add(time.Duration(n) * time.Minute)
	default:
		return at.Add(time.Duration(n) * time.Second)
	}
}

func beginOf(at time.Time, unit string) time.Time {
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	switch unit {
	case "y":
		return time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	case "M":
		return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	case "w":
		return day.AddDate(0, 0, -int(day.Weekday()))
	case "d":
		return day
	case "h":
		return at.Truncate(time.Hour)
	case "m":
		return at.Truncate(time.Minute)
	default:
		return at.Truncate(time.Second)
	}
}
