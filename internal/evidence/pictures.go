package evidence

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/picture"
)

// look is one moment of the series: a value, or that somebody looked and it was
// not there (NaN).
type look struct {
	at    time.Time
	value float64
}

// history reads the series as it is drawn. Looks that failed are left out: they
// are gaps.
func (c *chapter) history() ([]look, error) {
	rows, err := c.rows("series")
	if err != nil {
		return nil, err
	}
	moments, values := "at", "value"
	if c.e.ranked() {
		moments, values = "slot", "rank"
	}
	var looks []look
	for _, r := range rows {
		at, err := time.Parse("2006-01-02 15:04:05.000", r[moments])
		if err != nil {
			return nil, fmt.Errorf("read series back: %w", err)
		}
		l := look{at, math.NaN()}
		switch {
		case r["state"] == "not_fetched":
			continue
		case r[values] != "":
			if l.value, err = strconv.ParseFloat(r[values], 64); err != nil {
				return nil, fmt.Errorf("read series back: %w", err)
			}
		}
		looks = append(looks, l)
	}
	return looks, nil
}

// perHour tells whether a growing count was judged by what is new in an hour.
func (e *episode) perHour() bool { return strings.HasSuffix(e.Unit, " per hour") }

// growth is what is new per hour between two moments of a count that grows.
// Where it fell it began anew: nobody knows what was new then.
func growth(looks []look) []look {
	var out []look
	for i := 1; i < len(looks); i++ {
		a, b := looks[i-1], looks[i]
		hours := b.at.Sub(a.at).Hours()
		if hours <= 0 || b.value < a.value {
			continue
		}
		out = append(out, look{b.at, (b.value - a.value) / hours})
	}
	return out
}

// pictures draws the whole span, and the way up.
func (c *chapter) pictures() error {
	looks, err := c.history()
	if err != nil {
		return err
	}
	if c.e.perHour() {
		looks = growth(looks)
	}
	rise := c.e.Onset.Add(24 * time.Hour)
	if c.e.PeakAt != nil {
		rise = c.e.PeakAt.Add(12 * time.Hour)
	}
	for name, span := range map[string][2]time.Time{
		"whole": {c.e.from(), c.e.to()},
		"rise":  {c.e.Onset.Add(-24 * time.Hour), rise},
	} {
		png, err := picture.Draw(c.drawn(looks, span), picture.Words{
			Title: c.e.title(), Zone: time.UTC, Unit: c.e.Unit, Amount: amount,
		})
		if errors.Is(err, picture.ErrNothing) {
			continue
		}
		if err != nil {
			return err
		}
		c.pack["charts/"+name+".png"] = png
	}
	return nil
}

// drawn is the episode with a part of its series, as a picture wants it.
func (c *chapter) drawn(looks []look, span [2]time.Time) *event.Episode {
	e := c.e
	out := &event.Episode{
		Id: e.ID, Metric: e.Metric, Subject: e.Subject, Unit: e.Unit, Basis: basisOf(e.Basis), EveryS: e.EveryS, Depth: e.Depth,
		OnsetMs: e.Onset.UnixMilli(), Baseline: e.Baseline, Peak: e.Peak,
	}
	if e.PeakAt != nil {
		out.PeakAtMs = e.PeakAt.UnixMilli()
	}
	for _, l := range looks {
		if l.at.Before(span[0]) || !l.at.Before(span[1]) {
			continue
		}
		m := &event.Moment{AtMs: l.at.UnixMilli()}
		if !math.IsNaN(l.value) {
			m.Value = &l.value
		}
		out.History = append(out.History, m)
	}
	return out
}

func basisOf(word string) event.Basis {
	for n := range event.Basis_name {
		if b := event.Basis(n); b.Word() == word {
			return b
		}
	}
	return event.Basis_BASIS_UNSPECIFIED
}

// amount writes a value on a picture.
func amount(e *event.Episode, v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "unknown"
	case e.GetMetric() == event.MetricRank && e.GetDepth() > 0 && v > float64(e.GetDepth()):
		return fmt.Sprintf("not in the top %d", e.GetDepth())
	case e.GetMetric() == event.MetricRank:
		return "#" + strconv.Itoa(max(1, int(math.Round(v))))
	default:
		return short(v) + " " + e.GetUnit()
	}
}

// short writes a number with three digits and k, M or G.
func short(v float64) string {
	for _, s := range []struct {
		from float64
		unit string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if math.Abs(v) >= s.from {
			return strconv.FormatFloat(v/s.from, 'g', 3, 64) + s.unit
		}
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
