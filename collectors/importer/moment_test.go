package importer

import (
	"strings"
	"testing"
	"time"
)

func clockOf(t testing.TB, zone, ranges string, patterns ...string) *clock {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{zone: loc, ranges: ranges}
	for _, p := range patterns {
		layout, err := layoutOf(p)
		if err != nil {
			t.Fatal(err)
		}
		c.formats = append(c.formats, layout)
	}
	return c
}

func TestMoments(t *testing.T) {
	t.Parallel()
	const stamp = "YYYY-MM-DD hh:mm"
	for _, c := range []struct{ zone, ranges, pattern, text, want string }{
		{"Asia/Shanghai", refuse, stamp, "2025-01-13 08:00", "2025-01-13T00:00:00Z"},
		{"Asia/Shanghai", refuse, "YYYY-MM-DD", "2025-01-13", "2025-01-12T16:00:00Z"},
		{"America/New_York", refuse, stamp, "2025-01-13 00:00", "2025-01-13T05:00:00Z"},
		{"America/New_York", refuse, stamp, "2025-03-09 03:00", "2025-03-09T07:00:00Z"},
		{"America/New_York", refuse, stamp, "2025-11-02 00:59", "2025-11-02T04:59:00Z"},
		{"America/New_York", refuse, stamp, "2025-11-02 02:00", "2025-11-02T07:00:00Z"},
		{"Asia/Kathmandu", refuse, stamp, "2025-01-13 05:45", "2025-01-13T00:00:00Z"},
		{"UTC", refuse, "D.M.YYYY hh:mm", "3.1.2025 07:05", "2025-01-03T07:05:00Z"},
		{"UTC", refuse, "MON DD, YYYY", "Jan 13, 2025", "2025-01-13T00:00:00Z"},
		{"UTC", refuse, "YYYY-MM-DD hh:mm:ss.SSS", "2025-01-13 07:05:09.250", "2025-01-13T07:05:09.25Z"},
		{"", refuse, formatRFC3339, "2025-01-13T08:00:00+08:00", "2025-01-13T00:00:00Z"},
		{"", refuse, formatUnix, "1736755200", "2025-01-13T08:00:00Z"},
		{"", refuse, formatUnixMs, "1736755200500", "2025-01-13T08:00:00.5Z"},
		{"", refuse, formatRFC3339, "2025-01-13 10:00:00+08:00", "2025-01-13T02:00:00Z"},
		{"Asia/Shanghai", refuse, "YYYY-M-D hh:mm", "2025-1-13 9:00", "2025-01-13T01:00:00Z"},
		{"Asia/Shanghai", refuse, "YYYY/M/D hh:mm", "2025/01/13 09:00", "2025-01-13T01:00:00Z"},
		{"UTC", start, "YYYY-MM-DD", "2025-01-13..14", "2025-01-13T00:00:00Z"},
		{"UTC", end, "YYYY-MM-DD", "2025-01-13..14", "2025-01-14T00:00:00Z"},
		{"UTC", end, "YYYY-MM-DD", "2025-01-13 – 2025-02-01", "2025-02-01T00:00:00Z"},
		{"UTC", end, stamp, "2025-01-13 08:00 to 10:30", "2025-01-13T10:30:00Z"},
	} {
		got, err := clockOf(t, c.zone, c.ranges, c.pattern).parse(c.text)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q in %s is %v, %v, want %s", c.text, c.zone, got, err, c.want)
		}
	}
	for _, c := range []struct{ zone, ranges, pattern, text, want string }{
		{"America/New_York", refuse, stamp, "2025-03-09 02:30", "clocks of America/New_York never showed"},
		{"America/New_York", refuse, stamp, "2025-11-02 01:30", "clocks of America/New_York showed twice"},
		{"Pacific/Apia", refuse, "YYYY-MM-DD", "2011-12-30", "never showed"},
		{"UTC", refuse, "YYYY-MM-DD", "2025-01-13..14", "want one moment"},
		{"UTC", start, "YYYY-MM-DD", "2025-01-14..13", "earlier end"},
		{"UTC", start, "YYYY-MM-DD", "2025-01-13..", "want a time such as"},
		{"UTC", refuse, "YYYY-MM-DD", "2025-02-30", "want a time such as 2025-01-13"},
		{"UTC", refuse, "YYYY-MM-DD", "2025-1-13", "want a time such as"},
		{"UTC", refuse, stamp, "2025-01-13 08:00:01", "want a time such as"},
		{"UTC", refuse, "YYYY-MM-DD hh:mm:ss", "2025-01-13 08:00:00.5", "want a time such as"},
		{"UTC", refuse, "YYYY-MM-DD", "45670", "want a time such as"},
		{"UTC", refuse, "YYYY-MM-DD", "45670.25", "want a time such as"},
		{"", refuse, formatUnix, "1736755200.5", "want a time in the format unix"},
	} {
		if got, err := clockOf(t, c.zone, c.ranges, c.pattern).parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in %s is %v, %v, want %q", c.text, c.zone, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "YYYY", "2006-01-02", "hh:mm", "YY-MM-DD"} {
		if got, err := layoutOf(bad); err == nil {
			t.Errorf("pattern %q is %q", bad, got)
		}
	}
}

// FuzzMoment: never a panic; a moment that is read is shown as it was written.
func FuzzMoment(f *testing.F) {
	for _, s := range []string{"2025-01-13 08:00", "2025-11-02 01:30", "2025-03-09 02:30", "2025-01-13..14", "2025-01-13 to", "0000-00-00 00:00", "1736755200", "9999-12-31 23:59", "..", "–"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, zone := range []string{"UTC", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"} {
			c := clockOf(t, zone, start, "YYYY-MM-DD hh:mm")
			at, err := c.one(text)
			if err == nil && at.In(c.zone).Format("2006-01-02 15:04") != padded(text) {
				t.Fatalf("%q in %s is %v", text, zone, at)
			}
			_, _ = c.parse(text)
			_, _ = clockOf(t, zone, end, formatRFC3339, formatUnix, formatUnixMs).parse(text)
		}
	})
}
