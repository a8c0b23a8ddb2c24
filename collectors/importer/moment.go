package importer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known also where the system has none
)

// clock reads the times of a file.
type clock struct {
	formats []string // Go layouts, or one of the words below
	zone    *time.Location
	ranges  string
}

// Formats that are no patterns.
const (
	formatRFC3339 = "rfc3339"
	formatUnix    = "unix"
	formatUnixMs  = "unix_ms"
)

// hasZone says whether every text of the format names its moment by itself.
func hasZone(format string) bool {
	return format == formatRFC3339 || format == formatUnix || format == formatUnixMs
}

// layoutOf makes Go's layout of a pattern such as "DD.MM.YYYY hh:mm".
func layoutOf(pattern string) (string, error) {
	if hasZone(pattern) {
		return pattern, nil
	}
	if strings.ContainsAny(pattern, "0123456789") {
		return "", errors.New("has digits, want a pattern such as YYYY-MM-DD hh:mm:ss")
	}
	for _, must := range []string{"YYYY", "M", "D"} {
		if !strings.Contains(pattern, must) {
			return "", fmt.Errorf("has no %s, want rfc3339, unix, unix_ms or a pattern such as YYYY-MM-DD hh:mm:ss", must)
		}
	}
	return strings.NewReplacer("YYYY", "2006", "MON", "Jan", "MM", "01", "M", "1", "DD", "02", "D", "2",
		"hh", "15", "mm", "04", "ss", "05", "SSS", "000").Replace(pattern), nil
}

// parse reads one moment. A moment that the clocks of the zone showed twice, or
// never, is refused: nobody can know which it was.
func (c *clock) parse(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	at, err := c.one(text)
	if err == nil {
		return at, nil
	}
	from, to, found := cutTimes(text)
	if !found {
		return time.Time{}, err
	}
	if c.ranges == refuse {
		return time.Time{}, errors.New("want one moment; the mapping refuses ranges (time.ranges: start or end takes one of its ends)")
	}
	first, err := c.one(from)
	if err != nil {
		return time.Time{}, err
	}
	last, err := c.one(to)
	if err != nil {
		return time.Time{}, err
	}
	if last.Before(first) {
		return time.Time{}, errors.New("want a range that begins with its earlier end")
	}
	if c.ranges == end {
		return last, nil
	}
	return first, nil
}

// cutTimes finds a range. What is the same may be left out at its end:
// 2025-01-13..14 is 2025-01-13..2025-01-14.
func cutTimes(text string) (from, to string, found bool) {
	for _, sign := range []string{"..", "–", "—", "~", " to "} {
		if from, to, found = strings.Cut(text, sign); found {
			from, to = strings.TrimSpace(from), strings.TrimSpace(to)
			if from == "" || to == "" {
				return "", "", false
			}
			if len(to) < len(from) {
				to = from[:len(from)-len(to)] + to
			}
			return from, to, true
		}
	}
	return "", "", false
}

func (c *clock) one(text string) (time.Time, error) {
	var first error
	for _, f := range c.formats {
		at, err := c.as(f, text)
		if err == nil {
			return at, nil
		}
		if first == nil || errors.Is(err, errClocks) {
			first = err
		}
	}
	return time.Time{}, first
}

// errClocks marks a text that is a time, but none that can be told.
var errClocks = errors.New("clocks")

func (c *clock) as(format, text string) (time.Time, error) {
	switch format {
	case formatRFC3339:
		if len(text) > len(time.DateOnly) && text[len(time.DateOnly)] == ' ' { // as RFC 3339 allows
			text = text[:len(time.DateOnly)] + "T" + text[len(time.DateOnly)+1:]
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return at, errors.New("want a time such as 2025-01-13T08:00:00Z")
		}
		return at.UTC(), nil
	case formatUnix, formatUnixMs:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("want a time in the format %s", format)
		}
		if format == formatUnix {
			return time.Unix(n, 0).UTC(), nil
		}
		return time.UnixMilli(n).UTC(), nil
	}
	wall, err := time.Parse(format, text)
	// Go reads more than the pattern says (fractions of a second): only what the
	// pattern would write is that pattern.
	if err != nil || padded(wall.Format(format)) != padded(text) {
		return time.Time{}, fmt.Errorf("want a time such as %s", time.Date(2025, 1, 13, 8, 0, 0, 0, time.UTC).Format(format))
	}
	return inZone(wall, c.zone)
}

// padded puts a 0 before digits that stand alone: 9:00 is 09:00.
func padded(text string) string {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	var b strings.Builder
	for i := range len(text) {
		if digit(i) && !digit(i-1) && !digit(i+1) {
			b.WriteByte('0')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// inZone finds the moment at which the clocks of a zone showed a time.
func inZone(wall time.Time, zone *time.Location) (time.Time, error) {
	var found []time.Time
	for _, away := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(away).In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if shows(at.In(zone), wall) && (len(found) == 0 || !found[0].Equal(at)) {
			found = append(found, at)
		}
	}
	switch len(found) {
	case 1:
		return found[0].UTC(), nil
	case 0:
		return time.Time{}, clocksError("which the clocks of " + zone.String() + " never showed: they were put forward")
	default:
		return time.Time{}, clocksError("which the clocks of " + zone.String() + " showed twice: they were put back; write the time with its offset")
	}
}

func shows(local, wall time.Time) bool {
	y, m, d := local.Date()
	wy, wm, wd := wall.Date()
	return y == wy && m == wm && d == wd && local.Hour() == wall.Hour() && local.Minute() == wall.Minute() && local.Second() == wall.Second()
}

type clocksError string

func (e clocksError) Error() string { return string(e) }

// Is makes it known as one of its kind.
func (e clocksError) Is(target error) bool { return target == errClocks }
