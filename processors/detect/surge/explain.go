package surge

import (
	"math"
	"strconv"
	"time"
)

// explain says what was expected, and what is ordinary around it.
func (c *core) explain(f *Finding, expected, band float64) {
	f.Baseline, f.Low, f.High = expected, expected-band, expected+band
	if c.whole {
		f.Baseline, f.Low = max(0, f.Baseline), max(0, f.Low)
		by := 3 * math.Sqrt(f.Baseline+1) // chance alone
		f.High = max(f.High, f.Baseline+by)
		f.Low = min(f.Low, max(0, f.Baseline-by))
	}
	f.Calm = f.Value >= f.Low && f.Value <= f.High
	f.Multiple = c.multiple(f)
}

// multiple is Value / Baseline without infinities: see Finding.
func (c *core) multiple(f *Finding) float64 {
	if c.whole {
		return max(f.Value, 1) / max(f.Baseline, 1)
	}
	if least := 1e-3 * (f.High - f.Low); math.Abs(f.Baseline) <= least {
		if least == 0 || math.Abs(f.Value) <= least {
			return 1
		}
		return f.Value / math.Copysign(least, f.Value)
	}
	return f.Value / f.Baseline
}

// how says how the baseline was computed. What is calm gets a short form: it
// is not shown to anybody, and writing it costs more than judging.
func (c *core) how(f *Finding, which int, unix int64, m memory, p *params) string {
	if f.Calm && !f.Stirred {
		return [seasons]string{"level lately", "level of this time of day", "level of this time of the week"}[which]
	}
	b := make([]byte, 0, 64)
	if which == seasonNone {
		b = append(b, "level of the last "...)
		b = strconv.AppendInt(b, int64(min(float64(c.n), p.Long)), 10)
		return string(append(b, " looks"...))
	}
	s := m.day
	if which == seasonWeek {
		s = m.week
	}
	i := s.at(unix)
	begin := time.Unix(0, 0).UTC().Add(time.Duration(int64(i)*s.period/int64(len(s.m))) * time.Second)
	b = append(b, "level of "...)
	if which == seasonWeek {
		b = append(b, (time.Weekday(begin.Day()) % 7).String()...)
		b = append(b, "s "...)
	}
	b = begin.AppendFormat(b, "15:04")
	b = append(b, " UTC over "...)
	b = strconv.AppendInt(b, int64(max(1, float64(s.seen[i])/s.visit(c.every))), 10)
	if which == seasonWeek {
		return string(append(b, " weeks"...))
	}
	return string(append(b, " days"...))
}
